/* queue.h - who is next: slots in all and per host, rows that are due.  The agent's thread. */
#ifndef AGENT_QUEUE_H
#define AGENT_QUEUE_H

struct dlota;

/* Give free slots to the objects that are due, oldest first; note when the next one will be. */
void queue_fill(struct dlota *d);

#endif
