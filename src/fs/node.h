/* node.h - inode numbers, and what may be done where.  Pure; any thread. */
#ifndef FS_NODE_H
#define FS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dlota/words.h>

/* An inode number is id << 4 | kind.  It is never used for anything else, so that lookup and forget store nothing. */
enum node_kind {
    NODE_FIXED = 1,  /* id: enum node_fixed */
    NODE_OBJECT = 2, /* id: the object's, in pending/, partial/, installed/ and failed/ alike */
    NODE_STATUS = 3, /* id: the object's */
    NODE_INBOX = 4,  /* id: the spool file's number */
    NODE_DROP = 5,   /* id: the drop's key; a link in by-descriptor/ */
    NODE_EVENTS = 6, /* id: the generation: a new one is a new inode, so that tail -F notices */
};

enum node_fixed {
    NODE_ROOT = 0, /* number 1, as FUSE wants it */
    NODE_INBOX_DIR = 1,
    NODE_PENDING = 2,
    NODE_PARTIAL = 3,
    NODE_INSTALLED = 4,
    NODE_FAILED = 5,
    NODE_STATUS_DIR = 6,
    NODE_DROPS = 7,
    NODE_SUMMARY = 8,
    NODE_LIST = 9,
    NODE_FIXED_N
};

struct node {
    enum node_kind kind;
    int64_t id;
};

uint64_t node_number(enum node_kind kind, int64_t id);
/* false: no such node. */
bool node_of(uint64_t number, struct node *ret);

/* Name of a fixed node ("" for the root); static. */
const char *node_fixed_name(enum node_fixed fixed);
/* -1 when there is none of that name. */
int node_fixed_find(const char *name);
bool node_is_dir(const struct node *n);
/* The folder that a directory is; DLOTA_NOWHERE for all other nodes. */
enum dlota_folder node_folder(const struct node *n);
/* The directory that is a folder. */
enum node_fixed node_of_folder(enum dlota_folder folder);

enum node_op {
    /* in a directory */
    OP_CREATE,
    OP_UNLINK,
    OP_RMDIR,
    OP_RENAME,
    OP_MAKE, /* link, symlink, mkdir, mknod */
    /* on a node */
    OP_CHANGE, /* chmod, chown, utimens */
    OP_TRUNCATE,
    OP_WRITE, /* open for writing */
    OP_XATTR, /* set or remove one of user.* */
    NODE_OPS
};
/* 0: goes on; else the errno (positive) that this operation gets there, whoever asks. */
int node_refuses(const struct node *n, enum node_op op);

#endif
