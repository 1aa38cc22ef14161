/* request.h - one exchange: an easy handle that is used anew for every hop.  The agent's thread only. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "http/http.h"
#include "http/lines.h"
#include "http/proxy.h"
#include "http/url.h"

TAILQ_HEAD(exchanges, http_exchange);

enum { HTTP_SPARES = 32 /* easy handles kept for the next exchange */, HTTP_TRIED = 4 };

struct http {
    CURLM *multi;
    int epoll;
    int64_t now;    /* monotonic ms, as of the call of libcurl that is under way */
    int64_t due;    /* when libcurl wants to be called by itself; -1: not */
    int64_t budget; /* bytes that this run() may still take */
    bool in_curl;   /* libcurl is on the stack: nothing may be added, removed or set going */
    bool closing;
    struct exchanges all;
    struct exchanges todo;  /* to begin, to go on reading, to release */
    struct exchanges timed; /* that wait for a byte, longest first */
    CURL *spare[HTTP_SPARES];
    unsigned spares;
    struct http_lines *lines;
    struct http_proxy *proxy;
    int64_t timeout_ms;
    long receive_buffer;
    char *cacert, *netrc, *user_agent;
    bool insecure;
};

struct http_exchange {
    struct http *h;
    CURL *easy;
    TAILQ_ENTRY(http_exchange) all, todo, timed;
    bool in_todo, in_timed, in_multi;
    bool begun, dead;
    bool held;   /* the sink wants nothing */
    bool paused; /* libcurl was told so; to be set going by request_resume() */

    struct http_sink sink;
    void *arg;
    enum http_method method; /* of this hop */
    char *accept, *content_type, *if_match, *if_unmodified_since, *body;
    size_t body_n;
    char range[64]; /* value of Range; "" none */
    unsigned redirects, followed;
    bool fresh, outside;

    struct http_url asked, at, next;
    bool redirected;  /* this hop's answer leads to `next` */
    bool via_303;     /* the POST's answer was 303 */
    bool guarded;     /* this hop may not reach an inside address */
    bool proxied;     /* the address connected to is a proxy's */
    bool refused;     /* a callback of the sink said stop */
    bool connected;   /* this hop's request was about to be sent */
    bool status_seen; /* within an answer's header */
    bool answered;    /* a header that is not 1xx is complete */
    bool http2, headed, denied;
    uint64_t header_n; /* bytes of header lines in this hop */
    uint64_t got;      /* bytes of content in this hop */
    int64_t hop_began, active;
    struct sockaddr_storage tried[HTTP_TRIED];
    unsigned n_tried;
    struct http_end fail; /* what we ourselves have against this hop */
    struct curl_slist *headers;
    char *location;
    char error[CURL_ERROR_SIZE];
    struct http_facts facts;
};

/* A copy of the ask, not yet begun; errors of http_ops.start. */
int request_new(struct http *h, const struct http_ask *ask, const struct http_sink *sink, void *arg,
                struct http_exchange **ret);
/* Send what the exchange is at; ends it when that cannot be done. */
void request_begin(struct http_exchange *x);
/* Go on reading after a hold. */
void request_resume(struct http_exchange *x);
/* libcurl is done with this hop: follow, or end. */
void request_done(struct http_exchange *x, CURLcode code);
/* End it from outside. */
void request_stop(struct http_exchange *x);
/* Free it, now or as soon as libcurl is off the stack. */
void request_release(struct http_exchange *x);

/* curl.c: put it on the list of what the next run() does; start or stop the clock of a silent peer. */
void http_todo(struct http_exchange *x);
void http_touch(struct http_exchange *x);
void http_untime(struct http_exchange *x);

/* hop.c: set the handle up for x->at, with header fields made anew.  0 or -ENOMEM. */
int hop_prepare(struct http_exchange *x);

/* Did the last hop connect to an address of the device's own?  Behind a proxy only the name can be judged. */
bool request_inside(const struct http_exchange *x);

#endif
