/* folder.c - lookup, readdir and the links of by-descriptor/.  Looks only: nothing here waits for the agent. */
#include "fs/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Fixed names never change. */
#define FIXED_TIMEOUT 86400.0

/* ---- lookup ---- */

/* One function per kind of directory: which node has that name, and how long the kernel may remember it. */
typedef int find_in(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout);

static int find_fixed(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout)
{
    const int fixed = node_fixed_find(name);
    struct dlota_events ev;

    (void)dir;
    if (fixed >= 0) {
        *ret = (struct node){NODE_FIXED, fixed};
        *timeout = FIXED_TIMEOUT;
        return 0;
    }
    if (strcmp(name, "events") != 0)
        return -ENOENT;
    dlota_events_now(fs->d, &ev);
    *ret = (struct node){NODE_EVENTS, ev.gen};
    return 0;
}

static int find_inbox(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout)
{
    struct inbox_stat in;
    int rc = inbox_find(fs->inbox, name, clock_ms(), &in);

    (void)dir, (void)timeout;
    if (rc == 0)
        *ret = (struct node){NODE_INBOX, (int64_t)in.spool};
    return rc;
}

static int find_object(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout)
{
    struct dlota_object o;
    int rc = dlota_find(fs->d, 0, name, &o);

    if (rc == 0 && o.folder != node_folder(dir))
        rc = -ENOENT;
    if (rc == 0)
        *ret = (struct node){NODE_OBJECT, o.id};
    if (rc == 0 && o.folder == DLOTA_IN_INSTALLED)
        *timeout = fs_installed_timeout(fs);
    return rc;
}

static int find_status(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout)
{
    struct dlota_object o;
    int rc = dlota_find(fs->d, 0, name, &o);

    (void)dir, (void)timeout;
    if (rc == 0)
        *ret = (struct node){NODE_STATUS, o.id};
    return rc;
}

static int find_drop(struct fs *fs, const struct node *dir, const char *name, struct node *ret, double *timeout)
{
    char target[256];
    int64_t key = 0;
    int rc = dlota_drop_find(fs->d, name, &key, target);

    (void)dir, (void)timeout;
    if (rc == 0)
        *ret = (struct node){NODE_DROP, key};
    return rc;
}

static find_in *const finders[NODE_FIXED_N] = {
    [NODE_ROOT] = find_fixed,        [NODE_INBOX_DIR] = find_inbox,  [NODE_PENDING] = find_object,
    [NODE_PARTIAL] = find_object,    [NODE_INSTALLED] = find_object, [NODE_FAILED] = find_object,
    [NODE_STATUS_DIR] = find_status, [NODE_DROPS] = find_drop,
};

static int look_up(struct fs *fs, const struct node *dir, const char *name, struct fuse_entry_param *ret)
{
    struct node n;
    struct fs_attr attr;
    double timeout = 0;
    int rc;

    if (strlen(name) > 255)
        return -ENAMETOOLONG;
    rc = finders[dir->id](fs, dir, name, &n, &timeout);
    if (rc == 0)
        rc = fs_attr(fs, &n, &attr);
    if (rc < 0)
        return rc;
    *ret = (struct fuse_entry_param){.ino = node_number(n.kind, n.id),
                                     .generation = 1,
                                     .attr = attr.st,
                                     .attr_timeout = attr.timeout,
                                     .entry_timeout = timeout};
    return 0;
}

/* NULL: not a directory, or not for this caller; *e says which. */
static bool enter_dir(struct fs *fs, fuse_req_t req, fuse_ino_t ino, int want, struct node *ret, int *e)
{
    if (!node_of(ino, ret))
        *e = ESTALE;
    else if (!node_is_dir(ret))
        *e = ENOTDIR;
    else
        *e = fs_permits(fs, req, fs_dir_mode(fs, (enum node_fixed)ret->id), want);
    return *e == 0;
}

void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct fs *fs = fs_of(req);
    struct fuse_entry_param entry;
    struct node dir;
    int e, rc;

    if (!enter_dir(fs, req, parent, X_OK, &dir, &e)) {
        (void)fuse_reply_err(req, e);
        return;
    }
    rc = look_up(fs, &dir, name, &entry);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "lookup", rc));
    else
        (void)fuse_reply_entry(req, &entry);
}

/* ---- readdir ---- */

/* A page: names are gathered first and looked at afterwards, since a list must not hold its reader while another look
 * asks for one.  The cookie of an entry is its id, so no cursor is kept: FIRST is for "." and "..". */
enum { PAGE = 256, DOT = 1, DOTDOT = 2, FIRST = 3 };

struct page {
    unsigned n, max;
    size_t room;
    struct {
        int64_t id;
        char name[256];
    } entry[PAGE];
};

static int gather(void *arg, int64_t id, const char *name)
{
    struct page *p = arg;
    const size_t need = fuse_add_direntry(NULL, NULL, 0, name, NULL, 0);

    if (p->n == p->max || need > p->room)
        return 1;
    p->room -= need;
    p->entry[p->n].id = id;
    (void)text_copy(p->entry[p->n].name, sizeof p->entry[p->n].name, name);
    p->n++;
    return 0;
}

