/* Leaving the foreground: what the caller sees of a start that works, fails or dies. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/daemon.h"

/* The program in small: daemon_fork() and then `child`.  Its stderr: 1 KiB; returns its wait status. */
static int start(void (*child)(int fd), char complaint[static 1024])
{
    int err[2];
    size_t n = 0;
    ssize_t got;
    ck_assert_int_eq(pipe(err), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd;
        dup2(err[1], STDERR_FILENO);
        close(err[0]);
        close(err[1]);
        if (daemon_fork(&fd) == 0)
            child(fd);
        _exit(77);
    }
    close(err[1]);
    /* End of file comes only when the daemon has let go of it, too. */
    while (n < 1023 && (got = read(err[0], complaint + n, 1023 - n)) > 0)
        n += (size_t)got;
    complaint[n] = '\0';
    close(err[0]);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* What the child found, in shared memory: it keeps no descriptor but its own, and its stderr is gone. */
static char *fine;
static int inherited;

static void comes_up(int fd)
{
    char here[16] = "", byte;
    *fine = 'n';
    if (getsid(0) == getpid() && getcwd(here, sizeof here) && strcmp(here, "/") == 0 &&
        read(STDIN_FILENO, &byte, 1) == 0 && write(STDERR_FILENO, "x", 1) == 1 && fcntl(inherited, F_GETFD) < 0)
        *fine = 'y';
    daemon_ready(fd);
    _exit(0);
}

static void fails(int fd)
{
    daemon_failed(fd, "the store is in use by process 42");
    _exit(1);
}

static void dies(int fd)
{
    (void)fd;
    (void)signal(SIGTERM, SIG_DFL);
    (void)raise(SIGTERM);
}

static void ends(int fd)
{
    (void)fd;
    _exit(0);
}

static void talks_much(int fd)
{
    static char line[100000];
    memset(line, 'x', sizeof line - 1);
    daemon_failed(fd, line);
    _exit(1);
}

START_TEST(start_that_works_is_0)
{
    char said[1024];
    fine = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(fine, MAP_FAILED);
    /* As a script has it with `exec 9>lock`. */
    inherited = dup2(STDERR_FILENO, 9);
    ck_assert_int_eq(inherited, 9);
    int status = start(comes_up, said);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(*fine, 'y');
}
END_TEST

static const struct {
    void (*child)(int fd);
    const char *said;
} failures[] = {
    {fails, "dlotafs: the store is in use by process 42\n"},
    {dies, "dlotafs: the agent died before it was ready: Terminated\n"},
    {ends, "dlotafs: the agent ended before it was ready\n"},
};

START_TEST(start_that_fails_is_1_and_one_line)
{
    char said[1024];
    int status = start(failures[_i].child, said);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    ck_assert_str_eq(said, failures[_i].said);
}
END_TEST

START_TEST(complaints_are_cut)
{
    char said[1024];
    int status = start(talks_much, said);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    ck_assert_int_eq(strncmp(said, "dlotafs: xxx", 12), 0);
}
END_TEST

/* Ctrl-C while it starts: whoever asked is gone, so nothing stays behind. */
START_TEST(nobody_waits_any_more)
{
    int ends_of[2], status;
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGTERM, SIG_DFL);
        if (pipe(ends_of) == 0) {
            close(ends_of[0]);
            daemon_ready(ends_of[1]);
        }
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmd_daemon");
    TCase *tc = tcase_create("daemon");
    tcase_add_test(tc, start_that_works_is_0);
    tcase_add_loop_test(tc, start_that_fails_is_1_and_one_line, 0, sizeof failures / sizeof *failures);
    tcase_add_test(tc, complaints_are_cut);
    tcase_add_test(tc, nobody_waits_any_more);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
