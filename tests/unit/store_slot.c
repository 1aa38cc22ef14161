/* Slots of inbox files: used again, and what of an earlier life must never come back. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "store/spool.h"
#include "unit/store_kit.h"

static unsigned slot(uint64_t number) { return (unsigned)(number & 0xffff); }

static uint64_t make(struct store *s, const char *name, const char *bytes)
{
    uint64_t number;
    ok(spool_create(s, name, &number));
    ck_assert_int_eq(spool_write(s, number, bytes, strlen(bytes), 0), (ssize_t)strlen(bytes));
    return number;
}

static unsigned files(struct kit *k)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/spool", k->path);
    DIR *dir = opendir(path);
    unsigned n = 0;
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

struct found {
    unsigned n;
    struct {
        uint64_t number, size;
        char name[256];
        bool closed;
    } file[8];
};

static void find(void *arg, uint64_t number, const char *name, uint64_t size, bool closed)
{
    struct found *all = arg;
    ck_assert_uint_lt(all->n, 8);
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

/* One sweep, as a worker and the agent make it. */
static void sweep(struct store *s)
{
    struct store_gone g;
    ok(store_gone_get(s, &g));
    ok(store_gone_unlink(s, &g));
    ok(store_gone_done(s, &g));
    ok(store_commit(s));
}

/* ---- bytes on disk at some moment, to be put back as a power cut does ---- */

enum { HEADER = 512, BLOCK = 4096, AT_VERSION = 8, AT_CLOSED = 12, AT_NUMBER = 504 };

struct image {
    size_t n;
    unsigned slot;
    char bytes[64 * 1024];
};

static int open_slot(struct kit *k, unsigned number)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/spool/%u", k->path, number);
    int fd = open(path, O_RDWR);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void keep(struct kit *k, uint64_t number, struct image *ret)
{
    int fd = open_slot(k, ret->slot = slot(number));
    ssize_t n = pread(fd, ret->bytes, sizeof(ret->bytes), 0);
    ck_assert_int_ge(n, HEADER);
    ret->n = (size_t)n;
    close(fd);
}

/* Only [from, to) of it. */
static void put_back(struct kit *k, const struct image *i, size_t from, size_t to)
{
    int fd = open_slot(k, i->slot);
    if (to > i->n)
        to = i->n;
    ck_assert_int_eq(pwrite(fd, i->bytes + from, to - from, (off_t)from), (ssize_t)(to - from));
    close(fd);
}

static uint64_t number_on_disk(struct kit *k, unsigned which)
{
    uint64_t number;
    int fd = open_slot(k, which);
    ck_assert_int_eq(pread(fd, &number, sizeof(number), AT_NUMBER), (ssize_t)sizeof(number));
    close(fd);
    return number;
}

/* ---- used again ---- */

START_TEST(a_slot_is_used_again)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a.dd", "first life");
    ok(spool_sync(s, a));
    ok(spool_drop(s, a));
    uint64_t b = make(s, "b.dd", "second");
    ck_assert_uint_eq(slot(a), slot(b));
    ck_assert_uint_gt(b, a);
    ck_assert_uint_eq(files(&k), 1);
    /* The old number reaches nothing any more. */
    char buf[32] = "";
    void *all;
    size_t n;
    ck_assert_int_eq(spool_write(s, a, "x", 1, 0), -ENOENT);
    ck_assert_int_eq(spool_read(s, a, buf, 1, 0), -ENOENT);
    ck_assert_int_eq(spool_truncate(s, a, 0), -ENOENT);
    ck_assert_int_eq(spool_rename(s, a, "x"), -ENOENT);
    ck_assert_int_eq(spool_sync(s, a), -ENOENT);
    ck_assert_int_eq(spool_load(s, a, &all, &n), -ENOENT);
    ck_assert_int_eq(spool_drop(s, a), -ENOENT);
    /* Nor do numbers that never were. */
    ck_assert_int_eq(spool_read(s, 0, buf, 1, 0), -ENOENT);
    ck_assert_int_eq(spool_read(s, slot(b), buf, 1, 0), -ENOENT);
    ck_assert_int_eq(spool_read(s, (uint64_t)1 << 16, buf, 1, 0), -ENOENT);
    ck_assert_int_eq(spool_drop(s, b + (1 << 16)), -ENOENT);
    ck_assert_int_eq(spool_read(s, b, buf, sizeof(buf), 0), 6);
    ck_assert_str_eq(buf, "second");
    struct found f = list(s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_str_eq(f.file[0].name, "b.dd");
    ck_assert(!f.file[0].closed);
    /* The last one given back is taken first. */
    uint64_t c = make(s, "c", ""), d = make(s, "d", "");
    ok(spool_drop(s, c));
    ok(spool_drop(s, d));
    ck_assert_uint_eq(slot(make(s, "e", "")), slot(d));
    ck_assert_uint_eq(slot(make(s, "f", "")), slot(c));
    ck_assert_uint_eq(files(&k), 3);
    kit_free(&k);
}
END_TEST

