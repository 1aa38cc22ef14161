/* proxy.h - through which proxy a request goes, as curl decides it: http_proxy, https_proxy, all_proxy, no_proxy.
 *
 * Decided here and not by libcurl because the guard against inside addresses must know whether the address connected
 * to is the server's or a proxy's.  The environment is read once, by new(); any thread after that. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "http/url.h"

struct http_proxy;

/* setting: a proxy for everything, "" none at all, NULL the environment's.  no_proxy counts in any case. */
int http_proxy_new(const char *setting, struct http_proxy **ret);
struct http_proxy *http_proxy_free(struct http_proxy *p);
/* The proxy's URL; "" goes straight. */
const char *http_proxy_for(const struct http_proxy *p, const struct http_url *url);

#endif
