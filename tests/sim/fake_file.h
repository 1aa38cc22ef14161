/* fake_file.h - a file or directory of the fake disk: what everybody sees, and what a power cut would leave. */
#ifndef SIM_FAKE_FILE_H
#define SIM_FAKE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/fake_disk.h"

enum { PAGE = 4096, ENTRY_NAME = 64 };

struct entry {
    struct entry *next;
    char name[ENTRY_NAME];
    struct node *node;
};

/* Nodes live as long as their disk; a name may come and go. */
struct node {
    struct node *next;
    bool dir;
    uint64_t number;
    struct node *parent; /* of a directory */

    /* A directory. */
    struct entry *now, *flushed;

    /* A file. */
    unsigned char *bytes, *kept; /* both `room` long, zero beyond their size */
    unsigned char *dirty;        /* one per page: written since the last flush */
    size_t size, kept_size, room;

    void *locked_by;       /* the open file that has the lock */
    struct vfs_locks *vfs; /* of SQLite */
};

struct node *node_new(bool dir, uint64_t number, struct node *parent);
void node_free(struct node *n);

void node_write(struct node *n, const void *p, size_t len, uint64_t offset);
size_t node_read(const struct node *n, void *p, size_t len, uint64_t offset);
void node_truncate(struct node *n, size_t size);
/* What everybody sees is what a power cut leaves. */
void node_flush(struct node *n);
/* A flush that failed: as Linux does, what was to be written counts as clean afterwards though it never arrived. */
void node_flush_failed(struct node *n);
/* The power goes: kept data, and of the rest what `cut` says. */
void node_cut(struct node *n, enum fake_cut cut, uint64_t *seed);

struct node *entry_find(const struct entry *list, const char *name);
void entry_add(struct entry **list, const char *name, struct node *node);
bool entry_remove(struct entry **list, const char *name);

uint32_t fake_chance(uint64_t *seed);

#endif
