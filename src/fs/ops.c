/* ops.c - what the kernel asks, sent on to the file that knows the kind of node. */
#include "fs/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Put there by our own open. */
static struct handle *handle_in(const struct fuse_file_info *fi) { return (struct handle *)(uintptr_t)fi->fh; }

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
    /* ASYNC_DIO: with 16 asynchronous direct reads no RELEASE is delivered any more.  WRITEBACK_CACHE: a close would no
     * longer mean that the bytes were written.  EXPORT: inode numbers of an earlier mount mean nothing.  AUTO_INVAL:
     * the bytes of an inode never change.  CACHE_SYMLINKS: a link of by-descriptor/ does. */
    const unsigned unwanted = FUSE_CAP_ASYNC_DIO | FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_EXPORT_SUPPORT |
                              FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_NO_OPEN_SUPPORT |
                              FUSE_CAP_NO_OPENDIR_SUPPORT | FUSE_CAP_SPLICE_READ;
    const unsigned wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_SPLICE_WRITE |
                            FUSE_CAP_SPLICE_MOVE | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
                            FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_EXPLICIT_INVAL_DATA;

    (void)userdata;
    conn->want = (conn->want & ~unwanted) | (conn->capable & wanted);
    conn->max_write = 1 << 20;
    conn->max_background = 64;
    conn->congestion_threshold = 48;
}

/* false: answered. */
static bool permitted(fuse_req_t req, fuse_ino_t ino, enum node_op op, struct node *ret)
{
    const int e = node_of(ino, ret) ? fs_refuses(fs_of(req), req, ret, op) : ESTALE;

    if (e)
        (void)fuse_reply_err(req, e);
    return e == 0;
}

/* ---- attributes ---- */

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct fs_attr attr = {0};
    struct node n;
    int rc = node_of(ino, &n) ? fs_attr(fs, &n, &attr) : -ESTALE;

    (void)fi;
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "stat", rc));
    else
        (void)fuse_reply_attr(req, &attr.st, attr.timeout);
}

static bool may_set(fuse_req_t req, fuse_ino_t ino, int set, struct node *ret)
{
    const int owner = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
    const int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;

    /* truncate(2) brings the new mtime along. */
    if (set & FUSE_SET_ATTR_SIZE && !permitted(req, ino, OP_TRUNCATE, ret))
        return false;
    if (set & (set & FUSE_SET_ATTR_SIZE ? owner : owner | times))
        return permitted(req, ino, OP_CHANGE, ret);
    return node_of(ino, ret);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct handle *h;
    struct node n;

    if (set == 0 || !(set & ~FUSE_SET_ATTR_CTIME)) {
        on_getattr(req, ino, fi);
        return;
    }
    if (!may_set(req, ino, set, &n))
        return;
    if (n.kind != NODE_INBOX) {
        on_getattr(req, ino, fi);
        return;
    }
    h = fi ? handle_hold(handle_in(fi)) : NULL;
    fs_drop_setattr(req, &n, st, set, h);
    if (h)
        handle_put(&fs->handles, h);
}

static void on_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
    struct fs *fs = fs_of(req);
    struct fs_attr attr = {0};
    struct node n;
    int rc = node_of(ino, &n) ? fs_attr(fs, &n, &attr) : -ESTALE;
    int e = rc < 0 ? fs_errno(fs, "access", rc) : 0;

    if (!e && !(attr.st.st_mode & 0777)) /* pending/ and partial/: shut to root as well */
        e = mask & (R_OK | W_OK | X_OK) ? EACCES : 0;
    if (!e)
        e = fs_permits(fs, req, attr.st.st_mode, mask & (R_OK | X_OK));
    if (!e && mask & W_OK)
        e = node_is_dir(&n) ? fs_permits(fs, req, attr.st.st_mode, W_OK) : fs_refuses(fs, req, &n, OP_WRITE);
    (void)fuse_reply_err(req, e);
}

static void on_statfs(fuse_req_t req, fuse_ino_t ino)
{
    struct fs *fs = fs_of(req);
    struct statvfs sv;
    int rc = dlota_statvfs(fs->d, &sv);

    (void)ino;
    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "statfs", rc));
        return;
    }
    sv.f_namemax = 255;
    (void)fuse_reply_statfs(req, &sv);
}

/* ---- names ---- */

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
    struct node dir;

    if (!permitted(req, parent, OP_CREATE, &dir))
        return;
    if (strlen(name) > 255)
        (void)fuse_reply_err(req, ENAMETOOLONG);
    else
        fs_drop_create(req, name, mode, fi);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct node dir;

    if (!permitted(req, parent, OP_UNLINK, &dir))
        return;
    if (dir.id == NODE_INBOX_DIR)
        fs_drop_unlink(req, name);
    else
        fs_object_unlink(req, &dir, name);
}

static void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct node dir;

    (void)name;
    if (permitted(req, parent, OP_RMDIR, &dir))
        (void)fuse_reply_err(req, EPERM);
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
                      unsigned flags)
{
    struct node from, to;

    if (!permitted(req, parent, OP_RENAME, &from) || !permitted(req, new_parent, OP_RENAME, &to))
        return;
    if (strlen(new_name) > 255)
        (void)fuse_reply_err(req, ENAMETOOLONG);
    else if (from.id == NODE_INBOX_DIR && to.id == NODE_INBOX_DIR)
        fs_drop_rename(req, name, new_name, flags);
    else if (from.id != NODE_INBOX_DIR && to.id != NODE_INBOX_DIR && flags == 0)
        fs_publish_rename(req, &from, name, &to, new_name);
    else
        (void)fuse_reply_err(req, EPERM);
}

