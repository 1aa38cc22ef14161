/* What is due: order, full hosts, the next time, a network that comes back, a clock that is set. */
#include "unit/store_kit.h"

static struct dlota_object add(struct store *s, const char *host, int64_t due, enum dlota_state state)
{
    struct dlota_object o = kit_object("x");
    snprintf(o.host, sizeof(o.host), "%s", host);
    o.due = due;
    o.state = state;
    ok(store_object_add(s, &o, kit_nth));
    return o;
}

static struct kit_ids ready(struct store *s, int64_t now, unsigned limit, unsigned n, const char *const *full)
{
    struct kit_ids all = {0};
    ok(store_object_ready(s, now, full, n, limit, kit_gather, &all));
    return all;
}

START_TEST(oldest_due_first)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t c = add(s, "c", 30, DLOTA_QUEUED).id;
    int64_t a = add(s, "a", 10, DLOTA_INTERRUPTED).id;
    int64_t b = add(s, "b", 20, DLOTA_QUEUED).id;
    int64_t b2 = add(s, "a", 20, DLOTA_QUEUED).id;
    add(s, "a", 31, DLOTA_QUEUED);
    add(s, "a", 0, DLOTA_QUEUED);
    add(s, "a", 5, DLOTA_PAUSED);
    add(s, "a", 5, DLOTA_DOWNLOADING);
    add(s, "a", 5, DLOTA_FAILED);
    struct kit_ids all = ready(s, 30, 10, 0, NULL);
    ck_assert_uint_eq(all.n, 4);
    ck_assert_int_eq(all.id[0], a);
    ck_assert_int_eq(all.id[1], b);
    ck_assert_int_eq(all.id[2], b2);
    ck_assert_int_eq(all.id[3], c);
    ck_assert_uint_eq(ready(s, 30, 2, 0, NULL).n, 2);
    ck_assert_uint_eq(ready(s, 30, 0, 0, NULL).n, 0);
    ck_assert_uint_eq(ready(s, 9, 10, 0, NULL).n, 0);
    all = ready(s, 30, 10, 2, (const char *const[]){"a", "c"});
    ck_assert_uint_eq(all.n, 1);
    ck_assert_int_eq(all.id[0], b);
    struct kit_ids one = {.stop = 1};
    ok(store_object_ready(s, 30, NULL, 0, 10, kit_gather, &one));
    ck_assert_uint_eq(one.n, 1);
    kit_free(&k);
}
END_TEST

/* More of full hosts stand in front than are passed over one by one. */
START_TEST(a_long_front_of_full_hosts)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    for (int i = 0; i < 300; i++)
        add(s, i % 3 ? "full" : "zz-full", 10 + i, DLOTA_QUEUED);
    int64_t late = add(s, "late", 900, DLOTA_QUEUED).id;
    int64_t mid = add(s, "mid", 800, DLOTA_QUEUED).id;
    int64_t none = add(s, "", 850, DLOTA_INTERRUPTED).id;
    int64_t mid2 = add(s, "mid", 860, DLOTA_QUEUED).id;
    add(s, "mid", 1001, DLOTA_QUEUED);
    const char *const full[] = {"full", "zz-full"};
    struct kit_ids all = ready(s, 1000, 10, 2, full);
    ck_assert_uint_eq(all.n, 4);
    ck_assert_int_eq(all.id[0], mid);
    ck_assert_int_eq(all.id[1], none);
    ck_assert_int_eq(all.id[2], mid2);
    ck_assert_int_eq(all.id[3], late);
    all = ready(s, 1000, 2, 2, full);
    ck_assert_uint_eq(all.n, 2);
    ck_assert_int_eq(all.id[0], mid);
    ck_assert_int_eq(all.id[1], none);
    kit_free(&k);
}
END_TEST

/* The two ways of choosing agree, whatever stands in front. */
START_TEST(both_ways_agree)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    unsigned seed = 7;
    static const char *const hosts[] = {"a", "b", "c", "d", "e"};
    static int64_t due[2000];
    static const char *host[2000];
    for (int i = 1; i < 2000; i++) {
        host[i] = hosts[rand_r(&seed) % 5];
        due[i] = 1 + rand_r(&seed) % 3000;
        add(s, host[i], due[i], DLOTA_QUEUED);
    }
    for (unsigned n = 0; n <= 5; n++) {
        struct kit_ids all = ready(s, 2500, 50, n, hosts);
        ck_assert_uint_eq(all.n, n < 5 ? 50 : 0);
        bool seen[2000] = {false};
        int64_t worst = 0;
        for (unsigned i = 0; i < all.n; i++) {
            ck_assert(!seen[all.id[i]]);
            ck_assert_int_ge(due[all.id[i]], worst);
            worst = due[all.id[i]];
            seen[all.id[i]] = true;
        }
        for (int i = 1; i < 2000 && n < 5; i++) {
            bool is_full = false;
            for (unsigned f = 0; f < n; f++)
                is_full |= strcmp(host[i], hosts[f]) == 0;
            ck_assert(!(seen[i] && is_full));
            ck_assert(seen[i] || is_full || due[i] >= worst);
        }
    }
    kit_free(&k);
}
END_TEST

static int start_it(void *arg, const struct dlota_object *o)
{
    struct dlota_object next = *o;
    next.state = DLOTA_DOWNLOADING;
    return store_object_put(arg, &next);
}

