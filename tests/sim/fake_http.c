#include "sim/fake_http.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fake_server.h"

enum { ASKS = 4096, PIECE = 16 * 1024 };

/* Scripted answers of one URL, and its server. */
struct place {
    struct place *next;
    char *url;
    struct reply *script;
    struct fake_server *server; /* owned, with copies of what it points to */
};

struct http_exchange {
    struct http_exchange *next;
    struct fake_http *h;
    const struct http_sink *sink;
    void *arg;
    struct fake_ask ask;
    struct reply *reply;
    size_t sent;
    bool begun, held, gone;
};

struct fake_http {
    struct place *places;
    struct http_exchange *exchanges; /* oldest first */
    struct fake_ask *asks;
    unsigned n_asks;
    enum http_failure broken;
    size_t piece;
    unsigned long calls;
    void (*before)(void *arg, unsigned long n);
    void *before_arg;
    bool (*gate)(void *arg);
    void *gate_arg;
    bool shut, kept;
    unsigned depth; /* inside run(): nothing is freed below it */
};

static struct fake_http *of(struct http *h) { return (struct fake_http *)h; }

static struct place *place_of(struct fake_http *h, const char *url, bool make)
{
    struct place *p;

    for (p = h->places; p; p = p->next)
        if (!strcmp(p->url, url))
            return p;
    if (!make)
        return NULL;
    p = calloc(1, sizeof(*p));
    assert(p);
    p->url = strdup(url);
    p->next = h->places;
    h->places = p;
    return p;
}

/* ---- what is said ---- */

void fake_http_say(struct fake_http *h, const char *url, const struct fake_answer *answer)
{
    struct reply **at = &place_of(h, url, true)->script;

    while (*at)
        at = &(*at)->next;
    *at = reply_new(answer);
}

void fake_http_serve(struct fake_http *h, const char *url, const struct fake_server *server)
{
    struct place *p = place_of(h, url, true);

    p->server = server_free(p->server);
    if (server)
        p->server = server_copy(server);
}

void fake_http_break(struct fake_http *h, enum http_failure failure) { h->broken = failure; }

void fake_http_piece(struct fake_http *h, size_t n) { h->piece = n; }

void fake_http_watch(struct fake_http *h, void (*before)(void *arg, unsigned long n), void *arg)
{
    h->before = before;
    h->before_arg = arg;
}

static struct reply *choose(struct fake_http *h, const struct fake_ask *ask)
{
    struct place *p = place_of(h, ask->url, false);
    struct reply *r;

    if (h->broken)
        return reply_new(&(struct fake_answer){.failure = h->broken});
    if (p && p->script) {
        r = p->script;
        p->script = r->next;
        r->next = NULL;
        return r;
    }
    if (p && p->server)
        return server_reply(p->server, ask);
    return reply_new(&(struct fake_answer){.failure = HTTP_LOST, .words = "connection refused"});
}

/* ---- exchanges ---- */

static void copy(char *ret, size_t n, const char *s) { (void)snprintf(ret, n, "%s", s ? s : ""); }

static void note(struct fake_http *h, const struct http_ask *what, struct fake_ask *ret)
{
    *ret = (struct fake_ask){.method = what->method,
                             .ranged = what->ranged,
                             .first = what->first,
                             .last = what->last,
                             .fresh = what->fresh,
                             .outside = what->outside};
    copy(ret->url, sizeof(ret->url), what->url);
    copy(ret->accept, sizeof(ret->accept), what->accept);
    copy(ret->if_match, sizeof(ret->if_match), what->if_match);
    copy(ret->if_unmodified_since, sizeof(ret->if_unmodified_since), what->if_unmodified_since);
    if (what->body)
        (void)snprintf(ret->body, sizeof(ret->body), "%.*s", (int)what->body_n, (const char *)what->body);
    assert(h->n_asks < ASKS);
    h->asks[h->n_asks++] = *ret;
}

static int fake_start(struct http *http, const struct http_ask *what, const struct http_sink *sink, void *arg,
                      struct http_exchange **ret)
{
    struct fake_http *h = of(http);
    struct http_exchange *x, **at = &h->exchanges;

    if (strncmp(what->url, "http://", 7) && strncmp(what->url, "https://", 8))
        return -EINVAL;
    if (h->gate && !h->gate(h->gate_arg)) {
        h->shut = true;
        return -EIO;
    }
    x = calloc(1, sizeof(*x));
    if (!x)
        return -ENOMEM;
    x->h = h;
    x->sink = sink;
    x->arg = arg;
    note(h, what, &x->ask);
    x->reply = choose(h, &x->ask);
    while (*at)
        at = &(*at)->next;
    *at = x;
    *ret = x;
    return 0;
}

static void called(struct fake_http *h)
{
    h->calls++;
    if (h->before)
        h->before(h->before_arg, h->calls);
}

static void record(const struct http_exchange *x, const struct http_end *end)
{
    char range[64];
    const struct http_record r = {
        .method = x->ask.method,
        .url = x->ask.url,
        .range = x->ask.ranged ? range : NULL,
        .pin = x->ask.if_match[0] ? x->ask.if_match : NULL,
        .status = x->begun ? x->reply->facts.status : 0,
        .bytes = x->sent,
        .words = end->failure ? end->words : NULL,
    };

    (void)snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)x->ask.first);
    if (x->sink->record)
        x->sink->record(x->arg, &r);
}

