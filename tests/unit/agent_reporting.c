/* policy.md 5, row by row. */
#include "agent/reporting.h"

#include "unit/policy.h"

static struct dlota_options options;
static struct http_facts facts;
static struct store_report report;
static struct report_end end;
static struct report_step step;

static void begin(bool decides)
{
    dlota_options_default(&options);
    report = (struct store_report){.id = 1, .object = 7, .code = 900, .tries = 1, .decides = decides, .added = NOW};
    end = (struct report_end){.now = NOW + 100};
    facts = (struct http_facts){.retry_after_s = -1};
}

static void answer(unsigned status, const char *reason)
{
    facts.status = status;
    words(facts.reason, sizeof(facts.reason), reason);
    end.facts = &facts;
    reporting_step(&options, &report, &end, &step);
}

static void unheard(enum http_failure failure)
{
    end.facts = NULL;
    end.failure = failure;
    reporting_step(&options, &report, &end, &step);
}

/* No verdict: another try, later. */
#define again() is_again(__LINE__)
static void is_again(int line)
{
    ck_assert_msg(!step.over && !step.verdict_due && !step.refused, "line %d", line);
    ck_assert_msg(step.due > end.now, "line %d", line);
    ck_assert_msg(!step.answer[0], "line %d", line);
}

START_TEST(any_2xx_releases)
{
    for (unsigned status = 200; status < 300; status++) {
        begin(true);
        answer(status, "Fine");
        ck_assert(step.over && step.verdict_due && step.counted && !step.refused);
        ck_assert_int_eq(step.verdict, VERDICT_TAKEN);
    }
    answer(200, "OK");
    ck_assert_str_eq(step.answer, "200 OK");
    answer(204, "");
    ck_assert_str_eq(step.answer, "204");
}
END_TEST

START_TEST(no_verdict)
{
    static const unsigned statuses[] = {408, 421, 425, 429, 502, 503, 504, 511};

    for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        begin(true);
        answer(statuses[i], "Later");
        again();
        ck_assert(step.counted);
    }
}
END_TEST

START_TEST(any_other_answer_refuses)
{
    for (unsigned status = 300; status < 600; status++) {
        static const unsigned none[] = {408, 421, 425, 429, 502, 503, 504, 511};
        bool skip = false;

        for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
            skip = skip || none[i] == status;
        if (skip)
            continue;
        begin(true);
        answer(status, "No");
        ck_assert_msg(step.over && step.verdict_due && step.refused, "%u", status);
        ck_assert_int_eq(step.verdict, VERDICT_REFUSED);
    }
    answer(404, "Not Found");
    ck_assert_str_eq(step.answer, "404 Not Found");
}
END_TEST

START_TEST(see_other)
{
    /* 303 counts as accepted when its target answers 2xx; otherwise its target says nothing about the report. */
    begin(true);
    end.via_303 = true;
    answer(200, "OK");
    ck_assert(step.over);
    ck_assert_int_eq(step.verdict, VERDICT_TAKEN);
    static const unsigned statuses[] = {301, 303, 400, 404, 410, 500, 503};
    for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        begin(true);
        end.via_303 = true;
        answer(statuses[i], "No");
        again();
    }
    begin(true);
    end.via_303 = true;
    unheard(HTTP_LOST);
    again();
}
END_TEST

START_TEST(no_answer)
{
    static const enum http_failure failures[] = {HTTP_LOST,    HTTP_BLOCKED, HTTP_UNTRUSTED,
                                                 HTTP_GARBLED, HTTP_STOPPED, HTTP_NO_MEMORY};

    for (unsigned i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        begin(true);
        unheard(failures[i]);
        again();
        /* The server may have seen it. */
        ck_assert(step.counted);
    }
}
END_TEST

START_TEST(tries_count_only_with_a_network)
{
    begin(true);
    report.tries = 3;
    unheard(HTTP_NO_NETWORK);
    again();
    ck_assert(!step.counted);
    report.tries = 0; /* taken back too often: never below nothing */
    unheard(HTTP_NO_NETWORK);
    again();
    /* Even after weeks: the object has not been told yet. */
    begin(true);
    end.now = NOW + 4LL * WEEK;
    unheard(HTTP_NO_NETWORK);
    again();
    begin(false);
    end.now = NOW + 4LL * WEEK;
    unheard(HTTP_NO_NETWORK);
    again();
}
END_TEST

