/* The fake disk's second face: a VFS for SQLite, with locks and shared memory in this process's memory. */
#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fake_tree.h"

enum { REGIONS = 64 };

struct vfs_locks {
    unsigned shared;
    const struct vfs_file *reserved, *exclusive;
    unsigned mappers;
    void *region[REGIONS];
    int shm[SQLITE_SHM_NLOCK]; /* -1: exclusive, else how many share it */
};

struct vfs_file {
    sqlite3_file base; /* first */
    struct fake_disk *disk;
    struct node *node, *dir;
    bool names; /* the next sync is also the directory's: a journal or WAL that was made by this open */
    int level;
    bool mapped;
    unsigned shm_shared, shm_exclusive;
};

static int last_error;

static struct vfs_file *of(sqlite3_file *f) { return (struct vfs_file *)f; }

static struct vfs_locks *locks(struct node *n)
{
    if (!n->vfs)
        n->vfs = calloc(1, sizeof(*n->vfs));
    assert(n->vfs);
    return n->vfs;
}

static void regions_free(struct vfs_locks *l)
{
    for (int i = 0; i < REGIONS; i++) {
        free(l->region[i]);
        l->region[i] = NULL;
    }
}

void vfs_locks_free(struct node *n)
{
    if (n->vfs)
        regions_free(n->vfs);
    free(n->vfs);
    n->vfs = NULL;
}

static int result(int rc, int otherwise)
{
    last_error = -rc;
    if (rc == 0)
        return SQLITE_OK;
    return rc == -ENOSPC ? SQLITE_FULL : otherwise;
}

/* ---- data ---- */

static int vfs_read(sqlite3_file *file, void *p, int n, sqlite3_int64 offset)
{
    size_t got;

    if (tree_look(of(file)->disk) < 0)
        return SQLITE_IOERR_READ;
    got = node_read(of(file)->node, p, (size_t)n, (uint64_t)offset);
    memset((char *)p + got, 0, (size_t)n - got);
    return got == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 offset)
{
    struct vfs_file *f = of(file);
    const bool dead = f->disk->dead;
    int rc = tree_step(f->disk);

    if (rc == 0)
        node_write(f->node, p, (size_t)n, (uint64_t)offset);
    else if (!dead)
        tree_write_some(f->disk, f->node, p, (size_t)n, (uint64_t)offset);
    return result(rc, SQLITE_IOERR_WRITE);
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = tree_step(of(file)->disk);

    if (rc == 0)
        node_truncate(of(file)->node, (size_t)size);
    return result(rc, SQLITE_IOERR_TRUNCATE);
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct vfs_file *f = of(file);
    const bool dead = f->disk->dead;
    int rc = tree_step(f->disk);

    (void)flags;
    if (rc == 0) {
        node_flush(f->node);
        if (f->names)
            node_flush(f->dir);
        f->names = false;
    } else if (!dead && !f->disk->dead) {
        node_flush_failed(f->node);
    }
    return result(rc, SQLITE_IOERR_FSYNC);
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)of(file)->node->size;
    return tree_look(of(file)->disk) < 0 ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

/* ---- locks of the file ---- */

static int vfs_unlock(sqlite3_file *file, int level)
{
    struct vfs_file *f = of(file);
    struct vfs_locks *l = locks(f->node);

    if (level < SQLITE_LOCK_EXCLUSIVE && l->exclusive == f)
        l->exclusive = NULL;
    if (level < SQLITE_LOCK_RESERVED && l->reserved == f)
        l->reserved = NULL;
    if (level < SQLITE_LOCK_SHARED && f->level >= SQLITE_LOCK_SHARED)
        l->shared--;
    if (level < f->level)
        f->level = level;
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int level)
{
    struct vfs_file *f = of(file);
    struct vfs_locks *l = locks(f->node);

    if (f->level >= level)
        return SQLITE_OK;
    if (l->exclusive && l->exclusive != f)
        return SQLITE_BUSY;
    if (level >= SQLITE_LOCK_RESERVED && l->reserved && l->reserved != f)
        return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && l->shared > 1)
        return SQLITE_BUSY;
    if (f->level < SQLITE_LOCK_SHARED)
        l->shared++;
    if (level >= SQLITE_LOCK_RESERVED)
        l->reserved = f;
    if (level == SQLITE_LOCK_EXCLUSIVE)
        l->exclusive = f;
    f->level = level;
    return SQLITE_OK;
}

static int vfs_reserved(sqlite3_file *file, int *ret)
{
    *ret = locks(of(file)->node)->reserved != NULL;
    return SQLITE_OK;
}

/* ---- shared memory ---- */

