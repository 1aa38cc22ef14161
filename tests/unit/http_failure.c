#include <check.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/http_seen.h"

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

int main(void)
{
    Suite *s = suite_create("http_failure");
    TCase *t = tcase_create("failure");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, failure, 0, COUNT(failures));
    tcase_add_test(t, header_flood);
    tcase_add_test(t, interim_flood);
    tcase_add_test(t, one_endless_line);
    tcase_add_loop_test(t, stall, 0, COUNT(stalls));
    tcase_add_test(t, nobody_accepts);
    tcase_add_test(t, refused);
    tcase_add_test(t, unknown_name);
    tcase_add_test(t, stuck_resolver);
    tcase_add_test(t, tls);
    tcase_add_loop_test(t, no_network, 0, COUNT(gone));
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
