/* Every wait has a reason of one line; URIs lose their passwords. */
#include <check.h>

#include "view_sample.h"

static const struct {
    enum dlota_state state;
    enum dlota_cause cause;
    const char *detail;
    int64_t due, report_due; /* from now on, ms; 0: none */
    uint32_t tries;
    uint64_t rate;
    const char *reason;
} cases[] = {
    {DLOTA_UNCONFIRMED, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "waiting for the verb confirm"},
    {DLOTA_QUEUED, DLOTA_NO_CAUSE, "", -5, 0, 0, 0, "waiting for its turn"},
    {DLOTA_QUEUED, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "waiting for its turn"},
    {DLOTA_QUEUED, DLOTA_NO_CAUSE, "", 12000, 0, 0, 0, "held back, next try in 12 s"},
    {DLOTA_QUEUED, DLOTA_SERVER_BUSY, "503", 1, 0, 0, 0, "server busy: 503, next try in 1 s"},
    {DLOTA_QUEUED, DLOTA_SERVER_BUSY, "503", -1, 0, 0, 0, "server busy: 503, waiting for its turn"},
    {DLOTA_DOWNLOADING, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "waiting for the server"},
    {DLOTA_DOWNLOADING, DLOTA_NO_CAUSE, "", 0, 0, 0, 5, ""},
    {DLOTA_PAUSED, DLOTA_USER, "", 0, 0, 0, 0, "paused by user"},
    {DLOTA_PAUSED, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "paused by user"},
    {DLOTA_INTERRUPTED, DLOTA_NETWORK_LOST, "connection reset by peer", 12000, 0, 0, 0,
     "network lost: connection reset by peer, next try in 12 s"},
    {DLOTA_INTERRUPTED, DLOTA_NETWORK_LOST, "", 12000, 0, 0, 0, "network lost, next try in 12 s"},
    {DLOTA_INTERRUPTED, DLOTA_NETWORK_LOST, "", -1, 0, 0, 0, "network lost, waiting for its turn"},
    {DLOTA_INTERRUPTED, DLOTA_NO_NETWORK, "", 300000, 0, 0, 0, "no network, next try in 5 min"},
    {DLOTA_INTERRUPTED, DLOTA_NO_ROOM, "", 0, 0, 0, 0, "disk full, waiting for the verb resume"},
    {DLOTA_INTERRUPTED, DLOTA_NO_CAUSE, "", -1, 0, 0, 0, "waiting for its turn"},
    {DLOTA_INSTALLING, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "being checked and written to disk"},
    {DLOTA_REPORTING, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, "waiting for the answer to its report"},
    {DLOTA_REPORTING, DLOTA_NO_CAUSE, "", 0, 0, 1, 0, "waiting for the answer to its report"},
    {DLOTA_REPORTING, DLOTA_NO_CAUSE, "", 0, 3000, 1, 0, "report not answered, next try in 3 s"},
    {DLOTA_REPORTING, DLOTA_NETWORK_LOST, "connection refused", 0, 3000, 1, 0,
     "report not answered: connection refused, next try in 3 s"},
    {DLOTA_REPORTING, DLOTA_NETWORK_LOST, "connection refused", 0, -3000, 1, 0,
     "report not answered: connection refused"},
    {DLOTA_RELEASED, DLOTA_SUCCESS, "", 0, 0, 0, 0, "released, about to be shown in installed"},
    {DLOTA_INSTALLED, DLOTA_SUCCESS, "", 0, 0, 0, 0, ""},
    {DLOTA_INSTALLED, DLOTA_NO_CAUSE, "", 0, 0, 0, 0, ""},
    {DLOTA_INSTALLED, DLOTA_SUCCESS, "its ETag is not the descriptor's", 0, 0, 0, 0,
     "its ETag is not the descriptor's"},
    {DLOTA_FAILED, DLOTA_BAD_DESCRIPTOR, "line 7: size: not a number: \"big\"", 0, 0, 0, 0,
     "906 Invalid descriptor: line 7: size: not a number: \"big\""},
    {DLOTA_FAILED, DLOTA_BAD_DESCRIPTOR, "", 0, 0, 0, 0, "906 Invalid descriptor"},
    {DLOTA_FAILED, DLOTA_NETWORK_LOST, "connection refused", 0, 0, 0, 0,
     "903 Loss of Service: network lost: connection refused"},
    {DLOTA_FAILED, DLOTA_NOT_LOADED, "404 Not Found", 0, 0, 0, 0, "954 Loader Error: cannot be loaded: 404 Not Found"},
    {DLOTA_FAILED, DLOTA_REPORT_REFUSED, "404 Not Found", 0, 0, 0, 0, "900 Success: report refused: 404 Not Found"},
    {DLOTA_FAILED, DLOTA_NEVER_FITS, "", 0, 0, 0, 0, "901 Insufficient Memory: too large"},
    {DLOTA_FAILED, DLOTA_NO_CAUSE, "odd", 0, 0, 0, 0, "odd"},
    {(enum dlota_state)99, DLOTA_NO_CAUSE, "odd", 0, 0, 0, 0, ""},
    {(enum dlota_state)0, DLOTA_NO_CAUSE, "odd", 0, 0, 0, 0, ""},
};

