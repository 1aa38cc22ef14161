/* `events`: lines that are always JSON, numbers that only grow, generations that come and go. */
#include <sqlite3.h>

#include "unit/store_kit.h"

static void event(struct store *s, const char *name, const char *text)
{
    const struct store_field fields[] = {{.key = "text", .kind = STORE_TEXT, .text = text}};
    ok(store_event(s, 1234567890123, name, fields, 1));
}

static char *read_all(struct reader *r, uint32_t gen, size_t step)
{
    static char all[1 << 20];
    size_t at = 0;
    for (;;) {
        ssize_t n = reader_events_read(r, gen, at, all + at, step);
        ck_assert_int_ge(n, 0);
        if (n == 0)
            break;
        at += (size_t)n;
    }
    uint64_t size;
    ok(reader_events_size(r, gen, &size));
    ck_assert_uint_eq(size, at);
    all[at] = '\0';
    return all;
}

START_TEST(a_line)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    struct reader_events now;
    ok(reader_events(r, &now));
    ck_assert_uint_eq(now.gen, 1);
    ck_assert_uint_eq(now.size, 0);
    ck_assert_str_eq(read_all(r, 1, 10), "");
    const struct store_field fields[] = {
        {.key = "name", .kind = STORE_TEXT, .text = "a\"b\\c\n\t\x01\x7f\xff\xc3(\xe2\x80\xae\xc3\xa9"},
        {.key = "left_out", .kind = STORE_TEXT, .text = NULL},
        {.key = "n", .kind = STORE_NUMBER, .number = INT64_MIN},
        {.key = "yes", .kind = STORE_BOOL, .number = 2},
        {.key = "no", .kind = STORE_BOOL, .number = 0},
    };
    ok(store_event(s, 1234567890123, "queued", fields, 5));
    ok(store_event(s, 5, "bare", NULL, 0));
    ok(store_event(s, -1, "before", NULL, 0));
    ok(store_commit(s));
    ck_assert_str_eq(read_all(r, 1, 7),
                     "{\"seq\":1,\"time\":\"2009-02-13T23:31:30.123Z\",\"event\":\"queued\","
                     "\"name\":\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\xef\xbf\xbd\xef\xbf\xbd(\\u202e\xc3\xa9\","
                     "\"n\":-9223372036854775808,\"yes\":true,\"no\":false}\n"
                     "{\"seq\":2,\"time\":\"1970-01-01T00:00:00.005Z\",\"event\":\"bare\"}\n"
                     "{\"seq\":3,\"time\":\"1969-12-31T23:59:59.999Z\",\"event\":\"before\"}\n");
    ok(reader_events(r, &now));
    ck_assert_int_eq(now.changed, -1);
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(numbers_go_on)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    event(s, "one", "x");
    ok(store_commit(s));
    event(s, "lost", "x");
    store_rollback(s);
    event(s, "two", "x");
    ok(store_commit(s));
    kit_reopen(&k);
    event(k.s, "three", "x");
    ok(store_commit(k.s));
    struct reader *r;
    ok(reader_new(k.s, &r));
    const char *all = read_all(r, 1, 4096);
    ck_assert_ptr_nonnull(strstr(all, "\"seq\":2,\"time\":\"2009-02-13T23:31:30.123Z\",\"event\":\"two\""));
    ck_assert_ptr_nonnull(strstr(all, "\"seq\":3,\"time\":\"2009-02-13T23:31:30.123Z\",\"event\":\"three\""));
    ck_assert_ptr_null(strstr(all, "lost"));
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(any_piece_of_it)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    for (int i = 0; i < 30; i++)
        event(s, "some", i % 2 ? "short" : "a rather longer text than the other one has");
    ok(store_commit(s));
    static char all[1 << 16], piece[1 << 16];
    ssize_t size = reader_events_read(r, 1, 0, all, sizeof(all));
    ck_assert_int_gt(size, 30 * 50);
    for (ssize_t from = 0; from <= size; from += 13)
        for (size_t n = 1; n < 700; n += 61) {
            size_t want = (size_t)(size - from) < n ? (size_t)(size - from) : n;
            ck_assert_int_eq(reader_events_read(r, 1, (uint64_t)from, piece, n), (ssize_t)want);
            ck_assert_int_eq(memcmp(piece, all + from, want), 0);
        }
    ck_assert_int_eq(reader_events_read(r, 1, UINT64_MAX, piece, 10), 0);
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(generations)
{
    struct kit k;
    kit_make(&k);
    k.set.events_limit = 2000;
    kit_open(&k);
    struct reader *r;
    ok(reader_new(k.s, &r));
    struct reader_events now, last = {.gen = 1};
    uint64_t size;
    long seq = 0;
    for (int i = 0; i < 500; i++) {
        if (i % 100 == 99)
            kit_reopen(&k);
        event(k.s, "some", "0123456789");
        ok(store_commit(k.s));
        ok(reader_events(r, &now));
        ck_assert(now.gen == last.gen || now.gen == last.gen + 1);
        ck_assert_uint_le(now.size, 2000);
        if (now.gen > last.gen) {
            /* A new one begins with this line; the one before stays, whole; the one before that is gone. */
            ok(reader_events_size(r, last.gen, &size));
            ck_assert_uint_eq(size, last.size);
            const char *text = read_all(r, last.gen, 97);
            ck_assert_uint_eq(strlen(text), last.size);
            ck_assert_int_eq(text[last.size - 1], '\n');
            if (last.gen > 1) {
                ck_assert_int_eq(reader_events_size(r, last.gen - 1, &size), -ESTALE);
                ck_assert_int_eq(reader_events_read(r, last.gen - 1, 0, (char[10]){0}, 10), -ESTALE);
            }
        }
        const char *text = read_all(r, now.gen, 4096);
        const char *line = text + strlen(text) - 1;
        while (line > text && line[-1] != '\n')
            line--;
        ck_assert_int_eq(strtol(line + strlen("{\"seq\":"), NULL, 10), ++seq);
        last = now;
    }
    ck_assert_uint_gt(now.gen, 10);
    ck_assert_int_eq(reader_events_size(r, now.gen + 1, &size), -ESTALE);
    ck_assert_int_eq(reader_events_size(r, 0, &size), -ESTALE);
    reader_free(r);
    kit_free(&k);
}
END_TEST

