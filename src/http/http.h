/* http.h - the seam to the network: exchanges with their facts, no judgement (RFC 9110).
 *
 * One thread (the agent's) calls everything here and gets every callback, from within run() only.  Nothing blocks.
 * Strings in an ask are copied.  Redirects are followed in here, hop by hop, with the header fields made anew for each
 * host: only to http and https, never from https to http (unless insecure), credentials and header= lines to their own
 * host only. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/facts.h"

struct http;          /* an implementation's instance */
struct http_exchange; /* one ask on its way */

enum http_method { HTTP_GET, HTTP_POST };

struct http_ask {
    enum http_method method;
    const char *url;    /* goes out as written, less fragment and userinfo */
    const char *accept; /* Accept field value; NULL: none */
    bool ranged;        /* send Range: bytes=first-last ("first-" when last is UINT64_MAX) */
    uint64_t first, last;
    const char *if_match, *if_unmodified_since; /* field values, byte for byte; NULL: none */
    const void *body;                           /* POST */
    size_t body_n;
    const char *content_type;
    unsigned redirects; /* at most so many */
    bool fresh;         /* not over a connection that served another request (421) */
    /* The URL came from the network: loopback and link-local addresses are refused, judged on the address connected to.
     * So is every redirect that did not come from such an address itself.  Behind a proxy, which resolves names where
     * we cannot see it, only literal addresses and localhost are judged. */
    bool outside;
};

/* How an exchange ended when it did not end well. */
enum http_failure {
    HTTP_FINE = 0,
    HTTP_LOST,       /* cannot connect, reset, time-out, short body: the network's fault */
    HTTP_NO_NETWORK, /* no route to the host, no server to resolve names */
    HTTP_BLOCKED,    /* scheme, too many redirects, https to http, an inside address from outside: for good */
    HTTP_UNTRUSTED,  /* TLS: certificate or handshake */
    HTTP_GARBLED,    /* not HTTP, header too large */
    HTTP_STOPPED,    /* a callback said so, or http_stop() */
    HTTP_NO_MEMORY,
};

struct http_end {
    enum http_failure failure;
    char words[160]; /* "connection reset by peer"; may quote the server: never print raw */
};

/* One request and its answer, redirects and 401 rounds included: what the event log tells of the wire. */
struct http_record {
    enum http_method method;
    const char *url;   /* this hop's, without userinfo */
    const char *range; /* "bytes=1034-" or NULL */
    const char *pin;   /* If-Match or If-Unmodified-Since value, or NULL */
    unsigned status;   /* 0: no answer */
    uint64_t bytes;    /* of content received */
    int64_t ms;        /* from start to end */
    const char *words; /* why it failed, or NULL */
};

/* All return 0 to go on; a negative value stops the exchange: end() follows with HTTP_STOPPED. */
struct http_sink {
    /* The final answer's header, once, before its first byte (or at its end when it has none). */
    int (*head)(void *arg, const struct http_facts *facts);
    /* Content.  HTTP_HOLD: not taken, comes again after hold(x, false). */
    int (*bytes)(void *arg, const void *p, size_t n);
    void (*record)(void *arg, const struct http_record *record); /* once per hop; may be NULL */
    /* Exactly once, also after stop(); the exchange is gone when it returns.  head() came before if there was an
     * answer. */
    void (*end)(void *arg, const struct http_end *end);
};
enum { HTTP_HOLD = 1 };

struct http_ops {
    /* Begin; end() may come from the next run() on, never from within start().  -EINVAL: malformed URL or field,
     * -ENOMEM.  May be called from within a callback.  A scheme other than http and https is no error here: the
     * exchange ends with HTTP_BLOCKED. */
    int (*start)(struct http *h, const struct http_ask *ask, const struct http_sink *sink, void *arg,
                 struct http_exchange **ret);
    /* Let it end: end() comes with HTTP_STOPPED before stop returns. Not from within a callback of the same exchange.
     */
    void (*stop)(struct http *h, struct http_exchange *x);
    /* Pause or go on reading (rate limit, no buffer), at any time.  Nothing comes while held but an end(); a held
     * exchange does not time out. */
    void (*hold)(struct http *h, struct http_exchange *x, bool held);
    /* Do what can be done without waiting, a few MiB at most; callbacks come from here. */
    void (*run)(struct http *h);
    int (*fd)(struct http *h);      /* readable when run() has something to do; -1: none */
    int (*timeout)(struct http *h); /* ms until run() is wanted all the same; -1: never */
    void (*free)(struct http *h);   /* stops everything */
};

struct http_settings {
    int64_t timeout_ms;                              /* no byte for so long: HTTP_LOST, "no byte for 60 s" */
    unsigned connections;                            /* kept open at most */
    size_t receive_buffer;                           /* bytes per transfer: LIMIT_RECEIVE_MIN..MAX */
    const char *cacert, *proxy, *netrc, *user_agent; /* as in struct dlota_options */
    const char *const *headers;
    bool insecure;
};

/* libcurl's implementation (curl.c).  The process must ignore SIGPIPE.  On error why tells the user: an unreadable
 * header file, a bad cacert ... */
int http_curl_new(const struct http_settings *settings, struct http **ret, char *why, size_t why_n);
extern const struct http_ops http_curl_ops;

#endif
