/* mount.c - dead mounts, and everything that is to be known before mounting. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/mount.h"
#include "cmd/place.h"

extern char **environ;

static int fail(int rc, char *why, size_t why_n, const char *what, const char *reason)
{
    (void)text_format(why, why_n, "%s: %s", what, reason);
    return rc;
}

/* ---- dead mounts ---- */

/* Its file system answers nothing any more: the process died, or the connection was aborted. */
static bool is_dead(const char *mountpoint)
{
    struct stat st;
    return stat(mountpoint, &st) < 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}

static void run_fusermount(const char *program, const char *mountpoint)
{
    char *argv[] = {(char *)program, (char[]){"-uzq"}, (char[]){"--"}, (char *)mountpoint, NULL};
    posix_spawn_file_actions_t files;
    pid_t pid;

    if (posix_spawn_file_actions_init(&files) != 0)
        return;
    if (posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawnp(&pid, program, &files, NULL, argv, environ) == 0)
        (void)waitpid(pid, NULL, 0);
    (void)posix_spawn_file_actions_destroy(&files);
}

int mount_clear(const char *mountpoint, char *why, size_t why_n)
{
    enum { MOST = 16 }; /* they can be stacked */
    for (int i = 0; i < MOST && is_dead(mountpoint); i++) {
        if (umount2(mountpoint, MNT_DETACH) == 0)
            continue;
        /* Without the privilege the set-uid helper does it for the owner. */
        run_fusermount("fusermount3", mountpoint);
        if (is_dead(mountpoint))
            run_fusermount("fusermount", mountpoint);
        if (is_dead(mountpoint))
            return fail(-ENOTCONN, why, why_n, mountpoint, "a dead mount is here that cannot be taken away");
    }
    return 0;
}

/* ---- busy ---- */

/* mountinfo writes blank, tab, newline and backslash as \NNN. */
static bool equals_escaped(const char *field, size_t n, const char *path)
{
    for (size_t i = 0; i < n; path++) {
        char c = field[i];
        if (c == '\\' && n - i >= 4) {
            c = (char)((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 | (field[i + 3] - '0'));
            i += 3;
        }
        if (c != *path)
            return false;
        i++;
    }
    return *path == '\0';
}

/* "36 35 98:0 /root /mountpoint options [tags] - type source options" */
static bool read_type(const char *line, const char *path, char *ret, size_t n)
{
    const char *field = line;
    for (int i = 0; i < 4 && field; i++)
        field = (field = strchr(field, ' ')) ? field + 1 : NULL;
    const char *type = field ? strstr(field, " - ") : NULL;
    if (!type || !equals_escaped(field, strcspn(field, " "), path))
        return false;
    type += 3;
    (void)text_format(ret, n, "%.*s", (int)strcspn(type, " \n"), type);
    return true;
}

int mount_type(const char *mountinfo, const char *path, char *ret, size_t n)
{
    FILE *file = fopen(mountinfo, "re");
    _cleanup_free_ char *line = NULL;
    size_t line_n = 0;
    int rc = -ENOENT;

    if (!file)
        return -errno;
    /* Mounts come in their order: the last one is on top. */
    while (getline(&line, &line_n, file) >= 0)
        if (read_type(line, path, ret, n))
            rc = 0;
    fclose(file);
    return rc;
}

int mount_free(const char *mountpoint, char *why, size_t why_n)
{
    char type[64];
    /* Without /proc nobody can tell. */
    if (mount_type("/proc/self/mountinfo", mountpoint, type, sizeof type) < 0 || strcmp(type, "autofs") == 0)
        return 0;
    (void)text_format(why, why_n, "%s: busy: a file system (%s) is mounted here", mountpoint, type);
    return -EBUSY;
}

/* ---- checks ---- */

static int check_directory(const char *mountpoint, char *why, size_t why_n)
{
    struct stat st;
    if (stat(mountpoint, &st) < 0)
        return fail(-errno, why, why_n, mountpoint, errno == ENOENT ? "the mountpoint is missing" : strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(-ENOTDIR, why, why_n, mountpoint, "the mountpoint is not a directory");
    return 0;
}

/* A store below its own mount would make the agent wait for itself. */
static int check_store(const char *store, const char *mountpoint, char *why, size_t why_n)
{
    const char *how = NULL;
    if (strcmp(store, mountpoint) == 0)
        how = "is the mountpoint itself";
    else if (place_covers(mountpoint, store))
        how = "lies below the mountpoint";
    else if (place_covers(store, mountpoint))
        how = "holds the mountpoint";
    if (!how)
        return 0;
    (void)text_format(why, why_n, "%s: the store %s", store, how);
    return -EINVAL;
}

/* Absolute, from the options. */
static int check_file(const char *name, const char *path, const char *mountpoint, char *why, size_t why_n)
{
    _cleanup_free_ char *resolved = NULL;
    char what[PATH_MAX + 32];

    (void)text_format(what, sizeof what, "option %s: %s", name, path);
    int rc = place_resolve(path, &resolved);
    if (rc < 0)
        return fail(rc, why, why_n, what, strerror(-rc));
    if (place_covers(mountpoint, resolved))
        return fail(-EINVAL, why, why_n, what, "lies below the mountpoint");
    if (access(path, R_OK) < 0)
        return fail(-errno, why, why_n, what, strerror(errno));
    return 0;
}

static int check_files(const struct dlota_options *o, const char *mountpoint, char *why, size_t why_n)
{
    int rc = o->cacert ? check_file("cacert", o->cacert, mountpoint, why, why_n) : 0;
    if (rc == 0 && o->netrc)
        rc = check_file("netrc", o->netrc, mountpoint, why, why_n);
    for (size_t i = 0; rc == 0 && o->headers && o->headers[i]; i++) {
        const char *file = strstr(o->headers[i], ":@/"); /* they were made absolute */
        if (file)
            rc = check_file("header", file + 2, mountpoint, why, why_n);
    }
    return rc;
}

static int check_device(char *why, size_t why_n)
{
    static const char device[] = "/dev/fuse";
    _cleanup_close_ int fd = open(device, O_RDWR | O_CLOEXEC);
    /* EACCES: fusermount3 is there for those who may not. */
    if (fd >= 0 || errno == EACCES)
        return 0;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return fail(-errno, why, why_n, device,
                    "missing: load the kernel module fuse, or give the container the device");
    return fail(-errno, why, why_n, device, strerror(errno));
}

int mount_check(const struct cmd_options *o, const char *store, const char *mountpoint, char *why, size_t why_n)
{
    int rc = check_directory(mountpoint, why, why_n);
    if (rc == 0)
        rc = check_store(store, mountpoint, why, why_n);
    if (rc == 0)
        rc = check_files(&o->agent, mountpoint, why, why_n);
    return rc < 0 ? rc : check_device(why, why_n);
}
