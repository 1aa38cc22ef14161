/* inbox_names.c - what is asked of inbox/ by name or number, without a file being open. */
#include <errno.h>

#include "fs/inbox_rules.h"

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

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    rc = fill(spooled_name(&ib->table, name), ret);
    inbox_leave(ib);
    return rc;
}

int inbox_stat(struct inbox *ib, uint64_t spool, int64_t now, struct inbox_stat *ret)
{
    int rc;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    rc = fill(spooled_number(&ib->table, spool), ret);
    inbox_leave(ib);
    return rc;
}

int inbox_change(struct inbox *ib, uint64_t spool, const mode_t *mode, const int64_t *mtime, int64_t now)
{
    struct inbox_file *f;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    f = spooled_number(&ib->table, spool);
    if (f && mode)
        f->mode = *mode & 07777;
    if (f && mtime)
        f->mtime = *mtime;
    inbox_leave(ib);
    return f ? 0 : -ENOENT;
}

int inbox_unlink(struct inbox *ib, const char *name, int64_t now)
{
    struct inbox_file *f;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, name);
    if (f)
        inbox_forget_name(ib, f, now);
    inbox_leave(ib);
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
    if (inbox_promised(f) && !final)
        inbox_take(ib, f, true, now);
    if (f->ghost) {
        if (target && target->ghost) {
            inbox_lay_ghost(ib, target);
            target = NULL;
        }
        rename_ghost(ib, f, to, target != NULL, now);
        return 0;
    }
    rc = dlota_spool_rename(ib->d, f->number, to);
    if (rc < 0)
        return rc;
    if (target)
        inbox_forget_name(ib, target, now);
    spooled_clear_name(&ib->table, f);
    spooled_set_name(&ib->table, f, to, true);
    f->wanted = final;
    inbox_touch(ib);
    if (inbox_ready(f))
        inbox_take(ib, f, true, now);
    return 0;
}

int inbox_rename(struct inbox *ib, const char *from, const char *to, bool no_replace, int64_t now)
{
    struct inbox_file *f;
    int rc = -ENOENT;

    inbox_enter(ib);
    inbox_lay_old_ghosts(ib, now);
    f = spooled_name(&ib->table, from);
    if (f)
        rc = rename_locked(ib, f, to, no_replace, now);
    inbox_leave(ib);
    return rc;
}

void inbox_list(struct inbox *ib, int64_t after, dlota_entry *entry, void *arg)
{
    inbox_enter(ib);
    for (struct inbox_file *f = ib->table.first; f; f = f->after)
        if ((int64_t)f->number > after && entry(arg, (int64_t)f->number, f->name) != 0)
            break;
    inbox_leave(ib);
}

int64_t inbox_changed(struct inbox *ib)
{
    int64_t changed;

    inbox_enter(ib);
    changed = ib->changed;
    inbox_leave(ib);
    return changed;
}
