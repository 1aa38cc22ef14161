/* left.c - what an earlier run left in STORE/spool/. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/slot.h"
#include "store/spool.h"

enum { KEPT_FREE = 64 }; /* slots that wait for use in the next run; the others' room is given back */

/* ---- before anybody asks ---- */

static int found_name(void *arg, const char *name)
{
    struct store *s = arg;
    if (name[0] < '1' || name[0] > '9' || strspn(name, "0123456789") != strlen(name) || strlen(name) > 5)
        return 0;
    unsigned long slot = strtoul(name, NULL, 10);
    if (slot >= SLOT_N)
        return 0;
    s->inbox.slot[slot].state = SLOT_USED;
    if (slot > s->inbox.top)
        s->inbox.top = (unsigned)slot;
    return 0;
}

/* After a power cut nothing tells what was written, but not flushed, from what the slot held before. */
static int settle(struct store *s, struct slot_file *f)
{
    bool closed;
    int rc = slot_closed(s, f, &closed);
    if (rc < 0 || closed || f->h.size == 0)
        return rc;
    f->h.closed = 0;
    f->h.size = 0;
    return slot_put_state(s, f);
}

static int look_at(struct store *s, unsigned slot)
{
    struct slot_file f;
    int rc = slot_look(s, slot, &f);
    if (rc == -EISDIR || rc == -ELOOP) {
        s->inbox.slot[slot].state = SLOT_ALIEN;
        return 0;
    }
    if (rc < 0)
        return rc;
    if (f.h.number == 0)
        s->inbox.slot[slot].state = SLOT_FREE;
    else if (!s->same_boot)
        rc = settle(s, &f);
    if (slot_sequence(f.h.number) > s->inbox.sequence)
        s->inbox.sequence = slot_sequence(f.h.number);
    return slot_leave(s, &f, rc);
}

/* What table gone names may be free as far as we see, but not yet on stable storage: the sweep will free it. */
static int look_at_gone(struct store *s)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql, "SELECT id FROM gone WHERE gen = 0", &statement);
    while (rc == 0) {
        rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            break;
        const uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
        if (s->inbox.slot[slot_of(number)].state == SLOT_FREE)
            s->inbox.slot[slot_of(number)].state = SLOT_WIPED;
        if (slot_sequence(number) > s->inbox.sequence)
            s->inbox.sequence = slot_sequence(number);
        rc = 0;
    }
    return rc;
}

static int unlink_slot(struct store *s, unsigned slot)
{
    char name[BYTES_NAME];
    slot_name(slot, name);
    return s->disk->unlink(s->disk, s->spool, name);
}

/* The lowest stay, and are taken first. */
static void keep_some(struct store *s)
{
    unsigned kept = 0, last = 0;
    for (unsigned slot = 1; slot <= s->inbox.top; slot++) {
        if (s->inbox.slot[slot].state != SLOT_FREE)
            continue;
        if (kept++ < KEPT_FREE)
            last = slot;
        else if (unlink_slot(s, slot) == 0)
            s->inbox.slot[slot].state = SLOT_NONE;
    }
    for (unsigned slot = last; slot > 0; slot--)
        if (s->inbox.slot[slot].state == SLOT_FREE)
            slot_give(s, slot);
}

int spool_start(struct store *s)
{
    int rc = s->disk->list(s->disk, s->spool, found_name, s);
    for (unsigned slot = 1; rc == 0 && slot <= s->inbox.top; slot++)
        if (s->inbox.slot[slot].state == SLOT_USED)
            rc = look_at(s, slot);
    if (rc == 0)
        rc = look_at_gone(s);
    if (rc == 0)
        keep_some(s);
    return rc;
}

/* ---- told to the agent ---- */

struct numbers {
    uint64_t *number;
    size_t n, room;
};

static int numbers_add(struct numbers *all, uint64_t number)
{
    if (all->n == all->room) {
        size_t room = all->room > 0 ? all->room * 2 : 64;
        uint64_t *grown = reallocarray(all->number, room, sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        all->number = grown;
        all->room = room;
    }
    all->number[all->n++] = number;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int gather(struct store *s, struct numbers *all)
{
    for (unsigned slot = slot_next_used(s, 0); slot != 0; slot = slot_next_used(s, slot)) {
        struct slot_file f;
        int rc = slot_look(s, slot, &f);
        if (rc == 0)
            rc = slot_leave(s, &f, f.h.number != 0 ? numbers_add(all, f.h.number) : 0);
        if (rc < 0)
            return rc;
    }
    if (all->n > 0)
        qsort(all->number, all->n, sizeof(*all->number), by_number);
    return 0;
}

static int tell(struct store *s, uint64_t number, spool_found *found, void *arg)
{
    struct slot_file f;
    bool closed = false;
    int64_t taken;
    int rc = sql_number(&s->sql, "SELECT 1 FROM gone WHERE id = ? AND gen = 0", &taken, NUM(number));
    if (rc != -ENOENT)
        return rc;
    rc = slot_enter(s, number, &f);
    if (rc == 0)
        rc = slot_leave(s, &f, slot_closed(s, &f, &closed));
    if (rc == 0)
        found(arg, number, f.h.name, f.h.size, closed);
    return rc;
}

int spool_list(struct store *s, spool_found *found, void *arg)
{
    struct numbers all = {0};
    int rc = gather(s, &all);
    for (size_t i = 0; rc == 0 && i < all.n; i++)
        rc = tell(s, all.number[i], found, arg);
    free(all.number);
    return rc;
}
