/* fs.h - what the files of this room share: one mount. */
#ifndef FS_FS_H
#define FS_FS_H

#include "fs/fuse.h"

#include <stdatomic.h>

#include <dlota/agent.h>
#include "fs/clock.h"
#include "fs/handle.h"
#include "fs/herald.h"
#include "fs/inbox.h"
#include "fs/node.h"
#include "fs/park.h"
#include "fs/publish.h"
#include "fs/session.h"

/* summary or list as it was built last, so that stat, open and read of one `cat` build it once. */
struct fs_text {
    pthread_mutex_t lock;
    char *text;
    size_t n;
    uint64_t version;
    int64_t built; /* monotonic ms; 0: never */
};

struct fs {
    dlota *d;
    struct fs_settings settings;
    struct dlota_face face;
    struct fuse_session *se; /* while fs_run() */
    uid_t uid, self;
    gid_t gid;
    mode_t umask;
    int64_t born; /* wall ms */
    struct park *park;
    struct inbox *inbox;
    struct handles handles;
    struct herald *herald;
    struct announced *announced;
    struct fs_text summary, list;
    _Atomic uint64_t logged; /* bit per errno that was logged */
};

/* ---- access.c: who may, and what an error becomes ---- */

/* The owner, this process's user and root may change things. */
bool fs_owns(const struct fs *fs, fuse_req_t req);
/* Do these mode bits (R_OK, W_OK, X_OK) hold for the caller?  0 or EACCES. */
int fs_permits(const struct fs *fs, fuse_req_t req, mode_t mode, int want);
/* 0 or the errno for this operation on this node by this caller. */
int fs_refuses(const struct fs *fs, fuse_req_t req, const struct node *n, enum node_op op);
/* The errno to answer for -errno: what a user can act on stays, anything else is logged (once for each) and EIO. */
int fs_errno(struct fs *fs, const char *what, int rc);
struct fs *fs_of(fuse_req_t req);

/* ---- attr.c ---- */

struct fs_attr {
    struct stat st;
    double timeout;
};
int fs_attr(struct fs *fs, const struct node *n, struct fs_attr *ret);
int fs_attr_object(struct fs *fs, const struct dlota_object *o, struct fs_attr *ret);
void fs_attr_inbox(struct fs *fs, const struct inbox_stat *in, struct fs_attr *ret);
/* How long a name in installed/ may be remembered, in seconds. */
double fs_installed_timeout(const struct fs *fs);
mode_t fs_dir_mode(const struct fs *fs, enum node_fixed dir);

/* ---- the operations; those that share a table row with others are told apart in ops.c ---- */

/* folder.c */
void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void fs_readlink(fuse_req_t req, fuse_ino_t ino);
/* object.c */
void fs_object_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi);
void fs_object_read(fuse_req_t req, struct handle *h, size_t size, off_t off);
void fs_object_unlink(fuse_req_t req, const struct node *dir, const char *name);
/* textfile.c */
void fs_text_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi);
void fs_text_read(fuse_req_t req, struct handle *h, size_t size, off_t off);
void fs_text_write(fuse_req_t req, struct handle *h, const char *buf, size_t size);
void fs_text_poll(fuse_req_t req, struct handle *h, struct fuse_pollhandle *ph);
/* Length of a generated text now. */
int fs_text_size(struct fs *fs, const struct node *n, uint64_t *ret);
/* drop.c: inbox/ */
void fs_drop_create(fuse_req_t req, const char *name, mode_t mode, struct fuse_file_info *fi);
void fs_drop_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi);
void fs_drop_read(fuse_req_t req, struct handle *h, size_t size, off_t off);
void fs_drop_write(fuse_req_t req, struct handle *h, const char *buf, size_t size, off_t off);
void fs_drop_sync(fuse_req_t req, struct handle *h, enum inbox_why why);
void fs_drop_setattr(fuse_req_t req, const struct node *n, const struct stat *st, int set, struct handle *h);
void fs_drop_unlink(fuse_req_t req, const char *name);
void fs_drop_rename(fuse_req_t req, const char *from, const char *to, unsigned flags);
void fs_drop_release(struct fs *fs, struct handle *h);
/* The inbox's offer. */
void fs_drop_offer(void *fs, uint64_t spool, const char *name, struct inbox_file *file);
/* publish.c */
void fs_publish_rename(fuse_req_t req, const struct node *from, const char *name, const struct node *to,
                       const char *new_name);
/* xattr.c */
void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags);
void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void fs_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);
/* ops.c */
extern const struct fuse_lowlevel_ops fs_ops;

#endif
