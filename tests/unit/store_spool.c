/* Inbox files: bytes, names, and whether a start may take them. */
#include <pthread.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "store/spool.h"
#include "unit/store_kit.h"

struct found {
    unsigned n;
    struct {
        uint64_t number, size;
        char name[256];
        bool closed;
    } file[16];
};

static void find(void *arg, uint64_t number, const char *name, uint64_t size, bool closed)
{
    struct found *all = arg;
    ck_assert_uint_lt(all->n, 16);
    all->file[all->n].number = number;
    all->file[all->n].size = size;
    all->file[all->n].closed = closed;
    snprintf(all->file[all->n++].name, 256, "%s", name);
}

static struct found list(struct store *s)
{
    struct found all = {0};
    ok(spool_list(s, find, &all));
    return all;
}

/* Where the bytes of a number are. */
static void slot_path(struct kit *k, uint64_t number, char ret[static 256])
{
    snprintf(ret, 256, "%s/spool/%u", k->path, (unsigned)(number & 0xffff));
}

static uint64_t make(struct store *s, const char *name, const char *bytes)
{
    uint64_t number;
    ok(spool_create(s, name, &number));
    ck_assert_int_eq(spool_write(s, number, bytes, strlen(bytes), 0), (ssize_t)strlen(bytes));
    return number;
}

START_TEST(bytes_and_name)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a.dd", "hello"), b = make(s, "b.dd", "");
    ck_assert_uint_gt(b, a);
    char buf[32] = "";
    ck_assert_int_eq(spool_read(s, a, buf, sizeof(buf), 0), 5);
    ck_assert_str_eq(buf, "hello");
    ck_assert_int_eq(spool_read(s, a, buf, sizeof(buf), 5), 0);
    ck_assert_int_eq(spool_read(s, a, buf, sizeof(buf), UINT64_MAX), 0);
    ck_assert_int_eq(spool_write(s, a, "XY", 2, 8), 2);
    void *all;
    size_t n;
    ok(spool_load(s, a, &all, &n));
    ck_assert_uint_eq(n, 10);
    ck_assert_int_eq(memcmp(all, "hello\0\0\0XY", 11), 0);
    free(all);
    ok(spool_truncate(s, a, 2));
    ok(spool_load(s, a, &all, &n));
    ck_assert_uint_eq(n, 2);
    free(all);
    char longest[300];
    memset(longest, 'n', sizeof(longest));
    longest[255] = '\0';
    ok(spool_rename(s, a, longest));
    longest[255] = 'n';
    longest[256] = '\0';
    ck_assert_int_eq(spool_rename(s, a, longest), -ENAMETOOLONG);
    ck_assert_int_eq(spool_create(s, longest, &n), -ENAMETOOLONG);
    struct found f = list(s);
    ck_assert_uint_eq(f.n, 2);
    ck_assert_uint_eq(f.file[0].number, a);
    ck_assert_uint_eq(f.file[0].size, 2);
    ck_assert_uint_eq(strlen(f.file[0].name), 255);
    ck_assert_str_eq(f.file[1].name, "b.dd");
    ok(spool_drop(s, a));
    ck_assert_int_eq(spool_drop(s, a), -ENOENT);
    ck_assert_int_eq(spool_write(s, a, "x", 1, 0), -ENOENT);
    ck_assert_int_eq(spool_read(s, a, buf, 1, 0), -ENOENT);
    ck_assert_int_eq(spool_truncate(s, a, 0), -ENOENT);
    ck_assert_int_eq(spool_rename(s, a, "x"), -ENOENT);
    ck_assert_int_eq(spool_sync(s, a), -ENOENT);
    ck_assert_int_eq(spool_load(s, a, &all, &n), -ENOENT);
    kit_free(&k);
}
END_TEST

START_TEST(is_bounded)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a", "");
    ck_assert_int_eq(spool_write(s, a, "xy", 2, LIMIT_SPOOL - 1), -EFBIG);
    ck_assert_int_eq(spool_write(s, a, "x", 1, UINT64_MAX), -EFBIG);
    ck_assert_int_eq(spool_write(s, a, "x", 1, LIMIT_SPOOL - 1), 1);
    ck_assert_int_eq(spool_truncate(s, a, (uint64_t)LIMIT_SPOOL + 1), -EFBIG);
    void *all;
    size_t n;
    ok(spool_load(s, a, &all, &n));
    ck_assert_uint_eq(n, LIMIT_SPOOL);
    free(all);
    /* How long the slot's file is says nothing, unless it is too short. */
    char path[256];
    slot_path(&k, a, path);
    ok(truncate(path, 10 * LIMIT_SPOOL));
    ok(spool_load(s, a, &all, &n));
    ck_assert_uint_eq(n, LIMIT_SPOOL);
    free(all);
    ok(truncate(path, 1000));
    ck_assert_int_eq(spool_load(s, a, &all, &n), -EUCLEAN);
    ck_assert_int_eq(spool_sync(s, a), -EUCLEAN);
    kit_free(&k);
}
END_TEST

