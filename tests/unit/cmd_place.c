/* Paths: resolved as far as they exist, one below the other; the default store; what is mounted where. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/mount.h"
#include "cmd/place.h"

static char dir[PATH_MAX];

static void make_dir(void)
{
    char name[] = "/tmp/dlotafs-place-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(name));
    ck_assert_ptr_nonnull(realpath(name, dir));
    ck_assert_int_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
    char command[PATH_MAX + 16];
    ck_assert_int_eq(chdir("/"), 0);
    sprintf(command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static void ck_resolves(const char *path, const char *want)
{
    char *got = NULL, full[2 * PATH_MAX];
    if (*want == '/')
        strcpy(full, want);
    else
        sprintf(full, "%s%s%s", dir, *want ? "/" : "", want);
    ck_assert_int_eq(place_resolve(path, &got), 0);
    ck_assert_str_eq(got, full);
    free(got);
}

START_TEST(paths_are_resolved_as_far_as_they_exist)
{
    ck_assert_int_eq(mkdir("real", 0700), 0);
    ck_assert_int_eq(mkdir("real/sub", 0700), 0);
    ck_assert_int_eq(symlink("real", "link"), 0);
    ck_assert_int_eq(symlink("/", "root"), 0);
    ck_resolves("real", "real");
    ck_resolves("./real/", "real");
    ck_resolves("link", "real");
    ck_resolves("link/sub/..", "real");
    ck_resolves("link/new", "real/new");
    ck_resolves("link/new/", "real/new");
    ck_resolves("link/new//./deep/../x", "real/new/x");
    ck_resolves("link/new/../../y", "y");
    ck_resolves("missing", "missing");
    ck_resolves("missing/deeper/still", "missing/deeper/still");
    ck_resolves("root/dlotafs-not-there", "/dlotafs-not-there");
    ck_resolves("/", "/");
    ck_resolves("//", "/");
    ck_resolves("/dlotafs-not-there/../..", "/");
    ck_resolves("", "");
    ck_resolves(".", "");
}
END_TEST

START_TEST(loops_of_links_are_errors)
{
    char *got;
    ck_assert_int_eq(symlink("b", "a"), 0);
    ck_assert_int_eq(symlink("a", "b"), 0);
    ck_assert_int_eq(place_resolve("a/x", &got), -ELOOP);
}
END_TEST

START_TEST(paths_too_long_are_errors)
{
    static char longer[2 * PATH_MAX];
    char *got;
    for (size_t i = 0; i + 10 < sizeof longer; i += 10)
        memcpy(longer + i, "abcdefghi/", 10);
    ck_assert_int_lt(place_resolve(longer, &got), 0);
}
END_TEST

static const struct {
    const char *outer, *inner;
    bool covers;
} covers[] = {
    {"/a", "/a", true},       {"/a", "/a/b", true}, {"/a", "/ab", false},    {"/a/b", "/a", false},
    {"/", "/anything", true}, {"/", "/", true},     {"/a/b", "/a/c", false}, {"/a", "/", false},
};

START_TEST(one_covers_the_other)
{
    ck_assert_int_eq(place_covers(covers[_i].outer, covers[_i].inner), covers[_i].covers);
}
END_TEST

START_TEST(default_store_is_where_xdg_says)
{
    char *got;
    setenv("HOME", "/home/joe", 1);
    setenv("XDG_DATA_HOME", "/data", 1);
    ck_assert_int_eq(place_store(&got), 0);
    ck_assert_str_eq(got, "/data/dlotafs");
    free(got);
    setenv("XDG_DATA_HOME", "relative", 1);
    ck_assert_int_eq(place_store(&got), 0);
    ck_assert_str_eq(got, "/home/joe/.local/share/dlotafs");
    free(got);
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    /* From the user database, as a service without an environment needs it. */
    if (place_store(&got) == 0) {
        ck_assert_int_eq(*got, '/');
        ck_assert_ptr_nonnull(strstr(got, "/.local/share/dlotafs"));
        free(got);
    }
}
END_TEST

