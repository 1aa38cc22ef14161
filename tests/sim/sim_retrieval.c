/* From a dropped descriptor to an installed file, and the ways it can go on the way (policy.md 2 to 5). */
#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define URI "http://host.example/pic/picture.gif"
#define NOTIFY "http://host.example/notify?t=1"
#define TAG "\"v1\""
enum { SIZE = 100000, MINUTE = 60 * 1000 };

static unsigned char body[SIZE], other[SIZE];
static struct sim s;

static struct fake_server server(void)
{
    return (struct fake_server){.body = body, .n = SIZE, .type = "image/gif", .etag = TAG};
}

static void begin(void)
{
    for (unsigned i = 0; i < SIZE; i++) {
        body[i] = (unsigned char)(i * 2654435761u >> 16);
        other[i] = (unsigned char)~body[i];
    }
    sim_begin(&s);
}

static void serve(struct fake_server what) { fake_http_serve(s.http, URI, &what); }

static void notify_says(const char *head) { fake_http_say(s.http, NOTIFY, &(struct fake_answer){.head = head}); }

/* The next answer breaks off after n bytes. */
static void cut_once(size_t n)
{
    char head[256];

    (void)snprintf(head, sizeof(head),
                   "200 OK\nContent-Type: image/gif\nContent-Length: %d\nAccept-Ranges: bytes\nETag: " TAG "\n", SIZE);
    fake_http_say(s.http, URI, &(struct fake_answer){.head = head, .body = body, .n = n, .failure = HTTP_LOST});
}

START_TEST(installed_after_a_report)
{
    begin();
    sim_open(&s);
    serve(server());
    notify_says("200 OK\nContent-Length: 0\n");
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "900");
    ck_assert_str_eq(fake_http_ask(s.http, 1)->body, "900 Success\r\n");
    ck_assert_uint_eq(fake_http_asks(s.http), 2);
    ck_assert_str_eq(fake_http_ask(s.http, 0)->accept, "image/gif");
    ck_assert(!fake_http_ask(s.http, 0)->ranged);
    ck_assert_uint_eq(s.published, 1);
    sim_end(&s);
}
END_TEST

START_TEST(without_a_notify_uri)
{
    begin();
    sim_open(&s);
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_asks(s.http), 1);
    sim_end(&s);
}
END_TEST

START_TEST(a_lost_connection_is_resumed)
{
    const struct fake_ask *a;

    begin();
    sim_open(&s);
    cut_once(40000);
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_quiet(&s);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_INTERRUPTED);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").have, 40000);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_asks(s.http), 2);
    a = fake_http_ask(s.http, 1);
    ck_assert(a->ranged);
    ck_assert_uint_eq(a->first, 40000);
    ck_assert_str_eq(a->if_match, TAG);
    sim_end(&s);
}
END_TEST

START_TEST(resumed_after_a_restart)
{
    begin();
    sim_open(&s);
    cut_once(40000);
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_quiet(&s);
    sim_close(&s);
    sim_open(&s);
    serve(server());
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_asks(s.http), 1);
    ck_assert_uint_eq(fake_http_ask(s.http, 0)->first, 40000);
    sim_end(&s);
}
END_TEST

START_TEST(stopped_while_downloading)
{
    begin();
    sim_open(&s);
    fake_http_piece(s.http, 10000);
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    for (unsigned i = 0; i < 6; i++)
        (void)dlota_turn(s.d, 0);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_DOWNLOADING);
    sim_close(&s);
    sim_open(&s);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_QUEUED);
    ck_assert_uint_gt(sim_object(&s, "picture.gif").have, 0);
    serve(server());
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert(fake_http_ask(s.http, 0)->ranged);
    sim_end(&s);
}
END_TEST

START_TEST(a_new_version_is_never_mixed_in)
{
    struct fake_server v2 = server();

    v2.body = other;
    v2.etag = "\"v2\"";
    for (unsigned i = 0; i < 3; i++) {
        begin();
        sim_open(&s);
        cut_once(40000);
        v2.ignores_match = i > 0;
        v2.no_ranges = i > 1;
        serve(v2);
        notify_says("200 OK\nContent-Length: 0\n");
        sim_drop_dd(&s, URI, SIZE, NOTIFY);
        sim_settle(&s, "picture.gif");
        if (i == 0) {
            ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_FAILED);
            sim_pass(&s, MINUTE);
            ck_assert_str_eq(sim_reports(&s, NOTIFY), "957");
        } else {
            ck_assert(sim_installed(&s, "picture.gif", other, SIZE));
            ck_assert_str_eq(sim_reports(&s, NOTIFY), "900");
        }
        sim_end(&s);
    }
}
END_TEST

