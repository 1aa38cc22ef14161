#include "agent/rate.h"

/* Beyond this nothing is to be limited, and the sums below stay far from overflow. */
static const uint64_t no_limit = 1ULL << 40;

/* A tenth of a second may be saved up: enough to keep a connection busy between two turns, too little to be seen. */
enum { BURST_PART = 10, BURST_LEAST = 16 * 1024, SCALE = 1000 };

void rate_begin(struct rate *r, uint64_t per_second)
{
    if (per_second >= no_limit)
        per_second = 0;
    *r = (struct rate){.per_second = per_second, .burst = per_second / BURST_PART};
    if (r->burst < BURST_LEAST)
        r->burst = BURST_LEAST;
    r->tokens = (int64_t)r->burst * SCALE;
}

static void refill(struct rate *r, int64_t now)
{
    const int64_t most = (int64_t)r->burst * SCALE;
    const int64_t elapsed = r->at && now > r->at ? now - r->at : 0;

    r->at = now;
    if (elapsed > (most - r->tokens) / (int64_t)r->per_second)
        r->tokens = most;
    else
        r->tokens += elapsed * (int64_t)r->per_second;
}

static int64_t until_positive(const struct rate *r)
{
    if (r->tokens > 0)
        return 0;
    return -r->tokens / (int64_t)r->per_second + 1;
}

int64_t rate_take(struct rate *r, uint64_t n, int64_t now)
{
    if (!r->per_second)
        return 0;
    refill(r, now);
    r->tokens -= (int64_t)(n < no_limit ? n : no_limit) * SCALE;
    return until_positive(r);
}

int64_t rate_wait(struct rate *r, int64_t now)
{
    if (!r->per_second)
        return 0;
    refill(r, now);
    return until_positive(r);
}
