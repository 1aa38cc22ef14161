#include "fs/fs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

struct fs *fs_of(fuse_req_t req) { return fuse_req_userdata(req); }

bool fs_owns(const struct fs *fs, fuse_req_t req)
{
    const uid_t uid = fuse_req_ctx(req)->uid;

    return uid == 0 || uid == fs->uid || uid == fs->self;
}

int fs_permits(const struct fs *fs, fuse_req_t req, mode_t mode, int want)
{
    const struct fuse_ctx *ctx = fuse_req_ctx(req);
    const int bits = (int)mode & 07;

    if (ctx->uid == 0)
        return want & X_OK && !(mode & 0111) ? EACCES : 0;
    if (fs_owns(fs, req))
        return ((int)(mode >> 6) & want) == want ? 0 : EACCES;
    if (ctx->gid == fs->gid)
        return ((int)(mode >> 3) & want) == want ? 0 : EACCES;
    return (bits & want) == want ? 0 : EACCES;
}

int fs_refuses(const struct fs *fs, fuse_req_t req, const struct node *n, enum node_op op)
{
    const int e = node_refuses(n, op);

    if (e)
        return e;
    return fs_owns(fs, req) ? 0 : op == OP_CHANGE ? EPERM : EACCES;
}

int fs_errno(struct fs *fs, const char *what, int rc)
{
    static const int plain[] = {ENOENT, ESTALE, EINVAL, EOPNOTSUPP, EEXIST,       ENOSPC, EDQUOT,
                                EFBIG,  EINTR,  EACCES, EPERM,      ENAMETOOLONG, ENODATA};
    const int e = -rc;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (e == plain[i])
            return e;
    if (e != ESHUTDOWN && !(atomic_fetch_or(&fs->logged, 1ULL << (e & 63)) >> (e & 63) & 1))
        log_error("%s: %s", what, strerror(e));
    return EIO;
}
