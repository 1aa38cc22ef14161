#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/cause.h"
#include "http/inside.h"
#include "http/lines.h"
#include "http/proxy.h"
#include "http/route.h"
#include "http/url.h"

/* ---- URLs ---- */

static const struct {
    const char *in;
    int rc;
    const char *text, *user, *password, *host;
    unsigned port;
    bool https;
} urls[] = {
    {"http://a.example/x", 0, "http://a.example/x", NULL, NULL, "a.example", 80, false},
    {"HTTPS://A.Example:8443/x?y#z", 0, "HTTPS://A.Example:8443/x?y", NULL, NULL, "a.example", 8443, true},
    {"http://a.example", 0, "http://a.example", NULL, NULL, "a.example", 80, false},
    {"http://a.example?x=http://b@c/", 0, "http://a.example?x=http://b@c/", NULL, NULL, "a.example", 80, false},
    {"http://a.example#u@b", 0, "http://a.example", NULL, NULL, "a.example", 80, false},
    {"http://u:p@a.example/", 0, "http://a.example/", "u", "p", "a.example", 80, false},
    {"http://u@a.example/", 0, "http://a.example/", "u", "", "a.example", 80, false},
    {"http://u%40:p%3A:q@a.example/", 0, "http://a.example/", "u@", "p::q", "a.example", 80, false},
    {"http://u@v:p@a.example/@w", 0, "http://a.example/@w", "u@v", "p", "a.example", 80, false},
    {"http://@a.example/", 0, "http://a.example/", "", "", "a.example", 80, false},
    {"http://[::1]:81/", 0, "http://[::1]:81/", NULL, NULL, "::1", 81, false},
    {"http://a.example/a b\xc3\xa4?\xff", 0, "http://a.example/a%20b%C3%A4?%FF", NULL, NULL, "a.example", 80, false},
    {"http://a.example/%41%2f/../.", 0, "http://a.example/%41%2f/../.", NULL, NULL, "a.example", 80, false},
    {"ftp://a.example/", -EPROTONOSUPPORT, NULL, NULL, NULL, NULL, 0, false},
    {"cid:x", -EPROTONOSUPPORT, NULL, NULL, NULL, NULL, 0, false},
    {"httpsx://a/", -EPROTONOSUPPORT, NULL, NULL, NULL, NULL, 0, false},
    {"http:/a/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http:///a", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://u@/a", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://a.example:port/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://a.example:65536/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://u%0d%0a:p@a.example/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://u:p%00q@a.example/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"http://a.example/\n", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"1http://a/", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
    {"", -EINVAL, NULL, NULL, NULL, NULL, 0, false},
};

START_TEST(url_parts)
{
    struct http_url u;
    int rc = http_url_parse(urls[_i].in, &u);
    ck_assert_msg(rc == urls[_i].rc, "%s: %d", urls[_i].in, rc);
    if (rc) {
        ck_assert_ptr_null(u.text);
        return;
    }
    ck_assert_str_eq(u.text, urls[_i].text);
    ck_assert_str_eq(u.host, urls[_i].host);
    ck_assert_uint_eq(u.port, urls[_i].port);
    ck_assert(u.https == urls[_i].https);
    ck_assert_pstr_eq(u.user, urls[_i].user);
    ck_assert_pstr_eq(u.password, urls[_i].password);
    http_url_free(&u);
}
END_TEST

START_TEST(url_too_long)
{
    char *s = malloc(20001);
    memset(s, 'a', 20000);
    s[20000] = '\0';
    memcpy(s, "http://h/", 9);
    struct http_url u;
    ck_assert_int_eq(http_url_parse(s, &u), -EINVAL);
    s[15000] = '\0';
    ck_assert_int_eq(http_url_parse(s, &u), 0);
    http_url_free(&u);
    free(s);
}
END_TEST

static const struct {
    const char *location;
    int rc;
    const char *text;
} locations[] = {
    {"/z", 0, "http://a.example:8080/z"},
    {"z", 0, "http://a.example:8080/x/z"},
    {"../z", 0, "http://a.example:8080/z"},
    {"?q=1", 0, "http://a.example:8080/x/y?q=1"},
    {"//b.example/z", 0, "http://b.example/z"},
    {"https://b.example/z#f", 0, "https://b.example/z"},
    {"http://b.example/../z%2f", 0, "http://b.example/../z%2f"},
    {"/a b", 0, "http://a.example:8080/a%20b"},
    {"ftp://b.example/", -EPROTONOSUPPORT, NULL},
    {"file:///etc/passwd", -EPROTONOSUPPORT, NULL},
    {"mailto:x", -EPROTONOSUPPORT, NULL},
    {"http://b.example:x/", -EINVAL, NULL},
    {"/a\nb", -EINVAL, NULL},
};

START_TEST(url_redirected)
{
    struct http_url from, to;
    ck_assert_int_eq(http_url_parse("http://u:p@a.example:8080/x/y?q", &from), 0);
    int rc = http_url_redirect(&from, locations[_i].location, &to);
    ck_assert_msg(rc == locations[_i].rc, "%s: %d", locations[_i].location, rc);
    if (rc == 0) {
        ck_assert_str_eq(to.text, locations[_i].text);
        ck_assert_ptr_null(to.user);
    }
    http_url_free(&to);
    http_url_free(&from);
}
END_TEST

START_TEST(url_origin)
{
    static const char *const others[] = {"https://a.example:80/", "http://a.example:81/", "http://b.example/",
                                         "http://xa.example/"};
    struct http_url a, b;
    ck_assert_int_eq(http_url_parse("http://a.example/1", &a), 0);
    ck_assert_int_eq(http_url_parse("http://u:p@A.example:80/2", &b), 0);
    ck_assert(http_url_same_origin(&a, &b));
    http_url_free(&b);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(http_url_parse(others[i], &b), 0);
        ck_assert(!http_url_same_origin(&a, &b));
        http_url_free(&b);
    }
    http_url_free(&a);
}
END_TEST

