/* size.c - byte counts in and out. */
#include "base/size.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The letter's place is the power of 1024. */
static const char letters[] = "BKMGTPE";

int size_parse(const char *s, uint64_t *ret)
{
    uint64_t value = 0;
    unsigned shift = 0;

    if (*s < '0' || *s > '9')
        return -EINVAL;
    int range = 0;
    for (; *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (unsigned)(*s - '0'), &value))
            range = -ERANGE;
    if (*s) {
        static const char accepted[] = "kmgt";
        const char *p = strchr(accepted, *s | 0x20);
        if (!p || !*p || s[1])
            return -EINVAL;
        shift = 10 * (unsigned)(p - accepted + 1);
    }
    if (range || value > UINT64_MAX >> shift)
        return -ERANGE;
    *ret = value << shift;
    return 0;
}

/* Rounded down: a transfer that lacks a byte never reads as complete. */
void size_words(uint64_t bytes, char ret[static 16])
{
    unsigned power = 0;
    while (power + 1 < sizeof letters - 1 && bytes >> (10 * (power + 1)))
        power++;
    if (power == 0) {
        (void)snprintf(ret, 16, "%u B", (unsigned)bytes);
        return;
    }
    unsigned whole = (unsigned)(bytes >> (10 * power));
    uint64_t rest = bytes & ((1ull << (10 * power)) - 1);
    unsigned tenth = (unsigned)(rest * 10 >> (10 * power)); /* rest < 2^60: no overflow */
    if (whole < 100)
        (void)snprintf(ret, 16, "%u.%u %ciB", whole, tenth, letters[power]);
    else
        (void)snprintf(ret, 16, "%u %ciB", whole, letters[power]);
}