START_TEST(without_a_network_the_wait_grows_with_age)
{
    int64_t last = 0;

    for (int64_t age = 0; age < 3600000; age = age * 2 + 1000) {
        begin(true);
        end.now = NOW + age;
        unheard(HTTP_NO_NETWORK);
        ck_assert_int_ge(step.due - end.now, last);
        ck_assert_int_le(step.due - end.now, LIMIT_BACKOFF_MS);
        last = step.due - end.now;
    }
    ck_assert_int_eq(last, LIMIT_BACKOFF_MS / 2);
}
END_TEST

START_TEST(lost_after_report_tries)
{
    for (unsigned tries = 1; tries <= 5; tries++) {
        begin(true);
        report.tries = tries;
        unheard(HTTP_LOST);
        ck_assert_int_eq(step.verdict_due, tries >= 3);
        ck_assert(!step.over);
        if (tries < 3) {
            ck_assert_int_lt(step.due - end.now, LIMIT_REPORT_TAIL_MS);
            continue;
        }
        ck_assert_int_eq(step.verdict, VERDICT_LOST);
        ck_assert_int_eq(step.due, end.now + LIMIT_REPORT_TAIL_MS);
    }
    begin(true);
    options.report_tries = 0;
    unheard(HTTP_LOST);
    ck_assert(step.verdict_due);
}
END_TEST

START_TEST(back_off_and_retry_after)
{
    begin(true);
    unheard(HTTP_LOST);
    ck_assert_int_eq(step.due, end.now + options.retry_wait / 2);
    report.tries = 2;
    unheard(HTTP_LOST);
    ck_assert_int_eq(step.due, end.now + options.retry_wait);
    facts.retry_after_s = 600;
    answer(503, "Busy");
    ck_assert_int_eq(step.due, end.now + 600000);
    report.tries = 3;
    facts.retry_after_s = 7200;
    answer(503, "Busy");
    ck_assert_int_eq(step.due, end.now + 7200000);
}
END_TEST

START_TEST(offered_hourly_for_a_week)
{
    begin(false); /* detached, or an error report */
    report.tries = 3;
    end.now = NOW + LIMIT_REPORT_LIFE_MS - 1;
    unheard(HTTP_LOST);
    again();
    ck_assert_int_eq(step.due, end.now + LIMIT_REPORT_TAIL_MS);
    end.now = NOW + LIMIT_REPORT_LIFE_MS;
    unheard(HTTP_LOST);
    ck_assert(step.over && !step.verdict_due);
    /* Not before it had its tries. */
    report.tries = 2;
    unheard(HTTP_LOST);
    ck_assert(!step.over);
    /* Not before its object was told: that comes first. */
    report.tries = 3;
    report.decides = true;
    unheard(HTTP_LOST);
    ck_assert(!step.over && step.verdict_due);
}
END_TEST

START_TEST(error_reports_bring_no_verdict)
{
    begin(false);
    answer(404, "Not Found");
    ck_assert(step.over && !step.verdict_due && step.refused);
    ck_assert_str_eq(step.answer, "404 Not Found");
    begin(false);
    answer(200, "OK");
    ck_assert(step.over && !step.verdict_due && !step.refused);
    begin(false);
    report.tries = 3;
    unheard(HTTP_LOST);
    again();
}
END_TEST

START_TEST(an_answer_whose_body_broke_is_an_answer)
{
    begin(true);
    end.failure = HTTP_LOST;
    answer(200, "OK");
    ck_assert(step.over);
    ck_assert_int_eq(step.verdict, VERDICT_TAKEN);
}
END_TEST

START_TEST(long_reason)
{
    begin(true);
    memset(facts.reason, 'x', sizeof(facts.reason) - 1);
    facts.status = 999;
    end.facts = &facts;
    reporting_step(&options, &report, &end, &step);
    ck_assert_uint_eq(strlen(step.answer), 4 + sizeof(facts.reason) - 1);
}
END_TEST

policy_main("agent_reporting", any_2xx_releases, no_verdict, any_other_answer_refuses, see_other, no_answer,
            tries_count_only_with_a_network, without_a_network_the_wait_grows_with_age, lost_after_report_tries,
            back_off_and_retry_after, offered_hourly_for_a_week, error_reports_bring_no_verdict,
            an_answer_whose_body_broke_is_an_answer, long_reason)
