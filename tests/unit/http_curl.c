#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int on_head(void *arg, const struct http_facts *facts)
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

static int on_bytes(void *arg, const void *p, size_t n)
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

static void on_record(void *arg, const struct http_record *r)
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

static void on_end(void *arg, const struct http_end *end)
{
    struct seen *s = arg;
    s->ends++;
    s->end = *end;
    s->x = NULL;
}

static const struct http_sink sink = {on_head, on_bytes, on_record, on_end};

/* ---- the loop that an agent would run ---- */

static void turn(struct http *h)
{
    int ms = http_curl_ops.timeout(h);
    struct pollfd p = {.fd = http_curl_ops.fd(h), .events = POLLIN};
    ck_assert_int_ge(poll(&p, 1, ms < 0 || ms > 30000 ? 30000 : ms), 0);
    http_curl_ops.run(h);
}

static void run_until_end(struct seen *s)
{
    while (!s->ends)
        turn(s->h);
}

static void begin(struct http *h, struct seen *s, const struct http_ask *ask)
{
    s->h = h;
    ck_assert_int_eq(http_curl_ops.start(h, ask, &sink, s, &s->x), 0);
    ck_assert_uint_eq(s->ends, 0);
}

static void perform(struct http *h, struct seen *s, const struct http_ask *ask)
{
    begin(h, s, ask);
    run_until_end(s);
    ck_assert_uint_eq(s->ends, 1);
}

static struct http *plain(void)
{
    const struct http_settings settings = {
        .timeout_ms = 20000, .connections = 8, .receive_buffer = LIMIT_RECEIVE_MAX, .proxy = ""};
    struct http *h;
    char why[200];
    ck_assert_int_eq(http_curl_new(&settings, &h, why, sizeof why), 0);
    return h;
}

static struct http *with(const struct http_settings *settings)
{
    struct http *h;
    char why[200] = "";
    int rc = http_curl_new(settings, &h, why, sizeof why);
    ck_assert_msg(rc == 0, "%s", why);
    return h;
}

static char url_text[8][512];
static const char *at(const struct server *s, const char *host, const char *path)
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

static void get(struct http *h, struct seen *s, const char *url)
{
    perform(h, s, &(struct http_ask){.url = url, .redirects = LIMIT_REDIRECTS});
}

/* One GET of one route on a server and a client of their own. */
static void one(const struct server_route *route, struct seen *s)
{
    struct server *server = server_listen();
    server_serve(server, route, 1);
    struct http *h = plain();
    get(h, s, at(server, "127.0.0.1", "/x"));
    http_curl_ops.free(h);
    server_stop(server);
}

static void logged(struct server *s, const char *what, bool there)
{
    char *log = server_log(s);
    ck_assert_msg((strstr(log, what) != NULL) == there, "%s%s in:\n%s", there ? "no " : "", what, log);
    free(log);
}

/* ---- plain answers ---- */

START_TEST(plain_get)
{
    SERVE(server,
          {"GET /a?b=c ", "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nETag: \"e\"\r\nContent-Length: 5\r\n\r\nhello",
           0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    perform(h, &s, &(struct http_ask){.url = at(server, "127.0.0.1", "/a?b=c#fragment"), .accept = "image/gif"});
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_uint_eq(s.facts.status, 200);
    ck_assert_str_eq(s.facts.reason, "OK");
    ck_assert_str_eq(s.facts.type, "image/gif");
    ck_assert_str_eq(s.facts.etag, "\"e\"");
    ck_assert_str_eq(s.facts.peer, "127.0.0.1");
    ck_assert_str_eq(s.facts.effective, "");
    ck_assert(s.facts.framed && s.facts.has_length && !s.facts.via_303);
    ck_assert_str_eq(s.body, "hello");
    ck_assert_uint_eq(s.n_records, 1);
    ck_assert_str_eq(s.record[0].url, at(server, "127.0.0.1", "/a?b=c"));
    ck_assert_uint_eq(s.record[0].bytes, 5);
    ck_assert_uint_eq(s.record[0].status, 200);
    ck_assert_str_eq(s.record[0].words, "");
    logged(server, "GET /a?b=c HTTP/1.1\r\n", true);
    logged(server, "\r\nAccept: image/gif\r\n", true);
    logged(server, "\r\nAccept-Encoding: identity\r\n", true);
    logged(server, "\r\nCache-Control: no-transform\r\n", true);
    logged(server, "\r\nUser-Agent: dlotafs/" DLOTAFS_VERSION "\r\n", true);
    logged(server, "Range:", false);
    logged(server, "If-", false);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(not_found)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!", 0, THEN_KEEP, 0},
        &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.facts.status, 404);
    ck_assert_str_eq(s.body, "no!");
}
END_TEST

START_TEST(no_content)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", "HTTP/1.1 204 No Content\r\n\r\n", 0, THEN_KEEP, 0}, &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_uint_eq(s.facts.status, 204);
    ck_assert(s.facts.framed);
    ck_assert_uint_eq(s.n, 0);
}
END_TEST

START_TEST(chunked)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n"
                               "HTTP/1.1: 500 Trailer\r\nETag: \"late\"\r\n\r\n",
                               0, THEN_KEEP, 0},
        &s);
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert(s.facts.framed && !s.facts.has_length);
    ck_assert_str_eq(s.facts.etag, "");
    ck_assert_uint_eq(s.record[0].status, 200);
    ck_assert_uint_eq(s.n_records, 1);
    ck_assert_str_eq(s.body, "abcde");
}
END_TEST

START_TEST(close_delimited)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", "HTTP/1.0 200 OK\r\n\r\nabc", 0, THEN_CLOSE, 0}, &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert(!s.facts.framed && !s.facts.has_length);
    ck_assert_str_eq(s.body, "abc");
}
END_TEST

START_TEST(interim_answers)
{
    struct seen s = {0};
    one(
        &(struct server_route){
            "GET /x ", "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" OK(2) "ok",
            0, THEN_KEEP, 0},
        &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_uint_eq(s.facts.status, 200);
    ck_assert_str_eq(s.facts.etag, "");
    ck_assert_str_eq(s.body, "ok");
    ck_assert_uint_eq(s.n_records, 1);
}
END_TEST

START_TEST(codings_stay)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
                               0, THEN_KEEP, 0},
        &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert(s.facts.coded);
    ck_assert_str_eq(s.body, "nope");
}
END_TEST

START_TEST(large_body)
{
    static const size_t size = 40 * 1024 * 1024;
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", OK(41943040), 0, THEN_KEEP, size}, &s);
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert_uint_eq(s.n, size);
    ck_assert_uint_eq(s.record[0].bytes, size);
}
END_TEST

/* ---- on the wire ---- */

