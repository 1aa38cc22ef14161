/* main.c - dlotafs: the program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dlota/agent.h>
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/daemon.h"
#include "cmd/mount.h"
#include "cmd/options.h"
#include "cmd/place.h"
#include "cmd/wait.h"
#include "cmd/warden.h"
#include "fs/session.h"

enum { WHY = 768, WARDEN_MS = 5000 };

/* A start, and who is told how it went. */
struct start {
    const struct cmd_options *options;
    char *store, *mountpoint;
    struct text fuse;
    int pipe;      /* -1: nobody waits (any more): the foreground, or it is up */
    bool detached; /* no terminal to complain to */
};

/* One line that says what and why; what came from outside in it is made visible. */
static int complain(struct start *s, const char *why)
{
    char line[4 * WHY];
    text_escape(line, sizeof line, why);
    if (s->pipe >= 0) {
        daemon_failed(s->pipe, line);
        s->pipe = -1;
    } else if (s->detached) {
        log_error("%s", why);
    } else {
        fprintf(stderr, "dlotafs: %s\n", line);
    }
    return CMD_FAILED;
}

static void ready(void *arg)
{
    struct start *s = arg;
    if (s->pipe >= 0)
        daemon_ready(s->pipe);
    s->pipe = -1;
}

/* The warden detaches what may be left of the mount and goes.  The store stays locked until it has: another agent could
 * have mounted at the same place by then. */