START_TEST(closed_is_what_was_flushed_since_its_last_write)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t never = make(s, "never", "x"), once = make(s, "once", "x"), again = make(s, "again", "x");
    uint64_t cut = make(s, "cut", "xyz"), renamed = make(s, "old", "x"), torn = make(s, "torn", "x");
    uint64_t longer = make(s, "longer", "x"), empty = make(s, "empty", "");
    const uint64_t all[] = {once, again, cut, renamed, torn, longer, empty};
    for (size_t i = 0; i < 7; i++)
        ok(spool_sync(s, all[i]));
    ck_assert_int_eq(spool_write(s, again, "x", 1, 0), 1);
    ok(spool_truncate(s, cut, 3));
    ok(spool_rename(s, renamed, "new"));
    /* Behind the store's back, as a power cut may: other bytes, more bytes. */
    char path[256];
    slot_path(&k, torn, path);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(fd, "y", 1, 512), 1);
    close(fd);
    slot_path(&k, longer, path);
    fd = open(path, O_RDWR);
    const uint64_t two = 2;
    ck_assert_int_eq(pwrite(fd, &two, sizeof(two), 16), (ssize_t)sizeof(two));
    close(fd);
    kit_trust(&k);
    kit_reopen(&k);
    struct found f = list(k.s);
    ck_assert_uint_eq(f.n, 8);
    for (unsigned i = 0; i < f.n; i++) {
        uint64_t number = f.file[i].number;
        ck_assert(i == 0 || number > f.file[i - 1].number);
        ck_assert_int_eq(f.file[i].closed, number == once || number == renamed || number == empty);
    }
    ck_assert_uint_eq(f.file[0].number, never);
    ck_assert_str_eq(f.file[4].name, "new");
    /* Written and closed once more. */
    ok(spool_sync(k.s, again));
    f = list(k.s);
    ck_assert(f.file[2].closed);
    kit_free(&k);
}
END_TEST

START_TEST(numbers_are_never_used_twice)
{
    struct kit k;
    kit_begin(&k);
    uint64_t a = make(k.s, "a", "x");
    ok(spool_drop(k.s, a));
    kit_reopen(&k);
    uint64_t b = make(k.s, "b", "x");
    ck_assert_uint_gt(b, a);
    /* A number that is higher than the run's own would have been: the next ones go on behind it. */
    const uint64_t high = (uint64_t)1 << 57 | (b & 0xffff);
    char path[256];
    slot_path(&k, b, path);
    k.s = store_close(k.s);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(fd, &high, sizeof(high), 504), (ssize_t)sizeof(high));
    close(fd);
    kit_open(&k);
    ck_assert_uint_eq(list(k.s).file[0].number, high);
    ck_assert_uint_eq(make(k.s, "c", "x") >> 16, (high >> 16) + 1);
    /* And one that was taken, though its slot does not tell any more. */
    ok(store_spool_forget(k.s, high + (9 << 16)));
    ok(store_commit(k.s));
    kit_reopen(&k);
    ck_assert_uint_eq(make(k.s, "d", "x") >> 16, (high >> 16) + 10);
    kit_free(&k);
}
END_TEST

START_TEST(numbers_come_to_an_end)
{
    struct kit k;
    kit_begin(&k);
    uint64_t a = make(k.s, "a", "x"), b;
    ok(store_spool_forget(k.s, ((((uint64_t)1 << 43) - 2) << 16) | 77));
    ok(store_commit(k.s));
    kit_reopen(&k);
    b = make(k.s, "b", "x");
    ck_assert_uint_eq(b >> 59, 0);
    uint64_t c = 0;
    ck_assert_int_eq(spool_create(k.s, "c", &c), -ENOSPC);
    ck_assert_int_eq(spool_create(k.s, "c", &c), -ENOSPC);
    ck_assert_uint_eq(c, 0);
    ck_assert_uint_eq(list(k.s).n, 2);
    ok(spool_drop(k.s, a));
    kit_free(&k);
}
END_TEST