START_TEST(reason_of_each_wait)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.state = cases[_i].state;
    s.row.cause = cases[_i].cause;
    strcpy(s.row.detail, cases[_i].detail);
    s.row.due = cases[_i].due ? NOW + cases[_i].due : 0;
    s.facts.report_due = cases[_i].report_due ? NOW + cases[_i].report_due : 0;
    s.row.report_tries = cases[_i].tries;
    s.row.rate = cases[_i].rate;
    sample_value(&s, "Reason", value);
    ck_assert_str_eq(value, *cases[_i].reason ? cases[_i].reason : "(absent)");
}
END_TEST

START_TEST(answer_without_a_verdict_is_told)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.state = DLOTA_REPORTING;
    strcpy(s.row.report_answer, "503 Service Unavailable");
    s.facts.report_due = NOW + 60000;
    ck_assert_str_eq(sample_value(&s, "Reason", value),
                     "report not answered: 503 Service Unavailable, next try in 1 min");
}
END_TEST

/* I9: whatever waits says for what, with every cause. */
START_TEST(no_wait_is_without_a_reason)
{
    static const enum dlota_state waiting[] = {DLOTA_UNCONFIRMED, DLOTA_QUEUED,    DLOTA_PAUSED,  DLOTA_INTERRUPTED,
                                               DLOTA_INSTALLING,  DLOTA_REPORTING, DLOTA_RELEASED};
    struct sample s;
    char value[8192];
    sample_make(&s);
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        for (int cause = 0; cause < DLOTA_CAUSES; cause++) {
            s.row.state = waiting[i];
            s.row.cause = (enum dlota_cause)cause;
            ck_assert_str_ne(sample_value(&s, "Reason", value), "(absent)");
            ck_assert_ptr_null(strchr(value, '\n'));
        }
}
END_TEST

START_TEST(every_failure_begins_with_its_code)
{
    struct sample s;
    char reason[8192], code[8192];
    sample_make(&s);
    s.row.state = DLOTA_FAILED;
    for (int cause = 1; cause < DLOTA_CAUSES; cause++) {
        s.row.cause = (enum dlota_cause)cause;
        sample_value(&s, "Code", code);
        sample_value(&s, "Reason", reason);
        ck_assert_msg(strncmp(reason, code, strlen(code)) == 0, "%s / %s", reason, code);
    }
}
END_TEST

static const struct {
    const char *uri, *shown;
} uris[] = {
    {"http://example.com/", "http://example.com/"},
    {"http://user@example.com/", "http://user@example.com/"},
    {"http://user:pw@example.com/a:b@c", "http://user:***@example.com/a:b@c"},
    {"http://user:@example.com", "http://user:***@example.com"},
    {"http://:pw@example.com", "http://:***@example.com"},
    {"http://u:p:q@example.com/", "http://u:***@example.com/"},
    {"http://u:p@q@example.com/", "http://u:***@example.com/"},
    {"https://u:p@example.com:8443?x=y:z@w", "https://u:***@example.com:8443?x=y:z@w"},
    {"http://example.com:80/x@y", "http://example.com:80/x@y"},
    {"http://example.com?u:p@x", "http://example.com?u:p@x"},
    {"http://example.com#u:p@x", "http://example.com#u:p@x"},
    {"/redirect?to=http://u:p@example.com/", "/redirect?to=http://u:p@example.com/"},
    {"cid:part1@example.com", "cid:part1@example.com"},
    {"", ""},
    {"://", "://"},
    {"://a:b@", "://a:***@"},
};

START_TEST(password_is_not_shown)
{
    struct text t = {.max = 1000};
    view_uri(uris[_i].uri, &t);
    ck_assert_str_eq(t.data ? t.data : "", uris[_i].shown);
    text_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view_reason");
    TCase *tc = tcase_create("reason");
    tcase_add_loop_test(tc, reason_of_each_wait, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tc, answer_without_a_verdict_is_told);
    tcase_add_test(tc, no_wait_is_without_a_reason);
    tcase_add_test(tc, every_failure_begins_with_its_code);
    tcase_add_loop_test(tc, password_is_not_shown, 0, sizeof uris / sizeof *uris);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
