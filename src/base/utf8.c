/* utf8.c - decoding and judging UTF-8 (RFC 3629). */
#include "base/text.h"

#include <errno.h>
#include <string.h>

int utf8_next(const char *s, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;
    int n;

    if (u[0] < 0x80) {
        *ret = u[0];
        return u[0] != 0;
    }
    if (u[0] >= 0xc2 && u[0] < 0xe0)
        n = 2;
    else if (u[0] >= 0xe0 && u[0] < 0xf0)
        n = 3;
    else if (u[0] >= 0xf0 && u[0] < 0xf5)
        n = 4;
    else
        return -EILSEQ;

    uint32_t c = u[0] & (0xffu >> (n + 1));
    for (int i = 1; i < n; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return -EILSEQ; /* a NUL as well: never reads past the end */
        c = c << 6 | (u[i] & 0x3f);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return -EILSEQ;
    *ret = c;
    return n;
}

bool utf8_valid(const char *s)
{
    uint32_t c;
    int n;
    while ((n = utf8_next(s, &c)) > 0)
        s += n;
    return n == 0;
}

bool utf8_unsafe(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        {0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (c >= unsafe[i].first && c <= unsafe[i].last)
            return true;
    return false;
}

size_t utf8_cut(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    if (len < n || !s[n])
        return len;
    size_t cut = n;
    while (cut > 0 && n - cut < 3 && ((unsigned char)s[cut] & 0xc0) == 0x80)
        cut--;
    /* More than three: not UTF-8, so there is no boundary to respect. */
    return ((unsigned char)s[cut] & 0xc0) == 0x80 ? n : cut;
}
