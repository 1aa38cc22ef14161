/* What the tests of exchanges share: a resolver, a sink that keeps what it is told, the loop an agent would run. */
#ifndef TESTS_HTTP_SEEN_H
#define TESTS_HTTP_SEEN_H

#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "http/http.h"
#include "unit/http_server.h"

/* ---- names: a resolver of our own, since the tests must not depend on one ---- */

static pthread_mutex_t resolver_stuck = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    (void)hints;
    if (strcmp(host, "stuck.test") == 0) {
        pthread_mutex_lock(&resolver_stuck);
        pthread_mutex_unlock(&resolver_stuck);
        return EAI_AGAIN;
    }
    bool known = strcmp(host, "a.test") == 0 || strcmp(host, "b.test") == 0 || strcmp(host, "127.0.0.1") == 0;
    if (!known)
        return EAI_NONAME;
    struct addrinfo *a = calloc(1, sizeof *a + sizeof(struct sockaddr_in));
    struct sockaddr_in *in = (struct sockaddr_in *)(a + 1);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in->sin_port = htons((uint16_t)strtoul(service ? service : "0", NULL, 10));
    *a = (struct addrinfo){.ai_family = AF_INET,
                           .ai_socktype = SOCK_STREAM,
                           .ai_protocol = IPPROTO_TCP,
                           .ai_addrlen = sizeof *in,
                           .ai_addr = (struct sockaddr *)in};
    *ret = a;
    return 0;
}

void freeaddrinfo(struct addrinfo *a) { free(a); }

/* ---- one exchange and what came of it ---- */

struct seen {
    struct http *h;
    struct http_exchange *x;
    struct http_facts facts;
    struct http_end end;
    unsigned heads, ends, n_records;
    struct {
        char url[256], range[64], pin[64], words[160];
        enum http_method method;
        unsigned status;
        uint64_t bytes;
    } record[32];
    size_t n;
    char body[1024];  /* the first of n bytes */
    unsigned hold_at; /* answer HTTP_HOLD to so many calls of bytes() */
    unsigned held;
    bool hold_in_head, refuse_head, refuse_bytes, stop_other;
    struct seen *other;
};

static inline int on_head(void *arg, const struct http_facts *facts)
{
    struct seen *s = arg;
    s->heads++;
    ck_assert_uint_eq(s->n, 0);
    ck_assert_uint_eq(s->ends, 0);
    s->facts = *facts;
    if (s->hold_in_head)
        http_curl_ops.hold(s->h, s->x, true);
    return s->refuse_head ? -1 : 0;
}

static inline int on_bytes(void *arg, const void *p, size_t n)
{
    struct seen *s = arg;
    ck_assert_uint_eq(s->heads, 1);
    ck_assert_uint_eq(s->ends, 0);
    ck_assert_uint_gt(n, 0);
    if (s->refuse_bytes)
        return -ENOSPC;
    if (s->held < s->hold_at) {
        s->held++;
        return HTTP_HOLD;
    }
    if (s->stop_other && s->other->x)
        http_curl_ops.stop(s->h, s->other->x);
    if (s->n < sizeof s->body - 1) {
        size_t room = sizeof s->body - 1 - s->n;
        memcpy(s->body + s->n, p, n < room ? n : room);
    }
    s->n += n;
    return 0;
}

static inline void on_record(void *arg, const struct http_record *r)
{
    struct seen *s = arg;
    ck_assert_uint_eq(s->ends, 0);
    ck_assert_uint_lt(s->n_records, 32);
    ck_assert_int_ge(r->ms, 0);
    snprintf(s->record[s->n_records].url, 256, "%s", r->url);
    snprintf(s->record[s->n_records].range, 64, "%s", r->range ? r->range : "");
    snprintf(s->record[s->n_records].pin, 64, "%s", r->pin ? r->pin : "");
    snprintf(s->record[s->n_records].words, 160, "%s", r->words ? r->words : "");
    s->record[s->n_records].method = r->method;
    s->record[s->n_records].status = r->status;
    s->record[s->n_records].bytes = r->bytes;
    s->n_records++;
}

static inline void on_end(void *arg, const struct http_end *end)
{
    struct seen *s = arg;
    s->ends++;
    s->end = *end;
    s->x = NULL;
}

static const struct http_sink sink = {on_head, on_bytes, on_record, on_end};

/* ---- the loop that an agent would run ---- */

static inline void turn(struct http *h)
{
    int ms = http_curl_ops.timeout(h);
    struct pollfd p = {.fd = http_curl_ops.fd(h), .events = POLLIN};
    ck_assert_int_ge(poll(&p, 1, ms < 0 || ms > 30000 ? 30000 : ms), 0);
    http_curl_ops.run(h);
}

static inline void run_until_end(struct seen *s)
{
    while (!s->ends)
        turn(s->h);
}

static inline void begin(struct http *h, struct seen *s, const struct http_ask *ask)
{
    s->h = h;
    ck_assert_int_eq(http_curl_ops.start(h, ask, &sink, s, &s->x), 0);
    ck_assert_uint_eq(s->ends, 0);
}

static inline void perform(struct http *h, struct seen *s, const struct http_ask *ask)
{
    begin(h, s, ask);
    run_until_end(s);
    ck_assert_uint_eq(s->ends, 1);
}

static inline struct http *plain(void)
{
    const struct http_settings settings = {
        .timeout_ms = 20000, .connections = 8, .receive_buffer = LIMIT_RECEIVE_MAX, .proxy = ""};
    struct http *h;
    char why[200];
    ck_assert_int_eq(http_curl_new(&settings, &h, why, sizeof why), 0);
    return h;
}

static inline struct http *with(const struct http_settings *settings)
{
    struct http *h;
    char why[200] = "";
    int rc = http_curl_new(settings, &h, why, sizeof why);
    ck_assert_msg(rc == 0, "%s", why);
    return h;
}

static char url_text[8][512];
static inline const char *at(const struct server *s, const char *host, const char *path)
{
    static unsigned i;
    char *text = url_text[i++ % 8];
    snprintf(text, sizeof url_text[0], "http://%s:%u%s", host, s->port, path);
    return text;
}

#define SERVE(name, ...)                                                                                               \
    static const struct server_route name##_routes[] = {__VA_ARGS__};                                                  \
    struct server *name = server_listen();                                                                             \
    server_serve(name, name##_routes, sizeof name##_routes / sizeof *name##_routes)

#define OK(body_n) "HTTP/1.1 200 OK\r\nContent-Length: " #body_n "\r\n\r\n"

static inline void get(struct http *h, struct seen *s, const char *url)
{
    perform(h, s, &(struct http_ask){.url = url, .redirects = LIMIT_REDIRECTS});
}

/* One GET of one route on a server and a client of their own. */
static inline void one(const struct server_route *route, struct seen *s)
{
    struct server *server = server_listen();
    server_serve(server, route, 1);
    struct http *h = plain();
    get(h, s, at(server, "127.0.0.1", "/x"));
    http_curl_ops.free(h);
    server_stop(server);
}

static inline void logged(struct server *s, const char *what, bool there)
{
    char *log = server_log(s);
    ck_assert_msg((strstr(log, what) != NULL) == there, "%s%s in:\n%s", there ? "no " : "", what, log);
    free(log);
}

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

#endif
