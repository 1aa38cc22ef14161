/* The helper process: what it keeps of its parent, what it survives, when it ends, and what it moves and detaches. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/warden.h"
#include "fs/mail.h"

static char dir[64], path[128];
static int fd, leak[2];
static pid_t pid;

static const char *in_dir(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void make(const char *name)
{
    const int f = open(in_dir(name), O_WRONLY | O_CREAT, 0600);

    ck_assert_int_ge(f, 0);
    (void)close(f);
}

/* A descriptor that a script would wait for: end of file says that the warden has let go of everything. */
static void start(void)
{
    int last;
    char c;

    ck_assert_int_eq(pipe(leak), 0);
    last = fcntl(leak[1], F_DUPFD, 900); /* the one that it lets go of last */
    ck_assert_int_ge(last, 900);
    ck_assert_int_eq(warden_fork(dir, &fd, &pid), 0);
    (void)close(leak[1]);
    (void)close(last);
    ck_assert_int_eq(read(leak[0], &c, 1), 0);
    (void)close(leak[0]);
}

static void setup(void)
{
    (void)strcpy(dir, "/tmp/fs-warden-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(mkdir(in_dir("partial"), 0700), 0);
    ck_assert_int_eq(mkdir(in_dir("installed"), 0700), 0);
    ck_assert_int_eq(mkdir(in_dir("failed"), 0700), 0);
}

static void teardown(void)
{
    static const char *const names[] = {"partial/a", "installed/a", "failed/a"};

    for (size_t i = 0; i < 3; i++)
        (void)unlink(in_dir(names[i]));
    (void)rmdir(in_dir("partial"));
    (void)rmdir(in_dir("installed"));
    (void)rmdir(in_dir("failed"));
    ck_assert_int_eq(rmdir(dir), 0);
}

static void say(enum warden_word word, uint64_t dev)
{
    const struct warden_mail mail = {
        .word = word, .dev = dev, .from = DLOTA_IN_PARTIAL, .to = DLOTA_IN_INSTALLED, .name = "a"};

    ck_assert_int_eq(send(fd, &mail, sizeof mail, 0), (ssize_t)sizeof mail);
}

static uint64_t device(void)
{
    struct stat st;

    ck_assert_int_eq(stat(dir, &st), 0);
    return st.st_dev;
}

static void ends_well(void)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static void leave(void)
{
    (void)close(fd);
    ends_well();
}

static bool exists(const char *name) { return access(in_dir(name), F_OK) == 0; }

START_TEST(keeps_nothing)
{
    int open_files = 0;
    char target[64];

    start();
    for (int i = 0; i < 1024; i++) {
        ssize_t n;

        (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, i);
        n = readlink(path, target, sizeof target - 1);
        if (n < 0)
            continue;
        target[n] = '\0';
        open_files++;
        if (i < 3)
            ck_assert_str_eq(target, "/dev/null");
        else
            ck_assert_int_eq(strncmp(target, "socket:", 7), 0);
    }
    ck_assert_int_eq(open_files, 4);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(getsid(pid), pid); /* a terminal's signals go past it */
    (void)snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    ck_assert_int_eq(readlink(path, target, sizeof target), 1);
    leave();
}
END_TEST

START_TEST(survives_signals_and_ends_with_the_agent)
{
    start();
    (void)kill(pid, SIGINT);
    (void)kill(pid, SIGTERM);
    (void)kill(pid, SIGHUP);
    say(WARDEN_MOUNTED, 0);
    leave();
}
END_TEST

START_TEST(goes_when_told)
{
    start();
    say(WARDEN_BYE, 0);
    ends_well();
    (void)close(fd);
}
END_TEST

START_TEST(no_mountpoint) { ck_assert_int_eq(warden_fork("/tmp/fs-warden-that-is-not-there", &fd, &pid), -ENOENT); }
END_TEST

START_TEST(moves_what_is_announced)
{
    make("partial/a");
    start();
    say(WARDEN_MOUNTED, device());
    say(WARDEN_MOVE, 0);
    say(WARDEN_MOVE, 0); /* not there any more: nothing happens */
    leave();
    ck_assert(exists("installed/a"));
    ck_assert(!exists("partial/a"));
}
END_TEST

/* Something else is mounted there, or nothing is: it is not ours to touch. */
START_TEST(moves_nothing_elsewhere)
{
    make("partial/a");
    start();
    say(WARDEN_MOVE, 0);
    say(WARDEN_MOUNTED, device() + 1);
    say(WARDEN_MOVE, 0);
    leave();
    ck_assert(exists("partial/a"));
    ck_assert(!exists("installed/a"));
}
END_TEST

/* The agent died; what stands at its place is alive, or not of its kind.  (Without the right to mount there is nothing
 * to be tried.) */
START_TEST(detaches_nobody_elses)
{
    struct stat st;

    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", dir, "tmpfs", 0, NULL) < 0)
        return;
    start();
    ck_assert_int_eq(stat(dir, &st), 0);
    say(WARDEN_MOUNTED, st.st_dev);
    leave();
    ck_assert_uint_eq(device(), st.st_dev);
    ck_assert_int_eq(umount(dir), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_warden");
    TCase *tc = tcase_create("warden");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, keeps_nothing);
    tcase_add_test(tc, survives_signals_and_ends_with_the_agent);
    tcase_add_test(tc, goes_when_told);
    tcase_add_test(tc, no_mountpoint);
    tcase_add_test(tc, moves_what_is_announced);
    tcase_add_test(tc, moves_nothing_elsewhere);
    tcase_add_test(tc, detaches_nobody_elses);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