/* ---- addresses ---- */

static const struct {
    const char *text;
    bool inside;
} addresses[] = {
    {"127.0.0.1", true},
    {"127.255.255.255", true},
    {"0.0.0.0", true},
    {"0.1.2.3", true},
    {"169.254.169.254", true},
    {"::1", true},
    {"::", true},
    {"fe80::1", true},
    {"fe80::1%eth0", true},
    {"febf::1", true},
    {"::ffff:127.0.0.1", true},
    {"::ffff:169.254.1.1", true},
    {"::127.0.0.1", true},
    {"::ffff:0.0.0.0", true},
    {"128.0.0.1", false},
    {"126.255.255.255", false},
    {"10.0.0.1", false},
    {"192.168.1.1", false},
    {"169.253.1.1", false},
    {"1.0.0.0", false},
    {"::ffff:192.0.2.1", false},
    {"2001:db8::1", false},
    {"fec0::1", false},
    {"fe7f::1", false},
    {"::2:0:0", false},
    {"example.org", false},
    {"", false},
};

START_TEST(inside)
{
    const char *text = addresses[_i].text;
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    ck_assert_msg(inside_literal(text) == addresses[_i].inside, "%s", text);
    ck_assert_msg(inside_host(text) == addresses[_i].inside, "%s", text);
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        ck_assert(inside_address((struct sockaddr *)&in) == addresses[_i].inside);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        ck_assert(inside_address((struct sockaddr *)&in6) == addresses[_i].inside);
}
END_TEST

START_TEST(inside_names)
{
    ck_assert(inside_host("localhost") && inside_host("LocalHost.") && inside_host("a.localhost"));
    ck_assert(!inside_host("alocalhost") && !inside_host("localhost.example") && !inside_host("local") &&
              !inside_host("."));
    ck_assert(inside_address(&(struct sockaddr){.sa_family = AF_UNIX}));
}
END_TEST

/* ---- -o header ---- */

