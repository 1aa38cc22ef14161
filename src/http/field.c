#include "http/field.h"

#include <string.h>

static bool blank(char c) { return c == ' ' || c == '\t'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

struct piece piece_trim(struct piece p)
{
    while (p.n > 0 && blank(p.s[0])) {
        p.s++;
        p.n--;
    }
    while (p.n > 0 && blank(p.s[p.n - 1]))
        p.n--;
    return p;
}

bool piece_is(struct piece p, const char *word)
{
    size_t i = 0;
    while (i < p.n && word[i] && lower(p.s[i]) == word[i])
        i++;
    return i == p.n && !word[i];
}

/* Length up to the comma that ends the first element. */
static size_t element(struct piece p)
{
    bool quoted = false;
    for (size_t i = 0; i < p.n; i++) {
        if (quoted && p.s[i] == '\\')
            i++;
        else if (p.s[i] == '"')
            quoted = !quoted;
        else if (p.s[i] == ',' && !quoted)
            return i;
    }
    return p.n;
}

bool piece_next(struct piece *rest, struct piece *ret)
{
    while (rest->n > 0) {
        size_t n = element(*rest);
        *ret = piece_trim((struct piece){rest->s, n});
        size_t used = n < rest->n ? n + 1 : n;
        rest->s += used;
        rest->n -= used;
        if (ret->n > 0)
            return true;
    }
    return false;
}

bool piece_until(struct piece *rest, char c, struct piece *ret)
{
    const char *at = rest->n > 0 ? memchr(rest->s, c, rest->n) : NULL;
    if (!at) {
        *ret = *rest;
        *rest = (struct piece){rest->s + rest->n, 0};
        return false;
    }
    size_t n = (size_t)(at - rest->s);
    *ret = (struct piece){rest->s, n};
    *rest = (struct piece){at + 1, rest->n - n - 1};
    return true;
}

bool piece_number(struct piece p, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < p.n; i++) {
        if (p.s[i] < '0' || p.s[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(p.s[i] - '0');
        if (v > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *ret = v;
    return p.n > 0;
}

bool piece_copy(struct piece p, char *ret, size_t n)
{
    bool fits = p.n < n;
    if (fits && p.n > 0)
        memcpy(ret, p.s, p.n);
    ret[fits ? p.n : 0] = '\0';
    return fits;
}

static int sextet(char c)
{
    static const char table[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(table, c) : NULL;
    return at ? (int)(at - table) : -1;
}

bool piece_base64(struct piece p, unsigned char *ret, size_t n)
{
    if (p.n != (n + 2) / 3 * 4)
        return false;
    size_t pad = (3 - n % 3) % 3;
    size_t out = 0;
    for (size_t i = 0; i < p.n; i += 4) {
        uint32_t bits = 0;
        for (size_t k = i; k < i + 4; k++) {
            int six = k < p.n - pad ? sextet(p.s[k]) : p.s[k] == '=' ? 0 : -1;
            if (six < 0)
                return false;
            bits = bits << 6 | (uint32_t)six;
        }
        for (int shift = 16; shift >= 0 && out < n; shift -= 8)
            ret[out++] = (unsigned char)(bits >> shift);
    }
    return true;
}

bool piece_clean(struct piece p)
{
    for (size_t i = 0; i < p.n; i++) {
        unsigned char c = (unsigned char)p.s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}
