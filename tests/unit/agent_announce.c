/* Publications that were announced: answered once, or late. */
#include <check.h>
#include <stdlib.h>

#include "agent/announce.h"

START_TEST(answered_once)
{
    struct announced a = {0};

    ck_assert_int_eq(announce_add(&a, 7, 1000), 0);
    ck_assert(announce_take(&a, 7));
    ck_assert(!announce_take(&a, 7));
    ck_assert_int_eq(announce_next(&a), 0);
}
END_TEST

START_TEST(nobody_else_is_struck_off)
{
    struct announced a = {0};

    for (int64_t id = 1; id <= 5; id++)
        ck_assert_int_eq(announce_add(&a, id, 1000 + id), 0);
    ck_assert(announce_take(&a, 3)); /* in the middle */
    ck_assert(announce_take(&a, 5)); /* the last: the next is added behind 4 */
    ck_assert_int_eq(announce_add(&a, 6, 1006), 0);
    ck_assert(!announce_take(&a, 9));
    ck_assert(announce_take(&a, 1));
    ck_assert(announce_take(&a, 2));
    ck_assert(announce_take(&a, 4));
    ck_assert(announce_take(&a, 6));
    ck_assert_int_eq(announce_next(&a), 0);
}
END_TEST

START_TEST(late_ones_come_oldest_first)
{
    struct announced a = {0};

    announce_add(&a, 1, 1000);
    announce_add(&a, 2, 1500);
    ck_assert_int_eq(announce_next(&a), 1000);
    ck_assert_int_eq(announce_late(&a, 999), 0);
    ck_assert_int_eq(announce_late(&a, 1200), 1);
    ck_assert_int_eq(announce_late(&a, 1200), 0);
    ck_assert_int_eq(announce_late(&a, 2000), 2);
    ck_assert_int_eq(announce_late(&a, 2000), 0);
    announce_clear(&a);
}
END_TEST

START_TEST(clear_forgets_all)
{
    struct announced a = {0};

    announce_add(&a, 1, 1000);
    announce_add(&a, 2, 1000);
    announce_clear(&a);
    ck_assert(!announce_take(&a, 1));
    ck_assert_int_eq(announce_add(&a, 3, 1000), 0);
    ck_assert(announce_take(&a, 3));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("announce");
    TCase *t = tcase_create("announce");
    SRunner *r;
    int failed;

    tcase_add_test(t, answered_once);
    tcase_add_test(t, nobody_else_is_struck_off);
    tcase_add_test(t, late_ones_come_oldest_first);
    tcase_add_test(t, clear_forgets_all);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
