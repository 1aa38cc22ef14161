/* inbox.c - the files of inbox/: open, data, flush, close. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fs/clock.h"
#include "fs/inbox_rules.h"

/* ---- life ---- */

int inbox_new(dlota *d, inbox_offer *offer, void *arg, struct inbox **ret)
{
    struct inbox *ib = calloc(1, sizeof *ib);

    if (!ib)
        return -ENOMEM;
    ib->d = d;
    ib->offer = offer;
    ib->arg = arg;
    ib->jobs_end = &ib->jobs;
    (void)pthread_mutex_init(&ib->lock, NULL);
    inbox_touch(ib);
    *ret = ib;
    return 0;
}

struct inbox *inbox_free(struct inbox *ib)
{
    if (!ib)
        return NULL;
    for (unsigned b = 0; b < SPOOLED_BUCKETS; b++)
        for (struct inbox_file *f = ib->table.by_number[b], *next; f; f = next) {
            next = f->next_number;
            free(f);
        }
    (void)pthread_mutex_destroy(&ib->lock);
    free(ib);
    return NULL;
}

/* ---- what an earlier run left ---- */

int inbox_found(struct inbox *ib, uint64_t spool, const char *name, uint64_t size, bool closed)
{
    struct inbox_file *f = NULL;

    inbox_enter(ib);
    if (ib->table.n < LIMIT_SPOOL_FILES)
        f = spooled_add(&ib->table, spool);
    if (f) {
        f->size = size;
        f->mode = 0644;
        f->mtime = clock_wall_ms();
        f->writes = 1;
        f->kept = closed ? 1 : 0;
        f->killed = !closed;
        (void)strncpy(f->name, name, sizeof f->name - 1);
        /* A name that two left behind: the elder one keeps it, the other is taken by inbox_begin() or waits unseen. */
        if (!spooled_name(&ib->table, name))
            spooled_set_name(&ib->table, f, name, true);
    }
    inbox_leave(ib);
    return f ? 0 : -ENOMEM;
}