START_TEST(a_node_that_ignores_ranges_loses_nothing)
{
    struct fake_server node = server();

    begin();
    sim_open(&s);
    cut_once(40000);
    node.no_ranges = true;
    serve(node);
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(sim_object(&s, "picture.gif").gen, 1);
    sim_end(&s);
}
END_TEST

START_TEST(small_cuts_without_end)
{
    struct fake_server poor = server();

    begin();
    sim_open(&s);
    poor.cut_after = 7000;
    serve(poor);
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(sim_object(&s, "picture.gif").attempts, (SIZE + 6999) / 7000);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").fails, 0);
    sim_end(&s);
}
END_TEST

START_TEST(not_resumable_twenty_attempts)
{
    struct fake_server poor = server();

    begin();
    sim_open(&s);
    poor.no_ranges = true;
    poor.cut_after = 7000;
    serve(poor);
    notify_says("200 OK\nContent-Length: 0\n");
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_settle(&s, "picture.gif");
    sim_pass(&s, MINUTE);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_FAILED);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").attempts, 21); /* the first got further than ever */
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "903");
    sim_end(&s);
}
END_TEST

START_TEST(give_up_keeps_the_range_for_retry)
{
    begin();
    sim_open(&s);
    cut_once(40000);
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_settle(&s, "picture.gif");
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_FAILED);
    ck_assert_int_eq(sim_object(&s, "picture.gif").cause, DLOTA_NETWORK_LOST);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").have, 40000);
    serve(server());
    ck_assert_int_eq(sim_steer(&s, "picture.gif", DLOTA_RETRY), 0);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_ask(s.http, fake_http_asks(s.http) - 1)->first, 40000);
    sim_end(&s);
}
END_TEST

START_TEST(no_network_counts_nothing)
{
    begin();
    sim_open(&s);
    cut_once(40000);
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_quiet(&s);
    fake_http_break(s.http, HTTP_NO_NETWORK);
    sim_pass(&s, 24 * 60 * MINUTE);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_INTERRUPTED);
    ck_assert_int_eq(sim_object(&s, "picture.gif").cause, DLOTA_NO_NETWORK);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").fails, 0);
    fake_http_break(s.http, HTTP_FINE);
    serve(server());
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    sim_end(&s);
}
END_TEST

START_TEST(a_captive_portal_passes)
{
    begin();
    sim_open(&s);
    cut_once(40000);
    for (unsigned i = 0; i < 5; i++)
        fake_http_say(s.http, URI,
                      &(struct fake_answer){
                          .head = "200 OK\nContent-Type: text/html\nContent-Length: 5\n", .body = "login", .n = 5});
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_asks(s.http), 7);
    sim_end(&s);
}
END_TEST

START_TEST(not_found)
{
    begin();
    sim_open(&s);
    fake_http_say(s.http, URI, &(struct fake_answer){.head = "404 Not Found\nContent-Length: 0\n"});
    notify_says("200 OK\nContent-Length: 0\n");
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_settle(&s, "picture.gif");
    sim_pass(&s, MINUTE);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_FAILED);
    ck_assert_int_eq(sim_object(&s, "picture.gif").folder, DLOTA_IN_FAILED);
    ck_assert_str_eq(sim_object(&s, "picture.gif").detail, "404 Not Found");
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "954");
    sim_end(&s);
}
END_TEST

START_TEST(a_report_refused_discards)
{
    begin();
    sim_open(&s);
    serve(server());
    notify_says("404 Not Found\nContent-Length: 0\n");
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_settle(&s, "picture.gif");
    sim_pass(&s, 60 * MINUTE);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_FAILED);
    ck_assert_int_eq(sim_object(&s, "picture.gif").cause, DLOTA_REPORT_REFUSED);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").have, 0);
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "900");
    sim_end(&s);
}
END_TEST

START_TEST(a_report_unanswered_releases)
{
    begin();
    sim_open(&s);
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "900 900 900");
    ck_assert_int_eq(sim_object(&s, "picture.gif").report, DLOTA_REPORT_UNANSWERED);
    /* Offered on, hourly; a late refusal changes only a line. */
    notify_says("404 Not Found\nContent-Length: 0\n");
    sim_pass(&s, 70 * MINUTE);
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "900 900 900 900");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_int_eq(sim_object(&s, "picture.gif").report, DLOTA_REPORT_IS_REFUSED);
    sim_pass(&s, 600 * MINUTE);
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "900 900 900 900");
    sim_end(&s);
}
END_TEST

