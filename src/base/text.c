/* text.c - growing and fixed texts. */
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static void fail(struct text *t, int rc)
{
    t->failed = true;
    t->rc = rc;
}

/* Room for n more bytes and the NUL. */
static bool make_room(struct text *t, size_t n)
{
    if (t->failed)
        return false;
    if (n > t->max || t->len > t->max - n) {
        fail(t, -EMSGSIZE);
        return false;
    }
    size_t need = t->len + n + 1;
    if (need <= t->cap)
        return true;
    size_t cap = t->cap ? t->cap : FIRST_CAPACITY;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *data = realloc(t->data, cap);
    if (!data) {
        fail(t, -ENOMEM);
        return false;
    }
    t->data = data;
    t->cap = cap;
    return true;
}

void text_add(struct text *t, const char *s, size_t n)
{
    if (!make_room(t, n))
        return;
    if (n)
        memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void text_puts(struct text *t, const char *s) { text_add(t, s, strlen(s)); }

void text_printf(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        fail(t, -ENOMEM);
    else if (make_room(t, (size_t)n)) {
        (void)vsnprintf(t->data + t->len, (size_t)n + 1, format, again);
        t->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

/* The next piece of s as it may be shown: one character, or one byte as \xNN. Returns the bytes of s it stands for. */
static size_t visible_piece(const char *s, char ret[static 5], size_t *ret_n)
{
    uint32_t c;
    int n = utf8_next(s, &c);
    if (n > 0 && c != '\\' && !utf8_unsafe(c)) {
        memcpy(ret, s, (size_t)n);
        *ret_n = (size_t)n;
        return (size_t)n;
    }
    (void)snprintf(ret, 5, "\\x%02x", (unsigned char)*s);
    *ret_n = 4;
    return 1;
}

/* A character that may not be shown is escaped byte by byte: its later bytes are invalid on their own, so visible_piece
 * escapes them as well. */
void text_visible(struct text *t, const char *s)
{
    while (*s && !t->failed) {
        char piece[5];
        size_t n;
        s += visible_piece(s, piece, &n);
        text_add(t, piece, n);
    }
}

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){.max = t->max};
}

int text_take(struct text *t, char **ret, size_t *ret_n)
{
    text_add(t, "", 0);
    int rc = t->failed ? t->rc : 0;
    if (rc == 0) {
        *ret = t->data;
        if (ret_n)
            *ret_n = t->len;
        t->data = NULL;
    }
    text_free(t);
    return rc;
}

int text_copy(char *ret, size_t n, const char *s)
{
    size_t len = strlen(s);
    if (n == 0)
        return -ENAMETOOLONG;
    size_t keep = utf8_cut(s, n - 1);
    memmove(ret, s, keep);
    ret[keep] = '\0';
    return keep == len ? 0 : -ENAMETOOLONG;
}

/* vsnprintf may have cut a character in two: drop what is left of it. */
static void drop_torn_character(char *s)
{
    size_t len = strlen(s), start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)s[start - 1] & 0xc0) == 0x80)
        start--;
    uint32_t c;
    if (start > 0 && (unsigned char)s[start - 1] >= 0xc0 && utf8_next(s + start - 1, &c) < 0)
        s[start - 1] = '\0';
}

int text_format(char *ret, size_t n, const char *format, ...)
{
    if (n == 0)
        return -ENAMETOOLONG;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(ret, n, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < n)
        return 0;
    if (len < 0)
        ret[0] = '\0';
    drop_torn_character(ret);
    return -ENAMETOOLONG;
}

void text_escape(char *ret, size_t n, const char *s)
{
    if (n == 0)
        return;
    size_t len = 0;
    while (*s) {
        char piece[5];
        size_t piece_n;
        s += visible_piece(s, piece, &piece_n);
        if (len + piece_n >= n)
            break;
        memcpy(ret + len, piece, piece_n);
        len += piece_n;
    }
    ret[len] = '\0';
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

const char *text_trim(const char *s, size_t n, size_t *ret_n)
{
    while (n > 0 && is_space(*s))
        s++, n--;
    while (n > 0 && is_space(s[n - 1]))
        n--;
    *ret_n = n;
    return s;
}
