/* perform.h - an event meets a row: the policy decides, this carries it out.  The agent's thread. */
#ifndef AGENT_PERFORM_H
#define AGENT_PERFORM_H

#include "agent/asked.h"
#include "agent/download.h"

struct dlota;
struct fetch;

/* Put ev to the policy for the row *o; write the next row and what the actions need into the current transaction, queue
 * the rest.  *o becomes the next row.  Returns the policy's rc; a failure of the catalogue breaks the turn
 * (agent_break). */
int perform_step(struct dlota *d, struct dlota_object *o, const struct asked *asked, struct event *ev, struct fetch *f);
/* The same with the row and its descriptor read here.  -ENOENT: no such row. */
int perform_event(struct dlota *d, int64_t id, struct event *ev, struct fetch *f);

/* A call to the catalogue failed: the turn will be rolled back, and id loaded again the way a start does. */
void agent_break(struct dlota *d, int64_t id, int rc);

#endif