static int list_fixed(struct fs *fs, int64_t after, struct page *p)
{
    (void)fs;
    for (int64_t i = after < NODE_ROOT ? NODE_ROOT + 1 : after + 1; i < NODE_FIXED_N; i++)
        if (gather(p, i, node_fixed_name((enum node_fixed)i)) != 0)
            return 0;
    if (after < NODE_FIXED_N)
        (void)gather(p, NODE_FIXED_N, "events");
    return 0;
}

static int list_dir(struct fs *fs, const struct node *dir, int64_t after, struct page *p)
{
    switch (dir->id) {
    case NODE_ROOT:
        return list_fixed(fs, after, p);
    case NODE_INBOX_DIR:
        inbox_list(fs->inbox, after, gather, p);
        return 0;
    case NODE_DROPS:
        return dlota_drop_list(fs->d, after < 0 ? 0 : after, gather, p);
    default: /* the folders; status/ is DLOTA_NOWHERE: every object */
        return dlota_list(fs->d, node_folder(dir), 0, after < 0 ? 0 : after, gather, p);
    }
}

static struct node node_listed(struct fs *fs, const struct node *dir, int64_t id)
{
    struct dlota_events ev;

    switch (dir->id) {
    case NODE_ROOT:
        if (id < NODE_FIXED_N)
            return (struct node){NODE_FIXED, id};
        dlota_events_now(fs->d, &ev);
        return (struct node){NODE_EVENTS, ev.gen};
    case NODE_INBOX_DIR:
        return (struct node){NODE_INBOX, id};
    case NODE_DROPS:
        return (struct node){NODE_DROP, id};
    case NODE_STATUS_DIR:
        return (struct node){NODE_STATUS, id};
    default:
        return (struct node){NODE_OBJECT, id};
    }
}

struct out {
    fuse_req_t req;
    char *buf;
    size_t size, used;
    bool plus;
};

/* ret's node number 0 tells the kernel not to look at the attributes: most would be asked for again at once. */
static bool put(struct out *o, const char *name, const struct fuse_entry_param *entry, off_t cookie)
{
    const size_t room = o->size - o->used;
    const size_t need = o->plus ? fuse_add_direntry_plus(o->req, o->buf + o->used, room, name, entry, cookie)
                                : fuse_add_direntry(o->req, o->buf + o->used, room, name, &entry->attr, cookie);

    if (need > room)
        return false;
    o->used += need;
    return true;
}

static bool put_dots(struct out *o, const struct node *dir, off_t off)
{
    struct fuse_entry_param entry = {.attr = {.st_ino = node_number(dir->kind, dir->id), .st_mode = S_IFDIR}};

    if (off < DOT && !put(o, ".", &entry, DOT))
        return false;
    entry.attr.st_ino = FUSE_ROOT_ID;
    return off >= DOTDOT || put(o, "..", &entry, DOTDOT);
}

static mode_t type_of(const struct node *n)
{
    return n->kind == NODE_DROP ? S_IFLNK : node_is_dir(n) ? S_IFDIR : S_IFREG;
}

static void put_page(struct fs *fs, struct out *o, const struct node *dir, const struct page *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        const struct node n = node_listed(fs, dir, p->entry[i].id);
        struct fuse_entry_param entry = {.attr = {.st_ino = node_number(n.kind, n.id), .st_mode = type_of(&n)}};

        if (o->plus && dir->id == NODE_INSTALLED) {
            struct fuse_entry_param full;

            if (look_up(fs, dir, p->entry[i].name, &full) == 0 && full.ino == entry.attr.st_ino)
                entry = full;
        }
        if (!put(o, p->entry[i].name, &entry, (off_t)(p->entry[i].id + FIRST)))
            return;
    }
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
    struct fs *fs = fs_of(req);
    struct node dir;
    _cleanup_free_ char *buf = malloc(size ? size : 1);
    _cleanup_free_ struct page *p = malloc(sizeof *p);
    struct out o = {.req = req, .buf = buf, .size = size, .plus = plus};
    int rc;

    if (!buf || !p || !node_of(ino, &dir) || !node_is_dir(&dir)) {
        (void)fuse_reply_err(req, buf && p ? ENOTDIR : ENOMEM);
        return;
    }
    p->n = 0;
    p->max = PAGE;
    p->room = size;
    rc = put_dots(&o, &dir, off) ? list_dir(fs, &dir, off < FIRST ? -1 : (int64_t)off - FIRST, p) : 0;
    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "readdir", rc));
        return;
    }
    put_page(fs, &o, &dir, p);
    (void)fuse_reply_buf(req, buf, o.used);
}

void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct node dir;
    int e;

    if (enter_dir(fs_of(req), req, ino, R_OK, &dir, &e))
        (void)fuse_reply_open(req, fi);
    else
        (void)fuse_reply_err(req, e);
}

void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
    (void)fi;
    read_dir(req, ino, size, off, false);
}

void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
    (void)fi;
    read_dir(req, ino, size, off, true);
}

void fs_readlink(fuse_req_t req, fuse_ino_t ino)
{
    struct fs *fs = fs_of(req);
    struct node n;
    char name[256], target[sizeof "../status/" + sizeof name];
    int rc = node_of(ino, &n) && n.kind == NODE_DROP ? dlota_drop_stat(fs->d, n.id, name) : -EINVAL;

    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "readlink", rc));
        return;
    }
    (void)text_format(target, sizeof target, "../status/%s", name);
    (void)fuse_reply_readlink(req, target);
}
