/* Rows of objects: every field there and back, names, the tally, recovery's list. */
#include <sqlite3.h>

#include "store/row.h"
#include "unit/store_kit.h"

/* Every byte of every column differs from zero and from its neighbours. */
static void fill(struct dlota_object *o)
{
#define FILL_I64(f)                                                                                                    \
    o->f = (__typeof__(o->f))(0x7000000000000000 + __LINE__ + (int64_t)offsetof(struct dlota_object, f));
#define FILL_I32(f) o->f = (__typeof__(o->f))(-1 - (int)offsetof(struct dlota_object, f));
#define FILL_U32(f) o->f = (__typeof__(o->f))(0x80000000 + offsetof(struct dlota_object, f));
#define FILL_TEXT(f)                                                                                                   \
    memset(o->f, 'a' + (int)(offsetof(struct dlota_object, f) % 20), sizeof(o->f) - 1);                                \
    o->f[sizeof(o->f) - 1] = '\0';
#define FILL(k, f) FILL_##k(f)
    OBJECT_COLUMNS(FILL, FILL)
}

START_TEST(every_field_comes_back)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object o, read;
    memset(&o, 0, sizeof(o));
    fill(&o);
    o.state = DLOTA_FAILED;
    o.have = 7;
    /* Outside text may be anything but NUL. */
    memset(o.detail, 0, sizeof(o.detail));
    strcpy(o.detail, "\xff\xfe broken \x01 utf-8 \xc3");
    ok(store_object_add(s, &o, kit_nth));
    ck_assert_int_gt(o.id, 0);
    ok(store_commit(s));
    ok(store_object_get(s, o.id, &read));
    ck_assert_int_eq(memcmp(&o, &read, sizeof(o)), 0);
    ck_assert_int_lt(read.part, 0);
    /* The live counters are not kept. */
    o.rate = 99;
    memset(o.effective, 0, sizeof(o.effective));
    o.part = DLOTA_PART_BAD;
    ok(store_object_put(s, &o));
    kit_reopen(&k);
    ok(store_object_get(k.s, o.id, &read));
    ck_assert_uint_eq(read.rate, 0);
    ck_assert_int_ne(read.part, DLOTA_PART_BAD); /* was not committed */
    ok(store_object_put(k.s, &o));
    ok(store_commit(k.s));
    ok(store_object_get(k.s, o.id, &read));
    o.rate = 0;
    ck_assert_int_eq(memcmp(&o, &read, sizeof(o)), 0);
    kit_free(&k);
}
END_TEST

START_TEST(the_list_of_columns_is_the_table)
{
    struct kit k;
    kit_begin(&k);
    k.s = store_close(k.s);
    static const char list[] = ROW_LIST;
    char path[256], columns[1024] = "";
    snprintf(path, sizeof(path), "%s/catalogue", k.path);
    sqlite3 *db;
    sqlite3_stmt *st;
    ok(sqlite3_open(path, &db));
    ok(sqlite3_prepare_v2(db, "SELECT count(*) FROM pragma_table_info('object')", -1, &st, NULL));
    ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
    int commas = 0;
    for (const char *c = list; *c != '\0'; c++)
        commas += *c == ',';
    ck_assert_int_eq(sqlite3_column_int(st, 0), commas + 1);
    sqlite3_finalize(st);
    snprintf(columns, sizeof(columns), "SELECT %s FROM object", list);
    ok(sqlite3_prepare_v2(db, columns, -1, &st, NULL));
    sqlite3_finalize(st);
    sqlite3_close(db);
    kit_free(&k);
}
END_TEST

START_TEST(what_is_not_there)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object o = kit_object("x");
    o.id = 5;
    ck_assert_int_eq(store_object_get(s, 5, &o), -ENOENT);
    ck_assert_int_eq(store_object_put(s, &o), -ENOENT);
    ck_assert_int_eq(store_object_remove(s, &o), -ENOENT);
    ok(store_commit(s));
    o.name[0] = '\0';
    ck_assert_int_eq(store_object_add(s, &o, kit_nth), -EINVAL);
    kit_free(&k);
}
END_TEST

START_TEST(ids_are_never_reused)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object a = kit_add(s, "a");
    ok(store_object_remove(s, &a));
    struct dlota_object b = kit_add(s, "b");
    ck_assert_int_gt(b.id, a.id);
    ok(store_object_remove(s, &b));
    ok(store_commit(s));
    kit_reopen(&k);
    struct dlota_object c = kit_add(k.s, "c");
    ck_assert_int_gt(c.id, b.id);
    kit_free(&k);
}
END_TEST

