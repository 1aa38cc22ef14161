/* uri.c - taking URIs apart and judging them. */
#include "descriptor/uri.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_alpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static struct uri_part part(const char *from, const char *to) { return (struct uri_part){from, (size_t)(to - from)}; }

static size_t scheme_length(const char *s)
{
    size_t n = 0;
    if (!is_alpha(*s))
        return 0;
    while (is_alpha(s[n]) || is_digit(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.')
        n++;
    return s[n] == ':' ? n : 0;
}

/* userinfo ends at the last @: uri_check() refuses more than one, since clients differ on it. */
static void split_authority(struct uri_parts *u)
{
    const char *s = u->authority.p, *end = s + u->authority.n;
    const char *at = memrchr(s, '@', u->authority.n);
    if (at) {
        u->userinfo = part(s, at);
        s = at + 1;
    }
    const char *from = s;
    if (s < end && *s == '[') {
        const char *bracket = memchr(s, ']', (size_t)(end - s));
        from = bracket ? bracket : end;
    }
    const char *colon = from < end ? memchr(from, ':', (size_t)(end - from)) : NULL;
    u->host = part(s, colon ? colon : end);
    if (colon)
        u->port = part(colon + 1, end);
}

void uri_split(const char *uri, struct uri_parts *ret)
{
    *ret = (struct uri_parts){0};
    size_t scheme = scheme_length(uri);
    if (scheme) {
        ret->scheme = part(uri, uri + scheme);
        uri += scheme + 1;
    }
    if (uri[0] == '/' && uri[1] == '/') {
        const char *end = uri + 2 + strcspn(uri + 2, "/?#");
        ret->authority = part(uri + 2, end);
        split_authority(ret);
        uri = end;
    }
    const char *end = uri + strcspn(uri, "?#");
    ret->path = part(uri, end);
    if (*end == '?') {
        uri = end + 1;
        end = uri + strcspn(uri, "#");
        ret->query = part(uri, end);
    }
    if (*end == '#')
        ret->fragment = part(end + 1, end + strlen(end));
}

static bool part_is(struct uri_part p, const char *s)
{
    return p.p && p.n == strlen(s) && strncasecmp(p.p, s, p.n) == 0;
}

static bool scheme_is_http(struct uri_part scheme)
{
    return scheme.p && (part_is(scheme, "http") || part_is(scheme, "https"));
}

bool uri_is_http(const char *uri)
{
    struct uri_parts u;
    uri_split(uri, &u);
    return scheme_is_http(u.scheme);
}

static bool port_valid(struct uri_part port)
{
    unsigned value = 0;
    for (size_t i = 0; i < port.n; i++) {
        if (!is_digit(port.p[i]) || value > 65535)
            return false;
        value = value * 10 + (unsigned)(port.p[i] - '0');
    }
    return port.n == 0 || (value > 0 && value <= 65535);
}

static bool host_valid(struct uri_part host)
{
    bool literal = host.p[0] == '[';
    if (literal && (host.n < 4 || host.p[host.n - 1] != ']'))
        return false;
    for (size_t i = literal; i < host.n - literal; i++)
        if (strchr("\"<>[\\]^`{|}", host.p[i]))
            return false;
    return true;
}

static const char *authority_fault(const struct uri_parts *u)
{
    enum { HOST_MAX = 249 }; /* with ":65535" 255 */
    if (!u->authority.p || u->host.n == 0)
        return "no host in it";
    if (u->userinfo.p && memchr(u->userinfo.p, '@', u->userinfo.n))
        return "more than one @ before the host";
    if (u->host.n > HOST_MAX)
        return "host name too long";
    /* A backslash is a slash to browsers and a letter to others: they would go to different hosts. */
    if (!host_valid(u->host) || memchr(u->authority.p, '\\', u->authority.n))
        return "malformed host";
    return u->port.p && !port_valid(u->port) ? "malformed port" : NULL;
}

static const char *uri_fault(const char *uri)
{
    for (const char *s = uri; *s; s++) {
        if (*s == ' ')
            return "a blank in it";
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return "a control character in it";
    }
    struct uri_parts u;
    uri_split(uri, &u);
    if (!u.scheme.p)
        return "not an absolute URI";
    if (scheme_is_http(u.scheme))
        return authority_fault(&u);
    return u.scheme.p[u.scheme.n + 1] ? NULL : "nothing after the scheme";
}

int uri_check(const char *uri, const char **ret_why)
{
    const char *why = uri_fault(uri);
    if (!why)
        return 0;
    *ret_why = why;
    return -EINVAL;
}

void uri_host_key(const char *uri, char ret[static 256])
{
    struct uri_parts u;
    size_t len = 0;
    uri_split(uri, &u);
    ret[0] = '\0';
    if (!u.host.p)
        return;
    for (; len < u.host.n && len < 249; len++) {
        char c = u.host.p[len];
        ret[len] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    ret[len] = '\0';

    struct uri_part port = u.port;
    while (port.n > 1 && *port.p == '0')
        port.p++, port.n--;
    const char *own = u.scheme.p && part_is(u.scheme, "http") ? "80" : part_is(u.scheme, "https") ? "443" : "";
    if (port.n > 0 && port.n <= 5 && !part_is(port, own)) {
        ret[len++] = ':';
        memcpy(ret + len, port.p, port.n);
        ret[len + port.n] = '\0';
    }
}

void uri_masked(const char *uri, struct text *ret)
{
    struct uri_parts u;
    uri_split(uri, &u);
    const char *colon = u.userinfo.p ? memchr(u.userinfo.p, ':', u.userinfo.n) : NULL;
    if (!colon) {
        text_puts(ret, uri);
        return;
    }
    text_add(ret, uri, (size_t)(colon + 1 - uri));
    text_puts(ret, "***");
    text_puts(ret, u.userinfo.p + u.userinfo.n);
}

static int hex(char c)
{
    if (is_digit(c))
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

bool uri_last_segment(const char *uri, char *ret, size_t n)
{
    struct uri_parts u;
    size_t len = 0;
    uri_split(uri, &u);
    if (u.query.p || n == 0)
        return false;
    const char *end = u.path.p + u.path.n, *slash = memrchr(u.path.p, '/', u.path.n);
    for (const char *s = slash ? slash + 1 : u.path.p; s < end && len + 1 < n; s++) {
        char c = *s;
        const int high = c == '%' && end - s > 2 ? hex(s[1]) : -1, low = high >= 0 ? hex(s[2]) : -1;

        if (low >= 0) {
            c = (char)(high * 16 + low);
            s += 2;
        }
        ret[len++] = c ? c : '\x01';
    }
    ret[len] = '\0';
    return len > 0;
}
