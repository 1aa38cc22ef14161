#include <check.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/http_seen.h"

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
    SERVE(server, {"GET /x ", OK(31457280), 0, THEN_KEEP, 31457280}, {"GET /v ", OK(9) "v", 0, THEN_STALL, 0});
    struct http *h = plain();
    struct seen victim = {0}, held = {.hold_at = 1}, killer = {.stop_other = true, .other = &victim},
                second = {.stop_other = true, .other = &held};
    begin(h, &victim, &(struct http_ask){.url = at(server, "127.0.0.1", "/v")});
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
    tcase_add_test(t, hold_from_bytes);
    tcase_add_test(t, hold_between_pieces);
    tcase_add_test(t, stop_in_the_middle);
    tcase_add_test(t, sink_says_stop);
    tcase_add_test(t, stop_another_from_a_callback);
    tcase_add_test(t, free_ends_all);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
