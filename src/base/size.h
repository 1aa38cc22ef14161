/* size.h - byte counts: 10k, 3M, 2G in; "3.2 MiB" out.  Pure; any thread. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdint.h>

/* Decimal with an optional k, M, G or T (powers of 1024, any case); -EINVAL, -ERANGE. */
int size_parse(const char *s, uint64_t *ret);
/* At most 9 characters: "512 B", "3.2 MiB".  ret: 16 bytes. */
void size_words(uint64_t bytes, char ret[static 16]);

#endif
