#include "fs/inbox_rules.h"

#include <string.h>
#include <strings.h>

#include "fs/clock.h"

/* ---- the lock, and what is done after it ---- */

void inbox_enter(struct inbox *ib) { (void)pthread_mutex_lock(&ib->lock); }

static void push_job(struct inbox *ib, struct inbox_file *f)
{
    f->job = NULL;
    *ib->jobs_end = f;
    ib->jobs_end = &f->job;
}

void inbox_leave(struct inbox *ib)
{
    while (ib->jobs) {
        struct inbox_file *f = ib->jobs;
        const bool offer = f->state == SPOOLED_TAKEN;
        ib->jobs = f->job;
        if (!ib->jobs)
            ib->jobs_end = &ib->jobs;
        (void)pthread_mutex_unlock(&ib->lock);
        if (offer)
            ib->offer(ib->arg, f->number, f->offered, f); /* the name stays while it is taken */
        else
            (void)dlota_spool_drop(ib->d, f->number);
        (void)pthread_mutex_lock(&ib->lock);
        if (!offer)
            spooled_unref(&ib->table, f);
    }
    (void)pthread_mutex_unlock(&ib->lock);
}

void inbox_touch(struct inbox *ib) { ib->changed = clock_wall_ms(); }

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

bool inbox_promised(const struct inbox_file *f)
{
    return f->state == SPOOLED_WAITS && f->named && f->size > 0 && f->writes > 0 && f->writes == f->kept &&
           inbox_final_name(f->name);
}

bool inbox_ready(const struct inbox_file *f)
{
    return f->writers == 0 && f->writing == 0 && f->syncing == 0 &&
           (inbox_promised(f) || (f->wanted && f->state == SPOOLED_WAITS && f->named && f->size > 0));
}

/* The reference of a waiting file becomes that of its offer. */
void inbox_take(struct inbox *ib, struct inbox_file *f, bool ghost, int64_t now)
{
    f->state = SPOOLED_TAKEN;
    memcpy(f->offered, f->name, sizeof f->offered);
    ib->refused -= f->refused;
    f->refused = false;
    if (ghost) {
        f->refs++;
        spooled_set_ghost(&ib->table, f, now + INBOX_GHOST_MS);
    } else {
        spooled_clear_name(&ib->table, f);
    }
    push_job(ib, f);
    inbox_touch(ib);
}

void inbox_lay_ghost(struct inbox *ib, struct inbox_file *f)
{
    spooled_clear_name(&ib->table, f);
    spooled_unref(&ib->table, f);
}

void inbox_lay_old_ghosts(struct inbox *ib, int64_t now)
{
    while (ib->table.first_ghost && ib->table.first_ghost->ghost_until <= now)
        inbox_lay_ghost(ib, ib->table.first_ghost);
}

void inbox_drop_if_last(struct inbox *ib, struct inbox_file *f)
{
    if (f->state == SPOOLED_GONE && f->handles == 0 && f->syncing == 0) {
        f->refs++;
        push_job(ib, f);
    }
}

/* rm, or another file takes the name. */
void inbox_forget_name(struct inbox *ib, struct inbox_file *f, int64_t now)
{
    if (f->ghost) {
        inbox_lay_ghost(ib, f);
    } else if (inbox_promised(f) && !f->refused) {
        inbox_take(ib, f, false, now);
    } else {
        spooled_clear_name(&ib->table, f);
        f->state = SPOOLED_GONE;
        ib->refused -= f->refused;
        f->refused = false;
        inbox_drop_if_last(ib, f);
        spooled_unref(&ib->table, f);
    }
    inbox_touch(ib);
}
