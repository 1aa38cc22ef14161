/* rate.h - a token bucket: how many bytes may be taken now (PURE, any thread). */
#ifndef AGENT_RATE_H
#define AGENT_RATE_H

#include <stdint.h>

/* Tokens are thousandths of a byte: bytes per second times milliseconds, so that nothing is lost by rounding. */
struct rate {
    uint64_t per_second; /* bytes; 0: no limit */
    uint64_t burst;      /* bytes: most that may be saved up */
    int64_t tokens;      /* may go below 0: what was taken was taken */
    int64_t at;          /* monotonic ms of the last refill; 0: never */
};
void rate_begin(struct rate *r, uint64_t per_second);
/* n bytes were taken at monotonic ms now. Returns ms to wait before more may be taken; 0: go on. */
int64_t rate_take(struct rate *r, uint64_t n, int64_t now);
/* ms until something may be taken again; 0: now. */
int64_t rate_wait(struct rate *r, int64_t now);

#endif