START_TEST(rm_while_downloading)
{
    begin();
    sim_open(&s);
    fake_http_say(s.http, URI,
                  &(struct fake_answer){.head = "200 OK\nContent-Type: image/gif\nContent-Length: 100000\n",
                                        .body = body,
                                        .n = 1000,
                                        .stalls = true});
    notify_says("200 OK\nContent-Length: 0\n");
    sim_drop_dd(&s, URI, SIZE, NOTIFY);
    sim_quiet(&s);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_DOWNLOADING);
    ck_assert_int_eq(sim_steer(&s, "picture.gif", DLOTA_PAUSE), -EOPNOTSUPP);
    ck_assert_int_eq(sim_steer(&s, "picture.gif", DLOTA_REMOVE), 0);
    ck_assert(!sim_exists(&s, "picture.gif"));
    sim_pass(&s, MINUTE);
    ck_assert_str_eq(sim_reports(&s, NOTIFY), "902");
    ck_assert_uint_eq(fake_http_active(s.http), 0);
    sim_end(&s);
}
END_TEST

START_TEST(pause_and_resume)
{
    begin();
    sim_open(&s);
    fake_http_say(s.http, URI,
                  &(struct fake_answer){.head = "200 OK\nContent-Type: image/gif\nContent-Length: 100000\n"
                                                "Accept-Ranges: bytes\nETag: " TAG "\n",
                                        .body = body,
                                        .n = 1000,
                                        .stalls = true});
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_quiet(&s);
    ck_assert_int_eq(sim_steer(&s, "picture.gif", DLOTA_PAUSE), 0);
    sim_pass(&s, 600 * MINUTE);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_PAUSED);
    ck_assert_uint_eq(sim_object(&s, "picture.gif").have, 1000);
    ck_assert_uint_eq(fake_http_asks(s.http), 1);
    ck_assert_int_eq(sim_steer(&s, "picture.gif", DLOTA_RESUME), 0);
    sim_settle(&s, "picture.gif");
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert_uint_eq(fake_http_ask(s.http, 1)->first, 1000);
    sim_end(&s);
}
END_TEST

START_TEST(a_url_is_fetched_first)
{
    char dd[512];

    begin();
    sim_open(&s);
    (void)snprintf(dd, sizeof(dd),
                   "<media><type>image/gif</type><size>%d</size><objectURI>picture.gif</objectURI></media>", SIZE);
    fake_http_say(s.http, "http://host.example/pic/it.dd",
                  &(struct fake_answer){
                      .head = "200 OK\nContent-Type: application/vnd.oma.dd+xml\n", .body = dd, .n = strlen(dd)});
    serve(server());
    sim_drop(&s, "it.url", "http://host.example/pic/it.dd\n");
    sim_settle(&s, "it.url");
    sim_settle(&s, "picture.gif");
    ck_assert(!sim_exists(&s, "it.url"));
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    ck_assert(fake_http_ask(s.http, 1)->outside);
    sim_end(&s);
}
END_TEST

START_TEST(the_clock_is_set)
{
    begin();
    sim_open(&s);
    cut_once(40000);
    serve(server());
    sim_drop_dd(&s, URI, SIZE, NULL);
    sim_quiet(&s);
    ck_assert_int_eq(sim_state(&s, "picture.gif"), DLOTA_INTERRUPTED);
    /* Back by ten years: a wait of seconds stays one. */
    fake_world_set(&s.world, s.world.wall - 10LL * 365 * 24 * 60 * MINUTE);
    sim_pass(&s, 5000);
    ck_assert(sim_installed(&s, "picture.gif", body, SIZE));
    sim_end(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_retrieval");
    TCase *tc = tcase_create("sim_retrieval");
    SRunner *runner;
    int failures;

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, installed_after_a_report);
    tcase_add_test(tc, without_a_notify_uri);
    tcase_add_test(tc, a_lost_connection_is_resumed);
    tcase_add_test(tc, resumed_after_a_restart);
    tcase_add_test(tc, stopped_while_downloading);
    tcase_add_test(tc, a_new_version_is_never_mixed_in);
    tcase_add_test(tc, a_node_that_ignores_ranges_loses_nothing);
    tcase_add_test(tc, small_cuts_without_end);
    tcase_add_test(tc, not_resumable_twenty_attempts);
    tcase_add_test(tc, give_up_keeps_the_range_for_retry);
    tcase_add_test(tc, no_network_counts_nothing);
    tcase_add_test(tc, a_captive_portal_passes);
    tcase_add_test(tc, not_found);
    tcase_add_test(tc, a_report_refused_discards);
    tcase_add_test(tc, a_report_unanswered_releases);
    tcase_add_test(tc, rm_while_downloading);
    tcase_add_test(tc, pause_and_resume);
    tcase_add_test(tc, a_url_is_fetched_first);
    tcase_add_test(tc, the_clock_is_set);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