static void all_zero(struct store *s, uint64_t number, size_t from, size_t to)
{
    static char buf[LIMIT_SPOOL];
    ck_assert_int_eq(spool_read(s, number, buf, to - from, from), (ssize_t)(to - from));
    for (size_t i = 0; i < to - from; i++)
        ck_assert_msg(buf[i] == 0, "byte %zu", from + i);
}

START_TEST(stale_bytes_never_show)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    static char as[LIMIT_SPOOL];
    memset(as, 'A', sizeof(as));
    uint64_t a = make(s, "a", "");
    ck_assert_int_eq(spool_write(s, a, as, sizeof(as), 0), (ssize_t)sizeof(as));
    ok(spool_sync(s, a));
    ok(spool_drop(s, a));
    uint64_t b = make(s, "b", "");
    ck_assert_uint_eq(slot(a), slot(b));
    char buf[64];
    ck_assert_int_eq(spool_read(s, b, buf, sizeof(buf), 0), 0);
    void *all;
    size_t n;
    ok(spool_load(s, b, &all, &n));
    ck_assert_uint_eq(n, 0);
    free(all);
    /* A gap. */
    ck_assert_int_eq(spool_write(s, b, "x", 1, 10000), 1);
    all_zero(s, b, 0, 10000);
    ck_assert_int_eq(spool_read(s, b, buf, sizeof(buf), 10000), 1);
    ck_assert_int_eq(spool_read(s, b, buf, sizeof(buf), 10001), 0);
    /* Longer by truncation. */
    ok(spool_truncate(s, b, 20000));
    all_zero(s, b, 10001, 20000);
    /* Its own bytes, cut off, do not come back either. */
    ck_assert_int_eq(spool_write(s, b, as, 20000, 0), 20000);
    ok(spool_truncate(s, b, 3));
    ck_assert_int_eq(spool_read(s, b, buf, sizeof(buf), 0), 3);
    ck_assert_int_eq(spool_write(s, b, "y", 1, 5), 1);
    all_zero(s, b, 3, 5);
    ok(spool_truncate(s, b, 0));
    ck_assert_int_eq(spool_write(s, b, "z", 1, LIMIT_SPOOL - 1), 1);
    all_zero(s, b, 0, LIMIT_SPOOL - 1);
    /* Nothing written beyond the end changes nothing. */
    ok(spool_truncate(s, b, 2));
    ck_assert_int_eq(spool_write(s, b, "", 0, 100), 0);
    ok(spool_load(s, b, &all, &n));
    ck_assert_uint_eq(n, 2);
    free(all);
    kit_free(&k);
}
END_TEST

