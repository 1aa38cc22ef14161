/* fake_worker.h - work that is done when the test says so, in the order it says; or at once. */
#ifndef SIM_FAKE_WORKER_H
#define SIM_FAKE_WORKER_H

#include <stdbool.h>

#include "store/worker.h"

struct fake_worker;

/* As agent_parts.worker. */
int fake_worker_new(struct mailbox *box, struct worker **ret);
/* The one that was made last, for the test to steer; NULL: freed. */
struct fake_worker *fake_worker_last(void);
/* held: jobs wait for fake_worker_run(); otherwise (as made) each is done when it is submitted. */
void fake_worker_hold(struct fake_worker *w, bool held);
unsigned fake_worker_waiting(const struct fake_worker *w);
/* Do the i-th of those that wait, oldest first. */
void fake_worker_run(struct fake_worker *w, unsigned i);
void fake_worker_run_all(struct fake_worker *w);

#endif