START_TEST(names_are_numbered)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    ck_assert_str_eq(kit_add(s, "picture.gif").name, "picture.gif");
    struct dlota_object second = kit_add(s, "picture.gif");
    ck_assert_str_eq(second.name, "picture-2.gif");
    ck_assert_str_eq(kit_add(s, "picture.gif").name, "picture-3.gif");
    /* A freed number is used again. */
    ok(store_object_remove(s, &second));
    ck_assert_str_eq(kit_add(s, "picture.gif").name, "picture-2.gif");
    ck_assert_str_eq(kit_add(s, "picture.gif").name, "picture-4.gif");
    /* Another directory has names of its own. */
    struct dlota_object o = kit_object("picture.gif");
    o.dir = 7;
    ok(store_object_add(s, &o, kit_nth));
    ck_assert_str_eq(o.name, "picture.gif");
    /* Names differ by case and by accent: byte for byte. */
    ck_assert_str_eq(kit_add(s, "Picture.gif").name, "Picture.gif");
    kit_free(&k);
}
END_TEST

static unsigned asked;
static void counting_nth(const char *name, unsigned n, char *ret)
{
    asked++;
    kit_nth(name, n, ret);
}

START_TEST(five_thousand_of_one_name)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    unsigned most = 0;
    for (int i = 0; i < 5000; i++) {
        struct dlota_object o = kit_object("same.bin");
        asked = 0;
        /* UNIQUE(dir, name) would refuse a name that is taken. */
        ok(store_object_add(s, &o, counting_nth));
        most = asked > most ? asked : most;
    }
    ck_assert_uint_lt(most, 64);
    /* Holes among them stay harmless. */
    for (int64_t id = 3; id < 5000; id += 7) {
        struct dlota_object o;
        ok(store_object_get(s, id, &o));
        ok(store_object_remove(s, &o));
    }
    for (int i = 0; i < 1000; i++)
        kit_add(s, "same.bin");
    ok(store_commit(s));
    kit_free(&k);
}
END_TEST

START_TEST(a_taken_name_cannot_be_put)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    kit_add(s, "a");
    ok(store_commit(s));
    struct dlota_object b = kit_add(s, "b");
    strcpy(b.name, "a");
    ck_assert_int_eq(store_object_put(s, &b), -EEXIST);
    /* A failed change may not be committed with the rest. */
    ck_assert_int_eq(store_commit(s), -EEXIST);
    ck_assert(store_changing(s));
    store_rollback(s);
    ck_assert_int_eq(store_object_get(s, b.id, &b), -ENOENT);
    kit_add(s, "b");
    ok(store_commit(s));
    kit_free(&k);
}
END_TEST

START_TEST(remove_takes_offer_and_bytes_along)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct store_offer offer = {.source = "x.dd", .raw = "raw", .raw_n = 3};
    int64_t id;
    ok(store_offer_add(s, &offer, &id));
    struct dlota_object a = kit_object("a"), b = kit_object("b");
    a.offer = b.offer = id;
    a.gen = 3;
    ok(store_object_add(s, &a, kit_nth));
    ok(store_object_add(s, &b, kit_nth));
    ok(store_object_remove(s, &a));
    struct store_offer read;
    ok(store_offer_get(s, id, &read));
    store_offer_clear(&read);
    struct store_gone gone;
    ok(store_gone_get(s, &gone));
    ck_assert_uint_eq(gone.n, 1);
    ck_assert_int_eq(gone.file[0].id, a.id);
    ck_assert_uint_eq(gone.file[0].gen, 3);
    ok(store_object_remove(s, &b));
    ck_assert_int_eq(store_offer_get(s, id, &read), -ENOENT);
    ok(store_gone_get(s, &gone));
    ck_assert_uint_eq(gone.n, 1);
    kit_free(&k);
}
END_TEST

