#include <check.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/http_seen.h"

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

int main(void)
{
    Suite *s = suite_create("http_redirect");
    TCase *t = tcase_create("redirect");
    tcase_set_timeout(t, 60);
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
    tcase_add_loop_test(t, outside_may_not_reach_inside, 0, COUNT(inside));
    tcase_add_test(t, outside_on_a_reused_connection);
    tcase_add_test(t, through_a_proxy);
    tcase_add_test(t, proxy_of_the_environment);
    tcase_add_test(t, a_redirect_from_outside_leads_not_inside);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