static void refuse_to_make(fuse_req_t req, fuse_ino_t parent)
{
    struct node dir;

    if (permitted(req, parent, OP_MAKE, &dir))
        (void)fuse_reply_err(req, EPERM);
}

static void on_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
    (void)ino, (void)name;
    refuse_to_make(req, parent);
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
    (void)target, (void)name;
    refuse_to_make(req, parent);
}

static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    (void)name, (void)mode;
    refuse_to_make(req, parent);
}

static void on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
    (void)name, (void)mode, (void)rdev;
    refuse_to_make(req, parent);
}

/* ---- open files ---- */

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    static void (*const open_kind[])(fuse_req_t, const struct node *, struct fuse_file_info *) = {
        [NODE_FIXED] = fs_text_open,    [NODE_STATUS] = fs_text_open, [NODE_EVENTS] = fs_text_open,
        [NODE_OBJECT] = fs_object_open, [NODE_INBOX] = fs_drop_open,  [NODE_DROP] = NULL,
    };
    const bool writes = (fi->flags & O_ACCMODE) != O_RDONLY || fi->flags & O_TRUNC;
    struct node n;

    if (writes ? !permitted(req, ino, OP_WRITE, &n) : !node_of(ino, &n)) {
        if (!writes)
            (void)fuse_reply_err(req, ESTALE);
        return;
    }
    if (node_is_dir(&n) || !open_kind[n.kind])
        (void)fuse_reply_err(req, node_is_dir(&n) ? EISDIR : ELOOP);
    else
        open_kind[n.kind](req, &n, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
    static void (*const read_kind[])(fuse_req_t, struct handle *, size_t, off_t) = {
        [HANDLE_BYTES] = fs_object_read,
        [HANDLE_TEXT] = fs_text_read,
        [HANDLE_EVENTS] = fs_text_read,
        [HANDLE_INBOX] = fs_drop_read,
    };
    struct fs *fs = fs_of(req);
    struct handle *h = handle_hold(handle_in(fi));

    (void)ino;
    read_kind[h->kind](req, h, size, off);
    handle_put(&fs->handles, h);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct handle *h = handle_hold(handle_in(fi));

    (void)ino;
    if (h->kind == HANDLE_INBOX)
        fs_drop_write(req, h, buf, size, off);
    else if (h->kind == HANDLE_TEXT && h->node.kind == NODE_STATUS)
        fs_text_write(req, h, buf, size);
    else
        (void)fuse_reply_err(req, EBADF);
    handle_put(&fs->handles, h);
}

static void sync_handle(fuse_req_t req, const struct fuse_file_info *fi, enum inbox_why why)
{
    struct fs *fs = fs_of(req);
    struct handle *h = handle_hold(handle_in(fi));

    if (h->kind == HANDLE_INBOX)
        fs_drop_sync(req, h, why);
    else
        (void)fuse_reply_err(req, 0);
    handle_put(&fs->handles, h);
}

static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    (void)ino;
    sync_handle(req, fi, INBOX_FLUSH);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
    (void)ino, (void)datasync;
    sync_handle(req, fi, INBOX_FSYNC);
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct handle *h = handle_in(fi);

    (void)ino;
    if (h->kind == HANDLE_INBOX)
        fs_drop_release(fs, h);
    handle_put(&fs->handles, h);
    (void)fuse_reply_err(req, 0);
}

static void on_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
    (void)ino, (void)datasync, (void)fi;
    (void)fuse_reply_err(req, 0); /* a closed file's name is durable with its bytes */
}

static void on_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct fuse_pollhandle *ph)
{
    struct fs *fs = fs_of(req);
    struct handle *h = handle_hold(handle_in(fi));

    (void)ino;
    if (h->kind == HANDLE_TEXT || h->kind == HANDLE_EVENTS) {
        fs_text_poll(req, h, ph);
    } else {
        if (ph)
            fuse_pollhandle_destroy(ph);
        (void)fuse_reply_poll(req, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
    }
    handle_put(&fs->handles, h);
}

const struct fuse_lowlevel_ops fs_ops = {
    .init = on_init,
    .lookup = fs_lookup,
    .getattr = on_getattr,
    .setattr = on_setattr,
    .readlink = fs_readlink,
    .mknod = on_mknod,
    .mkdir = on_mkdir,
    .unlink = on_unlink,
    .rmdir = on_rmdir,
    .symlink = on_symlink,
    .rename = on_rename,
    .link = on_link,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .flush = on_flush,
    .release = on_release,
    .fsync = on_fsync,
    .opendir = fs_opendir,
    .readdir = fs_readdir,
    .readdirplus = fs_readdirplus,
    .fsyncdir = on_fsyncdir,
    .statfs = on_statfs,
    .setxattr = fs_setxattr,
    .getxattr = fs_getxattr,
    .listxattr = fs_listxattr,
    .removexattr = fs_removexattr,
    .access = on_access,
    .create = on_create,
    .poll = on_poll,
};