START_TEST(alive_is_what_a_start_must_look_at)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    static const struct {
        enum dlota_state state;
        enum dlota_folder folder;
        bool alive;
    } rows[] = {
        {DLOTA_UNCONFIRMED, DLOTA_IN_PENDING, true},  {DLOTA_QUEUED, DLOTA_IN_PENDING, true},
        {DLOTA_DOWNLOADING, DLOTA_IN_PARTIAL, true},  {DLOTA_PAUSED, DLOTA_IN_PARTIAL, true},
        {DLOTA_INTERRUPTED, DLOTA_IN_PARTIAL, true},  {DLOTA_INSTALLING, DLOTA_IN_PARTIAL, true},
        {DLOTA_REPORTING, DLOTA_IN_PARTIAL, true},    {DLOTA_RELEASED, DLOTA_IN_PARTIAL, true},
        {DLOTA_INSTALLED, DLOTA_IN_INSTALLED, false}, {DLOTA_INSTALLED, DLOTA_IN_PARTIAL, true},
        {DLOTA_FAILED, DLOTA_IN_FAILED, false},       {DLOTA_FAILED, DLOTA_IN_PARTIAL, true},
        {DLOTA_FAILED, DLOTA_IN_PENDING, true},       {DLOTA_FAILED, DLOTA_NOWHERE, true},
    };
    unsigned want = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct dlota_object o = kit_object("x");
        o.state = rows[i].state;
        o.folder = rows[i].folder;
        ok(store_object_add(s, &o, kit_nth));
        want += rows[i].alive;
    }
    struct kit_ids all = {0};
    ok(store_object_alive(s, 0, kit_gather, &all));
    ck_assert_uint_eq(all.n, want);
    for (unsigned i = 0; i < all.n; i++) {
        ck_assert(rows[all.id[i] - 1].alive);
        ck_assert(i == 0 || all.id[i] > all.id[i - 1]);
    }
    struct kit_ids rest = {.stop = 2};
    ok(store_object_alive(s, all.id[1], kit_gather, &rest));
    ck_assert_uint_eq(rest.n, 2);
    ck_assert_int_eq(rest.id[0], all.id[2]);
    kit_free(&k);
}
END_TEST

struct changer {
    struct store *s;
    unsigned n;
};
static int end_it(void *arg, const struct dlota_object *o)
{
    struct changer *c = arg;
    struct dlota_object next = *o;
    next.state = DLOTA_FAILED;
    next.folder = DLOTA_IN_FAILED;
    c->n++;
    return store_object_put(c->s, &next);
}

START_TEST(each_may_change_what_it_gets)
{
    struct kit k;
    struct changer c = {.s = kit_begin(&k)};
    for (int i = 0; i < 100; i++)
        kit_add(c.s, "x");
    ok(store_object_alive(c.s, 0, end_it, &c));
    ck_assert_uint_eq(c.n, 100);
    c.n = 0;
    ok(store_object_alive(c.s, 0, end_it, &c));
    ck_assert_uint_eq(c.n, 0);
    kit_free(&k);
}
END_TEST

/* ---- tally ---- */

static int add_up(void *arg, const struct dlota_object *o)
{
    struct reader_tally *t = arg;
    t->n[o->state]++;
    t->bytes[o->state] += o->have;
    return 0;
}

static void check_tally(struct store *s, struct reader *r, int64_t last)
{
    struct reader_tally want = {0}, got;
    for (int64_t id = 1; id <= last; id++) {
        struct dlota_object o;
        int rc = store_object_get(s, id, &o);
        if (rc == 0)
            add_up(&want, &o);
        else
            ck_assert_int_eq(rc, -ENOENT);
    }
    ok(reader_tally(r, &got));
    ck_assert_int_eq(memcmp(&want, &got, sizeof(want)), 0);
}

START_TEST(tally_agrees_after_anything)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    unsigned seed = 42;
    int64_t last = 0;
    for (int i = 0; i < 4000; i++) {
        unsigned dice = (unsigned)rand_r(&seed);
        struct dlota_object o;
        if (dice % 4 == 0 || last == 0) {
            o = kit_object("x");
            o.state = (enum dlota_state)(dice / 7 % 11);
            o.have = dice % 1000;
            ok(store_object_add(s, &o, kit_nth));
            last = o.id > last ? o.id : last;
        } else if (store_object_get(s, 1 + (int64_t)(dice / 11) % last, &o) == 0) {
            o.state = (enum dlota_state)(dice / 7 % 11);
            o.have = dice % 3 == 0 ? o.have : dice % 100000;
            ok(dice % 16 == 1 ? store_object_remove(s, &o) : store_object_put(s, &o));
        }
        if (dice % 50 == 0) {
            store_rollback(s);
            check_tally(s, r, last);
        } else if (dice % 50 == 1) {
            ok(store_commit(s));
            check_tally(s, r, last);
        }
    }
    ok(store_commit(s));
    check_tally(s, r, last);
    reader_free(r);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("object");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, every_field_comes_back);
    tcase_add_test(tc, the_list_of_columns_is_the_table);
    tcase_add_test(tc, what_is_not_there);
    tcase_add_test(tc, ids_are_never_reused);
    tcase_add_test(tc, names_are_numbered);
    tcase_add_test(tc, five_thousand_of_one_name);
    tcase_add_test(tc, a_taken_name_cannot_be_put);
    tcase_add_test(tc, remove_takes_offer_and_bytes_along);
    tcase_add_test(tc, alive_is_what_a_start_must_look_at);
    tcase_add_test(tc, each_may_change_what_it_gets);
    tcase_add_test(tc, tally_agrees_after_anything);
    return kit_run("store_object", tc);
}
