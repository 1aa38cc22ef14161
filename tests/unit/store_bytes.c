/* Files of objects: where they are, what of them counts after a start, how they go. */
#include <sys/stat.h>

#include "unit/store_kit.h"

/* A disk that counts, and fails where told. */
struct counting {
    struct disk disk;
    unsigned syncs, dir_syncs;
    bool fail_sync, fail_unlink;
};

static int counting_sync(struct disk *d, int fd)
{
    struct counting *c = (struct counting *)d;
    struct stat st;
    ok(fstat(fd, &st));
    c->dir_syncs += S_ISDIR(st.st_mode);
    c->syncs++;
    return c->fail_sync && !S_ISDIR(st.st_mode) ? -EIO : disk_linux.sync(d, fd);
}

static int counting_unlink(struct disk *d, int dirfd, const char *name)
{
    struct counting *c = (struct counting *)d;
    return c->fail_unlink ? -EIO : disk_linux.unlink(d, dirfd, name);
}

static void kit_counting(struct kit *k, struct counting *c)
{
    kit_make(k);
    *c = (struct counting){.disk = disk_linux};
    c->disk.sync = counting_sync;
    c->disk.unlink = counting_unlink;
    k->set.disk = &c->disk;
    kit_open(k);
    c->syncs = c->dir_syncs = 0;
}

/* A file with n bytes. */
static void put(struct store *s, int64_t id, uint32_t gen, size_t n)
{
    int fd = store_bytes_create(s, id, gen);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(store_disk(s)->pwrite(store_disk(s), fd, "x", 1, i), 1);
    close(fd);
}

static int64_t size_of(struct store *s, int64_t id, uint32_t gen)
{
    int fd = store_bytes_open(s, id, gen, false);
    if (fd < 0)
        return fd;
    struct stat st;
    ok(fstat(fd, &st));
    close(fd);
    return st.st_size;
}

START_TEST(has_its_place)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    put(s, 12345, 1, 3);
    put(s, 1, 2, 0);
    put(s, (int64_t)1024 * 123456 + 5, 4294967295, 1);
    ck_assert(kit_exists(&k, "objects/00012/12345.1"));
    ck_assert(kit_exists(&k, "objects/00000/1.2"));
    ck_assert(kit_exists(&k, "objects/123456/126418949.4294967295"));
    ck_assert_int_eq(size_of(s, 12345, 1), 3);
    ck_assert_int_eq(size_of(s, 12345, 2), -ENOENT);
    ck_assert_int_eq(store_bytes_open(s, 99999, 1, true), -ENOENT);
    /* What a lost record left is emptied. */
    put(s, 12345, 1, 0);
    ck_assert_int_eq(size_of(s, 12345, 1), 0);
    int fd = store_bytes_open(s, 12345, 1, true);
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    close(fd);
    fd = store_bytes_open(s, 12345, 1, false);
    ck_assert_int_eq(write(fd, "abc", 3), -1);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
    kit_free(&k);
}
END_TEST

START_TEST(no_link_is_followed)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    char path[256];
    snprintf(path, sizeof(path), "%s/objects/00000", k.path);
    ok(symlink("/tmp", path));
    ck_assert_int_lt(store_bytes_create(s, 5, 1), 0);
    ok(unlink(path));
    ok(mkdir(path, 0700));
    snprintf(path, sizeof(path), "%s/objects/00000/5.1", k.path);
    ok(symlink("/etc/passwd", path));
    ck_assert_int_eq(store_bytes_open(s, 5, 1, false), -ELOOP);
    ck_assert_int_eq(store_bytes_create(s, 5, 1), -ELOOP);
    kit_free(&k);
}
END_TEST

START_TEST(seal_flushes_file_and_names)
{
    struct kit k;
    struct counting c;
    kit_counting(&k, &c);
    int fd = store_bytes_create(k.s, 5, 1);
    ok(store_bytes_seal(k.s, 5, 1, fd));
    ck_assert_uint_eq(c.syncs, 3);
    ck_assert_uint_eq(c.dir_syncs, 2);
    /* The shard's own name once is enough. */
    ok(store_bytes_seal(k.s, 5, 1, fd));
    ck_assert_uint_eq(c.dir_syncs, 3);
    close(fd);
    fd = store_bytes_create(k.s, 5000, 1);
    ok(store_bytes_seal(k.s, 5000, 1, fd));
    ck_assert_uint_eq(c.dir_syncs, 5);
    c.fail_sync = true;
    ck_assert_int_eq(store_bytes_seal(k.s, 5000, 1, fd), -EIO);
    close(fd);
    kit_free(&k);
}
END_TEST

START_TEST(after_a_mere_death_the_size_counts)
{
    struct kit k;
    kit_begin(&k);
    kit_trust(&k);
    put(k.s, 5, 1, 100);
    kit_reopen(&k);
    uint64_t have = 9;
    ok(store_bytes_settle(k.s, 5, 1, 60, &have));
    ck_assert_uint_eq(have, 100);
    ck_assert_int_eq(size_of(k.s, 5, 1), 100);
    /* Shorter than recorded: the file knows best. */
    ok(store_bytes_settle(k.s, 5, 1, 600, &have));
    ck_assert_uint_eq(have, 100);
    ok(store_bytes_settle(k.s, 6, 1, 60, &have));
    ck_assert_uint_eq(have, 0);
    kit_free(&k);
}
END_TEST

START_TEST(after_a_power_cut_the_record_counts)
{
    struct kit k;
    kit_begin(&k);
    kit_trust(&k);
    put(k.s, 5, 1, 100);
    k.set.boot_id = "boot-2";
    kit_reopen(&k);
    uint64_t have;
    ok(store_bytes_settle(k.s, 5, 1, 60, &have));
    ck_assert_uint_eq(have, 60);
    ck_assert_int_eq(size_of(k.s, 5, 1), 60);
    ok(store_bytes_settle(k.s, 5, 1, 80, &have));
    ck_assert_uint_eq(have, 60);
    kit_free(&k);
}
END_TEST

