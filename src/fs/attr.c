#include "fs/fs.h"

#include <errno.h>
#include <string.h>

/* Names in installed/, and what is there, change only by requests that pass through the kernel (rm, and the warden's
 * rename), so it may remember them.  All else is asked for every time. */
#define INSTALLED_TIMEOUT 3600.0

/* Who may search the folder is asked at each lookup: a name that the kernel remembers, it shows to everybody. */
double fs_installed_timeout(const struct fs *fs) { return fs->umask & 0011 ? 0.0 : INSTALLED_TIMEOUT; }

static struct timespec wall(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
}

static void start(const struct fs *fs, const struct node *n, mode_t mode, uint64_t size, int64_t mtime,
                  struct fs_attr *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->st = (struct stat){.st_ino = node_number(n->kind, n->id),
                            .st_mode = mode & ~(S_ISLNK(mode) ? 0 : fs->umask),
                            .st_nlink = S_ISDIR(mode) ? 2 : 1,
                            .st_uid = fs->uid,
                            .st_gid = fs->gid,
                            .st_size = (off_t)size,
                            .st_blocks = (blkcnt_t)((size + 511) / 512),
                            .st_blksize = 4096,
                            .st_atim = wall(mtime),
                            .st_mtim = wall(mtime),
                            .st_ctim = wall(mtime)};
}

mode_t fs_dir_mode(const struct fs *fs, enum node_fixed dir)
{
    const bool changes = dir == NODE_INBOX_DIR || node_folder(&(struct node){NODE_FIXED, dir}) != DLOTA_NOWHERE;

    return (S_IFDIR | (changes ? 0755U : 0555U)) & ~fs->umask;
}

int fs_attr_object(struct fs *fs, const struct dlota_object *o, struct fs_attr *ret)
{
    const struct node n = {NODE_OBJECT, o->id};
    uint64_t size = 0;
    int rc = 0;

    switch (o->folder) {
    case DLOTA_IN_PENDING:
    case DLOTA_IN_PARTIAL:
        start(fs, &n, S_IFREG, o->total ? o->total : o->size, o->touched ? o->touched : o->added, ret);
        ret->st.st_blocks = (blkcnt_t)((o->have + 511) / 512);
        return 0;
    case DLOTA_IN_INSTALLED:
        start(fs, &n, S_IFREG | 0444, o->have, o->touched ? o->touched : o->ended, ret);
        ret->st.st_ctim = wall(o->ended ? o->ended : o->touched);
        ret->timeout = INSTALLED_TIMEOUT;
        return 0;
    case DLOTA_IN_FAILED:
        rc = fs_text_size(fs, &n, &size);
        start(fs, &n, S_IFREG | 0444, size, o->ended ? o->ended : o->added, ret);
        return rc;
    case DLOTA_NOWHERE:
        break;
    }
    return -ENOENT;
}

void fs_attr_inbox(struct fs *fs, const struct inbox_stat *in, struct fs_attr *ret)
{
    start(fs, &(struct node){NODE_INBOX, (int64_t)in->spool}, S_IFREG | in->mode, in->size, in->mtime, ret);
    ret->st.st_mode = S_IFREG | in->mode; /* the kernel took the creator's umask off, a chmod is meant as it says */
    ret->st.st_nlink = in->named ? 1 : 0;
}

static int attr_fixed(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    struct dlota_events ev;
    uint64_t size = 0;
    int rc = 0;

    dlota_events_now(fs->d, &ev);
    if (!node_is_dir(n)) {
        rc = fs_text_size(fs, n, &size);
        start(fs, n, S_IFREG | 0444, size, ev.changed ? ev.changed : fs->born, ret);
    } else if (n->id == NODE_INBOX_DIR) {
        start(fs, n, S_IFDIR | 0755, 0, inbox_changed(fs->inbox), ret);
    } else {
        start(fs, n, fs_dir_mode(fs, (enum node_fixed)n->id), 0, ev.changed ? ev.changed : fs->born, ret);
        if (n->id == NODE_ROOT)
            ret->st.st_nlink += NODE_DROPS - NODE_ROOT; /* walkers count: 2 would mean that there are no directories */
    }
    return rc;
}

static int attr_status(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    struct dlota_object o;
    uint64_t size = 0;
    int rc = dlota_stat(fs->d, n->id, &o);

    if (rc == 0)
        rc = fs_text_size(fs, n, &size);
    if (rc == 0)
        start(fs, n, S_IFREG | 0644, size, o.ended ? o.ended : o.touched ? o.touched : o.added, ret);
    return rc;
}

static int attr_events(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    struct dlota_events ev;
    uint64_t size = 0;
    int rc = dlota_events_size(fs->d, (uint32_t)n->id, &size);

    dlota_events_now(fs->d, &ev);
    start(fs, n, S_IFREG | 0444, size, ev.changed ? ev.changed : fs->born, ret);
    return rc;
}

static int attr_drop(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    char name[256];
    int rc = dlota_drop_stat(fs->d, n->id, name);

    if (rc == 0)
        start(fs, n, S_IFLNK | 0777, strlen("../status/") + strlen(name), fs->born, ret);
    return rc;
}

static int attr_object(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    struct dlota_object o;
    int rc = dlota_stat(fs->d, n->id, &o);

    return rc < 0 ? rc : fs_attr_object(fs, &o, ret);
}

static int attr_inbox(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    struct inbox_stat in;
    int rc = inbox_stat(fs->inbox, (uint64_t)n->id, clock_ms(), &in);

    if (rc == 0)
        fs_attr_inbox(fs, &in, ret);
    return rc;
}

int fs_attr(struct fs *fs, const struct node *n, struct fs_attr *ret)
{
    static int (*const of_kind[])(struct fs *, const struct node *, struct fs_attr *) = {
        [NODE_FIXED] = attr_fixed, [NODE_OBJECT] = attr_object, [NODE_STATUS] = attr_status,
        [NODE_INBOX] = attr_inbox, [NODE_DROP] = attr_drop,     [NODE_EVENTS] = attr_events,
    };
    int rc = of_kind[n->kind](fs, n, ret);

    if (rc == -ENOENT && handles_stat(&fs->handles, n, &ret->st)) {
        ret->timeout = 0;
        rc = 0;
    }
    return rc;
}