START_TEST(a_handful_is_enough)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t last = 0;
    for (int i = 0; i < 5000; i++) {
        uint64_t number = make(s, "drop.dd", "a descriptor");
        ck_assert_uint_gt(number, last);
        last = number;
        if (i % 10 == 0)
            ok(spool_sync(s, number));
        ok(store_spool_forget(s, number));
        ok(store_commit(s));
        if (i % 4 == 3)
            sweep(s);
    }
    ck_assert_uint_eq(files(&k), 4);
    kit_reopen(&k);
    ck_assert_uint_eq(list(k.s).n, 0);
    kit_free(&k);
}
END_TEST

static bool refuse_new;
static int refusing_open(struct disk *d, int dirfd, const char *name, int flags, mode_t mode)
{
    if (refuse_new && (flags & O_EXCL) != 0)
        return -EEXIST;
    return disk_linux.open(d, dirfd, name, flags, mode);
}

START_TEST(all_are_in_use)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.open = refusing_open;
    k.set.disk = &disk;
    kit_open(&k);
    uint64_t a = make(k.s, "a", "x"), b = 0;
    /* Every other name is there already. */
    refuse_new = true;
    ck_assert_int_eq(spool_create(k.s, "b", &b), -ENOSPC);
    refuse_new = false;
    ck_assert_int_eq(spool_create(k.s, "b", &b), -ENOSPC);
    ok(spool_drop(k.s, a));
    b = make(k.s, "b", "x");
    ck_assert_uint_eq(slot(a), slot(b));
    kit_free(&k);
}
END_TEST

START_TEST(a_start_keeps_some_free_ones)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t number[100];
    for (int i = 0; i < 100; i++)
        number[i] = make(s, "x", "bytes");
    for (int i = 0; i < 100; i++)
        if (i != 69)
            ok(spool_drop(s, number[i]));
    ck_assert_uint_eq(files(&k), 100);
    kit_trust(&k);
    kit_reopen(&k);
    s = k.s;
    ck_assert_uint_eq(files(&k), 65);
    struct found f = list(s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].number, number[69]);
    ck_assert_uint_eq(f.file[0].size, 5);
    for (unsigned i = 1; i <= 64; i++)
        ck_assert_uint_eq(slot(make(s, "x", "")), i);
    for (unsigned i = 65; i <= 80; i++)
        ck_assert_uint_eq(slot(make(s, "x", "")), i + (i >= 70));
    kit_free(&k);
}
END_TEST

START_TEST(somebody_tidied_up)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a", "x"), b = make(s, "b", "x");
    ok(spool_drop(s, a));
    ok(store_spool_forget(s, b));
    ok(store_commit(s));
    char path[256];
    for (unsigned i = 1; i <= 2; i++) {
        snprintf(path, sizeof(path), "%s/spool/%u", k.path, i);
        ok(unlink(path));
    }
    sweep(s);
    struct store_gone g;
    ok(store_gone_get(s, &g));
    ck_assert_uint_eq(g.n, 0);
    uint64_t c = make(s, "c", "x");
    ck_assert_uint_eq(slot(c), slot(a));
    ok(spool_sync(s, c));
    kit_free(&k);
}
END_TEST

/* ---- power cuts ---- */

static struct image one, two;

