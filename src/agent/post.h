/* post.h - send the status reports that are due (DLOTA 5.2, policy.md 5).  The agent's thread.
 *
 * A report is complete in its row; the start of a try is recorded and flushed before it is sent, so that after a power
 * cut the agent cannot come to another verdict than the one it sent (I4). */
#ifndef AGENT_POST_H
#define AGENT_POST_H

#include <stdint.h>

struct dlota;

/* Claim what is due while slots are free. */
void post_fill(struct dlota *d);
/* The try of this report is on the disk: send it. */
void post_send(struct dlota *d, int64_t report);
/* Reports of this object were withdrawn: those that are claimed but not sent are let go. */
void post_forget(struct dlota *d, int64_t object);
/* The turn was rolled back: let go of every claim that is not on the wire. */
void post_rollback(struct dlota *d);
/* The agent leaves. */
void post_leave(struct dlota *d);

#endif