static void end_warden(int fd, pid_t pid)
{
    (void)shutdown(fd, SHUT_RDWR);
    _cleanup_close_ int process = pidfd_open(pid, 0);
    struct pollfd poller = {.fd = process, .events = POLLIN};
    if (process >= 0 && poll(&poller, 1, WARDEN_MS) == 0)
        (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* With the store locked: an agent that was leaving has left. */
static int serve(struct start *s, dlota *agent, int warden_fd, pid_t warden_pid, struct fs **ret, char *why,
                 size_t why_n)
{
    const struct cmd_options *o = s->options;
    int rc = mount_clear(s->mountpoint, why, why_n);
    if (rc == 0)
        rc = mount_free(s->mountpoint, why, why_n);
    if (rc < 0)
        return rc;
    struct fs_settings settings = {
        .mountpoint = s->mountpoint,
        .fuse_options = s->fuse.data,
        .debug = o->debug,
        .single_thread = o->single_thread,
        .uid = o->uid,
        .gid = o->gid,
        .umask = o->umask,
        .has_uid = o->has_uid,
        .has_gid = o->has_gid,
        .has_umask = o->has_umask,
        .warden_fd = warden_fd,
        .warden_pid = warden_pid,
        .ready = ready,
        .arg = s,
    };
    if ((rc = fs_new(agent, &settings, ret)) < 0) {
        (void)text_format(why, why_n, "inbox: %s", strerror(-rc));
        return rc;
    }
    return fs_run(*ret, why, why_n);
}

static int run(struct start *s)
{
    char why[WHY] = "";
    _cleanup_close_ int warden_fd = -1;
    pid_t warden_pid;
    dlota *agent = NULL;
    struct fs *fs = NULL;

    int rc = warden_fork(s->mountpoint, &warden_fd, &warden_pid);
    if (rc < 0) {
        (void)text_format(why, sizeof why, "cannot start the helper process: %s", strerror(-rc));
        return complain(s, why);
    }
    rc = dlota_open(s->store, &s->options->agent, &agent, why, sizeof why);
    if (rc == 0)
        rc = serve(s, agent, warden_fd, warden_pid, &fs, why, sizeof why);
    end_warden(warden_fd, warden_pid);
    if (rc > 0)
        (void)mount_clear(s->mountpoint, why, sizeof why);
    if (agent)
        agent = dlota_close(agent);
    fs = fs_free(fs);
    if (rc < 0)
        return complain(s, *why ? why : strerror(-rc));
    if (rc > 0)
        return complain(s, "the connection to the kernel was aborted");
    return CMD_FINE;
}

/* Each reader of an object has a file open, each transfer a socket. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What df and findmnt show; libfuse wants commas and backslashes escaped. */
static void make_fuse_options(struct start *s)
{
    text_puts(&s->fuse, "subtype=dlotafs,fsname=");
    for (const char *p = s->store; *p; p++) {
        if (*p == ',' || *p == '\\')
            text_puts(&s->fuse, "\\");
        text_add(&s->fuse, p, 1);
    }
    if (s->options->fuse.len) {
        text_puts(&s->fuse, ",");
        text_puts(&s->fuse, s->options->fuse.data);
    }
}

/* STORE and MOUNTPOINT, made absolute: a daemon lives in /. */
static int find_places(struct start *s, char *why, size_t why_n)
{
    const struct cmd_options *o = s->options;
    const char *mountpoint = o->operands[o->n_operands - 1];
    _cleanup_free_ char *store = NULL;

    int rc = mount_clear(mountpoint, why, why_n);
    if (rc < 0)
        return rc;
    if (o->n_operands == 1 && (rc = place_store(&store)) < 0) {
        (void)text_copy(why, why_n, "no STORE given, and neither XDG_DATA_HOME nor HOME is set");
        return rc;
    }
    const char *asked = store ? store : o->operands[0];
    if (store && (rc = place_make_parents(store)) < 0) {
        (void)text_format(why, why_n, "%s: cannot be made: %s", store, strerror(-rc));
        return rc;
    }
    if ((rc = place_resolve(asked, &s->store)) < 0)
        (void)text_format(why, why_n, "%s: %s", asked, strerror(-rc));
    else if ((rc = place_resolve(mountpoint, &s->mountpoint)) < 0)
        (void)text_format(why, why_n, "%s: %s", mountpoint, strerror(-rc));
    return rc;
}

static int agent_main(const struct cmd_options *o)
{
    struct start s = {.options = o, .pipe = -1, .fuse = {.max = 1 << 20}};
    char why[WHY] = "";
    int status = CMD_FAILED, rc = find_places(&s, why, sizeof why);

    if (rc == 0)
        rc = mount_check(o, s.store, s.mountpoint, why, sizeof why);
    if (rc == 0) {
        make_fuse_options(&s);
        if (s.fuse.failed)
            rc = -ENOMEM;
    }
    if (rc == 0 && !o->foreground) {
        rc = daemon_fork(&s.pipe);
        s.detached = rc == 0;
    }
    if (rc < 0) {
        (void)complain(&s, *why ? why : strerror(-rc));
        goto out;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    log_setup(o->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, !o->foreground);
    status = run(&s);
out:
    text_free(&s.fuse);
    free(s.store);
    free(s.mountpoint);
    return status;
}

static int help_main(const struct cmd_options *o)
{
    (void)o;
    cmd_help(stdout);
    return CMD_FINE;
}

static int version_main(const struct cmd_options *o)
{
    (void)o;
    puts("dlotafs " DLOTAFS_VERSION);
    return CMD_FINE;
}

/* A file of ours must not get the number of a standard one that the caller had closed. */
static void keep_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    static int (*const modes[])(const struct cmd_options *) = {
        [CMD_AGENT] = agent_main, [CMD_GET] = get_main,         [CMD_WAIT] = wait_main,
        [CMD_HELP] = help_main,   [CMD_VERSION] = version_main,
    };
    struct cmd_options o;
    struct start nothing = {.pipe = -1};
    char why[WHY] = "";

    keep_standard_files();
    int status = cmd_options_parse(&o, argc, argv, why, sizeof why);
    if (status == CMD_FINE)
        status = modes[o.mode](&o);
    else
        (void)complain(&nothing, why);
    if (status == CMD_USAGE && *why)
        cmd_usage(stderr);
    cmd_options_clear(&o);
    return status;
}
