/* name.c - safe file names. */
#include <string.h>

#include <dlota/descriptor.h>
#include "base/limits.h"
#include "base/text.h"
#include "descriptor/uri.h"

enum { NAME = 255, EXTENSION = 16, RAW = LIMIT_URI + 64 };

static bool is_alnum(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

/* Where the extension begins, with its dot; the end of the name if it has none.  "Song 1.2" and "v. Berlin" have none:
 * an extension is short, of letters and digits, and not a number. */
static const char *extension_of(const char *name)
{
    const char *dot = strrchr(name, '.'), *end = name + strlen(name);
    bool letter = false;
    if (!dot || dot == name || end - dot > EXTENSION + 1)
        return end;
    for (const char *s = dot + 1; *s; s++) {
        if (!is_alnum(*s))
            return end;
        letter |= *s > '9';
    }
    return letter ? dot : end;
}

/* stem, then tail and extension in full, then what fits of the stem. */
static void join(char ret[static 256], const char *name, const char *extension, const char *tail)
{
    size_t stem = (size_t)(extension - name), after = strlen(tail) + strlen(extension);
    char copy[EXTENSION + 2];
    (void)text_copy(copy, sizeof copy, extension);
    if (stem + after > NAME) {
        stem = utf8_cut(name, NAME - after);
        while (stem > 0 && name[stem - 1] == ' ')
            stem--;
    }
    /* name may be ret itself. */
    memmove(ret, name, stem);
    (void)text_format(ret + stem, 256 - stem, "%s%s", tail, copy);
}

/* s in place: each character that a name may not have, and each byte that is none, becomes an underscore. */
static void replace_unsafe(char *s)
{
    char *to = s;
    while (*s) {
        uint32_t c;
        int n = utf8_next(s, &c);
        if (n < 0 || c == '/' || utf8_unsafe(c)) {
            *to++ = '_';
            s += n < 0 ? 1 : n;
        } else {
            memmove(to, s, (size_t)n);
            to += n;
            s += n;
        }
    }
    *to = '\0';
}

/* s in place, not yet cut: "" when nothing is left. */
static void make_safe(char *s)
{
    size_t n, dots;
    const char *first = text_trim(s, strlen(s), &n);
    memmove(s, first, n);
    s[n] = '\0';
    replace_unsafe(s);
    /* What a leading dot hid may begin with a blank. */
    while ((dots = strspn(s, ". ")) > 0)
        memmove(s, s + dots, strlen(s + dots) + 1);
}

void dd_name_safe(const char *raw, char ret[static 256])
{
    char s[RAW];
    (void)text_copy(s, sizeof s, raw);
    make_safe(s);
    if (!*s)
        (void)text_copy(s, sizeof s, "object");
    join(ret, s, extension_of(s), "");
}

/* Of the first type that has one; a DRM wrapper's only when nothing else is listed. */
static const char *extension_for(const char *const *types)
{
    const char *wrapper = "";
    for (; *types; types++) {
        const char *extension = dd_type_extension(*types);
        if (!*extension)
            continue;
        if (!dd_type_is_drm(*types))
            return extension;
        if (!*wrapper)
            wrapper = extension;
    }
    return wrapper;
}

void dd_name(const struct dd_offer *offer, unsigned part, char ret[static 256])
{
    char s[RAW];
    if (part >= offer->n_objects) {
        dd_name_safe("", ret);
        return;
    }
    const struct dd_object *o = &offer->objects[part];
    if (uri_last_segment(o->uri, s, LIMIT_URI + 1)) {
        make_safe(s);
        if (*s) {
            dd_name_safe(s, ret);
            return;
        }
    }
    (void)text_copy(s, LIMIT_URI + 1, o->name);
    make_safe(s);
    if (*s && !*extension_of(s)) {
        const size_t n = strlen(s);

        (void)text_copy(s + n, sizeof(s) - n, extension_for(o->types)); /* RAW leaves room */
    }
    dd_name_safe(s, ret);
}

void dd_name_nth(const char *name, unsigned n, char ret[static 256])
{
    char tail[16];
    (void)text_format(tail, sizeof tail, "-%u", n);
    join(ret, name, extension_of(name), tail);
}