static struct http_lines *lines_of(const char *a, const char *b)
{
    const char *const settings[] = {a, b, NULL};
    struct http_lines *l;
    char why[200] = "";
    ck_assert_msg(http_lines_new(settings, &l, why, sizeof why) == 0, "%s", why);
    return l;
}

START_TEST(lines_by_host)
{
    struct http_lines *l = lines_of("Fw.Example:Authorization:  Bearer a:b ", "[2001:db8::1]:8080:X: y");
    struct curl_slist *list = NULL;
    ck_assert_int_eq(http_lines_add(l, "example", 80, &list), 0);
    ck_assert_int_eq(http_lines_add(l, "x.fw.example", 80, &list), 0);
    ck_assert_int_eq(http_lines_add(l, "2001:db8::1", 80, &list), 0);
    ck_assert_ptr_null(list);
    ck_assert_int_eq(http_lines_add(l, "fw.example", 443, &list), 0);
    ck_assert_str_eq(list->data, "Authorization: Bearer a:b");
    ck_assert_ptr_null(list->next);
    ck_assert_int_eq(http_lines_add(l, "2001:db8::1", 8080, &list), 0);
    ck_assert_str_eq(list->next->data, "X: y");
    curl_slist_free_all(list);
    ck_assert_ptr_null(http_lines_free(l));
    ck_assert_ptr_null(http_lines_free(NULL));
}
END_TEST

static const char *const bad_lines[] = {
    "",           "host",         "host:",      "host:novalue",  ":X: y",         "[]:X: y",           "[::1:X: y",
    "h:X\x01: y", "h:X: \x7f",    "h:X: a\r\n", "h: X: y",       "h:Range: x",    "h:if-match: \"x\"", "h:HOST: x",
    "h:@",        "h:@/dev/zero", "h:(X): y",   "h:Accept: a/b", "h:80:Expect: x"};

START_TEST(lines_refused)
{
    const char *const settings[] = {"a:X: fine", bad_lines[_i], NULL};
    struct http_lines *l;
    char why[200] = "";
    ck_assert_msg(http_lines_new(settings, &l, why, sizeof why) < 0, "%s", bad_lines[_i]);
    ck_assert_ptr_null(l);
    ck_assert_str_ne(why, "");
}
END_TEST

/* ---- proxies ---- */

static void goes(const struct http_proxy *p, const char *url, const char *want)
{
    struct http_url u;
    ck_assert_int_eq(http_url_parse(url, &u), 0);
    const char *got = http_proxy_for(p, &u);
    ck_assert_msg(strcmp(got, want) == 0, "%s: %s", url, got);
    http_url_free(&u);
}

START_TEST(proxies)
{
    static const char *const all[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                      "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    for (size_t i = 0; i < 8; i++)
        unsetenv(all[i]);
    struct http_proxy *p;
    ck_assert_int_eq(http_proxy_new(NULL, &p), 0);
    goes(p, "http://a.example/", "");
    http_proxy_free(p);
    setenv("HTTP_PROXY", "http://evil", 1);
    setenv("https_proxy", "http://s", 1);
    setenv("NO_PROXY", ".b.example c.example,[::1], ,1.2.3.4", 1);
    ck_assert_int_eq(http_proxy_new(NULL, &p), 0);
    goes(p, "http://a.example/", "");
    goes(p, "https://a.example/", "http://s");
    goes(p, "https://b.example/", "");
    goes(p, "https://x.B.example/", "");
    goes(p, "https://xb.example/", "http://s");
    goes(p, "https://c.example/", "");
    goes(p, "https://c.example.org/", "http://s");
    goes(p, "https://[::1]/", "");
    goes(p, "https://1.2.3.4/", "");
    goes(p, "https://1.2.3.45/", "http://s");
    http_proxy_free(p);
    ck_assert_int_eq(http_proxy_new("http://p", &p), 0);
    goes(p, "http://a.example/", "http://p");
    goes(p, "http://c.example/", "");
    http_proxy_free(p);
    ck_assert_int_eq(http_proxy_new("", &p), 0);
    goes(p, "https://a.example/", "");
    http_proxy_free(p);
    setenv("no_proxy", "*", 1);
    setenv("ALL_PROXY", "http://all", 1);
    ck_assert_int_eq(http_proxy_new(NULL, &p), 0);
    goes(p, "http://a.example/", "");
    http_proxy_free(p);
    setenv("no_proxy", "", 1);
    ck_assert_int_eq(http_proxy_new(NULL, &p), 0);
    goes(p, "http://a.example/", "http://all");
    ck_assert_ptr_null(http_proxy_free(p));
}
END_TEST

/* ---- routes ---- */

static bool resolver(const char *text)
{
    char path[] = "/tmp/http_parts.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    bool routed = route_resolver(path);
    unlink(path);
    return routed;
}

START_TEST(routes)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert(route_to((struct sockaddr *)&in, sizeof in));
    /* Documentation addresses of a family that need not exist here, and text that names nobody. */
    ck_assert(!resolver("nameserver not-an-address\n"));
    ck_assert(!resolver("# c\n nameserver 255.255.255.255.1\noptions x\n"));
    /* A forwarder on the loopback is as good as the way beyond it, whichever way that is told. */
    ck_assert(resolver("nameserver 127.0.0.53\n") == resolver(""));
    ck_assert(resolver("nameserver ::1\n") == resolver("options edns0\n"));
    ck_assert(resolver("") == route_resolver("/nonexistent/resolv.conf"));
}
END_TEST