START_TEST(what_cannot_be_flushed_does_not_count)
{
    struct kit k;
    struct counting c;
    kit_counting(&k, &c);
    kit_trust(&k);
    put(k.s, 5, 1, 100);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    c.fail_sync = true;
    uint64_t have;
    ok(store_bytes_settle(k.s, 5, 1, 60, &have));
    ck_assert_uint_eq(have, 60);
    ck_assert_int_eq(size_of(k.s, 5, 1), 60);
    kit_free(&k);
}
END_TEST

START_TEST(gone_files_go)
{
    struct kit k;
    struct counting c;
    kit_counting(&k, &c);
    struct store *s = k.s;
    for (int64_t id = 1; id <= 100; id++) {
        put(s, id, 1, 1);
        ok(store_bytes_forget(s, id, 1));
    }
    ok(store_bytes_forget(s, 1, 1));
    ok(store_bytes_forget(s, 7000, 3)); /* was never there */
    ok(store_bytes_forget(s, 7000, 0)); /* no generation */
    ok(store_commit(s));
    struct store_gone g;
    unsigned total = 0;
    c.dir_syncs = 0;
    for (;;) {
        ok(store_gone_get(s, &g));
        if (g.n == 0)
            break;
        ck_assert_uint_le(g.n, 64);
        total += g.n;
        ok(store_gone_unlink(s, &g));
        ok(store_gone_done(s, &g));
        ok(store_commit(s));
    }
    ck_assert_uint_eq(total, 101);
    /* One flush a batch and directory, before the rows go. */
    ck_assert_uint_eq(c.dir_syncs, 2);
    for (int64_t id = 1; id <= 100; id++)
        ck_assert_int_eq(size_of(s, id, 1), -ENOENT);
    kit_free(&k);
}
END_TEST

START_TEST(what_cannot_be_unlinked_stays_noted)
{
    struct kit k;
    struct counting c;
    kit_counting(&k, &c);
    put(k.s, 5, 1, 1);
    ok(store_bytes_forget(k.s, 5, 1));
    ok(store_commit(k.s));
    struct store_gone g;
    ok(store_gone_get(k.s, &g));
    c.fail_unlink = true;
    ck_assert_int_eq(store_gone_unlink(k.s, &g), -EIO);
    kit_reopen(&k);
    c.fail_unlink = false;
    ok(store_gone_get(k.s, &g));
    ck_assert_uint_eq(g.n, 1);
    ok(store_gone_unlink(k.s, &g));
    ck_assert_int_eq(size_of(k.s, 5, 1), -ENOENT);
    kit_free(&k);
}
END_TEST

/* ---- the real disk ---- */

static int count_name(void *arg, const char *name)
{
    ck_assert_str_ne(name, ".");
    ck_assert_str_ne(name, "..");
    return ++*(int *)arg == 3;
}

START_TEST(the_disk)
{
    struct kit k;
    kit_begin(&k);
    struct disk *d = &disk_linux;
    int dir = d->open(d, AT_FDCWD, k.path, O_RDONLY | O_DIRECTORY, 0);
    ck_assert_int_ge(dir, 0);
    ok(d->mkdir(d, dir, "d", 0700));
    ok(d->mkdir(d, dir, "d", 0700));
    int fd = d->open(d, dir, "d/f", O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(d->open(d, dir, "nothing", O_RDONLY, 0), -ENOENT);
    ck_assert_int_eq(d->pwrite(d, fd, "hello", 5, 3), 5);
    char buf[16] = "";
    ck_assert_int_eq(d->pread(d, fd, buf, sizeof(buf), 4), 4);
    ck_assert_str_eq(buf, "ello");
    ok(d->reserve(d, fd, 1 << 20));
    struct stat st;
    ok(d->stat(d, fd, &st));
    ck_assert_int_eq(st.st_size, 8);
    ok(d->hurry(d, fd, 0, 8));
    ok(d->sync(d, fd));
    ok(d->sync(d, dir));
    ok(d->truncate(d, fd, 2));
    ok(d->stat(d, fd, &st));
    ck_assert_int_eq(st.st_size, 2);
    int64_t mount = -1;
    ok(d->mount_id(d, dir, &mount));
    ck_assert_int_ge(mount, 0);
    ok(d->lock(d, fd));
    int second = d->open(d, dir, "d/f", O_RDWR, 0);
    ck_assert_int_eq(d->lock(d, second), -EAGAIN);
    ok(d->close(d, fd));
    ok(d->lock(d, second));
    ok(d->close(d, second));
    ck_assert_int_eq(d->close(d, second), -EBADF);
    int n = 0;
    ok(d->list(d, dir, count_name, &n));
    ck_assert_int_eq(n, 3);
    ok(d->unlink(d, dir, "d/f"));
    ck_assert_int_eq(d->unlink(d, dir, "d/f"), -ENOENT);
    ok(d->close(d, dir));
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("bytes");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, has_its_place);
    tcase_add_test(tc, no_link_is_followed);
    tcase_add_test(tc, seal_flushes_file_and_names);
    tcase_add_test(tc, after_a_mere_death_the_size_counts);
    tcase_add_test(tc, after_a_power_cut_the_record_counts);
    tcase_add_test(tc, what_cannot_be_flushed_does_not_count);
    tcase_add_test(tc, gone_files_go);
    tcase_add_test(tc, what_cannot_be_unlinked_stays_noted);
    tcase_add_test(tc, the_disk);
    return kit_run("store_bytes", tc);
}