START_TEST(path_as_is)
{
    SERVE(server, {"GET /a/../b/./%2F%7e//c?d=/../e&f=%zz&g=%20%C3%A4%20 ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, at(server, "127.0.0.1", "/a/../b/./%2F%7e//c?d=/../e&f=%zz&g=%20\xc3\xa4 #x"));
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    char *log = server_log(server);
    ck_assert_msg(s.facts.status == 200, "%s", log);
    free(log);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(range_and_pins)
{
    SERVE(server,
          {"GET /",
           "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1034-1037/25432\r\nContent-Length: 4\r\n\r\nabcd", 0,
           THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s[3] = {0};
    perform(h, &s[0],
            &(struct http_ask){.url = at(server, "127.0.0.1", "/a"),
                               .ranged = true,
                               .first = 1034,
                               .last = UINT64_MAX,
                               .if_match = "\"pinn\xe4 d, :x\""});
    ck_assert_int_eq(s[0].end.failure, HTTP_FINE);
    ck_assert_uint_eq(s[0].facts.status, 206);
    ck_assert_uint_eq(s[0].facts.first, 1034);
    ck_assert_str_eq(s[0].record[0].range, "bytes=1034-");
    ck_assert_str_eq(s[0].record[0].pin, "\"pinn\xe4 d, :x\"");
    perform(h, &s[1],
            &(struct http_ask){.url = at(server, "127.0.0.1", "/b"),
                               .ranged = true,
                               .first = 0,
                               .last = 25431,
                               .if_unmodified_since = "Sun, 06 Nov 1994 08:49:37 GMT"});
    perform(h, &s[2],
            &(struct http_ask){.url = at(server, "127.0.0.1", "/c"),
                               .ranged = true,
                               .first = UINT64_MAX - 1,
                               .last = UINT64_MAX - 1,
                               .if_match = "bare"});
    ck_assert_int_eq(s[2].end.failure, HTTP_FINE);
    logged(server, "\r\nRange: bytes=1034-\r\n", true);
    logged(server, "\r\nIf-Match: \"pinn\xe4 d, :x\"\r\n", true);
    logged(server, "\r\nRange: bytes=0-25431\r\n", true);
    logged(server, "\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true);
    logged(server, "\r\nRange: bytes=18446744073709551614-18446744073709551614\r\n", true);
    logged(server, "\r\nIf-Match: bare\r\n", true);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(fields_that_cannot_be_sent)
{
    struct http *h = plain();
    struct seen s = {0};
    static const struct http_ask asks[] = {
        {.url = "http://127.0.0.1/", .accept = "a\r\nX: y"},
        {.url = "http://127.0.0.1/", .if_match = "\"a\nb\""},
        {.url = "http://127.0.0.1/", .if_match = ""},
        {.url = "http://127.0.0.1/", .if_unmodified_since = "\x01"},
        {.url = "http://127.0.0.1/", .if_unmodified_since = ""},
        {.url = "http://127.0.0.1/", .method = HTTP_POST, .content_type = "a/b\r"},
        {.url = "http://127.0.0.1/", .method = HTTP_POST, .ranged = true},
        {.url = "http://127.0.0.1/", .ranged = true, .first = 5, .last = 4},
        {.url = "http://127.0.0.1/a\r\nHost: evil"},
        {.url = "http://127.0.0.1/\x7f"},
        {.url = "http://us%0aer@127.0.0.1/"},
        {.url = "http://user:%00@127.0.0.1/"},
        {.url = "http://127.0.0.1:99999/"},
        {.url = "http://[::1/"},
        {.url = "http:///path"},
        {.url = "http:127.0.0.1"},
        {.url = "http://a b/"},
        {.url = "/just/a/path"},
        {.url = "127.0.0.1/x"},
        {.url = ""},
    };
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        ck_assert_msg(http_curl_ops.start(h, &asks[i], &sink, &s, &s.x) == -EINVAL, "%zu", i);
    ck_assert_int_eq(http_curl_ops.timeout(h), -1);
    http_curl_ops.free(h);
    ck_assert_uint_eq(s.ends, 0);
}
END_TEST

START_TEST(post)
{
    SERVE(server, {"POST /n?id=7 ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    char body[] = "900 Success\r\n";
    struct http_ask ask = {.method = HTTP_POST,
                           .url = at(server, "127.0.0.1", "/n?id=7"),
                           .body = body,
                           .body_n = sizeof body - 1,
                           .content_type = "text/plain"};
    begin(h, &s, &ask);
    memset(body, 'z', sizeof body - 1); /* it was copied */
    run_until_end(&s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.facts.status, 200);
    ck_assert_int_eq(s.record[0].method, HTTP_POST);
    logged(server, "\r\n\r\n900 Success\r\n", true);
    logged(server, "\r\nContent-Type: text/plain\r\n", true);
    logged(server, "\r\nContent-Length: 13\r\n", true);
    logged(server, "Expect", false);
    logged(server, "no-transform", false);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(large_post_without_expect)
{
    SERVE(server, {"POST / ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    static char body[30000];
    memset(body, 'b', sizeof body);
    perform(h, &s,
            &(struct http_ask){
                .method = HTTP_POST, .url = at(server, "127.0.0.1", ""), .body = body, .body_n = sizeof body});
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    logged(server, "Expect", false);
    logged(server, "Content-Type", false);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(connections_are_used_again)
{
    SERVE(server, {"GET /a ", OK(2) "aa", 0, THEN_KEEP, 0}, {"POST /n ", OK(0), 0, THEN_KEEP, 0},
          {"GET /r ", "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 20000\r\n\r\n", 0, THEN_KEEP, 20000});
    struct http *h = plain();
    for (int i = 0; i < 20; i++) {
        struct seen g = {0}, p = {0}, r = {0};
        get(h, &g, at(server, "127.0.0.1", "/a"));
        perform(
            h, &p,
            &(struct http_ask){.method = HTTP_POST, .url = at(server, "127.0.0.1", "/n"), .body = "x", .body_n = 1});
        get(h, &r, at(server, "127.0.0.1", "/r"));
        ck_assert_str_eq(g.body, "aa");
        ck_assert_uint_eq(p.facts.status, 200);
        ck_assert_str_eq(r.body, "aa");
    }
    ck_assert_uint_eq(server_links(server), 1);
    struct seen fresh = {0};
    perform(h, &fresh, &(struct http_ask){.url = at(server, "127.0.0.1", "/a"), .fresh = true});
    ck_assert_int_eq(fresh.end.failure, HTTP_FINE);
    ck_assert_uint_eq(server_links(server), 2);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(many_at_once)
{
    SERVE(server, {"GET /a ", OK(1000), 0, THEN_KEEP, 1000});
    struct http *h = plain();
    static struct seen s[40];
    memset(s, 0, sizeof s);
    for (int i = 0; i < 40; i++)
        begin(h, &s[i], &(struct http_ask){.url = at(server, "127.0.0.1", "/a")});
    for (int i = 0; i < 40; i++) {
        run_until_end(&s[i]);
        ck_assert_msg(s[i].end.failure == HTTP_FINE && s[i].n == 1000, "%s", s[i].end.words);
    }
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

/* ---- redirects ---- */

START_TEST(redirects)
{
    SERVE(
        server,
        {"GET /abs/1 ", "HTTP/1.1 301 Moved\r\nLocation: ../rel/2?x\r\nContent-Length: 4\r\n\r\nmove", 0, THEN_KEEP, 0},
        {"GET /rel/2?x ",
         "HTTP/1.1 307 Temp\r\nLocation: ?y#f\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 0, THEN_KEEP,
         0},
        {"GET /rel/2?y ", "HTTP/1.1 308 Perm\r\nLocation:   /a/../end  \r\nContent-Length: 0\r\n\r\n", 0, THEN_KEEP, 0},
        {"GET /a/../end ", OK(3) "end", 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    perform(h, &s,
            &(struct http_ask){.url = at(server, "127.0.0.1", "/abs/1"),
                               .redirects = 3,
                               .ranged = true,
                               .first = 7,
                               .last = UINT64_MAX,
                               .if_match = "\"e\"",
                               .accept = "a/b"});
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_str_eq(s.body, "end");
    ck_assert_str_eq(s.facts.effective, at(server, "127.0.0.1", "/a/../end"));
    ck_assert_uint_eq(s.n_records, 4);
    ck_assert_uint_eq(s.record[0].status, 301);
    ck_assert_uint_eq(s.record[0].bytes, 4);
    ck_assert_str_eq(s.record[1].url, at(server, "127.0.0.1", "/rel/2?x"));
    ck_assert_uint_eq(s.record[3].status, 200);
    /* The same fields go out at every hop. */
    char *log = server_log(server);
    unsigned n = 0;
    for (char *p = log; (p = strstr(p, "\r\nRange: bytes=7-\r\nIf-Match: \"e\"\r\n")); p++)
        n++;
    ck_assert_uint_eq(n, 4);
    free(log);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(redirect_loop)
{
    SERVE(server, {"GET /x ", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, at(server, "127.0.0.1", "/x"));
    ck_assert_int_eq(s.end.failure, HTTP_BLOCKED);
    ck_assert_str_eq(s.end.words, "more than 10 redirects");
    ck_assert_uint_eq(s.heads, 0);
    ck_assert_uint_eq(s.n_records, 11);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

static const char *const forbidden[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
                                        "mailto:a@b",         "data:,x",          "FILE:/etc/passwd",
                                        "javascript:x",       "httpx://a/"};

START_TEST(redirect_to_other_scheme)
{
    char answer[200];
    snprintf(answer, sizeof answer, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", forbidden[_i]);
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", answer, 0, THEN_KEEP, 0}, &s);
    ck_assert_msg(s.end.failure == HTTP_BLOCKED, "%s: %s", forbidden[_i], s.end.words);
    ck_assert_uint_eq(s.heads, 0);
    ck_assert_uint_eq(s.n, 0);
    ck_assert_uint_eq(s.record[0].status, 302);
    ck_assert_str_eq(s.record[0].words, s.end.words);
}
END_TEST

START_TEST(other_scheme)
{
    struct http *h = plain();
    static const char *const urls[] = {"ftp://127.0.0.1/x", "file:///etc/passwd", "cid:part@host", "urn:x"};
    for (size_t i = 0; i < 4; i++) {
        struct seen s = {0};
        get(h, &s, urls[i]);
        ck_assert_int_eq(s.end.failure, HTTP_BLOCKED);
        ck_assert_uint_eq(s.heads, 0);
    }
    http_curl_ops.free(h);
}
END_TEST

static const char *const finals[] = {
    "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 302 Found\r\nLocation: http://a b/\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 302 Found\r\nLocation: /a\x01\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 300 Choose\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 305 Use Proxy\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 200 OK\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
};

START_TEST(no_usable_location)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", finals[_i], 0, THEN_KEEP, 0}, &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_uint_eq(s.facts.status, (unsigned)strtoul(finals[_i] + 9, NULL, 10));
    ck_assert_str_eq(s.body, "body");
}
END_TEST

START_TEST(redirect_with_endless_body)
{
    SERVE(
        server,
        {"GET /x ", "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 99999999999\r\n\r\n", 0, THEN_STALL, 200000},
        {"GET /y ", OK(1) "y", 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, at(server, "127.0.0.1", "/x"));
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert_str_eq(s.body, "y");
    ck_assert_uint_eq(server_links(server), 2);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(secrets_stay_with_their_host)
{
    SERVE(second, {"GET /b ", OK(1) "b", 0, THEN_KEEP, 0},
          {"GET /401 ", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n", 0,
           THEN_KEEP, 0});
    char away[200], there[200];
    snprintf(away, sizeof away, "HTTP/1.1 302 Found\r\nLocation: http://b.test:%u/b\r\nContent-Length: 0\r\n\r\n",
             second->port);
    snprintf(there, sizeof there, "HTTP/1.1 302 Found\r\nLocation: http://a.test:%u/401\r\nContent-Length: 0\r\n\r\n",
             second->port);
    struct server_route routes[] = {{"GET /a ", away, 0, THEN_KEEP, 0}, {"GET /p ", there, 0, THEN_KEEP, 0}};
    struct server *first = server_listen();
    server_serve(first, routes, 2);
    char ported[100];
    snprintf(ported, sizeof ported, "a.test:%u:X-Port: only there", first->port);
    const char *const lines[] = {"A.test:X-Token: secret", ported, "b.test:X-Other:   for b ", NULL};
    struct http *h =
        with(&(struct http_settings){.timeout_ms = 20000, .connections = 4, .proxy = "", .headers = lines});
    struct seen s = {0}, p = {0};
    char url[200];
    snprintf(url, sizeof url, "http://user:pa%%3ass@a.test:%u/a", first->port);
    get(h, &s, url);
    ck_assert_msg(s.end.failure == HTTP_FINE && s.facts.status == 200, "%s", s.end.words);
    ck_assert_str_eq(s.record[0].url, at(first, "a.test", "/a"));
    logged(first, "\r\nX-Token: secret\r\n", true);
    logged(first, "\r\nX-Port: only there\r\n", true);
    logged(first, "X-Other", false);
    logged(first, "user", false);
    logged(second, "X-Token", false);
    logged(second, "X-Port", false);
    logged(second, "\r\nX-Other: for b\r\n", true);
    /* The same host on another port asks for a password: it does not get this one. */
    snprintf(url, sizeof url, "http://user:pass@a.test:%u/p", first->port);
    get(h, &p, url);
    ck_assert_uint_eq(p.facts.status, 401);
    logged(second, "Authorization", false);
    logged(second, "\r\nX-Token: secret\r\n", true);
    logged(second, "X-Port", false);
    http_curl_ops.free(h);
    server_stop(first);
    server_stop(second);
}
END_TEST

static const struct {
    const char *status;
    bool kept;
} posts[] = {{"301", true}, {"302", true}, {"307", true}, {"308", true}, {"303", false}};

START_TEST(post_redirected)
{
    char answer[200];
    snprintf(answer, sizeof answer, "HTTP/1.1 %s Go\r\nLocation: /t\r\nContent-Length: 0\r\n\r\n", posts[_i].status);
    struct server_route routes[] = {{"POST /n ", answer, 0, THEN_KEEP, 0},
                                    {"POST /t ", OK(4) "POST", 0, THEN_KEEP, 0},
                                    {"GET /t ", OK(3) "GET", 0, THEN_KEEP, 0}};
    struct server *server = server_listen();
    server_serve(server, routes, 3);
    struct http *h = plain();
    struct seen s = {0};
    perform(h, &s,
            &(struct http_ask){.method = HTTP_POST,
                               .url = at(server, "127.0.0.1", "/n"),
                               .body = "902 User\r\n",
                               .body_n = 10,
                               .content_type = "text/plain",
                               .redirects = 5});
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_str_eq(s.body, posts[_i].kept ? "POST" : "GET");
    ck_assert(s.facts.via_303 == !posts[_i].kept);
    ck_assert_int_eq(s.record[1].method, posts[_i].kept ? HTTP_POST : HTTP_GET);
    char *log = server_log(server);
    const char *first = strstr(log, "902 User");
    ck_assert_ptr_nonnull(first);
    ck_assert((strstr(first + 1, "902 User") != NULL) == posts[_i].kept);
    ck_assert((strstr(first + 1, "Content-Type") != NULL) == posts[_i].kept);
    free(log);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

/* ---- credentials ---- */

#define ASK_BASIC "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 4\r\n\r\nwho?"

START_TEST(unauthorised)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", ASK_BASIC, 0, THEN_KEEP, 0}, &s);
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(s.facts.status, 401);
    ck_assert_str_eq(s.body, "who?");
    ck_assert_uint_eq(s.n_records, 1);
}
END_TEST

/* Answers 401 first and 200 to the request that brings the right field. */
static void with_login(struct http *h, struct server *server, const char *userinfo, unsigned *status, struct seen *s)
{
    char url[200];
    snprintf(url, sizeof url, "http://%s127.0.0.1:%u/x", userinfo, server->port);
    get(h, s, url);
    *status = s->facts.status;
}

START_TEST(basic_login)
{
    SERVE(server, {"GET /x ", ASK_BASIC, 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    unsigned status;
    with_login(h, server, "user:p%40ss@", &status, &s);
    /* Asked twice, the second time with the password; refused again, that answer is the final one. */
    ck_assert_int_eq(s.end.failure, HTTP_FINE);
    ck_assert_uint_eq(status, 401);
    ck_assert_uint_eq(s.heads, 1);
    ck_assert_str_eq(s.body, "who?");
    ck_assert_uint_eq(s.n_records, 2);
    ck_assert_uint_eq(s.record[0].status, 401);
    ck_assert_uint_eq(s.record[1].status, 401);
    logged(server, "\r\nAuthorization: Basic dXNlcjpwQHNz\r\n", true); /* user:p@ss */
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(netrc_login)
{
    SERVE(server, {"GET /x ", ASK_BASIC, 0, THEN_KEEP, 0});
    char path[] = "/tmp/http_curl.XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "machine 127.0.0.1 login user password p@ss\n";
    ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct http *h = with(&(struct http_settings){.timeout_ms = 20000, .connections = 4, .proxy = "", .netrc = path});
    struct seen s = {0}, other = {0};
    unsigned status;
    with_login(h, server, "", &status, &s);
    logged(server, "\r\nAuthorization: Basic dXNlcjpwQHNz\r\n", true);
    ck_assert_uint_eq(s.n_records, 2);
    get(h, &other, at(server, "a.test", "/x"));
    ck_assert_uint_eq(other.n_records, 1);
    http_curl_ops.free(h);
    server_stop(server);
    unlink(path);
}
END_TEST

START_TEST(settings_that_are_refused)
{
    static const char *const junk[] = {"no colon", NULL}, *const nl[] = {"h:X: a\nY: b", NULL},
                             *const range[] = {"h:Range: bytes=0-", NULL}, *const host[] = {"h:Host: evil", NULL},
                             *const nofile[] = {"h:@/nonexistent/file", NULL}, *const name[] = {"h:X Y: z", NULL},
                             *const empty[] = {":X: y", NULL}, *const noname[] = {"h:: y", NULL};
    const struct http_settings bad[] = {
        {.headers = junk},          {.headers = nl},         {.headers = range},        {.headers = host},
        {.headers = nofile},        {.headers = name},       {.headers = empty},        {.headers = noname},
        {.cacert = "/nonexistent"}, {.cacert = "/dev/null"}, {.netrc = "/nonexistent"}, {.user_agent = "a\r\nb"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http *h = NULL;
        char why[200] = "";
        ck_assert_msg(http_curl_new(&bad[i], &h, why, sizeof why) < 0, "%zu", i);
        ck_assert_ptr_null(h);
        ck_assert_str_ne(why, "");
        ck_assert_ptr_null(strchr(why, '\n'));
        ck_assert_ptr_null(strstr(why, "bytes=0-"));
    }
}
END_TEST

START_TEST(header_file)
{
    SERVE(server, {"GET /x ", OK(0), 0, THEN_KEEP, 0});
    char path[] = "/tmp/http_curl.XXXXXX", setting[100];
    int fd = mkstemp(path);
    static const char text[] = "# a comment\r\nX-One: 1\r\n\n  X-Two:2\nX-Empty:\nX-Last: last";
    ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    snprintf(setting, sizeof setting, "[127.0.0.1]:@%s", path);
    const char *const lines[] = {setting, NULL};
    struct http *h = with(&(struct http_settings){
        .timeout_ms = 20000, .connections = 4, .proxy = "", .headers = lines, .user_agent = "me"});
    unlink(path);
    struct seen s = {0};
    get(h, &s, at(server, "127.0.0.1", "/x"));
    logged(server, "\r\nX-One: 1\r\nX-Two: 2\r\nX-Empty:\r\nX-Last: last\r\n", true);
    logged(server, "\r\nUser-Agent: me\r\n", true);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

/* ---- failures ---- */

static const struct {
    const char *answer;
    size_t n;
    enum server_then then;
    enum http_failure failure;
    const char *words; /* begins with */
    unsigned heads;
} failures[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 25432\r\n\r\nabcd", 0, THEN_CLOSE, HTTP_LOST,
     "connection closed early (4 of 25432 bytes)", 1},
    {"HTTP/1.1 200 OK\r\nContent-Length: 25432\r\n\r\n", 0, THEN_CLOSE, HTTP_LOST,
     "connection closed early (0 of 25432 bytes)", 1},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", 0, THEN_CLOSE, HTTP_LOST,
     "connection closed early (after 3 bytes)", 1},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0, THEN_CLOSE, HTTP_LOST,
     "connection closed early (after 3 bytes)", 1},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 0, THEN_CLOSE, HTTP_LOST, "", 1},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", 0, THEN_CLOSE, HTTP_LOST, "connection closed in the header", 0},
    {"", 0, THEN_CLOSE, HTTP_LOST, "connection closed without an answer", 0},
    {"", 0, THEN_RESET, HTTP_LOST, "connection reset by peer", 0},
    {"HTTP/1.0 200 OK\r\n\r\nabc", 0, THEN_RESET, HTTP_LOST, "connection reset by peer", 1},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 0, THEN_KEEP, HTTP_GARBLED,
     "contradictory Content-Length", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nabcde", 0, THEN_CLOSE, HTTP_GARBLED, "", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabcde", 0, THEN_CLOSE, HTTP_GARBLED, "", 0},
    {"HTTP/1.1 200 OK\r\nETag: \"a\0b\"\r\nContent-Length: 0\r\n\r\n", 52, THEN_CLOSE, HTTP_GARBLED,
     "not an HTTP answer", 0},
    {"hello, I am no web server", 0, THEN_CLOSE, HTTP_GARBLED, "not an HTTP answer", 0},
    {"220 smtp.example.org ESMTP\r\n\r\n", 0, THEN_CLOSE, HTTP_GARBLED, "not an HTTP answer", 0},
    {"HTTP/7.7 200 OK\r\n\r\n", 0, THEN_CLOSE, HTTP_GARBLED, "not an HTTP answer", 0},
};

START_TEST(failure)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", failures[_i].answer, *failures[_i].answer ? failures[_i].n : 0,
                               failures[_i].then, 0},
        &s);
    ck_assert_msg(s.end.failure == failures[_i].failure, "%d: %d %s", _i, s.end.failure, s.end.words);
    ck_assert_msg(strncmp(s.end.words, failures[_i].words, strlen(failures[_i].words)) == 0, "%s", s.end.words);
    ck_assert_str_ne(s.end.words, "");
    if (failures[_i].then == THEN_RESET && failures[_i].heads)
        ck_assert_uint_le(s.heads, 1); /* the reset may overtake what was sent before it */
    else
        ck_assert_uint_eq(s.heads, failures[_i].heads);
    ck_assert_uint_eq(s.n_records, 1);
    ck_assert_str_eq(s.record[0].words, s.end.words);
}
END_TEST

START_TEST(header_flood)
{
    size_t n = LIMIT_HEADERS + 1000;
    char *answer = malloc(n + 100);
    size_t used = (size_t)sprintf(answer, "HTTP/1.1 200 OK\r\n");
    while (used < n)
        used += (size_t)sprintf(answer + used, "X-Flood: %040zu\r\n", used);
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", answer, used, THEN_STALL, 0}, &s);
    ck_assert_msg(s.end.failure == HTTP_GARBLED, "%d %s", s.end.failure, s.end.words);
    ck_assert_str_eq(s.end.words, "header larger than 256 KiB");
    ck_assert_uint_eq(s.heads, 0);
    free(answer);
}
END_TEST

START_TEST(interim_flood)
{
    size_t n = LIMIT_HEADERS + 1000;
    char *answer = malloc(n + 100);
    size_t used = 0;
    while (used < n)
        used += (size_t)sprintf(answer + used, "HTTP/1.1 103 Hints\r\nX: y\r\n\r\n");
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", answer, used, THEN_STALL, 0}, &s);
    ck_assert_int_eq(s.end.failure, HTTP_GARBLED);
    free(answer);
}
END_TEST

START_TEST(one_endless_line)
{
    struct seen s = {0};
    one(&(struct server_route){"GET /x ", "HTTP/1.1 200 OK\r\nX: ", 0, THEN_STALL, 1000000}, &s);
    ck_assert_msg(s.end.failure == HTTP_GARBLED, "%d %s", s.end.failure, s.end.words);
}
END_TEST

static const struct {
    const char *answer;
    unsigned heads;
    size_t n;
} stalls[] = {{"", 0, 0}, {"HTTP/1.1 200 OK\r\n", 0, 0}, {OK(100), 1, 0}, {OK(100) "abc", 1, 3}};

START_TEST(stall)
{
    SERVE(server, {"GET /0 ", "", 0, THEN_STALL, 0}, {"GET /1 ", "HTTP/1.1 200 OK\r\n", 0, THEN_STALL, 0},
          {"GET /2 ", OK(100), 0, THEN_STALL, 0}, {"GET /3 ", OK(100) "abc", 0, THEN_STALL, 0});
    struct http *h = with(&(struct http_settings){.timeout_ms = 1000, .connections = 4, .proxy = ""});
    struct seen s = {0};
    char path[8];
    snprintf(path, sizeof path, "/%d", _i);
    get(h, &s, at(server, "127.0.0.1", path));
    ck_assert_int_eq(s.end.failure, HTTP_LOST);
    ck_assert_str_eq(s.end.words, "no byte for 1 s");
    ck_assert_uint_eq(s.heads, stalls[_i].heads);
    ck_assert_uint_eq(s.n, stalls[_i].n);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(nobody_accepts)
{
    /* A listener whose queue is full answers no SYN. */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    int full[4];
    for (int i = 0; i < 4; i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(full[i], (struct sockaddr *)&a, sizeof a);
    }
    struct http *h = with(&(struct http_settings){.timeout_ms = 300, .connections = 4, .proxy = ""});
    struct seen s = {0};
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(a.sin_port));
    get(h, &s, url);
    ck_assert_int_eq(s.end.failure, HTTP_LOST);
    ck_assert_str_eq(s.end.words, "no connection within 300 ms");
    ck_assert_uint_eq(s.record[0].status, 0);
    http_curl_ops.free(h);
    for (int i = 0; i < 4; i++)
        close(full[i]);
    close(fd);
}
END_TEST

START_TEST(refused)
{
    struct server *server = server_listen();
    server_serve(server, NULL, 0);
    const char *url = at(server, "127.0.0.1", "/");
    server_stop(server);
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, url);
    ck_assert_int_eq(s.end.failure, HTTP_LOST);
    ck_assert_str_eq(s.end.words, "connection refused");
    http_curl_ops.free(h);
}
END_TEST

START_TEST(unknown_name)
{
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, "http://nowhere.test/");
    ck_assert(s.end.failure == HTTP_LOST || s.end.failure == HTTP_NO_NETWORK);
    if (s.end.failure == HTTP_LOST)
        ck_assert_str_eq(s.end.words, "cannot resolve host nowhere.test");
    http_curl_ops.free(h);
}
END_TEST

START_TEST(stuck_resolver)
{
    pthread_mutex_lock(&resolver_stuck);
    struct http *h = plain();
    struct seen stopped = {0}, freed = {0};
    begin(h, &stopped, &(struct http_ask){.url = "http://stuck.test/"});
    begin(h, &freed, &(struct http_ask){.url = "http://stuck.test/"});
    for (int i = 0; i < 5; i++)
        http_curl_ops.run(h);
    /* Would wait for ever if either waited for the resolver. */
    http_curl_ops.stop(h, stopped.x);
    ck_assert_int_eq(stopped.end.failure, HTTP_STOPPED);
    http_curl_ops.free(h);
    ck_assert_int_eq(freed.end.failure, HTTP_STOPPED);
    pthread_mutex_unlock(&resolver_stuck);
}
END_TEST

/* ---- hold, stop ---- */

START_TEST(hold_from_bytes)
{
    static const size_t size = 3 * 1024 * 1024;
    SERVE(server, {"GET /x ", OK(3145728), 0, THEN_KEEP, size});
    struct http *h = with(
        &(struct http_settings){.timeout_ms = 300, .connections = 4, .proxy = "", .receive_buffer = LIMIT_RECEIVE_MAX});
    struct seen s = {.hold_at = 3};
    begin(h, &s, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    for (unsigned round = 1; round <= 3; round++) {
        while (s.held < round)
            turn(h);
        ck_assert_uint_eq(s.n, 0);
        /* Held far longer than the time-out: a transfer that we hold is not a silent one. */
        struct pollfd p = {.fd = http_curl_ops.fd(h), .events = POLLIN};
        for (int i = 0; i < 5; i++) {
            poll(&p, 1, 100);
            http_curl_ops.run(h);
        }
        ck_assert_uint_eq(s.held, round);
        ck_assert_uint_eq(s.ends, 0);
        http_curl_ops.hold(h, s.x, false);
        ck_assert_uint_eq(s.held, round); /* callbacks come from run() only */
        ck_assert_int_eq(http_curl_ops.timeout(h), 0);
    }
    run_until_end(&s);
    ck_assert_msg(s.end.failure == HTTP_FINE, "%s", s.end.words);
    ck_assert_uint_eq(s.n, size);
    ck_assert_uint_eq(s.heads, 1);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(hold_between_pieces)
{
    static const size_t size = 30 * 1024 * 1024;
    SERVE(server, {"GET /x ", OK(31457280), 0, THEN_KEEP, size});
    struct http *h = plain();
    struct seen s = {.hold_in_head = true};
    begin(h, &s, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    while (!s.heads)
        turn(h);
    size_t before = s.n;
    for (int i = 0; i < 100; i++)
        http_curl_ops.run(h);
    ck_assert_uint_le(before, LIMIT_RECEIVE_MAX);
    ck_assert_uint_eq(s.n, before);
    http_curl_ops.hold(h, s.x, false);
    while (s.n < size / 4)
        turn(h);
    http_curl_ops.hold(h, s.x, true);
    http_curl_ops.hold(h, s.x, true);
    before = s.n;
    for (int i = 0; i < 100; i++)
        http_curl_ops.run(h);
    ck_assert_uint_eq(s.n, before);
    ck_assert_uint_eq(s.ends, 0);
    http_curl_ops.hold(h, s.x, false);
    http_curl_ops.hold(h, s.x, true);
    http_curl_ops.run(h);
    ck_assert_uint_eq(s.n, before);
    http_curl_ops.hold(h, s.x, false);
    run_until_end(&s);
    ck_assert_uint_eq(s.n, size);
    ck_assert_uint_eq(s.heads, 1);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(stop_in_the_middle)
{
    SERVE(server, {"GET /x ", OK(31457280), 0, THEN_KEEP, 31457280}, {"GET /y ", OK(1) "y", 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0}, never = {0}, held = {.hold_at = 1}, y = {0};
    begin(h, &never, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    http_curl_ops.stop(h, never.x); /* before the first run() */
    ck_assert_int_eq(never.end.failure, HTTP_STOPPED);
    ck_assert_uint_eq(never.n_records, 0);
    begin(h, &s, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    while (s.n == 0)
        turn(h);
    http_curl_ops.stop(h, s.x);
    ck_assert_uint_eq(s.ends, 1);
    ck_assert_int_eq(s.end.failure, HTTP_STOPPED);
    ck_assert_uint_eq(s.n_records, 1);
    ck_assert_uint_eq(s.record[0].bytes, s.n);
    begin(h, &held, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    while (held.held == 0)
        turn(h);
    http_curl_ops.hold(h, held.x, false);
    http_curl_ops.stop(h, held.x);
    ck_assert_uint_eq(held.ends, 1);
    get(h, &y, at(server, "127.0.0.1", "/y"));
    ck_assert_str_eq(y.body, "y");
    ck_assert_uint_eq(s.ends + held.ends + never.ends, 3);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(sink_says_stop)
{
    SERVE(server, {"GET /x ", OK(100000), 0, THEN_KEEP, 100000}, {"GET /e ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen head = {.refuse_head = true}, bytes = {.refuse_bytes = true}, empty = {.refuse_head = true},
                later = {.hold_at = 1};
    get(h, &head, at(server, "127.0.0.1", "/x"));
    get(h, &bytes, at(server, "127.0.0.1", "/x"));
    get(h, &empty, at(server, "127.0.0.1", "/e"));
    begin(h, &later, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    while (!later.held)
        turn(h);
    later.refuse_bytes = true; /* refused when the held piece comes again */
    http_curl_ops.hold(h, later.x, false);
    run_until_end(&later);
    const struct seen *all[] = {&head, &bytes, &empty, &later};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(all[i]->end.failure, HTTP_STOPPED);
        ck_assert_uint_eq(all[i]->heads, 1);
        ck_assert_uint_eq(all[i]->n, 0);
        ck_assert_uint_eq(all[i]->n_records, 1);
    }
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(stop_another_from_a_callback)
{
    SERVE(server, {"GET /x ", OK(31457280), 0, THEN_KEEP, 31457280});
    struct http *h = plain();
    struct seen victim = {0}, held = {.hold_at = 1}, killer = {.stop_other = true, .other = &victim},
                second = {.stop_other = true, .other = &held};
    begin(h, &victim, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    begin(h, &held, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    while (victim.n == 0 || held.held == 0)
        turn(h);
    begin(h, &killer, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    begin(h, &second, &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    run_until_end(&killer);
    run_until_end(&second);
    ck_assert_uint_eq(killer.n, 31457280);
    ck_assert_uint_eq(victim.ends, 1);
    ck_assert_int_eq(victim.end.failure, HTTP_STOPPED);
    ck_assert_uint_eq(held.ends, 1);
    http_curl_ops.free(h);
    ck_assert_uint_eq(victim.ends, 1);
    server_stop(server);
}
END_TEST

START_TEST(free_ends_all)
{
    SERVE(server, {"GET /x ", OK(31457280), 0, THEN_KEEP, 31457280}, {"GET /s ", "", 0, THEN_STALL, 0});
    struct http *h = plain();
    struct seen s[3] = {0};
    begin(h, &s[0], &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    begin(h, &s[1], &(struct http_ask){.url = at(server, "127.0.0.1", "/s")});
    while (s[0].n == 0)
        turn(h);
    begin(h, &s[2], &(struct http_ask){.url = at(server, "127.0.0.1", "/x")});
    http_curl_ops.free(h);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(s[i].ends, 1);
        ck_assert_int_eq(s[i].end.failure, HTTP_STOPPED);
    }
    server_stop(server);
}
END_TEST

/* ---- inside and outside ---- */

static const char *const inside[] = {"127.0.0.1",          "a.test", "127.1",  "2130706433", "0x7f.1",
                                     "[::ffff:127.0.0.1]", "[::1]",  "0.0.0.0"};

START_TEST(outside_may_not_reach_inside)
{
    SERVE(server, {"GET /x ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen s = {0};
    perform(h, &s, &(struct http_ask){.url = at(server, inside[_i], "/x"), .outside = true});
    ck_assert_msg(s.end.failure == HTTP_BLOCKED, "%s: %d %s", inside[_i], s.end.failure, s.end.words);
    ck_assert_uint_eq(s.heads, 0);
    ck_assert_uint_eq(server_links(server), 0);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(outside_on_a_reused_connection)
{
    SERVE(server, {"GET /x ", OK(0), 0, THEN_KEEP, 0}, {"GET /y ", OK(0), 0, THEN_KEEP, 0});
    struct http *h = plain();
    struct seen mine = {0}, theirs = {0};
    get(h, &mine, at(server, "127.0.0.1", "/x"));
    ck_assert_int_eq(mine.end.failure, HTTP_FINE);
    perform(h, &theirs, &(struct http_ask){.url = at(server, "127.0.0.1", "/y"), .outside = true});
    ck_assert_int_eq(theirs.end.failure, HTTP_BLOCKED);
    logged(server, "GET /y", false);
    http_curl_ops.free(h);
    server_stop(server);
}
END_TEST

START_TEST(through_a_proxy)
{
    SERVE(proxy, {"GET http://far.test/x ", OK(3) "far", 0, THEN_KEEP, 0},
          {"GET http://127.0.0.1/x ", OK(5) "local", 0, THEN_KEEP, 0});
    char url[100];
    snprintf(url, sizeof url, "http://me:secret@127.0.0.1:%u", proxy->port);
    struct http *h = with(&(struct http_settings){.timeout_ms = 20000, .connections = 4, .proxy = url});
    struct seen far = {0}, local = {0}, name = {0}, mine = {0};
    /* The proxy may be on this device; what it is asked for may not. */
    perform(h, &far, &(struct http_ask){.url = "http://far.test/x", .outside = true});
    ck_assert_int_eq(far.end.failure, HTTP_FINE);
    ck_assert_str_eq(far.body, "far");
    perform(h, &local, &(struct http_ask){.url = "http://127.0.0.1/x", .outside = true});
    ck_assert_int_eq(local.end.failure, HTTP_BLOCKED);
    perform(h, &name, &(struct http_ask){.url = "http://x.localhost/x", .outside = true});
    ck_assert_int_eq(name.end.failure, HTTP_BLOCKED);
    perform(h, &mine, &(struct http_ask){.url = "http://127.0.0.1/x"});
    ck_assert_str_eq(mine.body, "local");
    http_curl_ops.free(h);
    server_stop(proxy);
}
END_TEST

START_TEST(proxy_of_the_environment)
{
    SERVE(proxy, {"GET http://far.test/x ", OK(3) "far", 0, THEN_KEEP, 0});
    SERVE(server, {"GET /x ", OK(6) "direct", 0, THEN_KEEP, 0});
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", proxy->port);
    setenv("http_proxy", url, 1);
    setenv("no_proxy", "other.example, .a.test 127.0.0.1", 1);
    struct http *h = with(&(struct http_settings){.timeout_ms = 20000, .connections = 4}), *none = plain();
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    struct seen far = {0}, near = {0}, literal = {0}, off = {0};
    get(h, &far, "http://far.test/x");
    ck_assert_str_eq(far.body, "far");
    get(h, &near, at(server, "a.test", "/x"));
    ck_assert_str_eq(near.body, "direct");
    get(h, &literal, at(server, "127.0.0.1", "/x"));
    ck_assert_str_eq(literal.body, "direct");
    get(none, &off, at(server, "a.test", "/x"));
    ck_assert_str_eq(off.body, "direct");
    http_curl_ops.free(h);
    http_curl_ops.free(none);
    server_stop(proxy);
    server_stop(server);
}
END_TEST

START_TEST(a_redirect_from_outside_leads_not_inside)
{
    /* A proxy stands for the outside world. */
    SERVE(server, {"GET /x ", OK(0), 0, THEN_KEEP, 0});
    char answer[200], url[100];
    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/x\r\nContent-Length: 0\r\n\r\n", server->port);
    struct server_route routes[] = {{"GET http://far.test/r ", answer, 0, THEN_KEEP, 0}};
    struct server *proxy = server_listen();
    server_serve(proxy, routes, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", proxy->port);
    setenv("no_proxy", "127.0.0.1", 1);
    struct http *h = with(&(struct http_settings){.timeout_ms = 20000, .connections = 4, .proxy = url});
    unsetenv("no_proxy");
    struct seen s = {0};
    get(h, &s, "http://far.test/r");
    ck_assert_msg(s.end.failure == HTTP_BLOCKED, "%s", s.end.words);
    ck_assert_uint_eq(s.heads, 0);
    ck_assert_uint_eq(server_links(server), 0);
    http_curl_ops.free(h);
    server_stop(proxy);
    server_stop(server);
}
END_TEST

/* ---- TLS ---- */

struct tls {
    char dir[64], cert[96], key[96];
    pid_t pid;
    unsigned port;
};

static bool tls_start(struct tls *t)
{
    char command[600];
    snprintf(t->dir, sizeof t->dir, "/tmp/http_tls.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(t->dir));
    snprintf(t->cert, sizeof t->cert, "%s/cert.pem", t->dir);
    snprintf(t->key, sizeof t->key, "%s/key.pem", t->dir);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             t->key, t->cert);
    if (system(command) != 0)
        return false;
    int out[2];
    ck_assert_int_eq(pipe(out), 0);
    t->pid = fork();
    if (t->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        if (chdir(t->dir) == 0)
            execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-HTTP", "-cert", t->cert, "-key",
                   t->key, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    char line[200];
    t->port = 0;
    while (t->port == 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "ACCEPT ", 7) == 0)
            t->port = (unsigned)strtoul(strrchr(line, ':') + 1, NULL, 10);
    (void)fclose(f);
    return t->port != 0;
}

static void tls_stop(struct tls *t)
{
    char command[100];
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    snprintf(command, sizeof command, "rm -r %s", t->dir);
    ck_assert_int_eq(system(command), 0);
}

static void tls_file(const struct tls *t, const char *name, const char *answer)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(answer, f), 0);
    (void)fclose(f);
}

static void tls_get(struct http *h, const struct tls *t, const char *path, struct seen *s)
{
    char url[100];
    snprintf(url, sizeof url, "https://127.0.0.1:%u%s", t->port, path);
    get(h, s, url);
}

START_TEST(tls)
{
    struct tls t = {0};
    if (!tls_start(&t)) {
        tls_stop(&t);
        return; /* no openssl command here */
    }
    SERVE(server, {"GET /x ", OK(5) "plain", 0, THEN_KEEP, 0}, {"", "HTTP/1.1 400 No\r\n\r\n", 0, THEN_CLOSE, 0});
    char answer[200];
    snprintf(answer, sizeof answer, "HTTP/1.0 302 Found\r\nLocation: %s\r\n\r\n", at(server, "127.0.0.1", "/x"));
    tls_file(&t, "x", "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
    tls_file(&t, "down", answer);
    struct http_settings settings = {.timeout_ms = 20000, .connections = 4, .proxy = "", .cacert = t.cert};
    struct http *strict = plain(), *trusting = with(&settings);
    settings = (struct http_settings){.timeout_ms = 20000, .connections = 4, .proxy = "", .insecure = true};
    struct http *careless = with(&settings);
    struct seen s = {0}, fine = {0}, any = {0}, down = {0}, allowed = {0}, wrong = {0};
    tls_get(strict, &t, "/x", &s);
    ck_assert_msg(s.end.failure == HTTP_UNTRUSTED, "%s", s.end.words);
    ck_assert_uint_eq(s.heads, 0);
    tls_get(trusting, &t, "/x", &fine);
    ck_assert_msg(fine.end.failure == HTTP_FINE, "%s", fine.end.words);
    ck_assert_str_eq(fine.body, "secret");
    tls_get(careless, &t, "/x", &any);
    ck_assert_str_eq(any.body, "secret");
    tls_get(trusting, &t, "/down", &down);
    ck_assert_int_eq(down.end.failure, HTTP_BLOCKED);
    ck_assert_str_eq(down.end.words, "redirect from https to http");
    ck_assert_uint_eq(server_links(server), 0);
    tls_get(careless, &t, "/down", &allowed);
    ck_assert_str_eq(allowed.body, "plain");
    t.port = server->port; /* https to one who speaks http */
    tls_get(trusting, &t, "/x", &wrong);
    ck_assert(wrong.end.failure == HTTP_UNTRUSTED || wrong.end.failure == HTTP_LOST);
    ck_assert_uint_eq(wrong.heads, 0);
    http_curl_ops.free(strict);
    http_curl_ops.free(trusting);
    http_curl_ops.free(careless);
    server_stop(server);
    tls_stop(&t);
}
END_TEST

/* ---- no network at all ---- */

static const char *const gone[] = {"http://127.0.0.1:9/", "http://192.0.2.1/", "http://[2001:db8::1]/",
                                   "http://nowhere.test/"};

START_TEST(no_network)
{
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return; /* not allowed here */
    struct http *h = plain();
    struct seen s = {0};
    get(h, &s, gone[_i]);
    ck_assert_msg(s.end.failure == HTTP_NO_NETWORK, "%s: %d %s", gone[_i], s.end.failure, s.end.words);
    http_curl_ops.free(h);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *s = suite_create("http_curl");
    TCase *t = tcase_create("curl");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, plain_get);
    tcase_add_test(t, not_found);
    tcase_add_test(t, no_content);
    tcase_add_test(t, chunked);
    tcase_add_test(t, close_delimited);
    tcase_add_test(t, interim_answers);
    tcase_add_test(t, codings_stay);
    tcase_add_test(t, large_body);
    tcase_add_test(t, path_as_is);
    tcase_add_test(t, range_and_pins);
    tcase_add_test(t, fields_that_cannot_be_sent);
    tcase_add_test(t, post);
    tcase_add_test(t, large_post_without_expect);
    tcase_add_test(t, connections_are_used_again);
    tcase_add_test(t, many_at_once);
    tcase_add_test(t, redirects);
    tcase_add_test(t, redirect_loop);
    tcase_add_loop_test(t, redirect_to_other_scheme, 0, COUNT(forbidden));
    tcase_add_test(t, other_scheme);
    tcase_add_loop_test(t, no_usable_location, 0, COUNT(finals));
    tcase_add_test(t, redirect_with_endless_body);
    tcase_add_test(t, secrets_stay_with_their_host);
    tcase_add_loop_test(t, post_redirected, 0, COUNT(posts));
    tcase_add_test(t, unauthorised);
    tcase_add_test(t, basic_login);
    tcase_add_test(t, netrc_login);
    tcase_add_test(t, settings_that_are_refused);
    tcase_add_test(t, header_file);
    tcase_add_loop_test(t, failure, 0, COUNT(failures));
    tcase_add_test(t, header_flood);
    tcase_add_test(t, interim_flood);
    tcase_add_test(t, one_endless_line);
    tcase_add_loop_test(t, stall, 0, COUNT(stalls));
    tcase_add_test(t, nobody_accepts);
    tcase_add_test(t, refused);
    tcase_add_test(t, unknown_name);
    tcase_add_test(t, stuck_resolver);
    tcase_add_test(t, hold_from_bytes);
    tcase_add_test(t, hold_between_pieces);
    tcase_add_test(t, stop_in_the_middle);
    tcase_add_test(t, sink_says_stop);
    tcase_add_test(t, stop_another_from_a_callback);
    tcase_add_test(t, free_ends_all);
    tcase_add_loop_test(t, outside_may_not_reach_inside, 0, COUNT(inside));
    tcase_add_test(t, outside_on_a_reused_connection);
    tcase_add_test(t, through_a_proxy);
    tcase_add_test(t, proxy_of_the_environment);
    tcase_add_test(t, a_redirect_from_outside_leads_not_inside);
    tcase_add_test(t, tls);
    tcase_add_loop_test(t, no_network, 0, COUNT(gone));
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
