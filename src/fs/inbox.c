#include "fs/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/limits.h"
#include "fs/spooled.h"

struct inbox {
    dlota *d;
    inbox_offer *offer;
    void *arg;
    pthread_mutex_t lock;
    struct spooled table;
    struct inbox_file *jobs, **jobs_end; /* to be offered or dropped once the lock is released */
    int64_t changed;
};

/* ---- the lock, and what is done after it ---- */

static void enter(struct inbox *ib) { (void)pthread_mutex_lock(&ib->lock); }

static void push_job(struct inbox *ib, struct inbox_file *f)
{
    f->job = NULL;
    *ib->jobs_end = f;
    ib->jobs_end = &f->job;
}

/* Release the lock and do the jobs: one at a time, since a ghost may be renamed meanwhile. */
static void leave(struct inbox *ib)
{
    while (ib->jobs) {
        struct inbox_file *f = ib->jobs;
        const bool offer = f->state == SPOOLED_TAKEN;
        char name[sizeof f->name];

        ib->jobs = f->job;
        if (!ib->jobs)
            ib->jobs_end = &ib->jobs;
        memcpy(name, f->name, sizeof name);
        (void)pthread_mutex_unlock(&ib->lock);
        if (offer)
            ib->offer(ib->arg, f->number, name, f);
        else
            (void)dlota_spool_drop(ib->d, f->number);
        (void)pthread_mutex_lock(&ib->lock);
        if (!offer)
            spooled_unref(&ib->table, f);
    }
    (void)pthread_mutex_unlock(&ib->lock);
}

static int64_t wall_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void renamed(struct inbox *ib) { ib->changed = wall_ms(); }

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
    renamed(ib);
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

/* ---- the rules ---- */

bool inbox_final_name(const char *name)
{
    static const char *const unfinished[] = {"~", ".part", ".tmp", ".crdownload", ".swp"};
    const size_t n = strlen(name);

    if (name[0] == '.')
        return false;
    for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
        const size_t end = strlen(unfinished[i]);

        if (n >= end && strcasecmp(name + n - end, unfinished[i]) == 0)
            return false;
    }
    return true;
}

static bool promised(const struct inbox_file *f)
{
    return f->state == SPOOLED_WAITS && f->named && f->size > 0 && f->writes > 0 && f->writes == f->kept &&
           inbox_final_name(f->name);
}

static bool ready(const struct inbox_file *f)
{
    return f->writers == 0 && f->writing == 0 && f->syncing == 0 &&
           (promised(f) || (f->wanted && f->state == SPOOLED_WAITS && f->named && f->size > 0));
}

/* The reference of a waiting file becomes that of its offer. */
static void take(struct inbox *ib, struct inbox_file *f, bool ghost, int64_t now)
{
    f->state = SPOOLED_TAKEN;
    if (ghost) {
        f->refs++;
        spooled_set_ghost(&ib->table, f, now + INBOX_GHOST_MS);
    } else {
        spooled_clear_name(&ib->table, f);
    }
    push_job(ib, f);
    renamed(ib);
}

static void lay_ghost(struct inbox *ib, struct inbox_file *f)
{
    spooled_clear_name(&ib->table, f);
    spooled_unref(&ib->table, f);
}

static void lay_old_ghosts(struct inbox *ib, int64_t now)
{
    while (ib->table.first_ghost && ib->table.first_ghost->ghost_until <= now)
        lay_ghost(ib, ib->table.first_ghost);
}

static void drop_if_last(struct inbox *ib, struct inbox_file *f)
{
    if (f->state == SPOOLED_GONE && f->handles == 0 && f->syncing == 0) {
        f->refs++;
        push_job(ib, f);
    }
}

/* rm, or another file takes the name. */
static void forget_name(struct inbox *ib, struct inbox_file *f, int64_t now)
{
    if (f->ghost) {
        lay_ghost(ib, f);
    } else if (promised(f)) {
        take(ib, f, false, now);
    } else {
        spooled_clear_name(&ib->table, f);
        f->state = SPOOLED_GONE;
        drop_if_last(ib, f);
        spooled_unref(&ib->table, f);
    }
    renamed(ib);
}

/* ---- what an earlier run left ---- */

