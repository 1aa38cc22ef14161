#include "http/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/field.h"

struct http_proxy {
    char *http, *https, *none;
};

/* The first of the variables that is set, or NULL. */
static const char *environment(const char *const *names)
{
    const char *value = NULL;
    for (; *names && !value; names++)
        value = getenv(*names);
    return value;
}

int http_proxy_new(const char *setting, struct http_proxy **ret)
{
    /* HTTP_PROXY in capitals is what a CGI request's "Proxy:" field becomes: curl never reads it either. */
    static const char *const http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
    const char *values[] = {setting ? setting : environment(http), setting ? setting : environment(https),
                            environment(none)};
    struct http_proxy *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    char **copies[] = {&p->http, &p->https, &p->none};
    for (size_t i = 0; i < 3; i++) {
        *copies[i] = strdup(values[i] ? values[i] : "");
        if (!*copies[i]) {
            *ret = http_proxy_free(p);
            return -ENOMEM;
        }
    }
    *ret = p;
    return 0;
}

struct http_proxy *http_proxy_free(struct http_proxy *p)
{
    if (p) {
        free(p->http);
        free(p->https);
        free(p->none);
    }
    free(p);
    return NULL;
}

/* "example.org" and ".example.org" cover that host and all below it. */
static bool covers(struct piece domain, const char *host)
{
    size_t n = strlen(host);
    while (domain.n > 0 && *domain.s == '.') {
        domain.s++;
        domain.n--;
    }
    if (domain.n > 2 && *domain.s == '[' && domain.s[domain.n - 1] == ']')
        domain = (struct piece){domain.s + 1, domain.n - 2};
    if (domain.n == 0 || domain.n > n || strncasecmp(host + n - domain.n, domain.s, domain.n) != 0)
        return false;
    return domain.n == n || host[n - domain.n - 1] == '.';
}

static bool excepted(const char *list, const char *host)
{
    while (*list) {
        size_t n = strcspn(list, ", \t");
        struct piece entry = {list, n};
        if (piece_is(entry, "*") || covers(entry, host))
            return true;
        list += n;
        list += strspn(list, ", \t");
    }
    return false;
}

const char *http_proxy_for(const struct http_proxy *p, const struct http_url *url)
{
    const char *proxy = url->https ? p->https : p->http;
    return *proxy && excepted(p->none, url->host) ? "" : proxy;
}
