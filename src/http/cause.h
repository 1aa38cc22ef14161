/* cause.h - how libcurl says that an exchange failed -> a failure and a few words.  Any thread. */
#ifndef HTTP_CAUSE_H
#define HTTP_CAUSE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/http.h"

/* What is known of one failed request. */
struct cause_of {
    CURLcode code;
    int os_errno;       /* CURLINFO_OS_ERRNO */
    const char *detail; /* CURLOPT_ERRORBUFFER */
    const char *host;   /* the one asked, or the proxy: whom the words blame */
    bool resolved;      /* the name was resolved */
    bool connected;     /* the request was about to be sent */
    bool answering;     /* a first byte of an answer came */
    bool answered;      /* its header came in full */
    bool has_length;
    uint64_t length, got; /* of the content */
    bool other_route;     /* the kernel has a route to an address that was tried */
    bool resolver_routed; /* route_resolver(); looked at when the name was not resolved */
    int64_t timeout_ms;
};
void cause_fill(const struct cause_of *c, struct http_end *ret);
void cause_say(struct http_end *ret, enum http_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "60 s", "500 ms".  ret: 32 bytes. */
void cause_time(int64_t ms, char ret[static 32]);

#endif
