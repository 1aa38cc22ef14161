/* resolve.c - relative references (RFC 3986 section 5). */
#include <errno.h>
#include <string.h>

#include "descriptor/uri.h"

/* Writes as much as fits and knows how much there was. */
struct out {
    char *at;
    size_t n, len;
};

static void put(struct out *o, const char *s, size_t n)
{
    if (o->len < o->n && n < o->n - o->len)
        memcpy(o->at + o->len, s, n);
    o->len += n;
}

static int finish(struct out *o)
{
    if (o->len >= o->n)
        return -ENAMETOOLONG;
    o->at[o->len] = '\0';
    return 0;
}

static void put_part(struct out *o, const char *before, struct uri_part p, const char *after)
{
    if (!p.p)
        return;
    put(o, before, strlen(before));
    put(o, p.p, p.n);
    put(o, after, strlen(after));
}

/* RFC 3986 5.2.4 on the text from `from` to the end of o; a path that begins with '/', as all do here, or is rootless.
 */
static void remove_dots(struct out *o, size_t from)
{
    if (o->len >= o->n)
        return;
    const char *s = o->at + from, *end = o->at + o->len;
    char *to = o->at + from, *const first = to;
    while (s < end) {
        const char *next = memchr(s + 1, '/', (size_t)(end - s - 1));
        if (!next)
            next = end;
        size_t slash = *s == '/', n = (size_t)(next - s) - slash;
        bool dot = n == 1 && s[slash] == '.', dots = n == 2 && s[slash] == '.' && s[slash + 1] == '.';
        if (!dot && !dots) {
            memmove(to, s, (size_t)(next - s));
            to += next - s;
        } else {
            if (dots)
                while (to > first && *--to != '/')
                    ;
            if (next == end && slash)
                *to++ = '/';
        }
        s = next;
    }
    o->len = (size_t)(to - o->at);
}

/* RFC 3986 5.2.3. */
static void put_merged(struct out *o, const struct uri_parts *base, const struct uri_parts *ref)
{
    const char *slash = memrchr(base->path.p, '/', base->path.n);
    if (base->authority.p && base->path.n == 0)
        put(o, "/", 1);
    else if (slash)
        put(o, base->path.p, (size_t)(slash - base->path.p) + 1);
    put(o, ref->path.p, ref->path.n);
}

static void put_path(struct out *o, const struct uri_parts *base, const struct uri_parts *ref)
{
    size_t from = o->len;
    if (ref->path.n == 0) {
        put(o, base->path.p, base->path.n);
        return;
    }
    if (*ref->path.p == '/')
        put(o, ref->path.p, ref->path.n);
    else
        put_merged(o, base, ref);
    remove_dots(o, from);
}

int uri_resolve(const char *base, const char *ref, char *ret, size_t n)
{
    struct out o = {.at = ret, .n = n};
    struct uri_parts b, r;

    uri_split(ref, &r);
    if (r.scheme.p) {
        put(&o, ref, strlen(ref));
        return finish(&o);
    }
    uri_split(base ? base : "", &b);
    if (!b.scheme.p)
        return -EINVAL;
    put_part(&o, "", b.scheme, ":");
    if (r.authority.p) {
        put(&o, ref, strlen(ref));
        return finish(&o);
    }
    put_part(&o, "//", b.authority, "");
    put_path(&o, &b, &r);
    put_part(&o, "?", r.path.n == 0 && !r.query.p ? b.query : r.query, "");
    put_part(&o, "#", r.fragment, "");
    return finish(&o);
}

int uri_bare(const char *uri, char *ret, size_t n)
{
    struct out o = {.at = ret, .n = n};
    struct uri_parts u;
    uri_split(uri, &u);
    put_part(&o, "", u.scheme, ":");
    put_part(&o, "//", u.host, "");
    put_part(&o, ":", u.port, "");
    put(&o, u.path.p, u.path.n);
    put_part(&o, "?", u.query, "");
    return finish(&o);
}
