/* get.c - --get: drop a descriptor, wait, print where the object is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/dropname.h"
#include "cmd/statusfile.h"
#include "cmd/wait.h"

enum { NAME_TRIES = 8, CHUNK = 16 * 1024 };

struct get {
    const char *mountpoint, *what;
    char name[256];     /* in inbox/ */
    char *file, *watch; /* MOUNTPOINT/inbox/name, MOUNTPOINT/by-descriptor/name */
    int signals;
};

static int complain(const char *what, int rc, const char *hint)
{
    fprintf(stderr, "dlotafs: %s: %s%s\n", what, strerror(-rc), hint);
    return CMD_FAILED;
}

/* ---- dropping ---- */

/* A file of a name that nobody uses: the fd, or -errno. */
static int create(struct get *g)
{
    int rc = -EEXIST;
    for (int i = 0; i < NAME_TRIES && rc == -EEXIST; i++) {
        uint32_t number;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            return -EIO; /* cut short; it never fails otherwise */
        dropname(g->what, number, g->name);
        free(g->file);
        g->file = NULL;
        if (asprintf(&g->file, "%s/inbox/%s", g->mountpoint, g->name) < 0)
            return -ENOMEM;
        int fd = open(g->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
        rc = -errno;
    }
    return rc;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t did = write(fd, p, n);
        if (did < 0 && errno != EINTR)
            return -errno;
        if (did > 0) {
            p += did;
            n -= (size_t)did;
        }
    }
    return 0;
}

/* The descriptor's bytes; an exit status of a signal is positive. */
static int copy(const struct get *g, int from, int to)
{
    char buf[CHUNK];
    ssize_t got;
    while ((got = read(from, buf, sizeof buf)) != 0) {
        if (got < 0 && errno != EINTR)
            return -errno;
        int rc = got > 0 ? write_all(to, buf, (size_t)got) : 0;
        if (rc == 0)
            rc = wait_interrupted(g->signals);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int fill(const struct get *g, int from, int to)
{
    if (from >= 0)
        return copy(g, from, to);
    int rc = write_all(to, g->what, strlen(g->what));
    return rc < 0 ? rc : write_all(to, "\n", 1);
}

/* close(2) says whether the bytes are safe.  What is not complete is taken back before that: it would be taken. */
static int drop(struct get *g)
{
    _cleanup_close_ int from = -1;
    if (!dropname_is_url(g->what) && (from = open(g->what, O_RDONLY | O_CLOEXEC)) < 0)
        return complain(g->what, -errno, "");
    int to = create(g);
    if (to < 0)
        return complain(g->file ? g->file : g->mountpoint, to, to == -ENOENT ? " (is dlotafs mounted there?)" : "");
    int rc = fill(g, from, to);
    if (rc != 0)
        (void)unlink(g->file);
    if (close(to) < 0 && rc == 0)
        rc = -errno;
    return rc < 0 ? complain(g->file, rc, "") : rc;
}

/* ---- the mode ---- */

static void ended(void *arg, const char *path, const char *text)
{
    const struct get *g = arg;
    char state[32], name[256];
    (void)path;
    if (text && statusfile_value(text, "State", state, sizeof state) == 0 && strcmp(state, "installed") == 0 &&
        statusfile_value(text, "Name", name, sizeof name) == 0) {
        printf("%s/installed/%s\n", g->mountpoint, name);
        fflush(stdout);
    } else {
        wait_print_failure(text);
    }
}

int get_main(const struct cmd_options *o)
{
    _cleanup_free_ char *mountpoint = strdup(o->operands[0]);
    _cleanup_close_ int signals = wait_signals();
    if (!mountpoint || signals < 0)
        return CMD_FAILED;
    for (size_t n = strlen(mountpoint); n > 1 && mountpoint[n - 1] == '/'; n--)
        mountpoint[n - 1] = '\0';

    struct get g = {.mountpoint = mountpoint, .what = o->operands[1], .signals = signals};
    int status = drop(&g);
    if (status == 0 && asprintf(&g.watch, "%s/by-descriptor/%s", mountpoint, g.name) < 0) {
        g.watch = NULL;
        status = CMD_FAILED;
    }
    if (status == 0) {
        struct wait_settings s = {.paths = &g.watch,
                                  .n = 1,
                                  .time_ms = o->time_ms,
                                  .dropped = true,
                                  .signals = signals,
                                  .ended = ended,
                                  .arg = &g};
        status = wait_for(&s);
    }
    free(g.file);
    free(g.watch);
    return status;
}
