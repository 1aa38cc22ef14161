/* text.h - a growing text with a bound, escapes that make outside bytes safe to print, UTF-8.
 *
 * Any thread; a struct text belongs to one thread at a time.  Nothing blocks. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts as {.max = bound}; `failed` (no memory, bound reached) is sticky so that callers check once, at the end. */
struct text {
    char *data; /* NUL-terminated once anything was added; owned */
    size_t len, cap, max;
    bool failed;
    int rc; /* why: -ENOMEM or -EMSGSIZE; what text_take() returns */
};
void text_add(struct text *t, const char *s, size_t n);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* s with control characters, DEL, C1, bidi controls, invalid UTF-8 and backslash as \xNN (each byte of them). */
void text_visible(struct text *t, const char *s);
void text_free(struct text *t);
/* Hand the data to the caller: 0, -ENOMEM or -EMSGSIZE; frees on error. */
int text_take(struct text *t, char **ret, size_t *ret_n);

/* snprintf that says whether it fitted: 0 or -ENAMETOOLONG (ret is NUL-terminated either way, cut at a UTF-8 boundary).
 */
int text_copy(char *ret, size_t n, const char *s);
int text_format(char *ret, size_t n, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* text_visible into a fixed buffer, cut at a whole escape. */
void text_escape(char *ret, size_t n, const char *s);

/* Decode one character of a NUL-terminated string: bytes used (1-4), 0 at NUL, -EILSEQ for overlong, surrogate, out of
 * range. */
int utf8_next(const char *s, uint32_t *ret);
bool utf8_valid(const char *s);
/* Control (C0, DEL, C1), bidi (U+061C, U+200E-F, U+202A-E, U+2066-9), U+2028-9, BOM: unfit for a name or a terminal. */
bool utf8_unsafe(uint32_t c);
/* Largest prefix of s that is at most n bytes and ends at a character boundary. */
size_t utf8_cut(const char *s, size_t n);

/* First byte that is not ASCII white space; *ret_n becomes the length up to the last such byte. */
const char *text_trim(const char *s, size_t n, size_t *ret_n);

#endif