START_TEST(header_and_data_of_two_lives)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t a = make(s, "a", "");
    char bytes[10000];
    memset(bytes, 'A', sizeof(bytes));
    ck_assert_int_eq(spool_write(s, a, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
    ok(spool_sync(s, a));
    keep(&k, a, &one);
    ok(spool_drop(s, a));
    uint64_t b = make(s, "b", "");
    ck_assert_uint_eq(slot(a), slot(b));
    ck_assert_int_eq(spool_write(s, b, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
    keep(&k, b, &two);
    /* The new header reached the disk, its data did not: nobody's bytes are shown. */
    memset(bytes, 'B', sizeof(bytes));
    ck_assert_int_eq(spool_write(s, b, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
    ok(spool_sync(s, b));
    keep(&k, b, &two);
    kit_trust(&k);
    put_back(&k, &one, BLOCK, sizeof(one.bytes));
    k.set.boot_id = "boot-2";
    kit_reopen(&k);
    struct found f = list(k.s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].number, b);
    ck_assert(!f.file[0].closed);
    ck_assert_uint_eq(f.file[0].size, 0);
    ck_assert_int_eq(spool_read(k.s, b, bytes, sizeof(bytes), 0), 0);
    ok(spool_truncate(k.s, b, 10000));
    all_zero(k.s, b, 0, 10000);
    /* The new data did, its header did not. */
    put_back(&k, &two, 0, sizeof(two.bytes));
    put_back(&k, &one, 0, HEADER);
    kit_reopen(&k);
    f = list(k.s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].number, a);
    ck_assert(!f.file[0].closed);
    ck_assert_uint_eq(f.file[0].size, 0);
    /* All of one: it is what it was. */
    put_back(&k, &two, 0, sizeof(two.bytes));
    kit_reopen(&k);
    f = list(k.s);
    ck_assert_uint_eq(f.file[0].number, b);
    ck_assert(f.file[0].closed);
    ck_assert_uint_eq(f.file[0].size, 10000);
    /* The same data under the number of another life is not what was closed. */
    int fd = open_slot(&k, slot(b));
    ck_assert_int_eq(pwrite(fd, &a, sizeof(a), AT_NUMBER), (ssize_t)sizeof(a));
    close(fd);
    kit_reopen(&k);
    ck_assert(!list(k.s).file[0].closed);
    kit_free(&k);
}
END_TEST

START_TEST(without_a_power_cut_all_is_there)
{
    struct kit k;
    kit_begin(&k);
    uint64_t a = make(k.s, "a", "not closed"), b = make(k.s, "b", "not closed either");
    ok(spool_sync(k.s, b));
    ck_assert_int_eq(spool_write(k.s, b, "N", 1, 0), 1);
    kit_trust(&k);
    kit_reopen(&k);
    struct found f = list(k.s);
    ck_assert_uint_eq(f.n, 2);
    ck_assert(!f.file[0].closed && !f.file[1].closed);
    ck_assert_uint_eq(f.file[0].size, 10);
    ck_assert_uint_eq(f.file[1].size, 17);
    /* Under another boot nothing is known of them but their names. */
    k.set.boot_id = "boot-2";
    kit_reopen(&k);
    f = list(k.s);
    ck_assert_uint_eq(f.n, 2);
    ck_assert_uint_eq(f.file[0].number, a);
    ck_assert_uint_eq(f.file[0].size + f.file[1].size, 0);
    ck_assert_str_eq(f.file[1].name, "b");
    kit_free(&k);
}
END_TEST

START_TEST(a_header_that_is_torn_is_nobodys)
{
    static const struct {
        size_t at, n;
        uint64_t value;
    } wrong[] = {
        {0, 8, 0},                           /* magic */
        {AT_VERSION, 4, 1},                  /* version */
        {AT_NUMBER, 8, 0},                   /* dropped */
        {AT_NUMBER, 8, 1},                   /* a number without a sequence */
        {AT_NUMBER, 8, (5 << 16) + 2},       /* of another slot */
        {AT_NUMBER, 8, (1ULL << 62) + 1},    /* that cannot be */
        {AT_CLOSED, 4, 2},                   /* neither */
        {AT_CLOSED + 4, 8, LIMIT_SPOOL + 1}, /* too long */
    };
    struct kit k;
    kit_begin(&k);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        uint64_t a = make(k.s, "a", "x");
        ck_assert_uint_eq(slot(a), 1);
        ok(spool_sync(k.s, a));
        ck_assert_uint_eq(list(k.s).n, 1);
        int fd = open_slot(&k, 1);
        ck_assert_int_eq(pwrite(fd, &wrong[i].value, wrong[i].n, (off_t)wrong[i].at), (ssize_t)wrong[i].n);
        close(fd);
        char c;
        ck_assert_int_eq(spool_read(k.s, a, &c, 1, 0), -ENOENT);
        kit_reopen(&k);
        ck_assert_uint_eq(list(k.s).n, 0);
    }
    /* Cut short. */
    make(k.s, "a", "x");
    int fd = open_slot(&k, 1);
    ok(ftruncate(fd, 100));
    close(fd);
    kit_reopen(&k);
    ck_assert_uint_eq(list(k.s).n, 0);
    ck_assert_uint_eq(slot(make(k.s, "a", "x")), 1);
    ck_assert_uint_eq(files(&k), 1);
    kit_free(&k);
}
END_TEST

/* ---- taken ---- */

static unsigned file_syncs, sync_fails;
static int failing_sync(struct disk *d, int fd)
{
    struct stat st;
    ok(fstat(fd, &st));
    if (S_ISDIR(st.st_mode))
        return disk_linux.sync(d, fd);
    file_syncs++;
    if (sync_fails > 0) {
        sync_fails--;
        return -EIO;
    }
    return disk_linux.sync(d, fd);
}

START_TEST(the_row_goes_after_the_flush)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.sync = failing_sync;
    k.set.disk = &disk;
    struct store_gone g;
    kit_open(&k);
    uint64_t a = make(k.s, "a", "x");
    ok(spool_sync(k.s, a));
    ok(store_spool_forget(k.s, a));
    ok(store_commit(k.s));
    ok(store_gone_get(k.s, &g));
    /* The flush fails: the row stays, nobody has the number, and nobody gets the slot. */
    sync_fails = 1;
    ck_assert_int_eq(store_gone_unlink(k.s, &g), -EIO);
    ck_assert_uint_eq(number_on_disk(&k, slot(a)), 0);
    ck_assert_int_eq(spool_drop(k.s, a), -ENOENT);
    ck_assert_uint_ne(slot(make(k.s, "b", "x")), slot(a));
    /* Nor in the next run, though the slot looks free. */
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert_uint_eq(list(k.s).n, 1);
    ck_assert_uint_ne(slot(make(k.s, "c", "x")), slot(a));
    /* What a power cut gives back was taken all the same. */
    int fd = open_slot(&k, slot(a));
    ck_assert_int_eq(pwrite(fd, &a, sizeof(a), AT_NUMBER), (ssize_t)sizeof(a));
    close(fd);
    kit_reopen(&k);
    ck_assert_uint_eq(list(k.s).n, 2);
    file_syncs = 0;
    sweep(k.s);
    ck_assert_uint_eq(file_syncs, 1);
    ck_assert_uint_eq(number_on_disk(&k, slot(a)), 0);
    ck_assert_uint_eq(slot(make(k.s, "d", "x")), slot(a));
    kit_free(&k);
}
END_TEST

START_TEST(swept_twice)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.sync = failing_sync;
    k.set.disk = &disk;
    struct store_gone g;
    kit_open(&k);
    uint64_t a = make(k.s, "a", "x");
    ok(store_spool_forget(k.s, a));
    ok(store_commit(k.s));
    ok(store_gone_get(k.s, &g));
    ok(store_gone_unlink(k.s, &g));
    /* Its row was not removed, since that failed: the slot is in the list of free ones once all the same. */
    ok(store_gone_unlink(k.s, &g));
    uint64_t b = make(k.s, "b", "bytes"), c = make(k.s, "c", "x");
    ck_assert_uint_eq(slot(b), slot(a));
    ck_assert_uint_ne(slot(c), slot(a));
    /* Nor does it touch who has the slot now. */
    ok(store_gone_unlink(k.s, &g));
    char buf[8] = "";
    ck_assert_int_eq(spool_read(k.s, b, buf, sizeof(buf), 0), 5);
    ck_assert_str_eq(buf, "bytes");
    ck_assert_uint_ne(slot(make(k.s, "d", "x")), slot(b));
    ck_assert_uint_eq(list(k.s).n, 3);
    kit_free(&k);
}
END_TEST

