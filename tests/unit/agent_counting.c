/* Breaks, what is counted, how long it waits, when it is the end (policy.md 3). */
#include "unit/policy.h"

/* ---- breaks, and what is counted ---- */

START_TEST(broken_keeps_what_can_be_resumed)
{
    struct policy p;

    policy_taking(&p);
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    acts(&p, ACTION_MARK);
    ck_assert_uint_eq(p.o.have, 0); /* until the mark is recorded */
    ck_assert_uint_eq(p.o.best, 400);
    ck_assert_uint_eq(p.o.fails, 0);
    ck_assert_str_eq(p.o.detail, "connection reset");
    ck_assert_int_ge(p.o.due, p.now + 1000);
    ck_assert_int_le(p.o.due, p.now + 2000);
}
END_TEST

START_TEST(broken_drops_what_cannot)
{
    struct policy p;

    policy_taking(&p);
    p.o.pin = DLOTA_UNPINNED;
    p.o.have = 300;
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    acts(&p, ACTION_DROP);
    ck_assert_uint_eq(p.step.act[0].gen, 1);
    ck_assert_uint_eq(p.o.have, 0);
    /* Nothing received: the empty file goes, too. */
    policy_taking(&p);
    broke(&p, 0, HTTP_LOST);
    acts(&p, ACTION_DROP);
    /* No header yet: there is no file. */
    policy_begin(&p);
    turn(&p);
    broke(&p, 0, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    no_acts(&p);
    ck_assert_uint_eq(p.o.fails, 1);
}
END_TEST

START_TEST(twenty_attempts_that_got_no_further)
{
    struct policy p;

    policy_taking(&p);
    p.o.ranges = DLOTA_RANGES_NO;
    broke(&p, 500, HTTP_LOST);
    ck_assert_uint_eq(p.o.fails, 0);
    for (unsigned i = 1; i < 20; i++) {
        p.now = p.o.due;
        turn(&p);
        good(&p);
        p.facts.accept_ranges = HTTP_RANGES_UNSAID;
        head(&p);
        broke(&p, i < 10 ? 500 : 10, HTTP_LOST);
        interrupted_by(&p, DLOTA_NETWORK_LOST);
        ck_assert_uint_eq(p.o.fails, i);
        ck_assert_uint_eq(p.o.streak, i);
    }
    turn(&p);
    head(&p);
    broke(&p, 500, HTTP_LOST);
    failed_with(&p, DLOTA_NETWORK_LOST);
    acts(&p, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
    ck_assert_uint_eq(p.o.have, 0);
}
END_TEST

START_TEST(further_than_ever_does_not_count)
{
    struct policy p;

    policy_taking(&p);
    p.o.ranges = DLOTA_RANGES_NO;
    p.o.fails = 19;
    p.o.streak = 5;
    p.o.best = 399;
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_uint_eq(p.o.fails, 19);
    ck_assert_uint_eq(p.o.streak, 0);
}
END_TEST

START_TEST(retries_0_has_no_end)
{
    struct policy p;

    policy_taking(&p);
    p.options.retries = 0;
    p.o.fails = 1000000;
    p.o.ranges = DLOTA_RANGES_NO;
    broke(&p, 0, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
}
END_TEST

START_TEST(back_off_grows_and_is_capped)
{
    struct policy p;
    int64_t last = 0;

    policy_taking(&p);
    p.options.retries = 0;
    for (unsigned i = 0; i < 30; i++) {
        int64_t wait;

        broke(&p, 0, HTTP_LOST);
        wait = p.o.due - p.now;
        ck_assert_int_ge(wait, last);
        ck_assert_int_le(wait, LIMIT_BACKOFF_MS);
        last = wait;
        p.now = p.o.due;
        turn(&p);
    }
    ck_assert_int_eq(last, LIMIT_BACKOFF_MS / 2);
}
END_TEST

START_TEST(give_up_counts_time_between_failures)
{
    struct policy p;

    policy_resuming(&p);
    broke(&p, 400, HTTP_LOST);
    ck_assert_int_ge(p.o.idle, 0);
    p.o.idle = 0;
    p.now += WEEK - 1;
    turn(&p);
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_int_eq(p.o.idle, WEEK - 1);
    p.now += 1;
    turn(&p);
    broke(&p, 400, HTTP_LOST);
    failed_with(&p, DLOTA_NETWORK_LOST);
    /* 903 keeps the range: the change request's exception. */
    acts(&p, ACTION_REPORT, ACTION_MARK, ACTION_PUBLISH);
    ck_assert_uint_eq(p.o.have, 400);
}
END_TEST

START_TEST(a_new_byte_starts_the_clock_again)
{
    struct policy p;

    policy_resuming(&p);
    p.o.idle = WEEK - 1;
    p.o.idle_since = 1;
    broke(&p, 401, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_int_eq(p.o.idle, 0);
    ck_assert_int_eq(p.o.idle_since, p.now);
}
END_TEST

START_TEST(give_up_0_never)
{
    struct policy p;

    policy_resuming(&p);
    p.options.give_up = 0;
    p.o.idle = 100LL * WEEK;
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
}
END_TEST

START_TEST(what_the_end_is_called)
{
    /* 954 when the last word was an HTTP answer, 903 when it was the network, 901 when the disk was full. */
    static const struct {
        unsigned status;
        enum dlota_cause cause;
        bool kept;
    } table[] = {
        {0, DLOTA_NETWORK_LOST, true},
        {503, DLOTA_SERVER_BUSY, false},
        {511, DLOTA_FOREIGN, false},
        {1, DLOTA_NO_ROOM, true},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_resuming(&p);
        p.o.idle = WEEK;
        if (table[i].status == 0)
            broke(&p, 400, HTTP_LOST);
        else if (table[i].status == 1)
            disk(&p, 400, -ENOSPC);
        else {
            bare(&p, table[i].status, "");
            head(&p);
        }
        failed_with(&p, table[i].cause);
        ck_assert_uint_eq(p.o.have, table[i].kept ? 400 : 0);
        ck_assert((policy_act(&p, ACTION_DROP) != NULL) == !table[i].kept);
        ck_assert_int_eq(policy_act(&p, ACTION_REPORT)->cause, table[i].cause);
    }
}
END_TEST

START_TEST(no_network_counts_nothing)
{
    struct policy p;

    policy_resuming(&p);
    p.o.idle = WEEK - 1;
    p.o.idle_since = p.now - 1000;
    p.o.fails = 19;
    for (unsigned i = 0; i < 100; i++) {
        broke(&p, 400, HTTP_NO_NETWORK);
        interrupted_by(&p, DLOTA_NO_NETWORK);
        ck_assert_uint_eq(p.o.fails, 19);
        ck_assert_int_eq(p.o.idle, WEEK - 1);
        ck_assert_int_eq(p.o.idle_since, 0);
        p.now = p.o.due;
        turn(&p);
    }
    /* The first counted failure after it only starts the clock. */
    p.now += WEEK;
    broke(&p, 400, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_int_eq(p.o.idle, WEEK - 1);
}
END_TEST

START_TEST(failures)
{
    static const struct {
        enum http_failure failure;
        enum dlota_cause cause;
        bool ends;
    } table[] = {
        {HTTP_LOST, DLOTA_NETWORK_LOST, false}, {HTTP_NO_NETWORK, DLOTA_NO_NETWORK, false},
        {HTTP_BLOCKED, DLOTA_NOT_LOADED, true}, {HTTP_UNTRUSTED, DLOTA_NO_ANSWER, false},
        {HTTP_GARBLED, DLOTA_NO_ANSWER, false}, {HTTP_STOPPED, DLOTA_NETWORK_LOST, false},
        {HTTP_NO_MEMORY, DLOTA_DEVICE, false},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_resuming(&p);
        broke(&p, 400, table[i].failure);
        if (table[i].ends) {
            failed_with(&p, table[i].cause);
            ck_assert_ptr_nonnull(policy_act(&p, ACTION_DROP));
        } else {
            interrupted_by(&p, table[i].cause);
            acts(&p, ACTION_MARK);
        }
        ck_assert_str_eq(p.o.detail, "connection reset");
    }
}
END_TEST

START_TEST(retry_after_is_honoured_up_to_a_day)
{
    static const struct {
        int64_t says, least, most;
    } table[] = {
        {-1, 1000, 2000}, {0, 1000, 2000}, {3, 3000, 3000}, {3600, 3600000, 3600000}, {1 << 30, 86400000, 86400000}};

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_begin(&p);
        turn(&p);
        bare(&p, 503, "Service Unavailable");
        p.facts.retry_after_s = table[i].says;
        head(&p);
        interrupted_by(&p, DLOTA_SERVER_BUSY);
        ck_assert_int_ge(p.o.due - p.now, table[i].least);
        ck_assert_int_le(p.o.due - p.now, table[i].most);
    }
}
END_TEST

START_TEST(misdirected_at_once_and_once)
{
    struct policy p;

    policy_begin(&p);
    turn(&p);
    bare(&p, 421, "Misdirected Request");
    head(&p);
    interrupted_by(&p, DLOTA_SERVER_BUSY);
    ck_assert_int_eq(p.o.due, p.now);
    acts(&p, ACTION_HANG_UP, ACTION_FRESH);
    turn(&p);
    head(&p);
    interrupted_by(&p, DLOTA_SERVER_BUSY);
    ck_assert_int_gt(p.o.due, p.now);
    p.o.fails = 19;
    turn(&p);
    head(&p);
    failed_with(&p, DLOTA_SERVER_BUSY);
    ck_assert_ptr_null(policy_act(&p, ACTION_FRESH));
}
END_TEST

policy_main("agent_counting", broken_keeps_what_can_be_resumed, broken_drops_what_cannot,
            twenty_attempts_that_got_no_further, further_than_ever_does_not_count, retries_0_has_no_end,
            back_off_grows_and_is_capped, give_up_counts_time_between_failures, a_new_byte_starts_the_clock_again,
            give_up_0_never, what_the_end_is_called, no_network_counts_nothing, failures,
            retry_after_is_honoured_up_to_a_day, misdirected_at_once_and_once)
