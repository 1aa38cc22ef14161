#include "fs/session.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "fs/fs.h"
#include "fs/mounted.h"

enum { THREADS = 10, LAST_ASKS_MS = 10000 };

/* libfuse's words have no other way out than a function without an argument. */
static _Thread_local struct {
    bool listening; /* while mounting: then an error becomes the one line of why, and is not logged as well */
    struct text line, last;
} fuse_said = {.line = {.max = 512}, .last = {.max = 512}};

/* libfuse says a line in pieces; only its end shows that it is whole. */
static bool whole_line(const char *piece)
{
    const size_t n = strlen(piece);
    const bool ends = n > 0 && piece[n - 1] == '\n';

    text_add(&fuse_said.line, piece, ends ? n - 1 : n);
    if (!ends)
        return false;
    text_free(&fuse_said.last);
    fuse_said.last = fuse_said.line;
    fuse_said.line = (struct text){.max = 512};
    return fuse_said.last.data != NULL;
}

static void __attribute__((format(printf, 2, 0)))
on_fuse_log(enum fuse_log_level level, const char *format, va_list args)
{
    char piece[256];

    (void)vsnprintf(piece, sizeof piece, format, args);
    if (whole_line(piece) && !(fuse_said.listening && level <= FUSE_LOG_ERR))
        log_write(level == FUSE_LOG_DEBUG ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "%s", fuse_said.last.data);
}

static void fuse_listen(bool listening)
{
    fuse_said.listening = listening;
    text_free(&fuse_said.line);
    text_free(&fuse_said.last);
    fuse_said.line = fuse_said.last = (struct text){.max = 512};
}

/* Less libfuse's own name in front. */
static const char *fuse_words(const char *without)
{
    const char *said = fuse_said.last.data;

    if (!said || !*said)
        return without;
    return strncmp(said, "fuse: ", 6) == 0 ? said + 6 : said;
}

/* ---- mounting ---- */

static int fail(int rc, char *why, size_t why_n, const char *what, const char *detail)
{
    char visible[256];

    text_escape(visible, sizeof visible, detail);
    (void)text_format(why, why_n, "%s: %s", what, visible);
    return rc;
}

static int mount_it(struct fs *fs, const char *mountpoint, char *why, size_t why_n)
{
    const struct fs_settings *s = &fs->settings;
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    int rc = 0;

    if (fuse_opt_add_arg(&args, "dlotafs") < 0 ||
        fuse_opt_add_arg(&args, "-osubtype=dlotafs,fsname=dlotafs,nosuid,nodev,noexec") < 0 ||
        (s->fuse_options && s->fuse_options[0] &&
         (fuse_opt_add_arg(&args, "-o") < 0 || fuse_opt_add_arg(&args, s->fuse_options) < 0)) ||
        (s->debug && fuse_opt_add_arg(&args, "-d") < 0)) {
        rc = -ENOMEM;
        goto out;
    }
    fs->se = fuse_session_new(&args, &fs_ops, sizeof fs_ops, fs);
    if (!fs->se) {
        rc = fail(-EINVAL, why, why_n, "mount options", fuse_words("not understood"));
        goto out;
    }
    if (fuse_session_mount(fs->se, mountpoint) != 0)
        rc = fail(-EIO, why, why_n, "cannot mount", fuse_words("fusermount3 refused"));
out:
    fuse_opt_free_args(&args);
    return rc;
}

