#include "sim/fake_disk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fake_tree.h"

static struct fake_disk *of(struct disk *d) { return (struct fake_disk *)d; }

/* ---- steps ---- */

int tree_step(struct fake_disk *d)
{
    if (d->dead)
        return -EIO;
    d->steps++;
    if (d->steps == d->crash_at) {
        d->dead = true;
        return -EIO;
    }
    if (!d->fail_at || d->steps < d->fail_at || d->steps >= d->fail_at + d->fail_times)
        return 0;
    d->failures++;
    return -d->error;
}

int tree_look(const struct fake_disk *d) { return d->dead ? -EIO : 0; }

bool fake_disk_step(struct fake_disk *d)
{
    if (d->dead)
        return false;
    d->steps++;
    d->dead = d->steps == d->crash_at;
    return !d->dead;
}

unsigned long fake_disk_steps(const struct fake_disk *d) { return d->steps; }
unsigned long fake_disk_failures(const struct fake_disk *d) { return d->failures; }
bool fake_disk_dead(const struct fake_disk *d) { return d->dead; }
void fake_disk_crash_at(struct fake_disk *d, unsigned long n) { d->crash_at = n; }

void fake_disk_stop_at(struct fake_disk *d, unsigned long n) { d->stop_at = n; }
bool fake_disk_stopped(const struct fake_disk *d) { return d->stop_at && d->steps >= d->stop_at; }

void fake_disk_fail_at(struct fake_disk *d, unsigned long n, unsigned long times, int error)
{
    d->fail_at = n;
    d->fail_times = times;
    d->error = error;
}

/* ---- the tree ---- */

struct node *tree_add(struct fake_disk *d, bool dir, struct node *parent)
{
    struct node *n = node_new(dir, ++d->numbers, parent);

    n->next = d->nodes;
    d->nodes = n;
    return n;
}

struct node *tree_find(const struct fake_disk *d, struct node *from, const char *path, bool kept, struct node **ret_dir,
                       char name[static ENTRY_NAME])
{
    struct node *at = *path == '/' ? d->root : from, *dir = at;

    name[0] = '\0';
    while (at) {
        size_t n;

        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (!n)
            break;
        assert(n < ENTRY_NAME);
        if (!at->dir)
            return NULL;
        (void)snprintf(name, ENTRY_NAME, "%.*s", (int)n, path);
        path += n;
        dir = at;
        if (!strcmp(name, ".."))
            at = at->parent;
        else if (strcmp(name, ".") != 0)
            at = entry_find(kept ? at->flushed : at->now, name);
    }
    if (ret_dir)
        *ret_dir = strchr(path, '/') ? NULL : dir;
    return at;
}

void tree_write_some(struct fake_disk *d, struct node *n, const void *p, size_t len, uint64_t offset)
{
    if (d->steps % 2)
        node_write(n, p, len / 2, offset);
}

/* ---- struct disk ---- */

static struct node *node_of(struct fake_disk *d, int fd)
{
    assert(fd >= FIRST_FD && fd < FIRST_FD + FDS && d->fds[fd - FIRST_FD].node);
    return d->fds[fd - FIRST_FD].node;
}

static struct node *base(struct fake_disk *d, int dirfd) { return dirfd == AT_FDCWD ? d->root : node_of(d, dirfd); }

static int fd_new(struct fake_disk *d, struct node *n)
{
    for (int i = 0; i < FDS; i++) {
        if (d->fds[i].node)
            continue;
        d->fds[i].node = n;
        return FIRST_FD + i;
    }
    return -EMFILE;
}

