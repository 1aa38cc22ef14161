#include "fs/node.h"

#include <errno.h>
#include <string.h>

enum { KIND_BITS = 4 };

/* The rows of the table below. */
enum place {
    IN_ROOT,
    IN_INBOX,
    IN_FOLDER,
    IN_STATUS,
    IN_DROPS,
    ON_OBJECT,
    ON_STATUS,
    ON_INBOX,
    ON_LINK,
    ON_TEXT,
    PLACES
};

/* Every operation x place.  No EROFS and no EXDEV: tools take these for "try another way" and copy.  Objects answer
 * EACCES as a file of mode 0444 or 0000 does, to root as well.  rename: publication by the warden is the exception that
 * publish.c makes for the folders.  O_TRUNC and truncate of a status file do nothing, so that `echo pause > status/x`
 * works.  ENOENT for a new file in status/: there is no object of that name to steer. */
static const int refusals[PLACES][NODE_OPS] = {
    /*              CREATE  UNLINK   RMDIR    RENAME   MAKE     CHANGE  TRUNCATE WRITE   XATTR */
    [IN_ROOT] = {EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EISDIR, EISDIR, EPERM},
    [IN_INBOX] = {0, 0, EPERM, 0, EPERM, EPERM, EISDIR, EISDIR, ENOTSUP},
    [IN_FOLDER] = {EPERM, 0, EPERM, 0, EPERM, EPERM, EISDIR, EISDIR, EPERM},
    [IN_STATUS] = {ENOENT, EPERM, EPERM, EPERM, EPERM, EPERM, EISDIR, EISDIR, EPERM},
    [IN_DROPS] = {EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EISDIR, EISDIR, EPERM},
    [ON_OBJECT] = {ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, EPERM, EACCES, EACCES, EPERM},
    [ON_STATUS] = {ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, EPERM, 0, 0, EPERM},
    [ON_INBOX] = {ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, 0, 0, 0, ENOTSUP},
    [ON_LINK] = {ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, EPERM, EPERM, EPERM, EPERM},
    [ON_TEXT] = {ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, EPERM, EACCES, EACCES, EPERM},
};

static const struct {
    const char *name;
    enum place place;
    enum dlota_folder folder;
} fixed_nodes[NODE_FIXED_N] = {
    [NODE_ROOT] = {"", IN_ROOT, DLOTA_NOWHERE},
    [NODE_INBOX_DIR] = {"inbox", IN_INBOX, DLOTA_NOWHERE},
    [NODE_PENDING] = {"pending", IN_FOLDER, DLOTA_IN_PENDING},
    [NODE_PARTIAL] = {"partial", IN_FOLDER, DLOTA_IN_PARTIAL},
    [NODE_INSTALLED] = {"installed", IN_FOLDER, DLOTA_IN_INSTALLED},
    [NODE_FAILED] = {"failed", IN_FOLDER, DLOTA_IN_FAILED},
    [NODE_STATUS_DIR] = {"status", IN_STATUS, DLOTA_NOWHERE},
    [NODE_DROPS] = {"by-descriptor", IN_DROPS, DLOTA_NOWHERE},
    [NODE_SUMMARY] = {"summary", ON_TEXT, DLOTA_NOWHERE},
    [NODE_LIST] = {"list", ON_TEXT, DLOTA_NOWHERE},
};

static const enum place kind_places[] = {
    [NODE_OBJECT] = ON_OBJECT, [NODE_STATUS] = ON_STATUS, [NODE_INBOX] = ON_INBOX,
    [NODE_DROP] = ON_LINK,     [NODE_EVENTS] = ON_TEXT,
};

uint64_t node_number(enum node_kind kind, int64_t id) { return (uint64_t)id << KIND_BITS | (uint64_t)kind; }

bool node_of(uint64_t number, struct node *ret)
{
    const uint64_t kind = number & ((1U << KIND_BITS) - 1);

    if (kind < NODE_FIXED || kind > NODE_EVENTS)
        return false;
    *ret = (struct node){.kind = (enum node_kind)kind, .id = (int64_t)(number >> KIND_BITS)};
    return ret->kind != NODE_FIXED || ret->id < NODE_FIXED_N;
}

const char *node_fixed_name(enum node_fixed fixed) { return fixed_nodes[fixed].name; }

int node_fixed_find(const char *name)
{
    for (int i = NODE_ROOT + 1; i < NODE_FIXED_N; i++)
        if (strcmp(fixed_nodes[i].name, name) == 0)
            return i;
    return -1;
}

static enum place place_of(const struct node *n)
{
    return n->kind == NODE_FIXED ? fixed_nodes[n->id].place : kind_places[n->kind];
}

bool node_is_dir(const struct node *n) { return place_of(n) < ON_OBJECT; }

enum dlota_folder node_folder(const struct node *n)
{
    return n->kind == NODE_FIXED ? fixed_nodes[n->id].folder : DLOTA_NOWHERE;
}

enum node_fixed node_of_folder(enum dlota_folder folder)
{
    for (int i = NODE_PENDING; i <= NODE_FAILED; i++)
        if (fixed_nodes[i].folder == folder)
            return (enum node_fixed)i;
    return NODE_ROOT;
}

int node_refuses(const struct node *n, enum node_op op) { return refusals[place_of(n)][op]; }
