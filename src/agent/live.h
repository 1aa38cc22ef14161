/* live.h - counters of the transfers on the wire, written by the agent, read by everybody without a lock. */
#ifndef AGENT_LIVE_H
#define AGENT_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/object.h>

struct live;

int live_new(unsigned slots, struct live **ret);
struct live *live_free(struct live *l);

/* The agent's thread.  live_add: a slot number, -1 when all are taken (then readers see the row alone). */
int live_add(struct live *l, int64_t id);
void live_drop(struct live *l, int slot);
void live_put(struct live *l, int slot, uint64_t got, int64_t touched, uint64_t rate);

/* Any thread.  Join the counters of o->id into o (have, touched, rate); rate 0 when it is not on the wire. */
void live_join(const struct live *l, struct dlota_object *o);
/* Bytes per second of all transfers together. */
uint64_t live_rate(const struct live *l);

#endif
