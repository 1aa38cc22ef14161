/* daemon.c - fork first, open after: neither SQLite nor threads survive a fork. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/daemon.h"
#include "cmd/options.h"

enum { LINE = 1024 };

static ssize_t read_some(int fd, char *buf, size_t n)
{
    ssize_t got;
    do
        got = read(fd, buf, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* "" is "ready"; anything else is why not. */
static _Noreturn void wait_for_word(int fd, pid_t child)
{
    char line[LINE + 1];
    size_t n = 0;
    ssize_t got;
    int status = 0;

    while (n < LINE && (got = read_some(fd, line + n, LINE - n)) > 0) {
        if (n == 0 && line[0] == '\0')
            _exit(CMD_FINE);
        n += (size_t)got;
    }
    line[n] = '\0';
    (void)waitpid(child, &status, 0);
    if (n > 0)
        fprintf(stderr, "dlotafs: %s\n", line);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "dlotafs: the agent died before it was ready: %s\n", strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "dlotafs: the agent ended before it was ready\n");
    _exit(CMD_FAILED);
}

/* Also keeps whoever reads our output through a pipe from waiting for the agent's end. */
static int detach(void)
{
    if (setsid() < 0 || chdir("/") < 0)
        return -errno;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), rc = 0;
    if (null < 0)
        return -errno;
    for (int fd = STDIN_FILENO; rc == 0 && fd <= STDERR_FILENO; fd++)
        if (dup2(null, fd) < 0)
            rc = -errno;
    if (null > STDERR_FILENO)
        close(null);
    return rc;
}

int daemon_fork(int *ret_fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        int rc = -errno;
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    if (child > 0) {
        close(ends[1]);
        wait_for_word(ends[0], child);
    }
    close(ends[0]);
    /* A lock or a pipe that a script holds on to is not ours to keep for days. */
    (void)close_range(STDERR_FILENO + 1, (unsigned)ends[1] - 1, 0);
    (void)close_range((unsigned)ends[1] + 1, ~0u, 0);
    int rc = detach();
    if (rc < 0) {
        daemon_failed(ends[1], strerror(-rc));
        _exit(CMD_FAILED);
    }
    *ret_fd = ends[1];
    return 0;
}

static int say(int fd, const char *word, size_t n)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    (void)sigaction(SIGPIPE, &ignore, &before);
    int rc = write(fd, word, n) < 0 ? -errno : 0;
    (void)sigaction(SIGPIPE, &before, NULL);
    close(fd);
    return rc;
}

void daemon_ready(int fd)
{
    if (say(fd, "", 1) == -EPIPE)
        (void)kill(getpid(), SIGTERM);
}

void daemon_failed(int fd, const char *line)
{
    size_t n = strlen(line);
    (void)say(fd, line, n < LINE ? n : LINE);
}
