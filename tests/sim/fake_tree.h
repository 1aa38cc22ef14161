/* fake_tree.h - the inside of the fake disk, for its two faces. */
#ifndef SIM_FAKE_TREE_H
#define SIM_FAKE_TREE_H

#include "sim/fake_file.h"

enum { FDS = 512, FIRST_FD = 1000000 };

struct fake_disk {
    struct disk disk; /* first */
    struct node *nodes, *root;
    uint64_t numbers, chance;
    struct open_file {
        struct node *node; /* NULL: free */
    } fds[FDS];
    unsigned connections; /* files that SQLite has open */
    unsigned long steps, stop_at, crash_at, fail_at, fail_times, failures;
    int error;
    bool dead;
};

/* Before a call that changes something: 0, or -errno when it does not happen. */
int tree_step(struct fake_disk *d);
/* Before a call that only looks. */
int tree_look(const struct fake_disk *d);
struct node *tree_add(struct fake_disk *d, bool dir, struct node *parent);
/* Of an absolute path; *ret_dir, name: where it is or would be.  NULL: not there. */
struct node *tree_find(const struct fake_disk *d, struct node *from, const char *path, bool kept, struct node **ret_dir,
                       char name[static ENTRY_NAME]);
/* Data that a call which fails may have written all the same: the first half. */
void tree_write_some(struct fake_disk *d, struct node *n, const void *p, size_t len, uint64_t offset);

void vfs_register(struct fake_disk *d);
void vfs_unregister(void);
void vfs_locks_free(struct node *n);

#endif
