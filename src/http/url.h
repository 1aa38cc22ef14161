/* url.h - http and https URLs as they go out: as written, less fragment and userinfo.  Pure; any thread. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>

struct http_url {
    char *text;            /* as it goes out: no fragment, no userinfo; owned */
    char *user, *password; /* percent-decoded; NULL: none; owned */
    char host[256];        /* lower case, IPv6 without brackets */
    unsigned port;
    bool https;
};

/* 0; -EINVAL malformed; -EPROTONOSUPPORT a scheme other than http and https; -ENOMEM.  On error *ret is empty. */
int http_url_parse(const char *s, struct http_url *ret);
/* What a Location means at `from` (RFC 3986 5); errors as above. */
int http_url_redirect(const struct http_url *from, const char *location, struct http_url *ret);
/* Same scheme, host and port: who may see one's password may see it at the other. */
bool http_url_same_origin(const struct http_url *a, const struct http_url *b);
void http_url_free(struct http_url *u);

#endif