/* ---- words ---- */

static const struct {
    struct cause_of c;
    enum http_failure failure;
    const char *words;
} causes[] = {
    {{.code = CURLE_COULDNT_RESOLVE_HOST, .host = "example.org", .resolver_routed = true},
     HTTP_LOST,
     "cannot resolve host example.org"},
    {{.code = CURLE_COULDNT_RESOLVE_HOST, .host = "example.org"},
     HTTP_NO_NETWORK,
     "no network: nobody to resolve host example.org"},
    {{.code = CURLE_COULDNT_CONNECT, .os_errno = ECONNREFUSED, .detail = "Failed to connect"},
     HTTP_LOST,
     "connection refused"},
    {{.code = CURLE_COULDNT_CONNECT, .os_errno = ENETUNREACH}, HTTP_NO_NETWORK, "network is unreachable"},
    {{.code = CURLE_COULDNT_CONNECT, .os_errno = ENETUNREACH, .other_route = true},
     HTTP_LOST,
     "network is unreachable"},
    {{.code = CURLE_COULDNT_CONNECT, .os_errno = EHOSTUNREACH, .other_route = true},
     HTTP_NO_NETWORK,
     "no route to host"},
    {{.code = CURLE_COULDNT_CONNECT}, HTTP_LOST, NULL},
    {{.code = CURLE_OPERATION_TIMEDOUT, .timeout_ms = 60000, .resolved = true, .connected = true},
     HTTP_LOST,
     "no byte for 60 s"},
    {{.code = CURLE_OPERATION_TIMEDOUT, .timeout_ms = 1500, .resolved = true},
     HTTP_LOST,
     "no connection within 1500 ms"},
    {{.code = CURLE_OPERATION_TIMEDOUT, .timeout_ms = 1000, .resolver_routed = true, .host = "h"},
     HTTP_LOST,
     "host h not resolved within 1 s"},
    {{.code = CURLE_OPERATION_TIMEDOUT, .timeout_ms = 1000, .host = "h"},
     HTTP_NO_NETWORK,
     "no network: nobody to resolve host h"},
    {{.code = CURLE_PARTIAL_FILE, .answered = true, .has_length = true, .got = 1034, .length = 25432},
     HTTP_LOST,
     "connection closed early (1034 of 25432 bytes)"},
    {{.code = CURLE_PARTIAL_FILE, .answered = true, .got = 7}, HTTP_LOST, "connection closed early (after 7 bytes)"},
    {{.code = CURLE_GOT_NOTHING}, HTTP_LOST, "connection closed without an answer"},
    {{.code = CURLE_RECV_ERROR, .os_errno = ECONNRESET, .detail = "Recv failure: Connection reset by peer"},
     HTTP_LOST,
     "connection reset by peer"},
    {{.code = CURLE_RECV_ERROR, .connected = true, .detail = "OpenSSL SSL_read: Connection reset by peer, errno 104"},
     HTTP_LOST,
     "connection reset by peer"},
    {{.code = CURLE_RECV_ERROR, .os_errno = ENETUNREACH, .detail = "CONNECT tunnel failed, response 407"},
     HTTP_LOST,
     "CONNECT tunnel failed, response 407"},
    {{.code = CURLE_SSL_CONNECT_ERROR,
      .detail = "OpenSSL SSL_connect: Connection reset by peer in connection to h:443"},
     HTTP_LOST,
     NULL},
    {{.code = CURLE_SSL_CONNECT_ERROR, .detail = "error:0A00010B:SSL routines::wrong version number"},
     HTTP_UNTRUSTED,
     "error:0A00010B:SSL routines::wrong version number"},
    {{.code = CURLE_PEER_FAILED_VERIFICATION, .detail = "SSL certificate problem: self-signed certificate"},
     HTTP_UNTRUSTED,
     "SSL certificate problem: self-signed certificate"},
    {{.code = CURLE_WEIRD_SERVER_REPLY, .detail = "Nul byte in header"},
     HTTP_GARBLED,
     "not an HTTP answer: Nul byte in header"},
    {{.code = CURLE_UNSUPPORTED_PROTOCOL}, HTTP_GARBLED, "not an HTTP answer"},
    {{.code = CURLE_OUT_OF_MEMORY}, HTTP_NO_MEMORY, "out of memory"},
    {{.code = CURLE_OUT_OF_MEMORY, .answering = true}, HTTP_GARBLED, "header too large"},
    {{.code = CURLE_OUT_OF_MEMORY, .answering = true, .answered = true}, HTTP_NO_MEMORY, "out of memory"},
    {{.code = CURLE_HTTP2_STREAM, .detail = "Stream error"}, HTTP_LOST, "stream error"},
};

