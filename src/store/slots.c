/* slots.c - which slots are free, and whose file's name is on stable storage. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/slot.h"

static_assert(SLOT_N <= (int)LIMIT_SPOOL_FILES, "slots");
enum { LOCKS = sizeof(((struct store *)0)->inbox.lock) / sizeof(pthread_mutex_t) };

int slots_init(struct store *s)
{
    pthread_mutex_init(&s->inbox.making, NULL);
    pthread_mutex_init(&s->inbox.syncing, NULL);
    for (unsigned i = 0; i < LOCKS; i++)
        pthread_mutex_init(&s->inbox.lock[i], NULL);
    s->inbox.next = 1;
    /* 512 KiB, of which only what is used is ever touched. */
    s->inbox.slot = calloc(SLOT_N, sizeof(*s->inbox.slot));
    return s->inbox.slot != NULL ? 0 : -ENOMEM;
}

void slots_free(struct store *s)
{
    pthread_mutex_destroy(&s->inbox.making);
    pthread_mutex_destroy(&s->inbox.syncing);
    for (unsigned i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&s->inbox.lock[i]);
    free(s->inbox.slot);
}

static int open_slot(struct store *s, unsigned slot, int flags)
{
    char name[BYTES_NAME];
    slot_name(slot, name);
    return s->disk->open(s->disk, s->spool, name, O_RDWR | flags, 0600);
}

/* ---- take ---- */

/* 0: none is free. */
static unsigned pop(struct store *s)
{
    pthread_mutex_lock(&s->inbox.making);
    unsigned slot = s->inbox.free;
    if (slot != 0) {
        s->inbox.free = s->inbox.slot[slot].next;
        s->inbox.slot[slot].state = SLOT_USED;
    }
    pthread_mutex_unlock(&s->inbox.making);
    return slot;
}

static void push(struct store *s, unsigned slot)
{
    s->inbox.slot[slot].state = SLOT_FREE;
    s->inbox.slot[slot].next = s->inbox.free;
    s->inbox.free = (uint16_t)slot;
}

static void lost(struct store *s, unsigned slot)
{
    pthread_mutex_lock(&s->inbox.making);
    s->inbox.slot[slot].state = SLOT_NONE;
    if (slot < s->inbox.next)
        s->inbox.next = slot;
    pthread_mutex_unlock(&s->inbox.making);
}

/* The fd, or -ENOENT. */
static int take_free(struct store *s, unsigned *ret)
{
    while ((*ret = pop(s)) != 0) {
        int fd = open_slot(s, *ret, 0);
        if (fd >= 0)
            return fd;
        if (fd != -ENOENT) {
            slot_give(s, *ret);
            return fd;
        }
        lost(s, *ret); /* somebody tidied up behind our back */
    }
    return -ENOENT;
}

static int make(struct store *s, unsigned slot)
{
    int fd = open_slot(s, slot, O_CREAT | O_EXCL);
    if (fd == -EEXIST)
        s->inbox.slot[slot].state = SLOT_ALIEN;
    if (fd < 0)
        return fd;
    s->inbox.slot[slot] = (struct slot){.birth = ++s->inbox.made, .state = SLOT_USED};
    if (slot > s->inbox.top)
        s->inbox.top = slot;
    return fd;
}

static int take_new(struct store *s, unsigned *ret)
{
    int fd = -EEXIST;
    pthread_mutex_lock(&s->inbox.making);
    for (unsigned slot = s->inbox.next; fd == -EEXIST && slot < SLOT_N; slot++) {
        s->inbox.next = slot;
        if (s->inbox.slot[slot].state == SLOT_NONE)
            fd = make(s, *ret = slot);
    }
    pthread_mutex_unlock(&s->inbox.making);
    return fd == -EEXIST ? -ENOSPC : fd;
}

static int next_number(struct store *s, unsigned slot, uint64_t *ret)
{
    pthread_mutex_lock(&s->inbox.making);
    uint64_t sequence = s->inbox.sequence + 1;
    const bool fits = sequence >> (SLOT_DROP_BITS + SLOT_RUN_BITS) == 0;
    if (fits)
        s->inbox.sequence = sequence;
    pthread_mutex_unlock(&s->inbox.making);
    *ret = sequence << SLOT_BITS | slot;
    return fits ? 0 : -ENOSPC;
}

int slot_take(struct store *s, struct slot_file *ret, uint64_t *ret_number, bool *ret_fresh)
{
    *ret_fresh = false;
    ret->fd = take_free(s, &ret->slot);
    if (ret->fd == -ENOENT) {
        *ret_fresh = true;
        ret->fd = take_new(s, &ret->slot);
    }
    if (ret->fd < 0)
        return ret->fd;
    int rc = next_number(s, ret->slot, ret_number);
    if (rc == 0)
        return 0;
    slot_give(s, ret->slot);
    return slot_close(s, ret, rc);
}

/* ---- give back ---- */

void slot_give(struct store *s, unsigned slot)
{
    pthread_mutex_lock(&s->inbox.making);
    push(s, slot);
    pthread_mutex_unlock(&s->inbox.making);
}

void slot_wiped(struct store *s, unsigned slot)
{
    pthread_mutex_lock(&s->inbox.making);
    s->inbox.slot[slot].state = SLOT_WIPED;
    pthread_mutex_unlock(&s->inbox.making);
}

void slot_flushed(struct store *s, unsigned slot)
{
    pthread_mutex_lock(&s->inbox.making);
    if (s->inbox.slot[slot].state == SLOT_WIPED)
        push(s, slot);
    pthread_mutex_unlock(&s->inbox.making);
}

unsigned slot_next_used(struct store *s, unsigned after)
{
    unsigned found = 0;
    pthread_mutex_lock(&s->inbox.making);
    for (unsigned slot = after + 1; found == 0 && slot <= s->inbox.top; slot++)
        if (s->inbox.slot[slot].state == SLOT_USED)
            found = slot;
    pthread_mutex_unlock(&s->inbox.making);
    return found;
}

/* ---- names ---- */

/* Is it still to be flushed, and how many files were made by now? */
static bool is_new(struct store *s, unsigned slot, uint32_t *ret_made)
{
    pthread_mutex_lock(&s->inbox.making);
    bool found = s->inbox.slot[slot].birth > s->inbox.synced;
    *ret_made = s->inbox.made;
    pthread_mutex_unlock(&s->inbox.making);
    return found;
}

int slot_sync_name(struct store *s, unsigned slot)
{
    uint32_t made;
    int rc = 0;
    if (!is_new(s, slot, &made))
        return 0;
    pthread_mutex_lock(&s->inbox.syncing);
    if (is_new(s, slot, &made)) {
        rc = s->disk->sync(s->disk, s->spool);
        pthread_mutex_lock(&s->inbox.making);
        if (rc >= 0)
            s->inbox.synced = made;
        pthread_mutex_unlock(&s->inbox.making);
    }
    pthread_mutex_unlock(&s->inbox.syncing);
    return rc < 0 ? rc : 0;
}