static unsigned number_writes;
static ssize_t counting_pwrite(struct disk *d, int fd, const void *p, size_t n, uint64_t offset)
{
    number_writes += offset == AT_NUMBER;
    return disk_linux.pwrite(d, fd, p, n, offset);
}

START_TEST(died_before_the_flush)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.sync = failing_sync;
    disk.pwrite = counting_pwrite;
    k.set.disk = &disk;
    kit_open(&k);
    uint64_t a = make(k.s, "a", "x");
    ok(store_spool_forget(k.s, a));
    ok(store_commit(k.s));
    int fd = open_slot(&k, slot(a));
    const uint64_t nobody = 0;
    ck_assert_int_eq(pwrite(fd, &nobody, sizeof(nobody), AT_NUMBER), (ssize_t)sizeof(nobody));
    close(fd);
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert_uint_ne(slot(make(k.s, "b", "x")), slot(a));
    file_syncs = number_writes = 0;
    sweep(k.s);
    /* Written again as well: a flush that failed may have left the page clean. */
    ck_assert_uint_eq(file_syncs, 1);
    ck_assert_uint_eq(number_writes, 1);
    ck_assert_uint_eq(slot(make(k.s, "c", "x")), slot(a));
    kit_free(&k);
}
END_TEST

/* ---- failures ---- */

