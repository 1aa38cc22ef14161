/* Opening a store: what is made, who may have it, what is refused and in which words. */
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit/store_kit.h"

START_TEST(makes_what_is_missing)
{
    struct kit k;
    kit_begin(&k);
    struct stat st;
    ok(stat(k.path, &st));
    ck_assert_int_eq(st.st_mode & 07777, 0700);
    ck_assert(kit_exists(&k, "lock") && kit_exists(&k, "catalogue") && kit_exists(&k, "spool") &&
              kit_exists(&k, "objects"));
    ck_assert(!store_changing(k.s));
    ck_assert_uint_eq(store_commits(k.s), 1);
    kit_free(&k);
}
END_TEST

START_TEST(tells_who_has_it)
{
    struct kit k;
    kit_begin(&k);
    struct store *second = NULL;
    ck_assert_int_eq(store_open(&k.set, &second, k.why, sizeof(k.why)), -EBUSY);
    char want[256];
    snprintf(want, sizeof(want), "%s is in use by pid %d", k.path, (int)getpid());
    ck_assert_str_eq(k.why, want);
    ck_assert_ptr_null(second);
    /* The refused one has not taken the lock away. */
    ck_assert_int_eq(store_open(&k.set, &second, k.why, sizeof(k.why)), -EBUSY);
    kit_reopen(&k);
    kit_free(&k);
}
END_TEST

START_TEST(waits_for_one_that_leaves)
{
    struct kit k;
    kit_make(&k);
    int gate[2], end[2];
    ok(pipe(gate));
    ok(pipe(end));
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(end[1]);
        if (kit_try(&k) != 0 || write(gate[1], "x", 1) != 1 || read(end[0], &c, 1) != 1)
            _exit(1);
        store_close(k.s);
        _exit(0);
    }
    char c;
    ck_assert_int_eq(read(gate[0], &c, 1), 1);
    ck_assert_int_eq(kit_try(&k), -EBUSY);
    char want[64];
    snprintf(want, sizeof(want), "pid %d", (int)child);
    ck_assert_ptr_nonnull(strstr(k.why, want));
    ck_assert_int_eq(write(end[1], "x", 1), 1);
    k.set.lock_wait_ms = 60000;
    kit_open(&k);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    kit_free(&k);
}
END_TEST

START_TEST(names_what_is_wrong)
{
    struct kit k;
    kit_make(&k);
    char path[256];
    k.set.path = path;
    snprintf(path, sizeof(path), "%s/no/store", k.root);
    ck_assert_int_eq(kit_try(&k), -ENOENT);
    ck_assert_ptr_nonnull(strstr(k.why, "/no/store: No such file or directory"));
    snprintf(path, sizeof(path), "%s/file", k.root);
    fclose(fopen(path, "w"));
    ck_assert_int_eq(kit_try(&k), -ENOTDIR);
    ck_assert_ptr_nonnull(strstr(k.why, "/file: Not a directory"));
    snprintf(path, sizeof(path), "/proc/dlota-store");
    ck_assert_int_lt(kit_try(&k), 0);
    ck_assert_ptr_nonnull(strstr(k.why, "/proc/dlota-store: "));
    ck_assert_ptr_null(strchr(k.why, '\n'));
    k.set.path = k.path;
    kit_free(&k);
}
END_TEST

START_TEST(follows_a_link_to_a_directory)
{
    struct kit k;
    kit_begin(&k);
    char link[256];
    snprintf(link, sizeof(link), "%s/link", k.root);
    ok(symlink(k.path, link));
    struct dlota_object o = kit_add(k.s, "x");
    ok(store_commit(k.s));
    k.s = store_close(k.s);
    k.set.path = link;
    kit_open(&k);
    ok(store_object_get(k.s, o.id, &o));
    kit_free(&k);
}
END_TEST

