/* fake_judge.h - the invariants of src/agent/policy.md, asked of a run. */
#ifndef SIM_FAKE_JUDGE_H
#define SIM_FAKE_JUDGE_H

#include "sim/fake_user.h"

/* I1, whenever a row changed: what stands in installed/ is complete, one version's, and released. */
void judge_installed(struct user *u, int64_t id);
/* I1, I3: before it is shown it is on stable storage. */
void judge_publish(struct user *u, const char *name);
/* I3, after a start: what counts as received is what is there. */
void judge_start(struct user *u);
/* I2, I4: every drop ended as it should; every transaction told the server one thing.  The agent runs. */
void judge_end(struct user *u);
/* Nothing is left over: files, rows of table gone, tallies.  The agent is closed. */
void judge_store(struct user *u);

#endif
