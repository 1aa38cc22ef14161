/* width.c - columns of a terminal, without locale. */
#include <string.h>

#include "view/width.h"

static const char dots[] = "...";
enum { DOTS = sizeof dots - 1 };

/* Unicode's East_Asian_Width W and F, in blocks: generous where a block is mixed. */
static unsigned columns_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23f3},   {0x25fd, 0x25fe},
        {0x2614, 0x2615},   {0x2630, 0x2637}, {0x2648, 0x27bf}, {0x2b1b, 0x2b55},   {0x2e80, 0x303e},
        {0x3041, 0xa4cf},   {0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe10, 0xfe19},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x1b2fb}, {0x1f000, 0x1faff},
        {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (c >= wide[i].first && c <= wide[i].last)
            return 2;
    return 1;
}

/* One character: its bytes (1 for what is not UTF-8, 0 at the end) and its columns. */
static size_t step(const char *s, unsigned *ret_columns)
{
    uint32_t c;
    int n = utf8_next(s, &c);
    *ret_columns = n > 0 ? columns_of(c) : 1;
    return n >= 0 ? (size_t)n : 1;
}

unsigned width_of(const char *s)
{
    unsigned sum = 0, columns;
    for (size_t n; (n = step(s, &columns)) > 0; s += n)
        sum += columns;
    return sum;
}

/* Bytes of the longest beginning that takes at most `columns`; *ret_columns: what it takes. */
static size_t head(const char *s, unsigned columns, unsigned *ret_columns)
{
    size_t at = 0, n;
    unsigned sum = 0, one;
    while ((n = step(s + at, &one)) > 0 && sum + one <= columns) {
        at += n;
        sum += one;
    }
    *ret_columns = sum;
    return at;
}

void width_cut(const char *s, unsigned columns, struct text *ret)
{
    unsigned taken;
    if (width_of(s) <= columns) {
        text_puts(ret, s);
    } else {
        text_add(ret, s, head(s, columns - DOTS, &taken));
        text_puts(ret, dots);
    }
}

void width_fit(const char *s, unsigned columns, struct text *ret)
{
    unsigned all = width_of(s), taken = all;
    if (all <= columns) {
        text_puts(ret, s);
    } else {
        unsigned tail = (columns - DOTS) / 2, front = columns - DOTS - tail, skipped;
        text_add(ret, s, head(s, front, &taken));
        text_puts(ret, dots);
        s += head(s, all - tail, &skipped);
        /* The middle may end inside a wide character: leave that out, too. */
        for (unsigned one; all - skipped > tail; skipped += one)
            s += step(s, &one);
        text_puts(ret, s);
        taken += DOTS + (all - skipped);
    }
    text_printf(ret, "%*s", (int)(columns - taken), "");
}