START_TEST(refuses_links_inside)
{
    struct kit k;
    kit_make(&k);
    ok(mkdir(k.path, 0700));
    char link[256];
    snprintf(link, sizeof(link), "%s/lock", k.path);
    ok(symlink("/dev/null", link));
    ck_assert_int_eq(kit_try(&k), -ELOOP);
    ok(unlink(link));
    snprintf(link, sizeof(link), "%s/spool", k.path);
    ok(symlink("/tmp", link));
    ck_assert_int_lt(kit_try(&k), 0);
    ok(unlink(link));
    snprintf(link, sizeof(link), "%s/catalogue", k.path);
    ok(symlink("/tmp/nowhere", link));
    ck_assert_int_lt(kit_try(&k), 0);
    kit_free(&k);
}
END_TEST

static void script(struct kit *k, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/catalogue", k->path);
    sqlite3 *db;
    ok(sqlite3_open(path, &db));
    ok(sqlite3_exec(db, text, NULL, NULL, NULL));
    ok(sqlite3_close(db));
}

START_TEST(refuses_a_newer_schema)
{
    struct kit k;
    kit_begin(&k);
    k.s = store_close(k.s);
    script(&k, "PRAGMA user_version = 7");
    ck_assert_int_eq(kit_try(&k), -EPROTO);
    ck_assert_ptr_nonnull(strstr(k.why, "/catalogue: written by a newer version (schema 7, this one knows 1)"));
    script(&k, "PRAGMA user_version = 1");
    kit_open(&k);
    kit_free(&k);
}
END_TEST

START_TEST(refuses_what_is_no_catalogue)
{
    struct kit k;
    kit_make(&k);
    ok(mkdir(k.path, 0700));
    kit_write(&k, "catalogue",
              "this is not a database, but it is long enough to look at: "
              "0123456789012345678901234567890123456789012345678901234567890123456789");
    ck_assert_int_eq(kit_try(&k), -EUCLEAN);
    ck_assert_ptr_nonnull(strstr(k.why, "/catalogue: file is not a database"));
    char path[256];
    snprintf(path, sizeof(path), "%s/catalogue", k.path);
    ok(unlink(path));
    script(&k, "CREATE TABLE song(title)");
    ck_assert_int_eq(kit_try(&k), -EUCLEAN);
    ck_assert_ptr_nonnull(strstr(k.why, "/catalogue: a database of another program"));
    /* An empty file is a catalogue not yet begun. */
    ok(truncate(path, 0));
    kit_open(&k);
    kit_free(&k);
}
END_TEST

START_TEST(knows_its_boot)
{
    struct kit k;
    kit_begin(&k);
    kit_trust(&k);
    ck_assert(!store_same_boot(k.s));
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    k.set.boot_id = "boot-2";
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    /* Unknown is never the same, not even as unknown. */
    k.set.boot_id = "";
    kit_reopen(&k);
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_free(&k);
}
END_TEST

static int64_t fake_mount = 1;
static int other_mount(struct disk *d, int dirfd, int64_t *ret)
{
    (void)d;
    (void)dirfd;
    *ret = fake_mount;
    return 0;
}

START_TEST(a_broken_off_recovery_leaves_the_old_word)
{
    struct kit k;
    kit_begin(&k);
    kit_trust(&k);
    k.set.boot_id = "boot-2";
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    /* Died before it had looked at every file: the next start must distrust them as well. */
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    kit_free(&k);
}
END_TEST

START_TEST(knows_its_mount)
{
    struct kit k;
    kit_make(&k);
    struct disk disk = disk_linux;
    disk.mount_id = other_mount;
    k.set.disk = &disk;
    kit_open(&k);
    kit_trust(&k);
    ck_assert_ptr_eq(store_disk(k.s), &disk);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    fake_mount = 2;
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_free(&k);
}
END_TEST

START_TEST(distrust_holds_for_one_start)
{
    struct kit k;
    kit_begin(&k);
    kit_trust(&k);
    store_distrust(k.s);
    ck_assert(store_changing(k.s));
    ok(store_commit(k.s));
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_trust(&k);
    kit_reopen(&k);
    ck_assert(store_same_boot(k.s));
    /* A roll-back does not make it forget. */
    store_distrust(k.s);
    store_rollback(k.s);
    ok(store_commit(k.s));
    kit_reopen(&k);
    ck_assert(!store_same_boot(k.s));
    kit_free(&k);
}
END_TEST

