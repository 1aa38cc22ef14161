/* object.c - the bytes of an installed object, and rm. */
#include "fs/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_bytes(struct fs *fs, fuse_req_t req, const struct dlota_object *o, struct handle **ret)
{
    struct fs_attr attr;
    struct handle *h;
    int rc = fs_attr_object(fs, o, &attr);

    if (rc < 0)
        return rc;
    if (fs_permits(fs, req, attr.st.st_mode, R_OK))
        return -EACCES;
    h = handle_new(HANDLE_BYTES, &(struct node){NODE_OBJECT, o->id});
    if (!h)
        return -ENOMEM;
    h->st = attr.st;
    rc = dlota_bytes(fs->d, o->id, o->gen);
    if (rc < 0) {
        (void)handle_free(&fs->handles, h);
        return rc;
    }
    h->fd = rc;
    *ret = h;
    return 0;
}

/* Whether it is bytes, a report or neither depends on the folder it is in now.  What is not released cannot be opened,
 * not even by root: nothing but installed/ shows an object's bytes. */
void fs_object_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct dlota_object o;
    struct handle *h = NULL;
    int rc = dlota_stat(fs->d, n->id, &o);

    if (rc == 0 && o.folder == DLOTA_IN_FAILED) {
        fs_text_open(req, n, fi);
        return;
    }
    if (rc == 0)
        rc = o.folder == DLOTA_IN_INSTALLED ? open_bytes(fs, req, &o, &h) : -EACCES;
    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "open", rc));
        return;
    }
    handle_add(&fs->handles, h);
    fi->fh = (uint64_t)(uintptr_t)h;
    fi->keep_cache = 1; /* the bytes of an inode never change */
    if (fuse_reply_open(req, fi) == -ENOENT)
        (void)handle_free(&fs->handles, h);
}

void fs_object_read(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
    struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);

    buf.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
    buf.buf[0].fd = h->fd;
    buf.buf[0].pos = off;
    (void)fuse_reply_data(req, &buf, 0);
}

void fs_object_unlink(fuse_req_t req, const struct node *dir, const char *name)
{
    struct fs *fs = fs_of(req);
    struct dlota_object o = {0};
    struct parked *parked = NULL;
    int rc = dlota_find(fs->d, 0, name, &o);

    if (rc == 0 && o.folder != node_folder(dir))
        rc = -ENOENT;
    if (rc == 0)
        rc = park_begin(fs->park, req, PARK_TURN, 0, NULL, NULL, &parked);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "rm", rc));
    else
        dlota_steer(fs->d, o.id, DLOTA_REMOVE, park_done, parked);
}
