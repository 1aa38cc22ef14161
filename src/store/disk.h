/* disk.h - the seam to the disk: what the store asks of a file system, always relative to a directory descriptor.
 *
 * Every function returns >= 0 or -errno and is called with EINTR already dealt with.  Any thread.  A name is one
 * component or DIR/FILE (objects), a path only with AT_FDCWD (STORE itself); no symbolic link is followed.  pread reads
 * all that is there.  disk_linux is the real one; tests put a memory with a durable and a volatile image in its place.
 */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

struct disk {
    int (*open)(struct disk *, int dirfd, const char *name, int flags,
                mode_t mode); /* O_CLOEXEC|O_NOFOLLOW are added */
    int (*close)(struct disk *, int fd);
    ssize_t (*pread)(struct disk *, int fd, void *p, size_t n, uint64_t offset);
    ssize_t (*pwrite)(struct disk *, int fd, const void *p, size_t n, uint64_t offset); /* all of it, or -errno */
    int (*truncate)(struct disk *, int fd, uint64_t size);
    int (*reserve)(struct disk *, int fd, uint64_t size);             /* fallocate KEEP_SIZE; -EOPNOTSUPP counts as 0 */
    int (*hurry)(struct disk *, int fd, uint64_t offset, uint64_t n); /* sync_file_range WRITE: start, do not wait */
    int (*sync)(struct disk *, int fd);                               /* fdatasync; for a directory fsync */
    int (*stat)(struct disk *, int fd, struct stat *ret);
    int (*unlink)(struct disk *, int dirfd, const char *name);
    int (*mkdir)(struct disk *, int dirfd, const char *name, mode_t mode); /* -EEXIST counts as 0 */
    int (*space)(struct disk *, int dirfd, struct statvfs *ret);
    int (*mount_id)(struct disk *, int dirfd, int64_t *ret); /* statx STATX_MNT_ID; 0 when unknown */
    int (*lock)(struct disk *,
                int fd); /* exclusive, until every copy of fd is closed; -EAGAIN: another open file has it */
    /* Names in a directory, "." and ".." left out; entry() returns non-zero to stop. */
    int (*list)(struct disk *, int dirfd, int (*entry)(void *arg, const char *name), void *arg);
};
extern struct disk disk_linux;

#endif
