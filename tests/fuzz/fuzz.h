/* fuzz.h - what the targets share. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What must hold whatever the input is. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The input as a string of its own size, so that reading past its end is seen; the caller's to free. */
static inline char *fuzz_string(const uint8_t *data, size_t n)
{
    char *s = malloc(n + 1);
    REQUIRE(s);
    if (n)
        memcpy(s, data, n);
    s[n] = '\0';
    return s;
}

static inline void require_safe_name(const char *name)
{
    uint32_t c;
    int n;
    REQUIRE(*name && *name != '.' && strlen(name) <= 255);
    while ((n = utf8_next(name, &c)) > 0) {
        REQUIRE(c != '/' && !utf8_unsafe(c));
        name += n;
    }
    REQUIRE(n == 0);
}

#endif
