/* xattr.c - user.* of objects.  The list is cut so that a copy fits the attribute block of common disks; what it leaves
 * out can still be read by name. */
#include "fs/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { LISTED = 2048, KEYS = 64 };
#define OWN "user.dlota."

/* Attributes that other programs know, and the status key that holds the value. */
static const struct {
    const char *name, *key;
} standard[] = {{"user.mime_type", "Type"}, {"user.xdg.origin.url", "ObjectURI"}};
enum { STANDARD = sizeof standard / sizeof *standard };

static const char *key_of(const char *name)
{
    for (size_t i = 0; i < STANDARD; i++)
        if (strcmp(name, standard[i].name) == 0)
            return standard[i].key;
    return strncmp(name, OWN, strlen(OWN)) == 0 ? name + strlen(OWN) : NULL;
}

static bool object_of(fuse_ino_t ino, struct node *ret) { return node_of(ino, ret) && ret->kind == NODE_OBJECT; }

/* They are lines of the object's status file: who may read that may read them. */
static bool readable(fuse_req_t req)
{
    const struct fs *fs = fs_of(req);

    return fs_permits(fs, req, 0644U & ~fs->umask, R_OK) == 0;
}

void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
    struct fs *fs = fs_of(req);
    const char *key = key_of(name);
    _cleanup_free_ char *value = NULL;
    struct node n;
    size_t len = 0;
    int rc;

    /* ls and the kernel ask for security.* and system.* of everything. */
    if (!key || !object_of(ino, &n)) {
        (void)fuse_reply_err(req, ENODATA);
        return;
    }
    if (!readable(req)) {
        (void)fuse_reply_err(req, EACCES);
        return;
    }
    rc = dlota_value(fs->d, n.id, key, &value, &len);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "getxattr", rc));
    else if (size == 0)
        (void)fuse_reply_xattr(req, len);
    else if (size < len)
        (void)fuse_reply_err(req, ERANGE);
    else
        (void)fuse_reply_buf(req, value, len);
}

struct candidate {
    char name[64];
    size_t cost; /* of name and value */
    unsigned rank;
};

/* The standard ones first, then the shortest. */
static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void consider(struct fs *fs, int64_t id, const char *key, unsigned rank, const char *prefix, const char *rest,
                     struct candidate *list, unsigned *n)
{
    struct candidate *c = &list[*n];
    char *value;
    size_t len;

    if (*n == KEYS || text_format(c->name, sizeof c->name, "%s%s", prefix, rest) < 0 ||
        dlota_value(fs->d, id, key, &value, &len) < 0)
        return;
    free(value);
    c->cost = strlen(c->name) + 1 + len;
    c->rank = rank;
    (*n)++;
}

static void list_names(struct fs *fs, int64_t id, struct text *out)
{
    struct candidate list[KEYS];
    unsigned n = 0;
    size_t cost = 0;

    for (size_t i = 0; i < STANDARD; i++)
        consider(fs, id, standard[i].key, 0, "", standard[i].name, list, &n);
    for (const char *const *key = dlota_keys(); *key; key++)
        consider(fs, id, *key, 1, OWN, *key, list, &n);
    qsort(list, n, sizeof *list, by_worth);
    for (unsigned i = 0; i < n; i++) {
        if (cost + list[i].cost > LISTED)
            continue;
        cost += list[i].cost;
        text_add(out, list[i].name, strlen(list[i].name) + 1);
    }
}

void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
    struct text names = {.max = LISTED};
    struct node n;

    if (object_of(ino, &n) && readable(req))
        list_names(fs_of(req), n.id, &names);
    if (names.failed)
        (void)fuse_reply_err(req, ENOMEM);
    else if (size == 0)
        (void)fuse_reply_xattr(req, names.len);
    else if (size < names.len)
        (void)fuse_reply_err(req, ERANGE);
    else
        (void)fuse_reply_buf(req, names.data, names.len);
    text_free(&names);
}

static void refuse(fuse_req_t req, fuse_ino_t ino, const char *name)
{
    struct node n;

    if (strncmp(name, "user.", 5) != 0 || !node_of(ino, &n))
        (void)fuse_reply_err(req, ENOTSUP);
    else
        (void)fuse_reply_err(req, node_refuses(&n, OP_XATTR));
}

void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
    (void)value, (void)size, (void)flags;
    refuse(req, ino, name);
}

void fs_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name) { refuse(req, ino, name); }
