/* sweep.h - unlink the bytes that no row names any more, on a worker.  The agent's thread. */
#ifndef AGENT_SWEEP_H
#define AGENT_SWEEP_H

struct dlota;

/* Start when table gone names files and no sweep is under way.  Call only when the records that freed them are flushed.
 */
void sweep_start(struct dlota *d);

#endif
