/* fs_kernel.h - the kernel's and libfuse's part, played: a request is made, the answer is kept.  One per test program.
 *
 * The operations are called as libfuse does; asks stay with the fake until fake_answer(). */
#ifndef FS_KERNEL_H
#define FS_KERNEL_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake/fake.h"
#include "base/limits.h"
#include "fs/fs.h"

struct fuse_req {
    void *userdata;
    struct fuse_ctx ctx;
    int answers, err; /* errno; 0: fine */
    struct fuse_entry_param entry;
    struct fuse_file_info fi;
    struct stat st;
    double timeout;
    char data[1 << 17];
    size_t n;
    unsigned revents;
};

enum { OWNER = 7001, OWNERS_GROUP = 7002, STRANGER = 7003 };

static dlota *d;
static struct fs *fs;
static struct fuse_req *req; /* the last one */

/* ---- libfuse ---- */

void *fuse_req_userdata(fuse_req_t r) { return r->userdata; }
const struct fuse_ctx *fuse_req_ctx(fuse_req_t r) { return &r->ctx; }
void fuse_req_interrupt_func(fuse_req_t r, fuse_interrupt_func_t func, void *data) { (void)r, (void)func, (void)data; }

int fuse_reply_err(fuse_req_t r, int err)
{
    r->answers++;
    r->err = err;
    return 0;
}

int fuse_reply_entry(fuse_req_t r, const struct fuse_entry_param *e)
{
    r->entry = *e;
    return fuse_reply_err(r, 0);
}

int fuse_reply_open(fuse_req_t r, const struct fuse_file_info *fi)
{
    r->fi = *fi;
    return fuse_reply_err(r, 0);
}

int fuse_reply_create(fuse_req_t r, const struct fuse_entry_param *e, const struct fuse_file_info *fi)
{
    r->entry = *e;
    return fuse_reply_open(r, fi);
}

int fuse_reply_attr(fuse_req_t r, const struct stat *st, double timeout)
{
    r->st = *st;
    r->timeout = timeout;
    return fuse_reply_err(r, 0);
}

int fuse_reply_buf(fuse_req_t r, const char *buf, size_t n)
{
    ck_assert_uint_lt(n, sizeof r->data);
    if (n > 0)
        memcpy(r->data, buf, n);
    r->data[n] = '\0';
    r->n = n;
    return fuse_reply_err(r, 0);
}

int fuse_reply_readlink(fuse_req_t r, const char *target) { return fuse_reply_buf(r, target, strlen(target)); }

int fuse_reply_data(fuse_req_t r, struct fuse_bufvec *v, enum fuse_buf_copy_flags flags)
{
    const ssize_t n = pread(v->buf[0].fd, r->data, v->buf[0].size, v->buf[0].pos);

    (void)flags;
    ck_assert_int_ge(n, 0);
    r->data[n] = '\0';
    r->n = (size_t)n;
    return fuse_reply_err(r, 0);
}

int fuse_reply_write(fuse_req_t r, size_t n)
{
    r->n = n;
    return fuse_reply_err(r, 0);
}

int fuse_reply_xattr(fuse_req_t r, size_t n) { return fuse_reply_write(r, n); }

int fuse_reply_poll(fuse_req_t r, unsigned revents)
{
    r->revents = revents;
    return fuse_reply_err(r, 0);
}

/* ---- requests ---- */

static inline struct fuse_req *as(uid_t uid, gid_t gid)
{
    free(req);
    req = calloc(1, sizeof *req);
    ck_assert_ptr_nonnull(req);
    req->userdata = fs;
    req->ctx = (struct fuse_ctx){.uid = uid, .gid = gid, .pid = getpid()};
    req->err = -1;
    return req;
}

static inline struct fuse_req *owner(void) { return as(OWNER, OWNERS_GROUP); }
static inline struct fuse_req *stranger(void) { return as(STRANGER, STRANGER); }

/* The answer, which must be there: once. */
static inline int answer(void)
{
    ck_assert_int_eq(req->answers, 1);
    return req->err;
}

static inline uint64_t fixed(enum node_fixed n) { return node_number(NODE_FIXED, n); }
static inline uint64_t object(int64_t id) { return node_number(NODE_OBJECT, id); }
static inline uint64_t status_of(int64_t id) { return node_number(NODE_STATUS, id); }

static inline int lookup(uint64_t dir, const char *name)
{
    fs_ops.lookup(owner(), dir, name);
    return answer();
}

static inline int getattr(uint64_t ino)
{
    fs_ops.getattr(owner(), ino, NULL);
    return answer();
}

static inline int open_as(struct fuse_req *r, uint64_t ino, int flags, struct fuse_file_info *ret)
{
    *ret = (struct fuse_file_info){.flags = flags};
    fs_ops.open(r, ino, ret);
    *ret = r->fi;
    return answer();
}

static inline int open_file(uint64_t ino, int flags, struct fuse_file_info *ret)
{
    return open_as(owner(), ino, flags, ret);
}

static inline const char *read_file(struct fuse_file_info *fi, size_t n, off_t off)
{
    fs_ops.read(owner(), 1, n, off, fi);
    return answer() == 0 ? req->data : NULL;
}

static inline void release(struct fuse_file_info *fi)
{
    fs_ops.release(owner(), 1, fi);
    ck_assert_int_eq(answer(), 0);
}

/* ---- the mount ---- */

static inline void mount_with(mode_t mask)
{
    const struct fs_settings s = {.mountpoint = "/",
                                  .uid = OWNER,
                                  .gid = OWNERS_GROUP,
                                  .umask = mask,
                                  .has_uid = true,
                                  .has_gid = true,
                                  .has_umask = true,
                                  .warden_fd = -1,
                                  .warden_pid = 4242};

    d = fake_new();
    ck_assert_int_eq(fs_new(d, &s, &fs), 0);
}

static inline void mount_022(void) { mount_with(022); }

static inline void unmount(void)
{
    fake_answer(d, 0);
    d = fake_free(d);
    fs = fs_free(fs);
    free(req);
    req = NULL;
}

static inline int run_mounted(const char *name, const TTest *const *tests, void (*mount)(void), void (*end)(void))
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, mount, end);
    for (; *tests; tests++)
        tcase_add_test(tc, *tests);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int run_cases(const char *name, const TTest *const *tests, void (*mount)(void))
{
    return run_mounted(name, tests, mount, unmount);
}

#endif
