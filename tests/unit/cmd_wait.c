/* --wait and --get against a tree of plain files: what they read, print and return.  A FUSE mount wakes them at once;
 * plain files never do, so that nothing here waits for a change. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/dropname.h"
#include "cmd/statusfile.h"
#include "cmd/wait.h"
#include "view_sample.h"

static char dir[PATH_MAX];

static void make_tree(void)
{
    char name[] = "/tmp/dlotafs-wait-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(name));
    strcpy(dir, name);
    ck_assert_int_eq(chdir(dir), 0);
    static const char *const folders[] = {"inbox", "status", "by-descriptor", "installed"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ck_assert_int_eq(mkdir(folders[i], 0700), 0);
}

static void remove_tree(void)
{
    char command[PATH_MAX + 16];
    ck_assert_int_eq(chdir("/"), 0);
    sprintf(command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void put_status(const char *name, const char *id, const char *state, const char *code)
{
    char path[300], text[1000];
    sprintf(path, "status/%s", name);
    sprintf(text, "Name:\t%s\nID:\t%s\nState:\t%s\n%s%s%s", name, id, state, code ? "Code:\t" : "", code ? code : "",
            code ? "\n" : "");
    put(path, text);
}

/* Run with stdout in a file; what it printed: 4 KiB. */
static int run(int (*mode)(const struct cmd_options *), int64_t time_ms, char *const *operands, int n,
               char printed[static 4096])
{
    struct cmd_options o = {.time_ms = time_ms, .operands = operands, .n_operands = n};
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), file = open("printed", O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDOUT_FILENO);
    int status = mode(&o);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ssize_t got = pread(file, printed, 4095, 0);
    printed[got > 0 ? got : 0] = '\0';
    close(file);
    return status;
}
#define WAIT(time_ms, printed, ...)                                                                                    \
    run(wait_main, time_ms, (char *[]){__VA_ARGS__}, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), printed)

static char a[] = "status/a", b[] = "status/b", c[] = "status/c", d[] = "by-descriptor/d.dd", none[] = "status/none";