static int check_place(const char *mountpoint, char *why, size_t why_n)
{
    struct stat st;

    if (stat(mountpoint, &st) < 0)
        return fail(-errno, why, why_n, mountpoint, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(-ENOTDIR, why, why_n, mountpoint, strerror(ENOTDIR));
    if (access("/dev/fuse", F_OK) < 0)
        return fail(-errno, why, why_n, "/dev/fuse", strerror(errno));
    return 0;
}

static void say(int warden_fd, enum warden_word word, const struct mounted *m)
{
    const struct warden_mail mail = {.word = word, .dev = m->dev};

    if (warden_fd >= 0)
        (void)send(warden_fd, &mail, sizeof mail, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* After an aborted connection libfuse leaves the mount where it is, dead.  A user's one is detached by the warden. */
static bool detach_aborted(struct fuse_session *se, const char *mountpoint, const struct mounted *ours)
{
    struct pollfd fd = {.fd = fuse_session_fd(se)};
    struct mounted now;

    (void)poll(&fd, 1, 0);
    if (!(fd.revents & POLLERR) || ours->dev == 0 || mounted_at(mountpoint, &now) < 0 || now.dev != ours->dev)
        return false;
    if (umount2(mountpoint, MNT_DETACH) < 0)
        log_debug("cannot detach %s: %s", mountpoint, strerror(errno));
    return true;
}

/* ---- running ---- */

struct signals {
    sigset_t leave, before;
    struct sigaction usr1;
};

static void ignore(int signo) { (void)signo; }

/* Blocked everywhere, the herald reads them; SIGUSR1 only breaks off the main thread's waiting. */
static void take_signals(struct signals *s)
{
    const struct sigaction act = {.sa_handler = ignore};
    sigset_t wake;

    (void)sigemptyset(&s->leave);
    (void)sigaddset(&s->leave, SIGINT);
    (void)sigaddset(&s->leave, SIGTERM);
    (void)sigaddset(&s->leave, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &s->leave, &s->before);
    (void)sigaction(SIGUSR1, &act, &s->usr1);
    (void)sigemptyset(&wake);
    (void)sigaddset(&wake, SIGUSR1);
    (void)pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void give_signals_back(const struct signals *s)
{
    (void)sigaction(SIGUSR1, &s->usr1, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

static int loop(struct fs *fs, bool single)
{
    struct fuse_loop_config *config;
    int rc;

    if (single)
        return fuse_session_loop(fs->se);
    config = fuse_loop_cfg_create();
    if (!config)
        return -ENOMEM;
    fuse_loop_cfg_set_clone_fd(config, 0);
    fuse_loop_cfg_set_max_threads(config, THREADS);
    fuse_loop_cfg_set_idle_threads(config, THREADS);
    rc = fuse_session_loop_mt(fs->se, config);
    fuse_loop_cfg_destroy(config);
    return rc;
}

/* What the kernel will not release any more. */
static void close_handles(struct fs *fs)
{
    while (fs->handles.first) {
        struct handle *h = fs->handles.first;

        if (h->kind == HANDLE_INBOX)
            fs_drop_release(fs, h);
        (void)handle_free(&fs->handles, h);
    }
}

static int serve(struct fs *fs, const char *mountpoint, const struct signals *signals, char *why, size_t why_n)
{
    const struct fs_settings *s = &fs->settings;
    struct mounted ours = {0};
    int rc;

    if (mounted_at(mountpoint, &ours) < 0)
        log_warning("%s is not in the table of mounts: it cannot be detached after a crash", mountpoint);
    say(s->warden_fd, WARDEN_MOUNTED, &ours);
    rc = herald_start(fs->herald, s->warden_fd, &signals->leave);
    if (rc < 0)
        return fail(rc, why, why_n, "cannot start a thread", strerror(-rc));
    rc = dlota_start(fs->d);
    if (rc == 0) {
        if (inbox_begin(fs->inbox, clock_ms()) < 0)
            log_warning("inbox: no memory: what is there waits for the next start");
        if (s->ready)
            s->ready(s->arg);
        rc = loop(fs, s->single_thread);
        if (rc < 0)
            log_error("the session ended: %s", strerror(-rc));
        rc = rc < 0 ? 1 : 0;
    } else {
        rc = fail(rc, why, why_n, "cannot start the agent", strerror(-rc));
    }
    fuse_session_exit(fs->se); /* the loop took it back; without it libfuse complains of answers to a dead mount */
    park_end(fs->park);
    herald_end(fs->herald);
    if (rc >= 0 && detach_aborted(fs->se, mountpoint, &ours))
        rc = 1;
    return rc;
}

int fs_run(struct fs *fs, char *why, size_t why_n)
{
    const struct fs_settings *s = &fs->settings;
    char mountpoint[PATH_MAX];
    struct signals signals;
    int rc = realpath(s->mountpoint, mountpoint) ? check_place(mountpoint, why, why_n)
                                                 : fail(-errno, why, why_n, s->mountpoint, strerror(errno));

    if (rc < 0)
        return rc;
    fuse_set_log_func(on_fuse_log);
    take_signals(&signals);
    fuse_listen(true);
    rc = mount_it(fs, mountpoint, why, why_n);
    fuse_listen(false);
    if (rc == 0) {
        rc = serve(fs, mountpoint, &signals, why, why_n);
        fuse_session_unmount(fs->se);
        say(s->warden_fd, WARDEN_BYE, &(struct mounted){0});
    }
    if (fs->se)
        fuse_session_destroy(fs->se);
    fs->se = NULL;
    close_handles(fs);
    /* What was closed in time is taken now; the rest at the next start. */
    if (!park_quiet(fs->park, LAST_ASKS_MS))
        log_warning("the agent did not answer in time");
    give_signals_back(&signals);
    return rc;
}
