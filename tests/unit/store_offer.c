/* Offers and what by-descriptor/ shows of them. */
#include "unit/store_kit.h"

static int64_t add(struct store *s, const char *source)
{
    struct store_offer o = {.raw = "x", .raw_n = 1};
    snprintf(o.source, sizeof(o.source), "%s", source);
    int64_t id = 0;
    ok(store_offer_add(s, &o, &id));
    return id;
}

static int64_t object_of(struct store *s, int64_t offer, const char *name, int64_t dir)
{
    struct dlota_object o = kit_object(name);
    o.offer = offer;
    o.dir = dir;
    ok(store_object_add(s, &o, kit_nth));
    return o.id;
}

START_TEST(comes_back)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    char raw[1000];
    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = (char)i;
    struct store_offer o = {.source = "\xff.dd",
                            .base = "http://a/x",
                            .media_type = "text/plain",
                            .added = 9,
                            .outside = true,
                            .raw = raw,
                            .raw_n = sizeof(raw)},
                       read;
    int64_t id;
    ok(store_offer_add(s, &o, &id));
    ok(store_commit(s));
    kit_reopen(&k);
    ok(store_offer_get(k.s, id, &read));
    ck_assert_int_eq(read.id, id);
    ck_assert_str_eq(read.source, "\xff.dd");
    ck_assert_str_eq(read.base, "http://a/x");
    ck_assert_str_eq(read.media_type, "text/plain");
    ck_assert_int_eq(read.added, 9);
    ck_assert(read.outside);
    ck_assert_uint_eq(read.raw_n, sizeof(raw));
    ck_assert_int_eq(memcmp(read.raw, raw, sizeof(raw)), 0);
    store_offer_clear(&read);
    ck_assert_ptr_null(read.raw);
    store_offer_clear(&read);
    ck_assert_int_eq(store_offer_get(k.s, id + 1, &read), -ENOENT);
    kit_free(&k);
}
END_TEST

START_TEST(absent_is_absent)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct store_offer o = {.source = "x"}, read;
    int64_t id;
    ok(store_offer_add(s, &o, &id));
    ok(store_offer_get(s, id, &read));
    ck_assert_ptr_null(read.base);
    ck_assert_ptr_null(read.media_type);
    ck_assert_ptr_nonnull(read.raw);
    ck_assert_uint_eq(read.raw_n, 0);
    store_offer_clear(&read);
    kit_free(&k);
}
END_TEST

START_TEST(is_replaced)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct store_offer o = {.id = add(s, "u.url"),
                            .base = "http://b/",
                            .media_type = "m",
                            .outside = true,
                            .raw = "longer",
                            .raw_n = 6},
                       read;
    ok(store_offer_replace(s, &o));
    ok(store_offer_get(s, o.id, &read));
    ck_assert_str_eq(read.source, "u.url");
    ck_assert_str_eq(read.base, "http://b/");
    ck_assert_str_eq(read.raw, "longer");
    ck_assert(read.outside);
    store_offer_clear(&read);
    o.id = 99;
    ck_assert_int_eq(store_offer_replace(s, &o), -ENOENT);
    kit_free(&k);
}
END_TEST

START_TEST(the_latest_drop_of_a_name)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    int64_t key, first = add(s, "a.dd");
    char name[256];
    object_of(s, first, "a.gif", 0);
    int64_t other = add(s, "b.dd");
    /* The product, not its members. */
    object_of(s, other, "track", 5);
    object_of(s, other, "Album", 0);
    int64_t bare = add(s, "bare.dd");
    int64_t unnamed = add(s, "");
    object_of(s, unnamed, "u", 0);
    ok(store_commit(s));
    ok(reader_drop_find(r, "a.dd", &key, name));
    ck_assert_int_eq(key, first);
    ck_assert_str_eq(name, "a.gif");
    ok(reader_drop_stat(r, other, name));
    ck_assert_str_eq(name, "Album");
    ck_assert_int_eq(reader_drop_find(r, "bare.dd", &key, name), -ENOENT);
    ck_assert_int_eq(reader_drop_stat(r, bare, name), -ENOENT);
    ck_assert_int_eq(reader_drop_find(r, "", &key, name), -ENOENT);
    ck_assert_int_eq(reader_drop_find(r, "c.dd", &key, name), -ENOENT);
    int64_t second = add(s, "a.dd");
    int64_t id = object_of(s, second, "a.gif", 0);
    ok(store_commit(s));
    ok(reader_drop_find(r, "a.dd", &key, name));
    ck_assert_int_eq(key, second);
    ck_assert_str_eq(name, "a-2.gif");
    ck_assert_int_eq(reader_drop_stat(r, first, name), -ENOENT);
    struct kit_ids all = {0};
    ok(reader_drop_list(r, 0, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 2);
    ck_assert_int_eq(all.id[0], other);
    ck_assert_int_eq(all.id[1], second);
    all.n = 0;
    ok(reader_drop_list(r, other, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 1);
    /* Gone with its object; the drop before it does not come back. */
    struct dlota_object o;
    ok(store_object_get(s, id, &o));
    ok(store_object_remove(s, &o));
    ok(store_commit(s));
    ck_assert_int_eq(reader_drop_find(r, "a.dd", &key, name), -ENOENT);
    struct store_offer read;
    ok(reader_offer(r, first, &read));
    ck_assert_str_eq(read.source, "a.dd");
    store_offer_clear(&read);
    ck_assert_int_eq(reader_offer(r, second, &read), -ENOENT);
    reader_free(r);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("offer");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, comes_back);
    tcase_add_test(tc, absent_is_absent);
    tcase_add_test(tc, is_replaced);
    tcase_add_test(tc, the_latest_drop_of_a_name);
    return kit_run("store_offer", tc);
}
