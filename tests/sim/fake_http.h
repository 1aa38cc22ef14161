/* fake_http.h - the network as a script: what each URL answers, piece by piece, and a record of what was asked.
 *
 * Header fields are given as text and read by the real http/facts.c, so that a script says what a server would say.
 * For each ask: the next scripted answer of its URL, else the URL's server (a model of one that knows ranges), else the
 * connection is refused.  Nothing happens outside run(); each run() brings every exchange that is not held one step on:
 * its header, or one piece, or its end. */
#ifndef SIM_FAKE_HTTP_H
#define SIM_FAKE_HTTP_H

#include "http/http.h"

struct fake_http; /* is a struct http */

/* One answer.  Strings and bytes are copied. */
struct fake_answer {
    const char *head; /* "200 OK\nContent-Type: image/gif\n..."; NULL: none, `failure` comes at once */
    const void *body; /* content; fields that frame it are up to the head */
    size_t n;
    enum http_failure failure; /* how it ends after the n bytes; HTTP_FINE: cleanly */
    const char *words;         /* then why; NULL: some */
    bool via_303;
    bool stalls;           /* after the n bytes nothing more comes, until the test lets go */
    const char *effective; /* where redirects led to; NULL: nowhere */
};

/* A model of a server that knows ranges and preconditions (RFC 9110 13, 14). */
struct fake_server {
    const void *body;
    size_t n;
    const char *type;     /* NULL: none */
    const char *etag;     /* as it goes out; NULL: none */
    const char *modified; /* Last-Modified; NULL: none */
    bool no_ranges;       /* answers 200 to everything, no Accept-Ranges */
    bool ignores_match;   /* evaluates no precondition */
    bool chunked;         /* no Content-Length */
    size_t cut_after;     /* each connection is lost after so many bytes; 0: never */
    const char *says;     /* this head, and nothing else, to everything; NULL: as above */
};

/* What was asked. */
struct fake_ask {
    enum http_method method;
    char url[512], accept[256], if_match[256], if_unmodified_since[64], body[256];
    bool ranged, fresh, outside;
    uint64_t first, last;
};

extern const struct http_ops fake_http_ops;

int fake_http_new(struct fake_http **ret);
struct http *fake_http_seam(struct fake_http *h);

/* The next answer of url; they are used up in order. */
void fake_http_say(struct fake_http *h, const char *url, const struct fake_answer *answer);
/* What url answers when nothing is scripted; NULL: nothing any more.  A new server takes the place of the old one. */
void fake_http_serve(struct fake_http *h, const char *url, const struct fake_server *server);
/* Everything that is not scripted ends like this (HTTP_NO_NETWORK: the cable is out); HTTP_FINE: no more. */
void fake_http_break(struct fake_http *h, enum http_failure failure);
/* Exchanges under way break off now; stalled ones too. */
void fake_http_cut(struct fake_http *h, enum http_failure failure);
/* Bytes per piece (16 KiB). */
void fake_http_piece(struct fake_http *h, size_t n);

/* The n-th ask from the first on; NULL: there were not so many. */
const struct fake_ask *fake_http_ask(const struct fake_http *h, unsigned n);
unsigned fake_http_asks(const struct fake_http *h);
/* Asks of one method. */
unsigned fake_http_count(const struct fake_http *h, enum http_method method);
/* Exchanges under way; those of them that the agent holds. */
unsigned fake_http_active(const struct fake_http *h);
unsigned fake_http_held(const struct fake_http *h);
/* The network outlives its agents: free() only ends what is under way, fake_http_drop() frees. */
void fake_http_keep(struct fake_http *h);
void fake_http_drop(struct fake_http *h);
/* Asked at each start: false, nothing leaves (nor is noted) and nothing moves any more. */
void fake_http_gate(struct fake_http *h, bool (*open)(void *arg), void *arg);
/* Called before each callback into the agent, with the number of it: for tests that stop or fail at the n-th. */
void fake_http_watch(struct fake_http *h, void (*before)(void *arg, unsigned long n), void *arg);

#endif