static int write_fails; /* the n-th from now on */
static bool write_tears;
static ssize_t failing_pwrite(struct disk *d, int fd, const void *p, size_t n, uint64_t offset)
{
    if (write_fails == 0 || --write_fails > 0)
        return disk_linux.pwrite(d, fd, p, n, offset);
    if (write_tears)
        (void)disk_linux.pwrite(d, fd, p, n / 2, offset);
    return -ENOSPC;
}

static void kit_failing(struct kit *k, struct disk *disk)
{
    kit_make(k);
    *disk = disk_linux;
    disk->pwrite = failing_pwrite;
    k->set.disk = disk;
    kit_open(k);
}

/* Neither in a new file nor in one that is used again. */
START_TEST(a_file_that_cannot_be_begun_is_none)
{
    struct kit k;
    struct disk disk;
    kit_failing(&k, &disk);
    write_tears = true;
    uint64_t a = 0;
    for (int n = 1; n <= 2; n++) {
        write_fails = n;
        ck_assert_int_eq(spool_create(k.s, "a", &a), n == 1 ? -ENOSPC : 0);
        write_fails = 0;
    }
    write_fails = 2;
    uint64_t b = 0;
    ck_assert_int_eq(spool_create(k.s, "b", &b), -ENOSPC);
    write_fails = 1;
    ck_assert_int_eq(spool_create(k.s, "b", &b), -ENOSPC);
    ck_assert_uint_eq(b, 0);
    kit_reopen(&k);
    struct found f = list(k.s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].number, a);
    ck_assert_uint_eq(slot(make(k.s, "b", "x")), 2);
    ck_assert_uint_eq(files(&k), 2);
    kit_free(&k);
}
END_TEST

START_TEST(a_full_disk)
{
    struct kit k;
    struct disk disk;
    kit_failing(&k, &disk);
    struct store *s = k.s;
    uint64_t a = make(s, "a", "abc"), b = make(s, "b", "x");
    write_fails = 1;
    ck_assert_int_eq(spool_write(s, a, "def", 3, 3), -ENOSPC);
    /* The data is written, but what counts it is not. */
    write_fails = 2;
    ck_assert_int_eq(spool_write(s, a, "def", 3, 3), -ENOSPC);
    write_fails = 1;
    ck_assert_int_eq(spool_truncate(s, a, 100), -ENOSPC);
    write_fails = 1;
    ck_assert_int_eq(spool_rename(s, a, "other"), -ENOSPC);
    write_fails = 1;
    ck_assert_int_eq(spool_sync(s, a), -ENOSPC);
    write_fails = 1;
    ck_assert_int_eq(spool_drop(s, a), -ENOSPC);
    struct found f = list(s);
    ck_assert_uint_eq(f.n, 2);
    ck_assert_uint_eq(f.file[0].number, a);
    ck_assert_uint_eq(f.file[0].size, 3);
    ck_assert_str_eq(f.file[0].name, "a");
    ck_assert(!f.file[0].closed);
    ck_assert_uint_eq(f.file[1].number, b);
    ok(spool_sync(s, a));
    ok(spool_drop(s, a));
    kit_free(&k);
}
END_TEST

