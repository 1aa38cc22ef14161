/* kill -9, full disks and memory that is not there: what was committed stays, what was not never was. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "unit/store_kit.h"

/* Commits as fast as it can, and tells of each commit that returned. */
static void child(struct kit *k, int out)
{
    if (kit_try(k) != 0 || store_trust(k->s) != 0 || store_commit(k->s) != 0)
        _exit(1);
    for (int64_t n = 1;; n++) {
        struct dlota_object o = kit_object("x");
        const struct store_field f[] = {{.key = "n", .kind = STORE_NUMBER, .number = n}};
        if (store_object_add(k->s, &o, kit_nth) != 0 || store_event(k->s, n, "added", f, 1) != 0 ||
            store_meta_put(k->s, "n", n) != 0 || store_commit(k->s) != 0)
            _exit(2);
        if (write(out, &o.id, sizeof(o.id)) != sizeof(o.id))
            _exit(3);
    }
}

START_TEST(kill_9)
{
    struct kit k;
    kit_make(&k);
    int64_t last = 0;
    for (int round = 0; round < 12; round++) {
        int out[2];
        ok(pipe(out));
        pid_t pid = fork();
        if (pid == 0)
            child(&k, out[1]);
        close(out[1]);
        /* Killed at a different place of its work each time; what it said before counts. */
        for (int told = 0; told < 20 + round * 37; told++)
            ck_assert_int_eq(read(out[0], &last, sizeof(last)), (ssize_t)sizeof(last));
        ok(kill(pid, SIGKILL));
        int64_t more;
        while (read(out[0], &more, sizeof(more)) == (ssize_t)sizeof(more))
            last = more;
        close(out[0]);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        kit_open(&k);
        ck_assert(store_same_boot(k.s));
        struct dlota_object o;
        ok(store_object_get(k.s, last, &o));
        /* Whole transactions only: as many events and objects as the number says of this run. */
        int64_t n;
        ok(store_meta_get(k.s, "n", &n));
        ck_assert(store_object_get(k.s, last + 2, &o) == -ENOENT);
        struct reader *r;
        struct reader_tally t;
        ok(reader_new(k.s, &r));
        ok(reader_tally(r, &t));
        int rc = store_object_get(k.s, last + 1, &o);
        ck_assert(rc == 0 || rc == -ENOENT);
        ck_assert_uint_eq(t.n[DLOTA_QUEUED], (uint64_t)(last + (rc == 0)));
        reader_free(r);
        k.s = store_close(k.s);
    }
    kit_free(&k);
}
END_TEST

START_TEST(a_full_disk)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct dlota_object kept = kit_add(s, "kept"), o;
    ok(store_commit(s));
    /* A limit on file sizes stands in for a disk without room: SQLite sees EFBIG, an I/O error. */
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    ok(getrlimit(RLIMIT_FSIZE, &limit));
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 300000;
    ok(setrlimit(RLIMIT_FSIZE, &limit));
    int rc = 0;
    for (int i = 0; i < 100000 && rc == 0; i++) {
        o = kit_object("x");
        memset(o.effective, 'e', sizeof(o.effective) - 1);
        rc = store_object_add(s, &o, kit_nth);
        if (rc == 0 && i % 10 == 0)
            rc = store_commit(s);
    }
    ck_assert_int_lt(rc, 0);
    /* Nothing more gets in, not even by itself, until it is rolled back. */
    if (store_changing(s)) {
        rc = store_meta_put(s, "x", 1);
        if (rc == 0)
            rc = store_commit(s);
        ck_assert_int_lt(rc, 0);
    }
    store_rollback(s);
    limit.rlim_cur = before;
    ok(setrlimit(RLIMIT_FSIZE, &limit));
    int64_t value;
    ck_assert_int_eq(store_meta_get(s, "x", &value), -ENOENT);
    ok(store_object_get(s, kept.id, &o));
    ok(store_meta_put(s, "x", 2));
    ok(store_commit(s));
    kit_reopen(&k);
    ok(store_object_get(k.s, kept.id, &o));
    kit_free(&k);
}
END_TEST

/* ---- the n-th allocation of SQLite fails ---- */

static sqlite3_mem_methods real;
static long left = -1; /* allocations until one fails; < 0: none does */

static bool fails(void) { return left >= 0 && left-- == 0; }
static void *failing_malloc(int n) { return fails() ? NULL : real.xMalloc(n); }
static void *failing_realloc(void *p, int n) { return fails() ? NULL : real.xRealloc(p, n); }

static int work(struct kit *k)
{
    int rc = kit_try(k);
    if (rc < 0) {
        ck_assert_ptr_null(k->s);
        ck_assert_int_ne(k->why[0], '\0');
        return rc;
    }
    struct reader *r;
    struct dlota_object o = kit_object("x"), read;
    ok(reader_new(k->s, &r));
    rc = store_object_add(k->s, &o, kit_nth);
    if (rc == 0)
        rc = store_event(k->s, 1, "added", NULL, 0);
    if (rc == 0)
        rc = store_commit(k->s);
    if (rc < 0)
        store_rollback(k->s);
    else
        rc = reader_object(r, o.id, &read);
    reader_free(r);
    k->s = store_close(k->s);
    return rc;
}

START_TEST(without_memory)
{
    struct kit k;
    kit_make(&k);
    ok(sqlite3_shutdown());
    ok(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real));
    sqlite3_mem_methods mine = real;
    mine.xMalloc = failing_malloc;
    mine.xRealloc = failing_realloc;
    ok(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine));
    int rc = -1;
    bool failed = false;
    /* Allocations grow a little apart, so that this ends soon; every one of the first is met. */
    for (long n = 0; n < 100000; n += n < 300 ? 1 : 13) {
        left = n;
        rc = work(&k);
        bool met = left < 0;
        left = -1;
        if (!met)
            break;
        failed |= rc < 0;
        ck_assert(rc == 0 || rc == -ENOMEM || rc == -ENOENT || rc == -EIO);
    }
    ok(rc);
    ck_assert(failed);
    ok(work(&k));
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("crash");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, kill_9);
    tcase_add_test(tc, a_full_disk);
    tcase_add_test(tc, without_memory);
    return kit_run("store_crash", tc);
}