static int by_number(const void *a, const void *b)
{
    const struct inbox_file *const *x = a, *const *y = b;

    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

/* In the order of their numbers: of two that were dropped under one name the later one is the latest. */
int inbox_begin(struct inbox *ib, int64_t now)
{
    struct inbox_file **complete;
    size_t n = 0;
    int rc;

    inbox_enter(ib);
    complete = calloc(ib->table.n + 1, sizeof(struct inbox_file *));
    for (unsigned b = 0; b < SPOOLED_BUCKETS && complete; b++)
        for (struct inbox_file *f = ib->table.by_number[b]; f; f = f->next_number)
            if (f->state == SPOOLED_WAITS && f->size > 0 && f->writes == f->kept && inbox_final_name(f->name))
                complete[n++] = f;
    if (complete)
        qsort(complete, n, sizeof(struct inbox_file *), by_number);
    for (size_t i = 0; i < n; i++)
        inbox_take(ib, complete[i], false, now);
    inbox_leave(ib);
    rc = complete ? 0 : -ENOMEM;
    free(complete);
    return rc;
}

/* ---- open and close ---- */

static bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

static struct inbox_file *hold(struct inbox_file *f, int flags)
{
    f->refs++;
    f->handles++;
    f->writers += writes(flags);
    return f;
}

static int open_locked(struct inbox *ib, struct inbox_file *f, int flags, int64_t now)
{
    const bool changes = writes(flags) || (flags & O_TRUNC);

    if (!f || f->state == SPOOLED_GONE)
        return -ESTALE;
    if (f->state == SPOOLED_TAKEN) {
        if (!changes)
            return -ENOENT;
        if (f->ghost)
            inbox_lay_ghost(ib, f);
        return -ESTALE;
    }
    if (changes && inbox_promised(f)) {
        inbox_take(ib, f, false, now);
        return -ESTALE;
    }
    (void)hold(f, flags);
    return 0;
}

int inbox_open(struct inbox *ib, uint64_t spool, int flags, int64_t now, struct inbox_file **ret)
{
    struct inbox_file *f;
    int rc;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    f = spooled_number(&ib->table, spool);
    rc = open_locked(ib, f, flags, now);
    inbox_leave(ib);
    if (rc < 0)
        return rc;
    if (flags & O_TRUNC)
        rc = inbox_truncate(ib, f, 0);
    if (rc < 0) {
        inbox_close(ib, f, writes(flags), now);
        return rc;
    }
    *ret = f;
    return 0;
}

static int add_locked(struct inbox *ib, uint64_t spool, const char *name, mode_t mode, int flags,
                      struct inbox_file **ret)
{
    struct inbox_file *f;

    if (ib->table.n >= LIMIT_SPOOL_FILES && ib->table.first_ghost)
        inbox_lay_ghost(ib, ib->table.first_ghost);
    if (ib->table.n >= LIMIT_SPOOL_FILES)
        return -ENOSPC;
    f = spooled_add(&ib->table, spool);
    if (!f)
        return -ENOMEM;
    spooled_set_name(&ib->table, f, name, true);
    f->mode = mode & 07777;
    f->mtime = clock_wall_ms();
    inbox_touch(ib);
    *ret = hold(f, flags);
    return 0;
}

/* The kernel looks a name up before it creates, and holds the directory's lock meanwhile: an existing waiting file is
 * rare here, but then it is opened as open(2) would. */
int inbox_create(struct inbox *ib, const char *name, mode_t mode, int flags, int64_t now, struct inbox_file **ret)
{
    struct inbox_file *f;
    uint64_t spool, existing = 0;
    bool exists;
    int rc;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, name);
    if (f && (f->ghost || inbox_promised(f))) {
        inbox_forget_name(ib, f, now);
        f = NULL;
    }
    exists = f != NULL;
    if (exists)
        existing = f->number;
    inbox_leave(ib);
    if (exists)
        return flags & O_EXCL ? -EEXIST : inbox_open(ib, existing, flags, now, ret);

    rc = dlota_spool_create(ib->d, name, &spool);
    if (rc < 0)
        return rc;
    inbox_enter(ib);
    rc = spooled_name(&ib->table, name) ? -EEXIST : add_locked(ib, spool, name, mode, flags, ret);
    inbox_leave(ib);
    if (rc < 0)
        (void)dlota_spool_drop(ib->d, spool);
    return rc;
}

void inbox_close(struct inbox *ib, struct inbox_file *f, bool writer, int64_t now)
{
    inbox_enter(ib);
    f->handles--;
    f->writers -= writer;
    if (inbox_ready(f))
        inbox_take(ib, f, true, now);
    inbox_drop_if_last(ib, f);
    spooled_unref(&ib->table, f);
    inbox_leave(ib);
}

/* ---- data ---- */

ssize_t inbox_read(struct inbox *ib, struct inbox_file *f, void *p, size_t n, uint64_t offset)
{
    return dlota_spool_read(ib->d, f->number, p, n, offset);
}

/* A change is counted before and after, so that neither a flush nor a taking that falls between sees it whole. */
static int begin_change(struct inbox *ib, struct inbox_file *f)
{
    int rc = 0;

    inbox_enter(ib);
    if (f->state == SPOOLED_TAKEN) {
        rc = -ESTALE;
    } else {
        f->writes++;
        f->writing++;
        f->killed = f->wanted = false;
    }
    inbox_leave(ib);
    return rc;
}

static void end_change(struct inbox *ib, struct inbox_file *f, uint64_t least, bool exact)
{
    inbox_enter(ib);
    f->writes++;
    f->writing--;
    if (exact || f->size < least)
        f->size = least;
    f->mtime = clock_wall_ms();
    inbox_leave(ib);
}

ssize_t inbox_write(struct inbox *ib, struct inbox_file *f, const void *p, size_t n, uint64_t offset)
{
    ssize_t rc;

    if (offset > LIMIT_SPOOL || n > LIMIT_SPOOL - offset)
        return -EFBIG;
    rc = begin_change(ib, f);
    if (rc < 0)
        return rc;
    rc = dlota_spool_write(ib->d, f->number, p, n, offset);
    end_change(ib, f, rc > 0 ? offset + (uint64_t)rc : 0, false);
    return rc;
}

