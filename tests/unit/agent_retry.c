#include "agent/retry.h"

#include "unit/policy.h"

START_TEST(doubles_up_to_the_cap)
{
    static const struct {
        int64_t first;
        uint32_t streak;
        int64_t whole; /* the upper end of the jitter */
    } table[] = {
        {2000, 0, 2000},
        {2000, 1, 2000},
        {2000, 2, 4000},
        {2000, 3, 8000},
        {2000, 8, 256000},
        {2000, 9, LIMIT_BACKOFF_MS},
        {2000, UINT32_MAX, LIMIT_BACKOFF_MS},
        {1, 1, 1},
        {0, 1, 1},
        {-5, 3, 4},
        {INT64_MAX, 5, LIMIT_BACKOFF_MS},
        {LIMIT_BACKOFF_MS + 1, 1, LIMIT_BACKOFF_MS},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t least = INT64_MAX, most = 0;

        for (uint32_t r = 0; r < 3000; r++) {
            int64_t wait = retry_wait(table[i].first, table[i].streak, r * 2654435761u, -1);

            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        ck_assert_msg(least >= table[i].whole / 2, "row %u: %lld", i, (long long)least);
        ck_assert_msg(most <= table[i].whole, "row %u: %lld", i, (long long)most);
        /* Spread over it, too. */
        if (table[i].whole >= 2000)
            ck_assert_int_gt(most - least, table[i].whole / 3);
    }
}
END_TEST

START_TEST(ends_of_the_jitter)
{
    ck_assert_int_eq(retry_wait(2000, 1, 0, -1), 1000);
    ck_assert_int_eq(retry_wait(2000, 1, 1000, -1), 2000);
    ck_assert_int_eq(retry_wait(2000, 1, 1001, -1), 1000);
}
END_TEST

START_TEST(retry_after_is_a_lower_bound)
{
    ck_assert_int_eq(retry_wait(2000, 1, 0, 0), 1000);
    ck_assert_int_eq(retry_wait(2000, 1, 0, 1), 1000);
    ck_assert_int_eq(retry_wait(2000, 1, 0, 2), 2000);
    ck_assert_int_eq(retry_wait(2000, 1, 0, 86400), 86400000);
    ck_assert_int_eq(retry_wait(2000, 1, 0, 86401), 86400000);
    ck_assert_int_eq(retry_wait(2000, 1, 0, INT64_MAX), 86400000);
    ck_assert_int_eq(retry_wait(2000, 9, 0, 5), LIMIT_BACKOFF_MS / 2);
}
END_TEST

policy_main("agent_retry", doubles_up_to_the_cap, ends_of_the_jitter, retry_after_is_a_lower_bound)