static void finish(struct http_exchange *x, enum http_failure failure, const char *words)
{
    struct http_end end = {.failure = failure};

    if (x->gone)
        return;
    x->gone = true;
    copy(end.words, sizeof(end.words), words ? words : failure ? "broken off" : "");
    record(x, &end);
    called(x->h);
    x->sink->end(x->arg, &end);
}

static void sweep(struct fake_http *h)
{
    for (struct http_exchange **at = &h->exchanges; *at;) {
        struct http_exchange *x = *at;

        if (!x->gone) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        reply_free(x->reply);
        free(x);
    }
}

static void send_piece(struct http_exchange *x)
{
    const struct reply *r = x->reply;
    const size_t left = r->n - x->sent, n = left < x->h->piece ? left : x->h->piece;
    int rc;

    called(x->h);
    rc = x->sink->bytes(x->arg, r->body + x->sent, n);
    if (rc == HTTP_HOLD)
        x->held = true;
    else if (rc < 0)
        finish(x, HTTP_STOPPED, "stopped");
    else
        x->sent += n;
}

static void step(struct http_exchange *x)
{
    const struct reply *r = x->reply;

    if (!r->has_head) {
        finish(x, r->failure, r->words);
    } else if (!x->begun) {
        x->begun = true;
        called(x->h);
        if (x->sink->head(x->arg, &r->facts) < 0)
            finish(x, HTTP_STOPPED, "stopped");
    } else if (x->sent < r->n) {
        send_piece(x);
    } else if (!r->stalls) {
        finish(x, r->failure, r->words);
    }
}

static void fake_run(struct http *http)
{
    struct fake_http *h = of(http);

    h->depth++;
    for (struct http_exchange *x = h->exchanges; x; x = x->next)
        if (!x->held && !x->gone && !h->shut)
            step(x);
    if (--h->depth == 0)
        sweep(h);
}

static void fake_stop(struct http *http, struct http_exchange *x)
{
    finish(x, HTTP_STOPPED, "stopped");
    if (!of(http)->depth)
        sweep(of(http));
}

static void fake_hold(struct http *http, struct http_exchange *x, bool held)
{
    (void)http;
    x->held = held;
}

static bool can_go_on(const struct http_exchange *x)
{
    const struct reply *r = x->reply;

    return !x->held && !x->gone && !(r->stalls && x->begun && x->sent == r->n);
}

static int fake_fd(struct http *http)
{
    (void)http;
    return -1;
}

static int fake_timeout(struct http *http)
{
    if (of(http)->shut)
        return -1;
    for (const struct http_exchange *x = of(http)->exchanges; x; x = x->next)
        if (can_go_on(x))
            return 0;
    return -1;
}

static void fake_free(struct http *http)
{
    struct fake_http *h = of(http);

    for (struct http_exchange *x = h->exchanges; x; x = x->next)
        finish(x, HTTP_STOPPED, "stopped");
    sweep(h);
    h->shut = false;
    if (!h->kept)
        fake_http_drop(h);
}

void fake_http_drop(struct fake_http *h)
{
    while (h->places) {
        struct place *p = h->places;

        h->places = p->next;
        while (p->script) {
            struct reply *r = p->script;

            p->script = r->next;
            reply_free(r);
        }
        server_free(p->server);
        free(p->url);
        free(p);
    }
    free(h->asks);
    free(h);
}

const struct http_ops fake_http_ops = {
    .start = fake_start,
    .stop = fake_stop,
    .hold = fake_hold,
    .run = fake_run,
    .fd = fake_fd,
    .timeout = fake_timeout,
    .free = fake_free,
};

int fake_http_new(struct fake_http **ret)
{
    struct fake_http *h = calloc(1, sizeof(*h));

    if (!h)
        return -ENOMEM;
    h->asks = calloc(ASKS, sizeof(*h->asks));
    if (!h->asks) {
        free(h);
        return -ENOMEM;
    }
    h->piece = PIECE;
    *ret = h;
    return 0;
}

struct http *fake_http_seam(struct fake_http *h) { return (struct http *)h; }

void fake_http_cut(struct fake_http *h, enum http_failure failure)
{
    h->depth++;
    for (struct http_exchange *x = h->exchanges; x; x = x->next)
        finish(x, failure, "connection reset by peer");
    h->depth--;
    sweep(h);
}

void fake_http_keep(struct fake_http *h) { h->kept = true; }

void fake_http_gate(struct fake_http *h, bool (*open)(void *arg), void *arg)
{
    h->gate = open;
    h->gate_arg = arg;
}

/* ---- what was asked ---- */

const struct fake_ask *fake_http_ask(const struct fake_http *h, unsigned n)
{
    return n < h->n_asks ? &h->asks[n] : NULL;
}

unsigned fake_http_asks(const struct fake_http *h) { return h->n_asks; }

unsigned fake_http_count(const struct fake_http *h, enum http_method method)
{
    unsigned n = 0;

    for (unsigned i = 0; i < h->n_asks; i++)
        n += h->asks[i].method == method;
    return n;
}

unsigned fake_http_active(const struct fake_http *h)
{
    unsigned n = 0;

    for (const struct http_exchange *x = h->exchanges; x; x = x->next)
        n += !x->gone;
    return n;
}

unsigned fake_http_held(const struct fake_http *h)
{
    unsigned n = 0;

    for (const struct http_exchange *x = h->exchanges; x; x = x->next)
        n += !x->gone && x->held;
    return n;
}