START_TEST(what_is_no_spool_file)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a", "x");
    ck_assert_uint_eq(a & 0xffff, 1);
    kit_write(&k, "spool/2", "");             /* died before its header was written */
    kit_write(&k, "spool/3", "some text");    /* overwritten by somebody */
    kit_write(&k, "spool/notes.txt", "mine"); /* no number: left alone */
    kit_write(&k, "spool/078", "mine");       /* nor is this one */
    kit_write(&k, "spool/65536", "mine");     /* nor one beyond the slots */
    kit_write(&k, "spool/99999999999", "ours once");
    char path[256];
    slot_path(&k, 4, path);
    ok(mkdir(path, 0700));
    slot_path(&k, 5, path);
    ok(symlink("1", path));
    kit_trust(&k);
    kit_reopen(&k);
    s = k.s;
    ck_assert_uint_eq(list(s).n, 1);
    /* The first two are slots, the next two are not. */
    const unsigned slots[] = {2, 3, 6, 7};
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(make(s, "b", "x") & 0xffff, slots[i]);
    ck_assert_uint_eq(list(s).n, 5);
    ck_assert(kit_exists(&k, "spool/notes.txt") && kit_exists(&k, "spool/078") && kit_exists(&k, "spool/65536"));
    char buf[8] = "";
    ck_assert_int_eq(spool_read(s, a, buf, sizeof(buf), 0), 1);
    ck_assert_str_eq(buf, "x");
    kit_free(&k);
}
END_TEST

START_TEST(taken_is_taken)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a", "x"), b = make(s, "b", "x");
    ok(spool_sync(s, a));
    ok(spool_sync(s, b));
    ok(store_spool_forget(s, a));
    ok(store_commit(s));
    /* The agent dies before it could unlink it. */
    kit_reopen(&k);
    struct found f = list(k.s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].number, b);
    struct store_gone g;
    ok(store_gone_get(k.s, &g));
    ck_assert_uint_eq(g.n, 1);
    ok(store_gone_unlink(k.s, &g));
    ok(store_gone_done(k.s, &g));
    ok(store_commit(k.s));
    ck_assert_int_eq(spool_drop(k.s, a), -ENOENT);
    ok(store_gone_get(k.s, &g));
    ck_assert_uint_eq(g.n, 0);
    /* Had the commit been lost, it would be found again. */
    ok(store_spool_forget(k.s, b));
    kit_reopen(&k);
    ck_assert_uint_eq(list(k.s).n, 1);
    kit_free(&k);
}
END_TEST

/* ---- flushes ---- */

static unsigned dir_syncs;
static bool fail_sync;
static int counting_sync(struct disk *d, int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        dir_syncs++;
    return fail_sync ? -EIO : disk_linux.sync(d, fd);
}

START_TEST(the_directory_is_flushed_once_per_new_file)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.sync = counting_sync;
    k.set.disk = &disk;
    kit_open(&k);
    uint64_t a = make(k.s, "a", "x"), b = make(k.s, "b", "x");
    dir_syncs = 0;
    ok(spool_sync(k.s, a));
    ck_assert_uint_eq(dir_syncs, 1);
    /* b was there already when the directory was flushed. */
    ok(spool_sync(k.s, b));
    ok(spool_sync(k.s, a));
    ck_assert_uint_eq(dir_syncs, 1);
    uint64_t c = make(k.s, "c", "x");
    fail_sync = true;
    ck_assert_int_eq(spool_sync(k.s, c), -EIO);
    fail_sync = false;
    ok(spool_sync(k.s, c));
    ck_assert_uint_eq(dir_syncs, 2);
    /* A slot that is used again has its name already. */
    ok(spool_drop(k.s, c));
    c = make(k.s, "c again", "x");
    ok(spool_sync(k.s, c));
    ck_assert_uint_eq(dir_syncs, 2);
    kit_reopen(&k);
    dir_syncs = 0;
    ok(spool_sync(k.s, c));
    ck_assert_uint_eq(dir_syncs, 0);
    kit_free(&k);
}
END_TEST

static void *many(void *arg)
{
    struct store *s = arg;
    for (int i = 0; i < 100; i++) {
        uint64_t number = make(s, "t", "some bytes");
        ok(spool_sync(s, number));
        if (i % 2)
            ok(spool_drop(s, number));
    }
    return NULL;
}

static void count(void *arg, uint64_t number, const char *name, uint64_t size, bool closed)
{
    (void)number;
    (void)name;
    ck_assert_uint_eq(size, 10);
    *(unsigned *)arg += closed;
}

START_TEST(from_many_threads)
{
    struct kit k;
    kit_begin(&k);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        ok(pthread_create(&thread[i], NULL, many, k.s));
    for (int i = 0; i < 4; i++)
        ok(pthread_join(thread[i], NULL));
    unsigned closed = 0;
    ok(spool_list(k.s, count, &closed));
    ck_assert_uint_eq(closed, 200);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("spool");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, bytes_and_name);
    tcase_add_test(tc, is_bounded);
    tcase_add_test(tc, closed_is_what_was_flushed_since_its_last_write);
    tcase_add_test(tc, numbers_are_never_used_twice);
    tcase_add_test(tc, numbers_come_to_an_end);
    tcase_add_test(tc, what_is_no_spool_file);
    tcase_add_test(tc, taken_is_taken);
    tcase_add_test(tc, the_directory_is_flushed_once_per_new_file);
    tcase_add_test(tc, from_many_threads);
    return kit_run("store_spool", tc);
}