START_TEST(each_may_start_it)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    for (int i = 0; i < 20; i++)
        add(s, "a", 10, DLOTA_QUEUED);
    ok(store_object_ready(s, 10, NULL, 0, 15, start_it, s));
    ck_assert_uint_eq(ready(s, 10, 64, 0, NULL).n, 5);
    kit_free(&k);
}
END_TEST

START_TEST(next_is_the_earliest_later_one)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t next = 9;
    ok(store_object_next(s, 0, &next));
    ck_assert_int_eq(next, 0);
    add(s, "a", 10, DLOTA_QUEUED);
    add(s, "a", 15, DLOTA_PAUSED);
    add(s, "a", 20, DLOTA_INTERRUPTED);
    ok(store_object_next(s, 0, &next));
    ck_assert_int_eq(next, 10);
    ok(store_object_next(s, 10, &next));
    ck_assert_int_eq(next, 20);
    ok(store_object_next(s, 20, &next));
    ck_assert_int_eq(next, 0);
    kit_free(&k);
}
END_TEST

static int64_t due_of(struct store *s, int64_t id)
{
    struct dlota_object o;
    ok(store_object_get(s, id, &o));
    return o.due;
}

START_TEST(hurry_by_cause)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object lost = add(s, "a", 900, DLOTA_INTERRUPTED), busy = add(s, "a", 900, DLOTA_INTERRUPTED);
    struct dlota_object none = add(s, "a", 900, DLOTA_QUEUED), past = add(s, "a", 50, DLOTA_INTERRUPTED);
    struct dlota_object paused = add(s, "a", 900, DLOTA_PAUSED);
    lost.cause = past.cause = paused.cause = DLOTA_NETWORK_LOST;
    none.cause = DLOTA_NO_NETWORK;
    busy.cause = DLOTA_SERVER_BUSY;
    ok(store_object_put(s, &lost));
    ok(store_object_put(s, &busy));
    ok(store_object_put(s, &none));
    ok(store_object_put(s, &past));
    ok(store_object_put(s, &paused));
    ok(store_object_hurry(s, (const enum dlota_cause[]){DLOTA_NETWORK_LOST, DLOTA_NO_NETWORK}, 2, 100));
    ck_assert_int_eq(due_of(s, lost.id), 100);
    ck_assert_int_eq(due_of(s, none.id), 100);
    ck_assert_int_eq(due_of(s, busy.id), 900);
    ck_assert_int_eq(due_of(s, past.id), 50);
    ck_assert_int_eq(due_of(s, paused.id), 900);
    kit_free(&k);
}
END_TEST

START_TEST(the_clock_is_set)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object a = add(s, "a", 1000, DLOTA_QUEUED), b = add(s, "a", 0, DLOTA_PAUSED);
    struct dlota_object c = add(s, "a", 5, DLOTA_INTERRUPTED);
    c.idle_since = 700;
    ok(store_object_put(s, &c));
    struct store_report r = {.object = 1, .code = 900, .url = "http://a/", .added = 10, .due = 2000}, read;
    int64_t id;
    ok(store_report_add(s, &r, &id));
    ok(store_shift(s, 500));
    ck_assert_int_eq(due_of(s, a.id), 1500);
    ck_assert_int_eq(due_of(s, b.id), 0);
    ok(store_object_get(s, c.id, &c));
    ck_assert_int_eq(c.idle_since, 1200);
    ok(store_report_get(s, id, &read));
    ck_assert_int_eq(read.due, 2500);
    ck_assert_int_eq(read.added, 510);
    store_report_clear(&read);
    /* Back beyond the beginning: still a time, not "none". */
    ok(store_shift(s, -1400));
    ck_assert_int_eq(due_of(s, a.id), 100);
    ck_assert_int_eq(due_of(s, c.id), 1);
    ok(store_object_get(s, b.id, &b));
    ck_assert_int_eq(b.idle_since, 0);
    kit_free(&k);
}
END_TEST

START_TEST(no_wait_exceeds_the_cap)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object far = add(s, "a", 100000, DLOTA_INTERRUPTED), near = add(s, "a", 1200, DLOTA_QUEUED);
    far.idle_since = 90000;
    ok(store_object_put(s, &far));
    struct store_report r = {.object = 1, .code = 900, .url = "http://a/", .added = 5000, .due = 20000}, read;
    int64_t id;
    ok(store_report_add(s, &r, &id));
    ok(store_cap(s, 1000, 300));
    ok(store_object_get(s, far.id, &far));
    ck_assert_int_eq(far.due, 1300);
    ck_assert_int_eq(far.idle_since, 1000);
    ck_assert_int_eq(due_of(s, near.id), 1200);
    ok(store_report_get(s, id, &read));
    ck_assert_int_eq(read.due, 1300);
    ck_assert_int_eq(read.added, 1000);
    store_report_clear(&read);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("due");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, oldest_due_first);
    tcase_add_test(tc, a_long_front_of_full_hosts);
    tcase_add_test(tc, both_ways_agree);
    tcase_add_test(tc, each_may_start_it);
    tcase_add_test(tc, next_is_the_earliest_later_one);
    tcase_add_test(tc, hurry_by_cause);
    tcase_add_test(tc, the_clock_is_set);
    tcase_add_test(tc, no_wait_exceeds_the_cap);
    return kit_run("store_due", tc);
}
