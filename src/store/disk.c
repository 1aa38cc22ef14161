/* disk.c - the real disk. */
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

/* -errno of a call that may be interrupted. */
#define RETRY(call)                                                                                                    \
    ({                                                                                                                 \
        __typeof__(call) result_;                                                                                      \
        do                                                                                                             \
            result_ = (call);                                                                                          \
        while (result_ < 0 && errno == EINTR);                                                                         \
        result_ < 0 ? -errno : result_;                                                                                \
    })

/* DIR/FILE: O_NOFOLLOW looks at the last component only; openat2 (Linux 5.6) at all of them. */
static int open_below(int dirfd, const char *name, int flags, mode_t mode)
{
    struct open_how how = {.flags = (unsigned)flags,
                           .mode = (flags & O_CREAT) != 0 ? mode : 0,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    return RETRY((int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));
}

static int linux_open(struct disk *d, int dirfd, const char *name, int flags, mode_t mode)
{
    (void)d;
    flags |= O_CLOEXEC | O_NOFOLLOW;
    if (dirfd != AT_FDCWD && strchr(name, '/') != NULL) {
        int fd = open_below(dirfd, name, flags, mode);
        if (fd != -ENOSYS && fd != -EPERM)
            return fd;
    }
    return RETRY(openat(dirfd, name, flags, mode));
}

static int linux_close(struct disk *d, int fd)
{
    (void)d;
    /* The descriptor is gone even after EINTR. */
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static ssize_t linux_pread(struct disk *d, int fd, void *p, size_t n, uint64_t offset)
{
    (void)d;
    size_t done = 0;
    while (done < n) {
        ssize_t got = RETRY(pread(fd, (char *)p + done, n - done, (off_t)(offset + done)));
        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static ssize_t linux_pwrite(struct disk *d, int fd, const void *p, size_t n, uint64_t offset)
{
    (void)d;
    size_t done = 0;
    while (done < n) {
        ssize_t put = RETRY(pwrite(fd, (const char *)p + done, n - done, (off_t)(offset + done)));
        if (put <= 0)
            return put < 0 ? put : -EIO;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

static int linux_truncate(struct disk *d, int fd, uint64_t size)
{
    (void)d;
    return RETRY(ftruncate(fd, (off_t)size));
}

static int linux_reserve(struct disk *d, int fd, uint64_t size)
{
    (void)d;
    if (size == 0)
        return 0;
    int rc = RETRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size));
    return rc == -EOPNOTSUPP || rc == -ENOSYS ? 0 : rc;
}

static int linux_hurry(struct disk *d, int fd, uint64_t offset, uint64_t n)
{
    (void)d;
    int rc = RETRY(sync_file_range(fd, (off64_t)offset, (off64_t)n, SYNC_FILE_RANGE_WRITE));
    return rc == -ENOSYS || rc == -ESPIPE || rc == -EOPNOTSUPP ? 0 : rc;
}

static int linux_sync(struct disk *d, int fd)
{
    (void)d;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? RETRY(fsync(fd)) : RETRY(fdatasync(fd));
}

static int linux_stat(struct disk *d, int fd, struct stat *ret)
{
    (void)d;
    return fstat(fd, ret) < 0 ? -errno : 0;
}

static int linux_unlink(struct disk *d, int dirfd, const char *name)
{
    (void)d;
    return unlinkat(dirfd, name, 0) < 0 ? -errno : 0;
}

static int linux_mkdir(struct disk *d, int dirfd, const char *name, mode_t mode)
{
    (void)d;
    return mkdirat(dirfd, name, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static int linux_space(struct disk *d, int dirfd, struct statvfs *ret)
{
    (void)d;
    return RETRY(fstatvfs(dirfd, ret));
}

static int linux_mount_id(struct disk *d, int dirfd, int64_t *ret)
{
    (void)d;
    struct statx sx;
    if (statx(dirfd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) < 0)
        return -errno;
    *ret = (sx.stx_mask & STATX_MNT_ID) != 0 ? (int64_t)sx.stx_mnt_id : 0;
    return 0;
}

static int linux_lock(struct disk *d, int fd)
{
    (void)d;
    int rc = RETRY(flock(fd, LOCK_EX | LOCK_NB));
    return rc == -EWOULDBLOCK ? -EAGAIN : rc;
}

static int linux_list(struct disk *d, int dirfd, int (*entry)(void *arg, const char *name), void *arg)
{
    int fd = linux_open(d, dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    int rc = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (e == NULL) {
            rc = -errno;
            break;
        }
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        rc = entry(arg, e->d_name);
        if (rc != 0)
            break;
    }
    closedir(dir);
    return rc < 0 ? rc : 0;
}

struct disk disk_linux = {
    .open = linux_open,
    .close = linux_close,
    .pread = linux_pread,
    .pwrite = linux_pwrite,
    .truncate = linux_truncate,
    .reserve = linux_reserve,
    .hurry = linux_hurry,
    .sync = linux_sync,
    .stat = linux_stat,
    .unlink = linux_unlink,
    .mkdir = linux_mkdir,
    .space = linux_space,
    .mount_id = linux_mount_id,
    .lock = linux_lock,
    .list = linux_list,
};