START_TEST(words)
{
    struct cause_of c = causes[_i].c;
    struct http_end end;
    c.detail = c.detail ? c.detail : "";
    c.host = c.host ? c.host : "";
    cause_fill(&c, &end);
    ck_assert_msg(end.failure == causes[_i].failure, "%d: %s", _i, end.words);
    if (causes[_i].words)
        ck_assert_str_eq(end.words, causes[_i].words);
    ck_assert_str_ne(end.words, "");
}
END_TEST

START_TEST(words_of_every_code)
{
    for (int code = 1; code < CURL_LAST; code++) {
        struct cause_of c = {.code = (CURLcode)code, .detail = "", .host = "h", .timeout_ms = 1};
        struct http_end end = {0};
        cause_fill(&c, &end);
        ck_assert_int_ne(end.failure, HTTP_FINE);
        ck_assert_str_ne(end.words, "");
    }
}
END_TEST

START_TEST(words_are_cut)
{
    char many[400];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    struct cause_of c = {.code = CURLE_PEER_FAILED_VERIFICATION, .detail = many, .host = many};
    struct http_end end;
    cause_fill(&c, &end);
    ck_assert_uint_eq(strlen(end.words), sizeof end.words - 1);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *s = suite_create("http_parts");
    TCase *t = tcase_create("parts");
    tcase_add_loop_test(t, url_parts, 0, COUNT(urls));
    tcase_add_test(t, url_too_long);
    tcase_add_loop_test(t, url_redirected, 0, COUNT(locations));
    tcase_add_test(t, url_origin);
    tcase_add_loop_test(t, inside, 0, COUNT(addresses));
    tcase_add_test(t, inside_names);
    tcase_add_test(t, lines_by_host);
    tcase_add_loop_test(t, lines_refused, 0, COUNT(bad_lines));
    tcase_add_test(t, proxies);
    tcase_add_test(t, routes);
    tcase_add_loop_test(t, words, 0, COUNT(causes));
    tcase_add_test(t, words_of_every_code);
    tcase_add_test(t, words_are_cut);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
