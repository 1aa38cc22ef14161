/* slot.c - the file of a slot: its header, its lock, its data. */
#include "store/slot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static_assert(sizeof(struct slot_header) == SLOT_HEADER, "header");
static_assert(offsetof(struct slot_header, name) - offsetof(struct slot_header, closed) == 20, "one write");

static const char magic[8] = "DLOTAsp";
enum { VERSION = 2 };

void slot_name(unsigned slot, char ret[static BYTES_NAME]) { (void)snprintf(ret, BYTES_NAME, "%u", slot); }

/* ---- lock ---- */

static pthread_mutex_t *lock_of(struct store *s, unsigned slot)
{
    return &s->inbox.lock[slot % (sizeof(s->inbox.lock) / sizeof(*s->inbox.lock))];
}

void slot_lock(struct store *s, const struct slot_file *f) { pthread_mutex_lock(lock_of(s, f->slot)); }
void slot_unlock(struct store *s, const struct slot_file *f) { pthread_mutex_unlock(lock_of(s, f->slot)); }

int slot_close(struct store *s, struct slot_file *f, ssize_t rc)
{
    (void)s->disk->close(s->disk, f->fd);
    f->fd = -1;
    return rc < 0 ? (int)rc : 0;
}

int slot_leave(struct store *s, struct slot_file *f, ssize_t rc)
{
    slot_unlock(s, f);
    return slot_close(s, f, rc);
}

/* ---- header ---- */

static bool understood(const struct slot_header *h, unsigned slot)
{
    if (memcmp(h->magic, magic, sizeof(magic)) != 0 || h->version != VERSION || h->closed > 1 || h->size > LIMIT_SPOOL)
        return false;
    const uint64_t sequence = slot_sequence(h->number);
    return h->number == 0 ||
           (slot_of(h->number) == slot && sequence > 0 && sequence >> (SLOT_DROP_BITS + SLOT_RUN_BITS) == 0);
}

static int header_read(struct store *s, struct slot_file *f)
{
    ssize_t got = s->disk->pread(s->disk, f->fd, &f->h, sizeof(f->h), 0);
    if (got < 0)
        return (int)got;
    if (got != (ssize_t)sizeof(f->h) || !understood(&f->h, f->slot))
        f->h = (struct slot_header){0};
    f->h.name[sizeof(f->h.name) - 1] = '\0';
    return 0;
}

int slot_look(struct store *s, unsigned slot, struct slot_file *ret)
{
    char name[BYTES_NAME];
    slot_name(slot, name);
    ret->slot = slot;
    int rc = ret->fd = s->disk->open(s->disk, s->spool, name, O_RDWR, 0);
    if (rc < 0)
        return rc;
    slot_lock(s, ret);
    rc = header_read(s, ret);
    return rc < 0 ? slot_leave(s, ret, rc) : 0;
}

int slot_enter(struct store *s, uint64_t number, struct slot_file *ret)
{
    if (number == 0)
        return -ENOENT;
    int rc = slot_look(s, slot_of(number), ret);
    return rc == 0 && ret->h.number != number ? slot_leave(s, ret, -ENOENT) : rc;
}

static int put(struct store *s, const struct slot_file *f, const void *p, size_t n, uint64_t offset)
{
    ssize_t put = s->disk->pwrite(s->disk, f->fd, p, n, offset);
    return put < 0 ? (int)put : 0;
}

int slot_begin(struct store *s, struct slot_file *f, uint64_t number, const char *name, bool fresh)
{
    f->h = (struct slot_header){.version = VERSION, .number = number};
    memcpy(f->h.magic, magic, sizeof(magic));
    int rc = text_copy(f->h.name, sizeof(f->h.name), name);
    if (rc == 0 && fresh)
        rc = slot_zero(s, f, 0, SLOT_NEW - SLOT_HEADER);
    return rc < 0 ? rc : put(s, f, &f->h, sizeof(f->h), 0);
}

int slot_put_state(struct store *s, const struct slot_file *f)
{
    const size_t from = offsetof(struct slot_header, closed), to = offsetof(struct slot_header, name);
    return put(s, f, (const char *)&f->h + from, to - from, from);
}

int slot_put_nobody(struct store *s, struct slot_file *f)
{
    f->h.number = 0;
    return put(s, f, &f->h.number, sizeof(f->h.number), offsetof(struct slot_header, number));
}

/* ---- data ---- */

int slot_zero(struct store *s, const struct slot_file *f, uint64_t from, uint64_t to)
{
    static const char zeros[4096];
    int rc = 0;
    while (rc == 0 && from < to) {
        size_t n = to - from < sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
        rc = put(s, f, zeros, n, from + SLOT_HEADER);
        from += n;
    }
    return rc;
}

int slot_data(struct store *s, const struct slot_file *f, char **ret)
{
    _cleanup_free_ char *data = malloc((size_t)f->h.size + 1);
    if (data == NULL)
        return -ENOMEM;
    ssize_t got = s->disk->pread(s->disk, f->fd, data, (size_t)f->h.size, SLOT_HEADER);
    if (got < 0)
        return (int)got;
    if ((uint64_t)got != f->h.size)
        return -EUCLEAN;
    data[got] = '\0';
    *ret = TAKE_PTR(data);
    return 0;
}

/* FNV-1a: against torn writes, not against people. */
static uint64_t checksum_add(uint64_t sum, const void *p, size_t n)
{
    const unsigned char *byte = p;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ byte[i]) * 0x100000001b3u;
    return sum;
}

/* Of the number as well: data of one life under the header of another is nobody's. */
int slot_checksum(struct store *s, const struct slot_file *f, uint64_t *ret)
{
    _cleanup_free_ char *data = NULL;
    int rc = slot_data(s, f, &data);
    if (rc < 0)
        return rc;
    uint64_t sum = checksum_add(0xcbf29ce484222325u, &f->h.number, sizeof(f->h.number));
    *ret = checksum_add(sum, data, (size_t)f->h.size);
    return 0;
}

int slot_closed(struct store *s, const struct slot_file *f, bool *ret)
{
    uint64_t sum = 0;
    *ret = false;
    if (f->h.closed == 0)
        return 0;
    int rc = slot_checksum(s, f, &sum);
    *ret = rc == 0 && sum == f->h.checksum;
    return rc == -EUCLEAN ? 0 : rc;
}
