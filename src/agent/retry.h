/* retry.h - how long to wait: exponential back-off with jitter (PURE, any thread). */
#ifndef AGENT_RETRY_H
#define AGENT_RETRY_H

#include <stdint.h>

/* ms before the n-th try after a failure (streak 1, 2, ...): first * 2^(streak-1), at most LIMIT_BACKOFF_MS, then
 * between half and all of it by `random`.  retry_after_s >= 0 (cut at LIMIT_RETRY_AFTER_S) is a lower bound. */
int64_t retry_wait(int64_t first_ms, uint32_t streak, uint32_t random, int64_t retry_after_s);

#endif