static int vfs_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    struct vfs_file *f = of(file);
    struct vfs_locks *l = locks(f->node);

    assert(region < REGIONS);
    if (!f->mapped)
        l->mappers++;
    f->mapped = true;
    if (!l->region[region] && extend)
        l->region[region] = calloc(1, (size_t)size);
    *ret = l->region[region];
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *file, int first, int n, int flags)
{
    struct vfs_file *f = of(file);
    struct vfs_locks *l = locks(f->node);
    const unsigned mask = ((1U << n) - 1) << first;

    for (int i = first; i < first + n; i++) {
        const unsigned bit = 1U << i;

        if (!(flags & SQLITE_SHM_LOCK)) {
            if (f->shm_exclusive & bit)
                l->shm[i] = 0;
            else if (f->shm_shared & bit)
                l->shm[i]--;
        } else if (flags & SQLITE_SHM_SHARED) {
            if (l->shm[i] < 0)
                return f->shm_exclusive & bit ? SQLITE_OK : SQLITE_BUSY;
            l->shm[i] += !(f->shm_shared & bit);
        } else if (l->shm[i] != 0) {
            return SQLITE_BUSY;
        }
    }
    if (!(flags & SQLITE_SHM_LOCK)) {
        f->shm_exclusive &= ~mask;
        f->shm_shared &= ~mask;
    } else if (flags & SQLITE_SHM_SHARED) {
        f->shm_shared |= mask;
    } else {
        f->shm_exclusive |= mask;
        for (int i = first; i < first + n; i++)
            l->shm[i] = -1;
    }
    return SQLITE_OK;
}

static void vfs_barrier(sqlite3_file *file) { (void)file; }

static int vfs_unmap(sqlite3_file *file, int remove)
{
    struct vfs_file *f = of(file);
    struct vfs_locks *l = locks(f->node);

    (void)remove;
    if (!f->mapped)
        return SQLITE_OK;
    f->mapped = false;
    (void)vfs_shm_lock(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
    /* As the unix VFS: whoever comes when nobody has it finds nothing in it. */
    if (!--l->mappers) {
        regions_free(l);
        memset(l->shm, 0, sizeof(l->shm));
    }
    return SQLITE_OK;
}

/* ---- files ---- */

static int vfs_close(sqlite3_file *file)
{
    (void)vfs_unmap(file, 0);
    (void)vfs_unlock(file, SQLITE_LOCK_NONE);
    of(file)->disk->connections--;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *file)
{
    (void)file;
    return PAGE;
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector,
    .xDeviceCharacteristics = vfs_traits,
    .xShmMap = vfs_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_barrier,
    .xShmUnmap = vfs_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
    enum { JOURNALS = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL };
    struct fake_disk *d = vfs->pAppData;
    struct vfs_file *f = of(file);
    char last[ENTRY_NAME];
    struct node *dir, *n;
    int rc;

    memset(f, 0, sizeof(*f));
    assert(path);
    n = tree_find(d, d->root, path, false, &dir, last);
    rc = !n && (flags & SQLITE_OPEN_CREATE) ? tree_step(d) : tree_look(d);
    if (rc < 0 || (!n && (!dir || !(flags & SQLITE_OPEN_CREATE)))) {
        last_error = rc < 0 ? -rc : ENOENT;
        return SQLITE_CANTOPEN;
    }
    if (!n) {
        n = tree_add(d, false, NULL);
        entry_add(&dir->now, last, n);
    }
    *f = (struct vfs_file){.base = {&methods}, .disk = d, .node = n, .dir = dir};
    f->names = (flags & SQLITE_OPEN_CREATE) && (flags & JOURNALS);
    d->connections++;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    struct fake_disk *d = vfs->pAppData;
    char last[ENTRY_NAME];
    struct node *dir, *n = tree_find(d, d->root, path, false, &dir, last);
    int rc = n ? tree_step(d) : tree_look(d);

    if (rc < 0)
        return result(rc, SQLITE_IOERR_DELETE);
    if (!n)
        return SQLITE_IOERR_DELETE_NOENT;
    (void)entry_remove(&dir->now, last);
    if (sync) {
        rc = tree_step(d);
        if (rc == 0)
            node_flush(dir);
    }
    return result(rc, SQLITE_IOERR_DIR_FSYNC);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    struct fake_disk *d = vfs->pAppData;
    char last[ENTRY_NAME];
    const struct node *n = tree_find(d, d->root, path, false, NULL, last);

    /* As the unix VFS: an empty file does not exist. */
    *ret = n && (flags != SQLITE_ACCESS_EXISTS || n->size > 0);
    return tree_look(d) < 0 ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int n, char *ret)
{
    (void)vfs;
    (void)snprintf(ret, (size_t)n, "%s", path);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *ret)
{
    struct fake_disk *d = vfs->pAppData;

    for (int i = 0; i < n; i++)
        ret[i] = (char)fake_chance(&d->chance);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_now(sqlite3_vfs *vfs, double *ret)
{
    (void)vfs;
    *ret = 2461365.0;
    return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *vfs, int n, char *ret)
{
    (void)vfs;
    (void)n;
    (void)ret;
    return last_error;
}

static sqlite3_vfs vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(struct vfs_file),
    .mxPathname = 512,
    .zName = "sim",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_random,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_now,
    .xGetLastError = vfs_error,
};

void vfs_register(struct fake_disk *d)
{
    vfs.pAppData = d;
    d->chance = 7;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        abort();
}

void vfs_unregister(void) { (void)sqlite3_vfs_unregister(&vfs); }