int inbox_truncate(struct inbox *ib, struct inbox_file *f, uint64_t size)
{
    bool same;
    int rc;

    if (size > LIMIT_SPOOL)
        return -EFBIG;
    inbox_enter(ib);
    same = f->state != SPOOLED_TAKEN && f->size == size;
    inbox_leave(ib);
    if (same)
        return 0;
    rc = begin_change(ib, f);
    if (rc < 0)
        return rc;
    rc = dlota_spool_truncate(ib->d, f->number, size);
    end_change(ib, f, rc < 0 ? 0 : size, rc == 0);
    return rc;
}

int inbox_truncate_path(struct inbox *ib, uint64_t spool, uint64_t size, int64_t now)
{
    struct inbox_file *f;
    int rc = inbox_open(ib, spool, O_WRONLY, now, &f);

    if (rc < 0)
        return rc;
    rc = inbox_truncate(ib, f, size);
    inbox_close(ib, f, true, now);
    return rc;
}

/* ---- flush ---- */

int inbox_sync(struct inbox *ib, struct inbox_file *f, enum inbox_why why, uint64_t *ret_mark)
{
    int rc = 0;

    inbox_enter(ib);
    if (f->state == SPOOLED_WAITS && f->writes != f->kept) {
        if (why == INBOX_FLUSH_KILLED) {
            f->killed = true;
        } else if (why == INBOX_FSYNC || !f->killed) {
            /* A parent's close after its child was killed says nothing about the child's work; an fsync does. */
            *ret_mark = f->writes;
            f->syncing++;
            f->refs++;
            rc = 1;
        }
    }
    inbox_leave(ib);
    return rc;
}

void inbox_synced(struct inbox *ib, struct inbox_file *f, uint64_t mark, int rc, int64_t now)
{
    inbox_enter(ib);
    f->syncing--;
    if (rc == 0 && mark > f->kept)
        f->kept = mark;
    if (inbox_ready(f))
        inbox_take(ib, f, true, now);
    inbox_drop_if_last(ib, f);
    spooled_unref(&ib->table, f);
    inbox_leave(ib);
}

/* ---- the answer ---- */

/* It waits again, under its name if that is free.  Nobody will touch it: it is offered again after a while; when the
 * agent leaves, the next start does that. */
static void put_back(struct inbox *ib, struct inbox_file *f, int64_t now)
{
    f->state = SPOOLED_WAITS;
    if (f->ghost)
        spooled_clear_name(&ib->table, f); /* the ghost's reference is the file's again */
    else
        f->refs++;
    memcpy(f->name, f->offered, sizeof f->name);
    if (!spooled_name(&ib->table, f->offered))
        spooled_set_name(&ib->table, f, f->offered, true);
    if (ib->refused == 0)
        ib->again = now + INBOX_AGAIN_MS;
    f->refused = true;
    ib->refused++;
    inbox_touch(ib);
}

void inbox_taken(struct inbox *ib, struct inbox_file *f, int rc, int64_t now)
{
    inbox_enter(ib);
    if (rc < 0)
        put_back(ib, f, now);
    spooled_unref(&ib->table, f);
    inbox_leave(ib);
}

int inbox_again(struct inbox *ib, int64_t now)
{
    int wait = -1;

    inbox_enter(ib);
    if (ib->refused > 0 && ib->again <= now) {
        ib->again = now + INBOX_AGAIN_MS;
        for (unsigned b = 0; b < SPOOLED_BUCKETS; b++)
            for (struct inbox_file *f = ib->table.by_number[b]; f; f = f->next_number)
                if (f->refused && f->state == SPOOLED_WAITS && f->writers == 0 && f->writing == 0 && f->syncing == 0)
                    inbox_take(ib, f, f->named, now);
    }
    if (ib->refused > 0)
        wait = (int)(ib->again - now);
    inbox_leave(ib);
    return wait;
}

uint64_t inbox_spool(const struct inbox_file *f) { return f->number; }