START_TEST(keeps_numbers)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    int64_t value = 5;
    ck_assert_int_eq(store_meta_get(s, "x", &value), -ENOENT);
    ok(store_meta_put(s, "x", INT64_MIN));
    ok(store_meta_put(s, "y", 1));
    ok(store_meta_put(s, "y", 2));
    ok(store_commit(s));
    kit_reopen(&k);
    ok(store_meta_get(k.s, "x", &value));
    ck_assert_int_eq(value, INT64_MIN);
    ok(store_meta_get(k.s, "y", &value));
    ck_assert_int_eq(value, 2);
    kit_free(&k);
}
END_TEST

START_TEST(commits_and_rolls_back)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    uint64_t before = store_commits(s);
    ok(store_commit(s));
    ck_assert_uint_eq(store_commits(s), before);
    ok(store_meta_put(s, "x", 1));
    ck_assert(store_changing(s));
    ok(store_commit(s));
    ck_assert(!store_changing(s));
    ck_assert_uint_eq(store_commits(s), before + 1);
    ok(store_meta_put(s, "x", 2));
    store_rollback(s);
    ck_assert(!store_changing(s));
    store_rollback(s);
    int64_t value;
    ok(store_meta_get(s, "x", &value));
    ck_assert_int_eq(value, 1);
    /* What was not committed is not there after a close either. */
    ok(store_meta_put(s, "x", 3));
    kit_reopen(&k);
    ok(store_meta_get(k.s, "x", &value));
    ck_assert_int_eq(value, 1);
    kit_free(&k);
}
END_TEST

START_TEST(syncs)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    ok(store_sync(s));
    ok(store_meta_put(s, "x", 1));
    ok(store_commit(s));
    ok(store_sync(s));
    struct statvfs space;
    ok(store_space(s, &space));
    ck_assert_uint_gt(space.f_blocks, 0);
    kit_free(&k);
}
END_TEST

START_TEST(lives_in_memory)
{
    struct kit k;
    kit_make(&k);
    k.set.database = "file:/open-test?vfs=memdb";
    kit_open(&k);
    struct dlota_object o = kit_add(k.s, "x"), read;
    ok(store_commit(k.s));
    ok(store_sync(k.s));
    ck_assert(!kit_exists(&k, "catalogue"));
    struct reader *r;
    ok(reader_new(k.s, &r));
    ok(reader_object(r, o.id, &read));
    ck_assert_str_eq(read.name, "x");
    ok(store_meta_put(k.s, "x", 1));
    store_rollback(k.s);
    o.size = 77;
    ok(store_object_put(k.s, &o));
    ok(store_commit(k.s));
    ok(reader_find(r, 0, "x", &read));
    ck_assert_uint_eq(read.size, 77);
    reader_free(r);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("open");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, makes_what_is_missing);
    tcase_add_test(tc, tells_who_has_it);
    tcase_add_test(tc, waits_for_one_that_leaves);
    tcase_add_test(tc, names_what_is_wrong);
    tcase_add_test(tc, follows_a_link_to_a_directory);
    tcase_add_test(tc, refuses_links_inside);
    tcase_add_test(tc, refuses_a_newer_schema);
    tcase_add_test(tc, refuses_what_is_no_catalogue);
    tcase_add_test(tc, knows_its_boot);
    tcase_add_test(tc, a_broken_off_recovery_leaves_the_old_word);
    tcase_add_test(tc, knows_its_mount);
    tcase_add_test(tc, distrust_holds_for_one_start);
    tcase_add_test(tc, keeps_numbers);
    tcase_add_test(tc, commits_and_rolls_back);
    tcase_add_test(tc, syncs);
    tcase_add_test(tc, lives_in_memory);
    return kit_run("store_open", tc);
}