static int fake_open(struct disk *disk, int dirfd, const char *name, int flags, mode_t mode)
{
    struct fake_disk *d = of(disk);
    char last[ENTRY_NAME];
    struct node *dir, *n = tree_find(d, base(d, dirfd), name, false, &dir, last);
    const bool makes = !n && (flags & O_CREAT), cuts = n && (flags & O_TRUNC) && n->size;
    int rc = makes || cuts ? tree_step(d) : tree_look(d);

    (void)mode;
    if (rc < 0)
        return rc;
    if (!n && (!makes || !dir))
        return -ENOENT;
    if (n && (flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (n && (flags & O_DIRECTORY) && !n->dir)
        return -ENOTDIR;
    if (makes) {
        n = tree_add(d, false, NULL);
        entry_add(&dir->now, last, n);
    }
    if (cuts)
        node_truncate(n, 0);
    return fd_new(d, n);
}

static int fake_close(struct disk *disk, int fd)
{
    struct fake_disk *d = of(disk);
    struct open_file *f = &d->fds[fd - FIRST_FD];

    if (node_of(d, fd)->locked_by == f)
        f->node->locked_by = NULL;
    f->node = NULL;
    return 0;
}

static ssize_t fake_pread(struct disk *disk, int fd, void *p, size_t n, uint64_t offset)
{
    int rc = tree_look(of(disk));

    return rc < 0 ? rc : (ssize_t)node_read(node_of(of(disk), fd), p, n, offset);
}

static ssize_t fake_pwrite(struct disk *disk, int fd, const void *p, size_t n, uint64_t offset)
{
    struct fake_disk *d = of(disk);
    const bool dead = d->dead;
    int rc = tree_step(d);

    if (rc < 0 && !dead)
        tree_write_some(d, node_of(d, fd), p, n, offset);
    if (rc < 0)
        return rc;
    node_write(node_of(d, fd), p, n, offset);
    return (ssize_t)n;
}

static int fake_truncate(struct disk *disk, int fd, uint64_t size)
{
    int rc = tree_step(of(disk));

    if (rc == 0)
        node_truncate(node_of(of(disk), fd), (size_t)size);
    return rc;
}

static int fake_reserve(struct disk *disk, int fd, uint64_t size)
{
    (void)fd;
    (void)size;
    return tree_step(of(disk));
}

static int fake_hurry(struct disk *disk, int fd, uint64_t offset, uint64_t n)
{
    (void)fd;
    (void)offset;
    (void)n;
    return tree_step(of(disk));
}

static int fake_sync(struct disk *disk, int fd)
{
    struct fake_disk *d = of(disk);
    const bool dead = d->dead;
    int rc = tree_step(d);

    if (rc == 0)
        node_flush(node_of(d, fd));
    else if (!dead && !d->dead)
        node_flush_failed(node_of(d, fd));
    return rc;
}

static int fake_stat(struct disk *disk, int fd, struct stat *ret)
{
    const struct node *n = node_of(of(disk), fd);
    int rc = tree_look(of(disk));

    memset(ret, 0, sizeof(*ret));
    ret->st_mode = n->dir ? S_IFDIR | 0700 : S_IFREG | 0600;
    ret->st_size = (off_t)n->size;
    ret->st_dev = 1;
    ret->st_ino = n->number;
    return rc;
}

static int fake_unlink(struct disk *disk, int dirfd, const char *name)
{
    struct fake_disk *d = of(disk);
    char last[ENTRY_NAME];
    struct node *dir, *n = tree_find(d, base(d, dirfd), name, false, &dir, last);
    int rc = n ? tree_step(d) : tree_look(d);

    if (rc == 0 && !n)
        return -ENOENT;
    if (rc == 0)
        (void)entry_remove(&dir->now, last);
    return rc;
}

static int fake_mkdir(struct disk *disk, int dirfd, const char *name, mode_t mode)
{
    struct fake_disk *d = of(disk);
    char last[ENTRY_NAME];
    struct node *dir, *n = tree_find(d, base(d, dirfd), name, false, &dir, last);
    int rc = n ? tree_look(d) : tree_step(d);

    (void)mode;
    if (rc == 0 && !n && !dir)
        return -ENOENT;
    if (rc == 0 && !n)
        entry_add(&dir->now, last, tree_add(d, true, dir));
    return rc;
}

static int fake_space(struct disk *disk, int dirfd, struct statvfs *ret)
{
    (void)dirfd;
    *ret = (struct statvfs){.f_bsize = PAGE, .f_frsize = PAGE, .f_blocks = 1 << 20, .f_bfree = 1 << 19};
    ret->f_bavail = ret->f_bfree;
    return tree_look(of(disk));
}

static int fake_mount_id(struct disk *disk, int dirfd, int64_t *ret)
{
    (void)dirfd;
    *ret = 1;
    return tree_look(of(disk));
}

static int fake_lock(struct disk *disk, int fd)
{
    struct fake_disk *d = of(disk);
    struct node *n = node_of(d, fd);
    struct open_file *f = &d->fds[fd - FIRST_FD];

    if (n->locked_by && n->locked_by != f)
        return -EAGAIN;
    n->locked_by = f;
    return tree_look(d);
}

static int fake_list(struct disk *disk, int dirfd, int (*entry)(void *arg, const char *name), void *arg)
{
    int rc = tree_look(of(disk));

    for (const struct entry *e = node_of(of(disk), dirfd)->now; e && rc == 0;) {
        const struct entry *next = e->next;

        rc = entry(arg, e->name);
        e = next;
    }
    return rc < 0 ? rc : 0;
}

/* ---- life ---- */

struct fake_disk *fake_disk_new(void)
{
    struct fake_disk *d = calloc(1, sizeof(*d));

    assert(d);
    d->disk = (struct disk){fake_open,    fake_close, fake_pread,    fake_pwrite, fake_truncate,
                            fake_reserve, fake_hurry, fake_sync,     fake_stat,   fake_unlink,
                            fake_mkdir,   fake_space, fake_mount_id, fake_lock,   fake_list};
    d->root = tree_add(d, true, NULL);
    vfs_register(d);
    return d;
}

struct fake_disk *fake_disk_free(struct fake_disk *d)
{
    vfs_unregister();
    while (d->nodes) {
        struct node *n = d->nodes;

        d->nodes = n->next;
        vfs_locks_free(n);
        node_free(n);
    }
    free(d);
    return NULL;
}

struct disk *fake_disk_seam(struct fake_disk *d) { return &d->disk; }

unsigned fake_disk_open(const struct fake_disk *d)
{
    unsigned n = d->connections;

    for (int i = 0; i < FDS; i++)
        n += d->fds[i].node != NULL;
    return n;
}

void fake_disk_revive(struct fake_disk *d)
{
    d->dead = false;
    d->crash_at = 0;
    for (int i = 0; i < FDS; i++)
        d->fds[i].node = NULL;
    for (struct node *n = d->nodes; n; n = n->next)
        n->locked_by = NULL;
}

void fake_disk_cut(struct fake_disk *d, enum fake_cut cut, uint64_t seed)
{
    fake_disk_revive(d);
    for (struct node *n = d->nodes; n; n = n->next)
        node_cut(n, cut, &seed);
}

/* ---- looks ---- */

static struct node *look(const struct fake_disk *d, const char *path, bool kept)
{
    char last[ENTRY_NAME];

    return tree_find(d, d->root, path, kept, NULL, last);
}

int64_t fake_disk_size(const struct fake_disk *d, const char *path)
{
    const struct node *n = look(d, path, false);

    return n ? (int64_t)n->size : -1;
}

int64_t fake_disk_kept(const struct fake_disk *d, const char *path)
{
    const struct node *n = look(d, path, true);

    return n ? (int64_t)n->kept_size : -1;
}

bool fake_disk_equal(const struct fake_disk *d, const char *path, bool kept, const void *bytes, size_t n)
{
    const struct node *f = look(d, path, kept);

    if (!f || (kept ? f->kept_size : f->size) < n)
        return false;
    return !n || !memcmp(kept ? f->kept : f->bytes, bytes, n);
}

void fake_disk_list(const struct fake_disk *d, const char *path, void (*each)(void *arg, const char *name), void *arg)
{
    const struct node *n = look(d, path, false);

    for (const struct entry *e = n ? n->now : NULL; e; e = e->next)
        each(arg, e->name);
}

ssize_t fake_disk_peek(const struct fake_disk *d, int fd, void *p, size_t n)
{
    return (ssize_t)node_read(d->fds[fd - FIRST_FD].node, p, n, 0);
}
