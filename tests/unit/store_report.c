/* Reports: there and back, in order per object, withdrawn and hurried. */
#include "unit/store_kit.h"

static int64_t add(struct store *s, int64_t object, int64_t due, uint32_t tries, bool decides)
{
    struct store_report r = {.object = object,
                             .code = 902,
                             .url = "http://a/notify",
                             .tries = tries,
                             .decides = decides,
                             .added = 7,
                             .due = due};
    int64_t id = 0;
    ok(store_report_add(s, &r, &id));
    ck_assert_int_gt(id, 0);
    return id;
}

static struct kit_ids ready(struct store *s, int64_t now, unsigned limit)
{
    struct kit_ids all = {0};
    ok(store_report_ready(s, now, limit, kit_gather_id, &all));
    return all;
}

START_TEST(comes_back)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct store_report r = {.object = 4,
                             .code = 900,
                             .url = "http://a/x?y",
                             .tries = 2,
                             .decides = true,
                             .outside = true,
                             .added = 11,
                             .due = 12},
                        read;
    int64_t id;
    ok(store_report_add(s, &r, &id));
    ok(store_commit(s));
    kit_reopen(&k);
    s = k.s;
    ok(store_report_get(s, id, &read));
    ck_assert_int_eq(read.id, id);
    ck_assert_int_eq(read.object, 4);
    ck_assert_uint_eq(read.code, 900);
    ck_assert_str_eq(read.url, "http://a/x?y");
    ck_assert_uint_eq(read.tries, 2);
    ck_assert(read.decides && read.outside);
    ck_assert_int_eq(read.added, 11);
    ck_assert_int_eq(read.due, 12);
    read.tries = 3;
    read.due = 99;
    read.decides = false;
    ok(store_report_put(s, &read));
    store_report_clear(&read);
    ck_assert_ptr_null(read.url);
    ok(store_report_get(s, id, &read));
    ck_assert_uint_eq(read.tries, 3);
    ck_assert_int_eq(read.due, 99);
    ck_assert(!read.decides);
    ok(store_report_remove(s, id));
    ck_assert_int_eq(store_report_remove(s, id), -ENOENT);
    ck_assert_int_eq(store_report_put(s, &read), -ENOENT);
    store_report_clear(&read);
    ck_assert_int_eq(store_report_get(s, id, &read), -ENOENT);
    store_report_clear(&read);
    kit_free(&k);
}
END_TEST

START_TEST(one_per_object_in_order)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t a1 = add(s, 1, 50, 0, false), a2 = add(s, 1, 10, 0, false), b = add(s, 2, 20, 0, false);
    int64_t c = add(s, 3, 0, 0, false);
    struct kit_ids all = ready(s, 100, 10);
    ck_assert_uint_eq(all.n, 2);
    ck_assert_int_eq(all.id[0], b);
    ck_assert_int_eq(all.id[1], a1);
    /* The second of an object waits for the first, however long it has been due. */
    all = ready(s, 20, 10);
    ck_assert_uint_eq(all.n, 1);
    ck_assert_int_eq(all.id[0], b);
    ck_assert_uint_eq(ready(s, 100, 1).n, 1);
    ck_assert_uint_eq(ready(s, 100, 0).n, 0);
    int64_t next;
    ok(store_report_next(s, 5, &next));
    ck_assert_int_eq(next, 20);
    ok(store_report_next(s, 20, &next));
    ck_assert_int_eq(next, 50);
    ok(store_report_remove(s, a1));
    all = ready(s, 100, 10);
    ck_assert_int_eq(all.id[0], a2);
    ok(store_report_remove(s, a2));
    ok(store_report_remove(s, b));
    ok(store_report_next(s, 0, &next));
    ck_assert_int_eq(next, 0);
    ok(store_report_remove(s, c));
    /* Of no object: they do not wait for each other. */
    add(s, 0, 10, 0, false);
    add(s, 0, 10, 0, false);
    ck_assert_uint_eq(ready(s, 100, 10).n, 2);
    kit_free(&k);
}
END_TEST

START_TEST(withdraws_what_was_never_tried)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t tried = add(s, 1, 10, 1, false);
    add(s, 1, 10, 0, false);
    add(s, 1, 10, 0, true);
    add(s, 2, 10, 0, false);
    ck_assert_int_eq(store_report_withdraw(s, 1), 2);
    ck_assert_int_eq(store_report_withdraw(s, 1), 0);
    struct kit_ids all = ready(s, 10, 10);
    ck_assert_uint_eq(all.n, 2);
    ck_assert_int_eq(all.id[0], tried);
    kit_free(&k);
}
END_TEST

START_TEST(finds_the_deciding_one)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    add(s, 1, 10, 0, false);
    int64_t id, decides = add(s, 1, 10, 0, true);
    add(s, 2, 10, 0, false);
    ok(store_report_of(s, 1, &id));
    ck_assert_int_eq(id, decides);
    ck_assert_int_eq(store_report_of(s, 2, &id), -ENOENT);
    kit_free(&k);
}
END_TEST

static int64_t due_of(struct store *s, int64_t id)
{
    struct store_report r;
    ok(store_report_get(s, id, &r));
    store_report_clear(&r);
    return r.due;
}

static void mark_lost(struct store *s, int64_t id)
{
    struct store_report r;
    ok(store_report_get(s, id, &r));
    r.lost = true;
    ok(store_report_put(s, &r));
    store_report_clear(&r);
}

START_TEST(hurries)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t a = add(s, 1, 900, 0, false), b = add(s, 2, 900, 0, false), c = add(s, 2, 50, 0, false);
    ok(store_report_hurry(s, 1, 100));
    ck_assert_int_eq(due_of(s, a), 100);
    ck_assert_int_eq(due_of(s, b), 900);
    /* A network that came back ends no Retry-After, only the waits that it was the cause of. */
    mark_lost(s, b);
    mark_lost(s, c);
    ok(store_report_hurry(s, 0, 90));
    ck_assert_int_eq(due_of(s, a), 100);
    ck_assert_int_eq(due_of(s, b), 90);
    ck_assert_int_eq(due_of(s, c), 50);
    kit_free(&k);
}
END_TEST

static int remove_it(void *arg, int64_t id) { return store_report_remove(arg, id); }

START_TEST(each_may_remove_it)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    for (int i = 1; i <= 20; i++)
        add(s, i, 10, 0, false);
    ok(store_report_ready(s, 10, 64, remove_it, s));
    ck_assert_uint_eq(ready(s, 10, 64).n, 0);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("report");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, comes_back);
    tcase_add_test(tc, one_per_object_in_order);
    tcase_add_test(tc, withdraws_what_was_never_tried);
    tcase_add_test(tc, finds_the_deciding_one);
    tcase_add_test(tc, hurries);
    tcase_add_test(tc, each_may_remove_it);
    return kit_run("store_report", tc);
}