int inbox_found(struct inbox *ib, uint64_t spool, const char *name, uint64_t size, bool closed)
{
    struct inbox_file *f = NULL;

    enter(ib);
    if (ib->table.n < LIMIT_SPOOL_FILES)
        f = spooled_add(&ib->table, spool);
    if (f) {
        f->size = size;
        f->mode = 0644;
        f->mtime = wall_ms();
        f->writes = 1;
        f->kept = closed ? 1 : 0;
        f->killed = !closed;
        (void)strncpy(f->name, name, sizeof f->name - 1);
        /* A name that two left behind: the elder one keeps it, the other is taken by inbox_begin() or waits unseen. */
        if (!spooled_name(&ib->table, name))
            spooled_set_name(&ib->table, f, name, true);
    }
    leave(ib);
    return f ? 0 : -ENOMEM;
}

void inbox_begin(struct inbox *ib, int64_t now)
{
    enter(ib);
    for (unsigned b = 0; b < SPOOLED_BUCKETS; b++)
        for (struct inbox_file *f = ib->table.by_number[b]; f; f = f->next_number)
            if (f->state == SPOOLED_WAITS && f->size > 0 && f->writes == f->kept && inbox_final_name(f->name))
                take(ib, f, false, now);
    leave(ib);
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
            lay_ghost(ib, f);
        return -ESTALE;
    }
    if (changes && promised(f)) {
        take(ib, f, false, now);
        return -ESTALE;
    }
    (void)hold(f, flags);
    return 0;
}

int inbox_open(struct inbox *ib, uint64_t spool, int flags, int64_t now, struct inbox_file **ret)
{
    struct inbox_file *f;
    int rc;

    enter(ib);
    lay_old_ghosts(ib, now);
    f = spooled_number(&ib->table, spool);
    rc = open_locked(ib, f, flags, now);
    leave(ib);
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
        lay_ghost(ib, ib->table.first_ghost);
    if (ib->table.n >= LIMIT_SPOOL_FILES)
        return -ENOSPC;
    f = spooled_add(&ib->table, spool);
    if (!f)
        return -ENOMEM;
    spooled_set_name(&ib->table, f, name, true);
    f->mode = mode & 07777;
    f->mtime = wall_ms();
    renamed(ib);
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

    enter(ib);
    lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, name);
    if (f && (f->ghost || promised(f))) {
        forget_name(ib, f, now);
        f = NULL;
    }
    exists = f != NULL;
    if (exists)
        existing = f->number;
    leave(ib);
    if (exists)
        return flags & O_EXCL ? -EEXIST : inbox_open(ib, existing, flags, now, ret);

    rc = dlota_spool_create(ib->d, name, &spool);
    if (rc < 0)
        return rc;
    enter(ib);
    rc = spooled_name(&ib->table, name) ? -EEXIST : add_locked(ib, spool, name, mode, flags, ret);
    leave(ib);
    if (rc < 0)
        (void)dlota_spool_drop(ib->d, spool);
    return rc;
}

void inbox_close(struct inbox *ib, struct inbox_file *f, bool writer, int64_t now)
{
    enter(ib);
    f->handles--;
    f->writers -= writer;
    if (ready(f))
        take(ib, f, true, now);
    drop_if_last(ib, f);
    spooled_unref(&ib->table, f);
    leave(ib);
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

    enter(ib);
    if (f->state == SPOOLED_TAKEN) {
        rc = -ESTALE;
    } else {
        f->writes++;
        f->writing++;
        f->killed = f->wanted = false;
    }
    leave(ib);
    return rc;
}

static void end_change(struct inbox *ib, struct inbox_file *f, uint64_t least, bool exact)
{
    enter(ib);
    f->writes++;
    f->writing--;
    if (exact || f->size < least)
        f->size = least;
    f->mtime = wall_ms();
    leave(ib);
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
    enter(ib);
    same = f->state != SPOOLED_TAKEN && f->size == size;
    leave(ib);
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

    enter(ib);
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
    leave(ib);
    return rc;
}

void inbox_synced(struct inbox *ib, struct inbox_file *f, uint64_t mark, int rc, int64_t now)
{
    enter(ib);
    f->syncing--;
    if (rc == 0 && mark > f->kept)
        f->kept = mark;
    if (ready(f))
        take(ib, f, true, now);
    drop_if_last(ib, f);
    spooled_unref(&ib->table, f);
    leave(ib);
}

/* Refused (the agent leaves, no memory): it waits again, under its name if that is still free; the next start takes it
 * in any case. */
