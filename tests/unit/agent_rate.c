#include "agent/rate.h"

#include "unit/policy.h"

START_TEST(no_limit)
{
    static const uint64_t none[] = {0, 1ULL << 40, UINT64_MAX};

    for (unsigned i = 0; i < 3; i++) {
        struct rate r;

        rate_begin(&r, none[i]);
        ck_assert_int_eq(rate_take(&r, UINT64_MAX, 1), 0);
        ck_assert_int_eq(rate_wait(&r, 1), 0);
    }
}
END_TEST

/* As the agent does: take what comes, wait as long as told; pieces of odd sizes, turns at odd times. */
START_TEST(the_rate_is_kept)
{
    static const uint64_t rates[] = {100, 1500, 64 * 1024, 10 * 1024 * 1024, 3ULL << 30};

    for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct rate r;
        int64_t now = 5;
        uint64_t taken = 0;
        const uint64_t piece = rates[i] / 50 + 7;

        rate_begin(&r, rates[i]);
        for (unsigned n = 0; n < 5000; n++) {
            int64_t wait = rate_take(&r, piece + n % 5, now);

            taken += piece + n % 5;
            now += wait + n % 3;
        }
        /* Never more than what time and burst allow, and not much less. */
        ck_assert_msg(taken <= rates[i] * (uint64_t)now / 1000 + r.burst + piece + 5, "rate %llu",
                      (unsigned long long)rates[i]);
        ck_assert_msg(taken >= rates[i] * (uint64_t)now / 1000 * 8 / 10, "rate %llu", (unsigned long long)rates[i]);
    }
}
END_TEST

START_TEST(what_is_saved_up_is_bounded)
{
    struct rate r;

    rate_begin(&r, 1000000);
    ck_assert_uint_eq(r.burst, 100000);
    (void)rate_take(&r, 0, 1);
    (void)rate_take(&r, 0, INT64_MAX / 2);
    ck_assert_int_eq(rate_take(&r, r.burst - 1, INT64_MAX / 2), 0);
    ck_assert_int_gt(rate_take(&r, 1, INT64_MAX / 2), 0);
}
END_TEST

START_TEST(a_debt_is_waited_for)
{
    struct rate r;
    int64_t wait;

    rate_begin(&r, 1000);
    wait = rate_take(&r, r.burst + 10000, 1);
    ck_assert_int_ge(wait, 10000);
    ck_assert_int_le(wait, 10001);
    ck_assert_int_gt(rate_wait(&r, 1 + wait - 2), 0);
    ck_assert_int_eq(rate_wait(&r, 1 + wait), 0);
}
END_TEST

START_TEST(a_clock_that_stands_or_goes_back)
{
    struct rate r;

    rate_begin(&r, 1000);
    (void)rate_take(&r, r.burst + 1000, 5000);
    ck_assert_int_gt(rate_wait(&r, 5000), 900);
    ck_assert_int_gt(rate_wait(&r, 10), 900);
    ck_assert_int_gt(rate_wait(&r, 20), 900);
    ck_assert_int_eq(rate_wait(&r, 1100), 0);
}
END_TEST

START_TEST(an_absurd_piece)
{
    struct rate r;

    rate_begin(&r, 1);
    ck_assert_int_gt(rate_take(&r, UINT64_MAX, 1), 0);
    ck_assert_int_gt(rate_wait(&r, 1000000), 0);
}
END_TEST

policy_main("agent_rate", no_limit, the_rate_is_kept, what_is_saved_up_is_bounded, a_debt_is_waited_for,
            a_clock_that_stands_or_goes_back, an_absurd_piece)
