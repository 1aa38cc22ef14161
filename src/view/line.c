/* line.c - an object as one line of JSON (RFC 8259), for the file `list`. */
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "view/keys.h"

/* Most bytes of s[0..] up to n that end at a character boundary; s may be anything. */
static size_t cut(const char *s, size_t len) { return len <= LIMIT_VALUE ? len : utf8_cut(s, LIMIT_VALUE); }

/* A string of any bytes: what is not UTF-8 becomes U+FFFD, what is unfit for a terminal is escaped (RFC 8259 7: any
 * character may be). */
static void add_string(const char *s, size_t n, struct text *ret)
{
    const char *end = s + n;
    uint32_t c;

    text_puts(ret, "\"");
    while (s < end && !ret->failed) {
        int used = utf8_next(s, &c);
        if (used <= 0 || used > end - s) {
            text_puts(ret, "\xef\xbf\xbd");
            used = 1;
        } else if (c == '"' || c == '\\') {
            text_printf(ret, "\\%c", (char)c);
        } else if (utf8_unsafe(c)) {
            text_printf(ret, "\\u%04x", c);
        } else {
            text_add(ret, s, (size_t)used);
        }
        s += used;
    }
    text_puts(ret, "\"");
}

void view_line(const struct view_facts *f, struct text *ret)
{
    _cleanup_(text_free) struct text value = VIEW_SCRATCH;
    const struct view_key *key;
    const char *comma = "";

    text_puts(ret, "{");
    for (unsigned i = 0; (key = view_key_at(i)); i++) {
        value.len = 0;
        if (!view_key_value(f, key, &value))
            continue;
        text_printf(ret, "%s\"%s\":", comma, key->name);
        if (key->number)
            text_add(ret, value.data, value.len);
        else
            add_string(value.data, cut(value.data, value.len), ret);
        comma = ",";
    }
    text_puts(ret, "}\n");
    view_carry_failure(&value, ret);
}