void inbox_taken(struct inbox *ib, struct inbox_file *f, int rc)
{
    enter(ib);
    if (rc < 0) {
        const bool had_name = f->ghost;

        f->state = SPOOLED_WAITS;
        if (had_name) {
            spooled_clear_name(&ib->table, f);
            spooled_set_name(&ib->table, f, f->name, true);
        }
        if (!had_name)
            f->refs++;
    }
    spooled_unref(&ib->table, f);
    leave(ib);
}

uint64_t inbox_spool(const struct inbox_file *f) { return f->number; }

/* ---- names ---- */

static int fill(const struct inbox_file *f, struct inbox_stat *ret)
{
    if (!f)
        return -ENOENT;
    *ret = (struct inbox_stat){
        .spool = f->number, .size = f->size, .mode = f->mode, .mtime = f->mtime, .ghost = f->ghost, .named = f->named};
    return 0;
}

int inbox_find(struct inbox *ib, const char *name, int64_t now, struct inbox_stat *ret)
{
    int rc;

    enter(ib);
    lay_old_ghosts(ib, now);
    rc = fill(spooled_name(&ib->table, name), ret);
    leave(ib);
    return rc;
}

int inbox_stat(struct inbox *ib, uint64_t spool, int64_t now, struct inbox_stat *ret)
{
    int rc;

    enter(ib);
    lay_old_ghosts(ib, now);
    rc = fill(spooled_number(&ib->table, spool), ret);
    leave(ib);
    return rc;
}

int inbox_change(struct inbox *ib, uint64_t spool, const mode_t *mode, const int64_t *mtime, int64_t now)
{
    struct inbox_file *f;

    enter(ib);
    lay_old_ghosts(ib, now);
    f = spooled_number(&ib->table, spool);
    if (f && mode)
        f->mode = *mode & 07777;
    if (f && mtime)
        f->mtime = *mtime;
    leave(ib);
    return f ? 0 : -ENOENT;
}

int inbox_unlink(struct inbox *ib, const char *name, int64_t now)
{
    struct inbox_file *f;

    enter(ib);
    lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, name);
    if (f)
        forget_name(ib, f, now);
    leave(ib);
    return f ? 0 : -ENOENT;
}

static void rename_ghost(struct inbox *ib, struct inbox_file *f, const char *to, bool taken, int64_t now)
{
    spooled_clear_name(&ib->table, f);
    if (taken) {
        spooled_unref(&ib->table, f);
        return;
    }
    spooled_set_name(&ib->table, f, to, false);
    spooled_set_ghost(&ib->table, f, now + INBOX_GHOST_MS);
}

static int rename_locked(struct inbox *ib, struct inbox_file *f, const char *to, bool no_replace, int64_t now)
{
    struct inbox_file *target = spooled_name(&ib->table, to);
    const bool final = inbox_final_name(to);
    int rc;

    if (target == f)
        return 0;
    if (no_replace && target && !target->ghost)
        return -EEXIST;
    /* What close(2) promised is kept under the old name; a rename to an unfinished one cannot take it back. */
    if (promised(f) && !final)
        take(ib, f, true, now);
    if (f->ghost) {
        if (target && target->ghost) {
            lay_ghost(ib, target);
            target = NULL;
        }
        rename_ghost(ib, f, to, target != NULL, now);
        return 0;
    }
    rc = dlota_spool_rename(ib->d, f->number, to);
    if (rc < 0)
        return rc;
    if (target)
        forget_name(ib, target, now);
    spooled_clear_name(&ib->table, f);
    spooled_set_name(&ib->table, f, to, true);
    f->wanted = final;
    renamed(ib);
    if (ready(f))
        take(ib, f, true, now);
    return 0;
}

int inbox_rename(struct inbox *ib, const char *from, const char *to, bool no_replace, int64_t now)
{
    struct inbox_file *f;
    int rc = -ENOENT;

    enter(ib);
    lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, from);
    if (f)
        rc = rename_locked(ib, f, to, no_replace, now);
    leave(ib);
    return rc;
}

void inbox_list(struct inbox *ib, int64_t after, dlota_entry *entry, void *arg)
{
    enter(ib);
    for (struct inbox_file *f = ib->table.first; f; f = f->after)
        if ((int64_t)f->number > after && entry(arg, (int64_t)f->number, f->name) != 0)
            break;
    leave(ib);
}

int64_t inbox_changed(struct inbox *ib)
{
    int64_t changed;

    enter(ib);
    changed = ib->changed;
    leave(ib);
    return changed;
}
