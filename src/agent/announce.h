/* announce.h - publications that were announced to the face and not yet answered.  The agent's thread. */
#ifndef AGENT_ANNOUNCE_H
#define AGENT_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

struct announcement {
    struct announcement *next;
    int64_t id;
    int64_t until; /* monotonic ms: then it is recorded without an answer */
};

/* Oldest first. */
struct announced {
    struct announcement *head, *last;
};

int announce_add(struct announced *a, int64_t id, int64_t until);
/* Strike it off; false: it was not (or no longer) announced. */
bool announce_take(struct announced *a, int64_t id);
/* The oldest whose time is over: its id, struck off; 0: none. */
int64_t announce_late(struct announced *a, int64_t now);
/* When the oldest is over; 0: none. */
int64_t announce_next(const struct announced *a);
void announce_clear(struct announced *a);

#endif
