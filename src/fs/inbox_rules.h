/* inbox_rules.h - when a file is taken, and who has a name; for the files that make up inbox.h only.
 *
 * Everything here is called with the inbox's lock held; inbox_enter() and inbox_leave() take and release it. */
#ifndef FS_INBOX_RULES_H
#define FS_INBOX_RULES_H

#include <pthread.h>

#include "fs/inbox.h"
#include "fs/spooled.h"

struct inbox {
    dlota *d;
    inbox_offer *offer;
    void *arg;
    pthread_mutex_t lock;
    struct spooled table;
    struct inbox_file *jobs, **jobs_end; /* to be offered or dropped once the lock is released */
    unsigned refused;                    /* files that are to be offered again */
    int64_t again;                       /* when */
    int64_t changed;
};

void inbox_enter(struct inbox *ib);
/* Also does what has to wait for it: offers and drops. */
void inbox_leave(struct inbox *ib);

/* See inbox.h. */
bool inbox_promised(const struct inbox_file *f);
/* To be taken now: it is promised, or wanted, and nobody is at work on it. */
bool inbox_ready(const struct inbox_file *f);
/* ghost: its name resolves for two seconds more. */
void inbox_take(struct inbox *ib, struct inbox_file *f, bool ghost, int64_t now);
/* The ghost's name is free, and the ghost maybe freed. */
void inbox_lay_ghost(struct inbox *ib, struct inbox_file *f);
void inbox_lay_old_ghosts(struct inbox *ib, int64_t now);
/* Its bytes go when it is unlinked and nobody has it open any more. */
void inbox_drop_if_last(struct inbox *ib, struct inbox_file *f);
/* rm, or another file takes the name. */
void inbox_forget_name(struct inbox *ib, struct inbox_file *f, int64_t now);
/* The names have changed. */
void inbox_touch(struct inbox *ib);

#endif
