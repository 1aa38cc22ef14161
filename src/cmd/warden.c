#include "cmd/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "fs/mail.h"
#include "fs/mounted.h"

#ifndef MNT_DETACH
#define MNT_DETACH 2 /* sys/mount.h and linux/mount.h cannot be included both */
#endif
int umount2(const char *target, int flags);

enum { BATCH = 256, SOCKET_BUFFER = 1 << 20 };

struct warden {
    int fd;
    const char *mountpoint;
    uint64_t dev; /* of our mount; 0: not yet known */
};

/* A clone of the mount is used so that umount never finds it busy; without the right to one, the mount itself. */
static int open_mount(const struct warden *w)
{
    const int clone =
        (int)syscall(SYS_open_tree, AT_FDCWD, w->mountpoint, (unsigned)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));

    return clone >= 0 ? clone : open(w->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The file system that an opened tree is of; nobody is asked.  0: not known. */
static uint64_t device_of(int tree)
{
    struct statx stx;

    if (statx(tree, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) < 0)
        return 0;
    return makedev(stx.stx_dev_major, stx.stx_dev_minor);
}

static bool is_ours(const struct warden *w, int tree) { return w->dev != 0 && device_of(tree) == w->dev; }

static void move(int tree, const struct warden_mail *mail)
{
    char from[512], to[512];

    if (text_format(from, sizeof from, "%s/%s", dlota_folder_word(mail->from), mail->name) == 0 &&
        text_format(to, sizeof to, "%s/%s", dlota_folder_word(mail->to), mail->name) == 0)
        (void)renameat(tree, from, tree, to); /* refused or lost: the agent records the move after a second */
}

/* All that waits, through one opened tree.  false: the agent is gone, or says that we may go. */
static bool batch(struct warden *w, struct warden_mail *mail, bool *bye)
{
    int tree = -1;
    ssize_t n = (ssize_t)sizeof *mail;

    for (int i = 0; i < BATCH && n == (ssize_t)sizeof *mail; i++) {
        if (mail->word == WARDEN_BYE) {
            *bye = true;
            n = 0;
            break;
        }
        if (mail->word == WARDEN_MOUNTED)
            w->dev = mail->dev;
        if (mail->word == WARDEN_MOVE && tree < 0) {
            tree = open_mount(w);
            if (tree >= 0 && !is_ours(w, tree)) {
                (void)close(tree);
                tree = -1;
            }
        }
        if (mail->word == WARDEN_MOVE && tree >= 0)
            move(tree, mail);
        if (i + 1 < BATCH)
            n = recv(w->fd, mail, sizeof *mail, MSG_DONTWAIT);
    }
    if (tree >= 0)
        (void)close(tree);
    return n != 0;
}

/* The agent left without a farewell.  Detach what it left mounted: ours by its device, and dead by the kernel's word,
 * so that a mount which a newer agent has made there in the meantime (device numbers are used again) stays. */
static bool is_dead_and_ours(const struct warden *w, int tree)
{
    struct mounted m;
    struct statx stx;

    if (mounted_at(w->mountpoint, &m) < 0 || strcmp(m.type, "fuse.dlotafs") != 0 || (w->dev != 0 && m.dev != w->dev) ||
        device_of(tree) != m.dev)
        return false;
    if (statx(tree, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx) == 0)
        return false;
    return errno == ENOTCONN || errno == ECONNABORTED;
}

/* Through what was opened, not by its path: a newer agent may mount there at any moment. */
static void detach(const struct warden *w)
{
    const int tree = open(w->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char link[64];

    if (tree < 0 || !is_dead_and_ours(w, tree) || text_format(link, sizeof link, "/proc/self/fd/%d", tree) < 0 ||
        umount2(link, MNT_DETACH) == 0)
        return;
    /* Only the set-uid helper may, and it takes paths. */
    (void)execlp("fusermount3", "fusermount3", "-u", "-z", "-q", "--", w->mountpoint, (char *)NULL);
    (void)execlp("fusermount", "fusermount", "-u", "-z", "-q", "--", w->mountpoint, (char *)NULL);
}

/* Keep nothing of the parent's: a script that waits for the end of its output must not wait for us. */
static void let_go_of_parent(int fd)
{
    const int null = open("/dev/null", O_RDWR);

    (void)setsid();
    (void)chdir("/");
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_NAME, "dlotafs-warden");
    for (int i = 0; i < 3; i++)
        if (i != fd)
            (void)dup2(null, i);
    if (fd > 3)
        (void)syscall(SYS_close_range, 3U, (unsigned)fd - 1, 0U);
    if (fd >= 3)
        (void)syscall(SYS_close_range, (unsigned)fd + 1, ~0U, 0U);
}

static _Noreturn void run(int fd, const char *mountpoint)
{
    struct warden w = {.fd = fd, .mountpoint = mountpoint};
    struct warden_mail mail;
    bool bye = false, alive = true;

    let_go_of_parent(fd);
    while (alive) {
        const ssize_t n = recv(fd, &mail, sizeof mail, 0);

        if (n < 0 && errno == EINTR)
            continue;
        alive = n == (ssize_t)sizeof mail && batch(&w, &mail, &bye);
    }
    if (!bye)
        detach(&w);
    _exit(0);
}

int warden_fork(const char *mountpoint, int *ret_fd, pid_t *ret_pid)
{
    char path[PATH_MAX];
    const int size = SOCKET_BUFFER;
    int fds[2];
    pid_t pid;

    if (!realpath(mountpoint, path) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    (void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    pid = fork();
    if (pid < 0) {
        const int rc = -errno;

        (void)close(fds[0]);
        (void)close(fds[1]);
        return rc;
    }
    if (pid == 0) {
        (void)close(fds[0]);
        run(fds[1], path);
    }
    (void)close(fds[1]);
    *ret_fd = fds[0];
    *ret_pid = pid;
    return 0;
}
