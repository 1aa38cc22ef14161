/* Counters that the agent writes and everybody reads. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "agent/live.h"

START_TEST(joins_by_id)
{
    struct live *l = NULL;
    struct dlota_object o = {.id = 5, .have = 10, .touched = 3};
    int slot;

    ck_assert_int_eq(live_new(4, &l), 0);
    slot = live_add(l, 5);
    ck_assert_int_ge(slot, 0);
    live_put(l, slot, 100, 77, 9);
    live_join(l, &o);
    ck_assert_uint_eq(o.have, 100);
    ck_assert_int_eq(o.touched, 77);
    ck_assert_uint_eq(o.rate, 9);
    ck_assert_uint_eq(live_rate(l), 9);
    live_drop(l, slot);
    o = (struct dlota_object){.id = 5, .have = 10, .rate = 4};
    live_join(l, &o);
    ck_assert_uint_eq(o.have, 10);
    ck_assert_uint_eq(o.rate, 0);
    ck_assert_uint_eq(live_rate(l), 0);
    live_free(l);
}
END_TEST

START_TEST(row_ahead_of_counter_wins)
{
    struct live *l = NULL;
    struct dlota_object o = {.id = 5, .have = 500, .touched = 90};
    int slot;

    ck_assert_int_eq(live_new(1, &l), 0);
    slot = live_add(l, 5);
    live_put(l, slot, 100, 77, 0);
    live_join(l, &o);
    ck_assert_uint_eq(o.have, 500);
    ck_assert_int_eq(o.touched, 90);
    live_free(l);
}
END_TEST

START_TEST(full_is_said_and_harmless)
{
    struct live *l = NULL;

    ck_assert_int_eq(live_new(1, &l), 0);
    ck_assert_int_eq(live_add(l, 1), 0);
    ck_assert_int_eq(live_add(l, 2), -1);
    live_put(l, -1, 1, 1, 1);
    live_drop(l, -1);
    live_drop(l, 0);
    ck_assert_int_eq(live_add(l, 2), 0);
    live_free(l);
}
END_TEST

static atomic_bool stop;

/* Slots change hands all the time; got is always a multiple of the id that holds it. */
static void *writer(void *arg)
{
    struct live *l = arg;

    for (int64_t id = 1; !atomic_load(&stop); id = id % 50 + 1) {
        int slot = live_add(l, id);

        live_put(l, slot, (uint64_t)id * 1000, id, 1);
        live_drop(l, slot);
    }
    return NULL;
}

START_TEST(no_reader_sees_anothers_counter)
{
    struct live *l = NULL;
    pthread_t t;

    ck_assert_int_eq(live_new(1, &l), 0);
    ck_assert_int_eq(pthread_create(&t, NULL, writer, l), 0);
    for (int i = 0; i < 200000; i++) {
        struct dlota_object o = {.id = i % 50 + 1};

        live_join(l, &o);
        ck_assert(o.have == 0 || o.have == (uint64_t)o.id * 1000);
    }
    atomic_store(&stop, true);
    pthread_join(t, NULL);
    live_free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live");
    TCase *t = tcase_create("live");
    SRunner *r;
    int failed;

    tcase_add_test(t, joins_by_id);
    tcase_add_test(t, row_ahead_of_counter_wins);
    tcase_add_test(t, full_is_said_and_harmless);
    tcase_add_test(t, no_reader_sees_anothers_counter);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
