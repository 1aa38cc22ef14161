/* field.h - pieces of header field values (RFC 9110 5.5, 5.6).  Pure; any thread. */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Some bytes of a line; not NUL-terminated. */
struct piece {
    const char *s;
    size_t n;
};

/* Without spaces and tabs at both ends. */
struct piece piece_trim(struct piece p);
/* Equal to a lower-case word, ASCII case ignored. */
bool piece_is(struct piece p, const char *word);
/* Take the next element of a comma-separated list off *rest, trimmed; commas in quoted strings do not count.  False at
 * the end; empty elements are left out (RFC 9110 5.6.1.2). */
bool piece_next(struct piece *rest, struct piece *ret);
/* Take what comes before c off *rest, and c; all of it when there is no c.  False: no c. */
bool piece_until(struct piece *rest, char c, struct piece *ret);
/* Decimal digits only; false on anything else and above INT64_MAX: no file is longer. */
bool piece_number(struct piece p, uint64_t *ret);
/* Copy and NUL-terminate; false, and "" in ret, when it does not fit. */
bool piece_copy(struct piece p, char *ret, size_t n);
/* Standard base64 (RFC 4648 4) with padding, into exactly n bytes. */
bool piece_base64(struct piece p, unsigned char *ret, size_t n);
/* No byte that may not be part of a field value: NUL, CR, LF, any control but tab (RFC 9110 5.5). */
bool piece_clean(struct piece p);

#endif