/* ---- many threads ---- */

struct shared {
    struct store *s;
    uint64_t file;
    atomic_uint at;
    _Atomic uint64_t lately; /* a number of some thread, maybe dropped by now */
};

/* Each life writes its own number all over; whoever reads by an older number finds that one's bytes or nothing. */
static void *lives(void *arg)
{
    struct shared *h = arg;
    uint64_t block[100], read[100];
    for (int i = 0; i < 300; i++) {
        uint64_t number;
        ok(spool_create(h->s, "t", &number));
        for (int j = 0; j < 100; j++)
            block[j] = number;
        ck_assert_int_eq(spool_write(h->s, number, block, sizeof(block), 0), (ssize_t)sizeof(block));
        uint64_t other = atomic_exchange(&h->lately, number);
        ssize_t got = other != 0 ? spool_read(h->s, other, read, sizeof(read), 0) : -ENOENT;
        ck_assert(got == (ssize_t)sizeof(read) || got == -ENOENT);
        for (int j = 0; got > 0 && j < 100; j++)
            ck_assert_uint_eq(read[j], other);
        unsigned at = atomic_fetch_add(&h->at, 1);
        ck_assert_int_eq(spool_write(h->s, h->file, &at, sizeof(at), at * sizeof(at)), (ssize_t)sizeof(at));
        if (i % 16 == 0)
            ok(spool_sync(h->s, number));
        ok(spool_drop(h->s, number));
    }
    return NULL;
}

START_TEST(from_many_threads)
{
    struct kit k;
    struct shared h = {.s = kit_begin(&k)};
    h.file = make(h.s, "shared", "");
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        ok(pthread_create(&thread[i], NULL, lives, &h));
    /* And this one takes and sweeps. */
    for (int i = 0; i < 50; i++) {
        uint64_t number = make(h.s, "taken", "x");
        ok(store_spool_forget(h.s, number));
        ok(store_commit(h.s));
        sweep(h.s);
    }
    for (int i = 0; i < 4; i++)
        ok(pthread_join(thread[i], NULL));
    /* Four live, one is shared, one is taken; a sweep may hold one more. */
    ck_assert_uint_le(files(&k), 7);
    struct found f = list(h.s);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(f.file[0].size, 1200 * sizeof(unsigned));
    void *all;
    size_t n;
    ok(spool_load(h.s, h.file, &all, &n));
    for (unsigned i = 0; i < 1200; i++)
        ck_assert_uint_eq(((unsigned *)all)[i], i);
    free(all);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("slot");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, a_slot_is_used_again);
    tcase_add_test(tc, stale_bytes_never_show);
    tcase_add_test(tc, a_handful_is_enough);
    tcase_add_test(tc, all_are_in_use);
    tcase_add_test(tc, a_start_keeps_some_free_ones);
    tcase_add_test(tc, somebody_tidied_up);
    tcase_add_test(tc, header_and_data_of_two_lives);
    tcase_add_test(tc, without_a_power_cut_all_is_there);
    tcase_add_test(tc, a_header_that_is_torn_is_nobodys);
    tcase_add_test(tc, the_row_goes_after_the_flush);
    tcase_add_test(tc, swept_twice);
    tcase_add_test(tc, died_before_the_flush);
    tcase_add_test(tc, a_file_that_cannot_be_begun_is_none);
    tcase_add_test(tc, a_full_disk);
    tcase_add_test(tc, from_many_threads);
    return kit_run("store_slot", tc);
}
