#include "http/url.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum { URL_MAX = 16 * 1024 };

static void cleanup_curlu(CURLU **u) { curl_url_cleanup(*u); }
static void cleanup_curl_string(char **s) { curl_free(*s); }
#define _cleanup_curlu_ _cleanup_(cleanup_curlu)
#define _cleanup_curl_string_ _cleanup_(cleanup_curl_string)

static int url_errno(CURLUcode code)
{
    static const CURLUcode schemes[] = {CURLUE_UNSUPPORTED_SCHEME, CURLUE_BAD_SCHEME};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (code == schemes[i])
            return -EPROTONOSUPPORT;
    return code == CURLUE_OK ? 0 : code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

static bool clean(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

/* Length of the scheme; 0: there is none (RFC 3986 3.1). */
static size_t scheme_length(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
    bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
    return letter && s[n] == ':' ? n : 0;
}

static bool is_http(const char *s, size_t scheme)
{
    return (scheme == 4 && strncasecmp(s, "http", 4) == 0) || (scheme == 5 && strncasecmp(s, "https", 5) == 0);
}

/* Percent-decode a user name or password; what decodes to a control character could break out of a header line. */
static int decode(const char *s, size_t n, char **ret)
{
    int decoded_n = 0;
    _cleanup_curl_string_ char *decoded = n > 0 ? curl_easy_unescape(NULL, s, (int)n, &decoded_n) : NULL;
    if (n > 0 && !decoded)
        return -ENOMEM;
    char *copy = strdup(decoded ? decoded : "");
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return strlen(copy) == (size_t)decoded_n && clean(copy) ? 0 : -EINVAL;
}

static int userinfo(const char *s, size_t n, struct http_url *ret)
{
    const char *colon = memchr(s, ':', n);
    size_t user_n = colon ? (size_t)(colon - s) : n;
    int rc = decode(s, user_n, &ret->user);
    if (rc == 0)
        rc = decode(colon ? colon + 1 : "", colon ? n - user_n - 1 : 0, &ret->password);
    return rc;
}

/* Space and bytes above ASCII cannot go into a request line: as in RFC 3987 3.1, nothing else is touched. */
static char *encode(const char *head, size_t head_n, const char *tail, size_t tail_n)
{
    char *text = malloc(head_n + 3 * tail_n + 1), *at = text;
    if (!text)
        return NULL;
    memcpy(at, head, head_n);
    at += head_n;
    for (size_t i = 0; i < tail_n; i++) {
        unsigned char c = (unsigned char)tail[i];
        if (c == ' ' || c >= 0x80)
            at += sprintf(at, "%%%02X", c);
        else
            *at++ = (char)c;
    }
    *at = '\0';
    return text;
}

/* Cut userinfo and fragment out of what was written. */
static int outgoing(const char *s, size_t scheme, struct http_url *ret)
{
    size_t end = strcspn(s, "#"), begin = scheme + 3;
    if (strncmp(s + scheme, "://", 3) != 0)
        return -EINVAL;
    size_t authority = strcspn(s + begin, "/?#");
    const char *at = memrchr(s + begin, '@', authority);
    size_t host = at ? (size_t)(at - s) + 1 : begin, path = begin + authority;
    if (host == path)
        return -EINVAL; /* libcurl would look for a host further on */
    int rc = at ? userinfo(s + begin, (size_t)(at - s) - begin, ret) : 0;
    if (rc)
        return rc;
    char head[8 + URL_MAX + 1];
    size_t head_n = (size_t)snprintf(head, sizeof head, "%.*s%.*s", (int)begin, s, (int)(path - host), s + host);
    ret->text = encode(head, head_n, s + path, end - path);
    return ret->text ? 0 : -ENOMEM;
}

/* Host and port as libcurl will understand them, so that both speak of the same peer. */
static int understood(struct http_url *u)
{
    _cleanup_curlu_ CURLU *parts = curl_url();
    _cleanup_curl_string_ char *host = NULL, *port = NULL;
    if (!parts)
        return -ENOMEM;
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, u->text, CURLU_PATH_AS_IS);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    if (code != CURLUE_OK)
        return url_errno(code);
    size_t n = strlen(host);
    bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
    n -= bracketed ? 2 : 0;
    if (n == 0 || n >= sizeof u->host)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        char c = host[i + bracketed];
        u->host[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    u->port = (unsigned)strtoul(port, NULL, 10);
    return 0;
}

int http_url_parse(const char *s, struct http_url *ret)
{
    *ret = (struct http_url){0};
    size_t scheme = scheme_length(s);
    if (strlen(s) > URL_MAX || !clean(s) || scheme == 0)
        return -EINVAL;
    if (!is_http(s, scheme))
        return -EPROTONOSUPPORT;
    ret->https = scheme == 5;
    int rc = outgoing(s, scheme, ret);
    if (rc == 0)
        rc = understood(ret);
    if (rc)
        http_url_free(ret);
    return rc;
}

int http_url_redirect(const struct http_url *from, const char *location, struct http_url *ret)
{
    *ret = (struct http_url){0};
    if (strlen(location) > URL_MAX || !clean(location))
        return -EINVAL;
    size_t scheme = scheme_length(location);
    if (scheme > 0 && (!is_http(location, scheme) || strncmp(location + scheme, "://", 3) == 0))
        return http_url_parse(location, ret);
    _cleanup_curlu_ CURLU *parts = curl_url();
    _cleanup_curl_string_ char *whole = NULL;
    if (!parts)
        return -ENOMEM;
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, from->text, CURLU_PATH_AS_IS);
    if (code == CURLUE_OK)
        code = curl_url_set(parts, CURLUPART_URL, location, CURLU_PATH_AS_IS | CURLU_URLENCODE | CURLU_ALLOW_SPACE);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_URL, &whole, 0);
    return code == CURLUE_OK ? http_url_parse(whole, ret) : url_errno(code);
}

bool http_url_same_origin(const struct http_url *a, const struct http_url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void http_url_free(struct http_url *u)
{
    free(u->text);
    free(u->user);
    free(u->password);
    *u = (struct http_url){0};
}