START_TEST(all_installed_is_0)
{
    char out[4096];
    put_status("a", "1", "installed", "900 Success");
    put_status("b", "2", "installed", "900 Success");
    ck_assert_int_eq(WAIT(-1, out, a, b), CMD_FINE);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(failures_are_printed_and_1)
{
    char out[4096];
    put_status("a", "1", "failed", "954 Loader Error");
    put_status("b", "2", "installed", "900 Success");
    put_status("c", "3", "failed", "903 Loss of Service");
    ck_assert_int_eq(WAIT(-1, out, a, b, c), CMD_FAILED);
    ck_assert_str_eq(out, "954 Loader Error\n903 Loss of Service\n");
}
END_TEST

START_TEST(time_that_runs_out_is_3)
{
    static const char *const alive[] = {"unconfirmed", "queued",     "downloading", "paused",
                                        "interrupted", "installing", "reporting"};
    char out[4096];
    put_status("b", "2", "installed", "900 Success");
    for (size_t i = 0; i < sizeof alive / sizeof *alive; i++) {
        put_status("a", "1", alive[i], NULL);
        ck_assert_int_eq(WAIT(0, out, b, a), CMD_TIME_OUT);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

START_TEST(missing_status_is_1)
{
    char out[4096];
    ck_assert_int_eq(WAIT(-1, out, none), CMD_FAILED);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(other_files_are_bad_usage)
{
    char out[4096];
    put("status/a", "hello\n");
    ck_assert_int_eq(WAIT(-1, out, a), CMD_USAGE);
    put("status/a", "");
    ck_assert_int_eq(WAIT(-1, out, a), CMD_USAGE);
    ck_assert_int_eq(WAIT(-1, out, dir), CMD_FAILED);
}
END_TEST

START_TEST(links_of_descriptors_are_followed)
{
    char out[4096];
    put_status("a", "1", "failed", "906 Invalid descriptor");
    ck_assert_int_eq(symlink("../status/a", d), 0);
    ck_assert_int_eq(WAIT(-1, out, d), CMD_FAILED);
    ck_assert_str_eq(out, "906 Invalid descriptor\n");
}
END_TEST

/* The status of an earlier drop of the same name is not the answer. */
START_TEST(descriptor_that_stands_in_inbox_is_waited_for)
{
    char out[4096];
    put_status("a", "1", "installed", "900 Success");
    ck_assert_int_eq(symlink("../status/a", d), 0);
    put("inbox/d.dd", "x");
    ck_assert_int_eq(WAIT(0, out, d), CMD_TIME_OUT);
    ck_assert_int_eq(chdir("by-descriptor"), 0);
    char bare[] = "d.dd";
    struct cmd_options o = {.time_ms = 0, .operands = (char *[]){bare}, .n_operands = 1};
    ck_assert_int_eq(wait_main(&o), CMD_TIME_OUT);
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(unlink("inbox/d.dd"), 0);
    ck_assert_int_eq(WAIT(-1, out, d), CMD_FINE);
}
END_TEST

START_TEST(removed_object_is_a_cancel)
{
    int out[2];
    char printed[64] = "";
    ck_assert_int_eq(pipe(out), 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(out[1], STDOUT_FILENO);
    wait_print_failure(NULL);
    wait_print_failure("State:\tfailed\nCode:\t954 \\x1b[31m\n");
    wait_print_failure("State:\tfailed\n");
    wait_print_failure("State:\tinstalled\nCode:\t900 Success\n");
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ck_assert_int_gt(read(out[0], printed, sizeof printed - 1), 0);
    ck_assert_str_eq(printed, "902 User Cancelled\n954 \\x1b[31m\nfailed\n");
    close(out[0]);
    close(out[1]);
}
END_TEST

START_TEST(signal_ends_the_wait)
{
    char out[4096];
    put_status("a", "1", "downloading", NULL);
    int signals = wait_signals();
    ck_assert_int_ge(signals, 0);
    ck_assert_int_eq(wait_interrupted(signals), 0);
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert_int_eq(WAIT(-1, out, a), 128 + SIGINT);
    close(signals);
}
END_TEST

/* ---- --get ---- */

/* The only file of inbox/: its name. */
static void find_drop(char ret[static 300])
{
    FILE *ls = popen("ls inbox", "r");
    ck_assert_ptr_nonnull(fgets(ret, 300, ls));
    ret[strcspn(ret, "\n")] = '\0';
    ck_assert_int_eq(fgetc(ls), EOF);
    pclose(ls);
}

static void read_drop(const char *name, char ret[static 4096])
{
    char path[400];
    sprintf(path, "inbox/%s", name);
    FILE *file = fopen(path, "r");
    ret[fread(ret, 1, 4095, file)] = '\0';
    fclose(file);
}

START_TEST(descriptor_is_copied_under_a_name_of_its_own)
{
    char out[4096], name[300], bytes[4096], what[] = "some.firmware.dd";
    put("some.firmware.dd", "<media/>");
    ck_assert_int_eq(run(get_main, 0, (char *[]){dir, what}, 2, out), CMD_TIME_OUT);
    find_drop(name);
    ck_assert_int_eq(strncmp(name, "some.firmware-", 14), 0);
    ck_assert_str_eq(name + strlen(name) - 3, ".dd");
    read_drop(name, bytes);
    ck_assert_str_eq(bytes, "<media/>");
}
END_TEST

START_TEST(url_becomes_a_file_of_one_line)
{
    char out[4096], name[300], bytes[4096], what[] = "https://example.com/a/fw.dd?id=7";
    ck_assert_int_eq(run(get_main, 0, (char *[]){dir, what}, 2, out), CMD_TIME_OUT);
    find_drop(name);
    ck_assert_int_eq(strncmp(name, "fw-", 3), 0);
    ck_assert_str_eq(name + strlen(name) - 4, ".url");
    read_drop(name, bytes);
    ck_assert_str_eq(bytes, "https://example.com/a/fw.dd?id=7\n");
}
END_TEST

START_TEST(what_cannot_be_dropped_is_1)
{
    char out[4096], missing[] = "none.dd", elsewhere[] = "/no/such/mount", what[] = "x.dd";
    put("x.dd", "<media/>");
    ck_assert_int_eq(run(get_main, 0, (char *[]){dir, missing}, 2, out), CMD_FAILED);
    ck_assert_int_eq(run(get_main, 0, (char *[]){elsewhere, what}, 2, out), CMD_FAILED);
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(system("test -z \"$(ls inbox)\""), 0);
}
END_TEST

START_TEST(interrupted_drop_leaves_nothing)
{
    char out[4096], what[] = "x.dd";
    put("x.dd", "<media/>");
    int signals = wait_signals();
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(run(get_main, -1, (char *[]){dir, what}, 2, out), 128 + SIGTERM);
    ck_assert_int_eq(system("test -z \"$(ls inbox)\""), 0);
    close(signals);
}
END_TEST

static const struct {
    const char *what, *name;
} names[] = {
    {"fw.dd", "fw-0000002a.dd"},
    {"/a/b/fw.dd", "fw-0000002a.dd"},
    {".hidden.dd", "hidden-0000002a.dd"},
    {"..", "descriptor-0000002a.dd"},
    {"a.part", "a-0000002a.dd"},
    {"no-extension", "no-extension-0000002a.dd"},
    {"a/", "descriptor-0000002a.dd"},
    {"", "descriptor-0000002a.dd"},
    {"a\nb\033\xff\\.dd", "a_b___-0000002a.dd"},
    {"k\xc3\xa4se.dd", "k\xc3\xa4se-0000002a.dd"},
    {"http://example.com/", "url-0000002a.url"},
    {"HTTP://example.com/a.b/c.jar?x=/y#z/w", "c-0000002a.url"},
    {"https://example.com/.dd", "dd-0000002a.url"},
};

START_TEST(names_that_inbox_takes)
{
    char got[256];
    dropname(names[_i].what, 42, got);
    ck_assert_str_eq(got, names[_i].name);
}
END_TEST

START_TEST(long_names_are_cut_at_a_character)
{
    char what[2000], got[256];
    for (size_t i = 0; i < 999; i++)
        memcpy(what + 2 * i, "\xc3\xa4", 3);
    dropname(what, UINT32_MAX, got);
    ck_assert_uint_eq(strlen(got), 200 + strlen("-ffffffff.dd"));
    ck_assert(utf8_valid(got));
    ck_assert(!dropname_is_url("ftp://x") && !dropname_is_url("http:/x") && dropname_is_url("hTTps://x"));
}
END_TEST

/* ---- reading a status back ---- */

START_TEST(what_the_view_writes_is_read_back)
{
    struct sample s;
    _cleanup_(text_free) struct text text = {.max = 1 << 20}, again = {.max = 1 << 20};
    char value[8192], got[8192];
    sample_make(&s);
    s.object.name = "tab\t nl\n back\\x41 \xe2\x80\xae \xff";
    view_status(&s.facts, &text);
    put("status/a", text.data);
    int fd = open("status/a", O_RDONLY);
    ck_assert_int_eq(statusfile_read(fd, &again), 0);
    ck_assert_int_eq(statusfile_read(fd, &again), 0);
    ck_assert_str_eq(again.data, text.data);
    close(fd);
    for (const char *const *key = view_keys(); *key; key++) {
        sample_value(&s, *key, value);
        if (statusfile_value(again.data, *key, got, sizeof got) == -ENOENT)
            strcpy(got, "(absent)");
        ck_assert_msg(strcmp(got, value) == 0, "%s: %s / %s", *key, got, value);
    }
}
END_TEST

START_TEST(values_of_odd_texts)
{
    static const char text[] = "A:\t1\nAB:\t2\nC: 3\nD:\t\nE:\t\\x4\\xzz\\x41\nF:\tlast";
    char got[8];
    ck_assert_int_eq(statusfile_value(text, "A", got, sizeof got), 0);
    ck_assert_str_eq(got, "1");
    ck_assert_int_eq(statusfile_value(text, "AB", got, sizeof got), 0);
    ck_assert_str_eq(got, "2");
    ck_assert_int_eq(statusfile_value(text, "C", got, sizeof got), -ENOENT);
    ck_assert_int_eq(statusfile_value(text, "B", got, sizeof got), -ENOENT);
    ck_assert_int_eq(statusfile_value(text, "D", got, sizeof got), 0);
    ck_assert_str_eq(got, "");
    ck_assert_int_eq(statusfile_value(text, "E", got, sizeof got), 0);
    ck_assert_str_eq(got, "\\x4\\xzz");
    ck_assert_int_eq(statusfile_value(text, "F", got, 3), 0);
    ck_assert_str_eq(got, "la");
    ck_assert_int_eq(statusfile_value("", "A", got, sizeof got), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmd_wait");
    TCase *tc = tcase_create("wait");
    tcase_add_checked_fixture(tc, make_tree, remove_tree);
    tcase_add_test(tc, all_installed_is_0);
    tcase_add_test(tc, failures_are_printed_and_1);
    tcase_add_test(tc, time_that_runs_out_is_3);
    tcase_add_test(tc, missing_status_is_1);
    tcase_add_test(tc, other_files_are_bad_usage);
    tcase_add_test(tc, links_of_descriptors_are_followed);
    tcase_add_test(tc, descriptor_that_stands_in_inbox_is_waited_for);
    tcase_add_test(tc, removed_object_is_a_cancel);
    tcase_add_test(tc, signal_ends_the_wait);
    tcase_add_test(tc, descriptor_is_copied_under_a_name_of_its_own);
    tcase_add_test(tc, url_becomes_a_file_of_one_line);
    tcase_add_test(tc, what_cannot_be_dropped_is_1);
    tcase_add_test(tc, interrupted_drop_leaves_nothing);
    tcase_add_loop_test(tc, names_that_inbox_takes, 0, sizeof names / sizeof *names);
    tcase_add_test(tc, long_names_are_cut_at_a_character);
    tcase_add_test(tc, what_the_view_writes_is_read_back);
    tcase_add_test(tc, values_of_odd_texts);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