static int64_t stored_bytes(struct kit *k)
{
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *st;
    snprintf(path, sizeof(path), "%s/catalogue", k->path);
    ok(sqlite3_open(path, &db));
    ok(sqlite3_prepare_v2(db, "SELECT sum(length(line)) FROM event", -1, &st, NULL));
    ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

/* Lines of dropped generations go, though not at once: never more than three generations are kept. */
START_TEST(old_lines_go)
{
    struct kit k;
    kit_make(&k);
    k.set.events_limit = 5000;
    kit_open(&k);
    struct reader *r;
    ok(reader_new(k.s, &r));
    for (int i = 0; i < 1000; i++) {
        event(k.s, "some", i % 7 ? "short" : "a rather longer text than the other one has, by far");
        ok(store_commit(k.s));
        if (i % 100 == 0)
            kit_reopen(&k);
    }
    struct reader_events now;
    ok(reader_events(r, &now));
    ck_assert_uint_gt(now.gen, 12);
    uint64_t before;
    ok(reader_events_size(r, now.gen - 1, &before));
    while (now.size < 4000) {
        event(k.s, "some", "short");
        ok(store_commit(k.s));
        ok(reader_events(r, &now));
    }
    reader_free(r);
    k.s = store_close(k.s);
    /* Near the end of a generation all that was stale is gone. */
    ck_assert_int_eq(stored_bytes(&k), (int64_t)(now.size + before));
    kit_free(&k);
}
END_TEST

START_TEST(a_rolled_back_generation_never_was)
{
    struct kit k;
    kit_make(&k);
    k.set.events_limit = 500;
    kit_open(&k);
    struct reader *r;
    ok(reader_new(k.s, &r));
    struct reader_events before, after;
    event(k.s, "some", "x");
    ok(store_commit(k.s));
    ok(reader_events(r, &before));
    for (int i = 0; i < 50; i++)
        event(k.s, "lost", "0123456789");
    store_rollback(k.s);
    ok(reader_events(r, &after));
    ck_assert_uint_eq(after.gen, before.gen);
    ck_assert_uint_eq(after.size, before.size);
    event(k.s, "some", "x");
    ok(store_commit(k.s));
    ck_assert_ptr_nonnull(strstr(read_all(r, 1, 4096), "{\"seq\":2,"));
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(a_long_value_is_cut)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    char *big = malloc(1000001);
    memset(big, 'x', 1000000);
    big[1000000] = '\0';
    event(s, "big", big);
    ok(store_commit(s));
    const char *line = read_all(r, 1, 1 << 19);
    ck_assert_uint_lt(strlen(line), 20000);
    ck_assert_str_eq(line + strlen(line) - 4, "x\"}\n");
    free(big);
    reader_free(r);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("event");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, a_line);
    tcase_add_test(tc, numbers_go_on);
    tcase_add_test(tc, any_piece_of_it);
    tcase_add_test(tc, generations);
    tcase_add_test(tc, old_lines_go);
    tcase_add_test(tc, a_rolled_back_generation_never_was);
    tcase_add_test(tc, a_long_value_is_cut);
    return kit_run("store_event", tc);
}
