#include "agent/retry.h"

#include "base/limits.h"

int64_t retry_wait(int64_t first_ms, uint32_t streak, uint32_t random, int64_t retry_after_s)
{
    int64_t wait = first_ms < 1 ? 1 : first_ms;
    int64_t least = 0;

    for (uint32_t i = 1; i < streak && wait < LIMIT_BACKOFF_MS; i++)
        wait *= 2;
    if (wait > LIMIT_BACKOFF_MS)
        wait = LIMIT_BACKOFF_MS;
    /* Jitter, so that devices that lost one server at one moment do not come back at one moment. */
    wait = wait / 2 + (int64_t)(random % ((uint64_t)(wait - wait / 2) + 1));
    if (retry_after_s > LIMIT_RETRY_AFTER_S)
        retry_after_s = LIMIT_RETRY_AFTER_S;
    if (retry_after_s > 0)
        least = retry_after_s * 1000;
    return wait > least ? wait : least;
}