START_TEST(parents_are_made)
{
    char path[2 * PATH_MAX];
    struct stat st;
    sprintf(path, "%s/x/y/z", dir);
    ck_assert_int_eq(place_make_parents(path), 0);
    ck_assert_int_eq(stat("x/y", &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    ck_assert_int_lt(stat("x/y/z", &st), 0);
    ck_assert_int_eq(place_make_parents(path), 0);
    fclose(fopen("file", "w"));
    sprintf(path, "%s/file/y/z", dir);
    ck_assert_int_eq(place_make_parents(path), -ENOTDIR);
}
END_TEST

/* ---- mount.c ---- */

START_TEST(last_mount_is_on_top)
{
    char type[32];
    FILE *file = fopen("mountinfo", "w");
    fputs("22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda rw\n"
          "23 22 0:21 / /mnt/a\\040b rw shared:2 master:1 - tmpfs tmpfs rw\n"
          "24 22 0:22 / /mnt/x rw - tmpfs tmpfs rw\n"
          "25 24 0:23 / /mnt/x rw - fuse.dlotafs /store rw,user_id=0\n"
          "26 22 0:24 / /mnt/auto rw - autofs systemd-1 rw\n"
          "malformed\n"
          "27 22 0:25 / /mnt/no-type\n",
          file);
    fclose(file);
    ck_assert_int_eq(mount_type("mountinfo", "/mnt/x", type, sizeof type), 0);
    ck_assert_str_eq(type, "fuse.dlotafs");
    ck_assert_int_eq(mount_type("mountinfo", "/mnt/a b", type, sizeof type), 0);
    ck_assert_str_eq(type, "tmpfs");
    ck_assert_int_eq(mount_type("mountinfo", "/mnt/auto", type, sizeof type), 0);
    ck_assert_str_eq(type, "autofs");
    ck_assert_int_eq(mount_type("mountinfo", "/", type, sizeof type), 0);
    ck_assert_str_eq(type, "ext4");
    ck_assert_int_eq(mount_type("mountinfo", "/mnt", type, sizeof type), -ENOENT);
    ck_assert_int_eq(mount_type("mountinfo", "/mnt/a", type, sizeof type), -ENOENT);
    ck_assert_int_eq(mount_type("mountinfo", "/mnt/no-type", type, sizeof type), -ENOENT);
    ck_assert_int_eq(mount_type("no-such-file", "/", type, sizeof type), -ENOENT);
}
END_TEST

START_TEST(busy_mountpoints_are_told)
{
    char why[256] = "";
    ck_assert_int_eq(mount_free("/proc", why, sizeof why), -EBUSY);
    ck_assert_ptr_nonnull(strstr(why, "/proc: busy"));
    ck_assert_int_eq(mount_free(dir, why, sizeof why), 0);
}
END_TEST

START_TEST(living_directories_are_not_cleared)
{
    char why[256] = "";
    ck_assert_int_eq(mount_clear(dir, why, sizeof why), 0);
    ck_assert_int_eq(mount_clear("/no/such/place", why, sizeof why), 0);
    ck_assert_str_eq(why, "");
}
END_TEST

static const struct {
    const char *store, *mountpoint, *cacert, *header, *why; /* below dir */
    int rc;
} checks[] = {
    {"store", "none", NULL, NULL, "the mountpoint is missing", -ENOENT},
    {"store", "file", NULL, NULL, "the mountpoint is not a directory", -ENOTDIR},
    {"mnt", "mnt", NULL, NULL, "the store is the mountpoint itself", -EINVAL},
    {"mnt/store", "mnt", NULL, NULL, "the store lies below the mountpoint", -EINVAL},
    {"", "mnt", NULL, NULL, "the store holds the mountpoint", -EINVAL},
    {"store", "mnt", "mnt/ca.pem", NULL, "option cacert: ", -EINVAL},
    {"store", "mnt", "link/ca.pem", NULL, "lies below the mountpoint", -EINVAL},
    {"store", "mnt", "none", NULL, "No such file or directory", -ENOENT},
    {"store", "mnt", NULL, "mnt/h", "option header: ", -EINVAL},
    {"store", "mnt", NULL, "none", "No such file or directory", -ENOENT},
};

START_TEST(places_that_cannot_be)
{
    char store[PATH_MAX + 16], mountpoint[PATH_MAX + 16], file[PATH_MAX + 16], line[PATH_MAX + 64], why[2 * PATH_MAX];
    ck_assert_int_eq(mkdir("mnt", 0700), 0);
    ck_assert_int_eq(symlink("mnt", "link"), 0);
    fclose(fopen("file", "w"));
    fclose(fopen("mnt/ca.pem", "w"));
    sprintf(store, "%s%s%s", dir, *checks[_i].store ? "/" : "", checks[_i].store);
    sprintf(mountpoint, "%s/%s", dir, checks[_i].mountpoint);
    struct cmd_options o = {0};
    const char *headers[] = {line, NULL};
    if (checks[_i].cacert) {
        sprintf(file, "%s/%s", dir, checks[_i].cacert);
        o.agent.cacert = file;
    }
    if (checks[_i].header) {
        sprintf(line, "example.com:@%s/%s", dir, checks[_i].header);
        o.agent.headers = headers;
    }
    ck_assert_int_eq(mount_check(&o, store, mountpoint, why, sizeof why), checks[_i].rc);
    ck_assert_msg(strstr(why, checks[_i].why), "%s", why);
    ck_assert_ptr_null(strchr(why, '\n'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmd_place");
    TCase *tc = tcase_create("place");
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, paths_are_resolved_as_far_as_they_exist);
    tcase_add_test(tc, loops_of_links_are_errors);
    tcase_add_test(tc, paths_too_long_are_errors);
    tcase_add_loop_test(tc, one_covers_the_other, 0, sizeof covers / sizeof *covers);
    tcase_add_test(tc, default_store_is_where_xdg_says);
    tcase_add_test(tc, parents_are_made);
    tcase_add_test(tc, last_mount_is_on_top);
    tcase_add_test(tc, busy_mountpoints_are_told);
    tcase_add_test(tc, living_directories_are_not_cleared);
    tcase_add_loop_test(tc, places_that_cannot_be, 0, sizeof checks / sizeof *checks);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
