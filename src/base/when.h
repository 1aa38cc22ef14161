/* when.h - times: RFC 3339 out, HTTP dates and durations in.  Pure; any thread. */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-20T09:09:00Z" from wall ms.  ret: 32 bytes. */
void when_rfc3339(int64_t wall_ms, char ret[static 32]);
/* HTTP-date (RFC 9110 5.6.7, all three forms) -> seconds since 1970; -EINVAL. */
int when_http(const char *s, int64_t *ret);
/* "90", "90s", "5m", "2h", "7d" (a bare number is seconds) -> ms; -EINVAL, -ERANGE. */
int when_duration(const char *s, int64_t *ret_ms);
/* "12 s", "3 min", "2 h 10 min", "5 d": for people.  ret: 32 bytes. */
void when_words(int64_t ms, char ret[static 32]);

#endif
