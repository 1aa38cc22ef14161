/* spool.c - inbox files before they are taken.
 *
 * "Closed" counts only if the checksum agrees with the data: then neither a write that a power cut tore nor one that
 * never reached the disk can pass for what was closed.  For a process that dies, the order does: data first, then the
 * size that counts it. */
#include "store/spool.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/slot.h"

/* ---- asked by the file system's threads ---- */

int spool_create(struct store *s, const char *name, uint64_t *ret_number)
{
    struct slot_file f;
    uint64_t number;
    bool fresh;
    if (strlen(name) >= sizeof(f.h.name))
        return -ENAMETOOLONG;
    int rc = slot_take(s, &f, &number, &fresh);
    if (rc < 0)
        return rc;
    slot_lock(s, &f);
    rc = slot_leave(s, &f, slot_begin(s, &f, number, name, fresh));
    if (rc < 0)
        slot_give(s, f.slot);
    else
        *ret_number = number;
    return rc;
}

/* The data has changed, and is so long now.  Most writes find it open already, and some as long. */
static int changed(struct store *s, struct slot_file *f, uint64_t size)
{
    if (f->h.closed == 0 && f->h.size == size)
        return 0;
    f->h.closed = 0;
    f->h.size = size;
    return slot_put_state(s, f);
}

ssize_t spool_write(struct store *s, uint64_t number, const void *p, size_t n, uint64_t offset)
{
    if (offset > LIMIT_SPOOL || n > LIMIT_SPOOL - offset)
        return -EFBIG;
    struct slot_file f;
    ssize_t rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    const uint64_t end = n > 0 ? offset + n : 0;
    if (end > 0)
        rc = slot_zero(s, &f, f.h.size, offset);
    if (rc == 0)
        rc = s->disk->pwrite(s->disk, f.fd, p, n, offset + SLOT_HEADER);
    if (rc >= 0)
        rc = changed(s, &f, end > f.h.size ? end : f.h.size);
    rc = slot_leave(s, &f, rc);
    return rc < 0 ? rc : (ssize_t)n;
}

ssize_t spool_read(struct store *s, uint64_t number, void *p, size_t n, uint64_t offset)
{
    struct slot_file f;
    ssize_t rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    const uint64_t left = offset < f.h.size ? f.h.size - offset : 0;
    if (left > 0)
        rc = s->disk->pread(s->disk, f.fd, p, n < left ? n : (size_t)left, offset + SLOT_HEADER);
    int failed = slot_leave(s, &f, rc);
    return failed < 0 ? failed : rc;
}

int spool_truncate(struct store *s, uint64_t number, uint64_t size)
{
    if (size > LIMIT_SPOOL)
        return -EFBIG;
    struct slot_file f;
    int rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    rc = slot_zero(s, &f, f.h.size, size);
    return slot_leave(s, &f, rc < 0 ? rc : changed(s, &f, size));
}

int spool_rename(struct store *s, uint64_t number, const char *name)
{
    struct slot_file f;
    char copy[sizeof(f.h.name)] = "";
    int rc = text_copy(copy, sizeof(copy), name);
    if (rc < 0)
        return rc;
    rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    return slot_leave(s, &f, s->disk->pwrite(s->disk, f.fd, copy, sizeof(copy), offsetof(struct slot_header, name)));
}

int spool_drop(struct store *s, uint64_t number)
{
    struct slot_file f;
    int rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    rc = slot_leave(s, &f, slot_put_nobody(s, &f));
    if (rc == 0)
        slot_give(s, f.slot);
    return rc;
}

int spool_load(struct store *s, uint64_t number, void **ret, size_t *ret_n)
{
    struct slot_file f;
    char *data = NULL;
    int rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    rc = slot_leave(s, &f, slot_data(s, &f, &data));
    if (rc < 0)
        return rc;
    *ret = data;
    *ret_n = (size_t)f.h.size;
    return 0;
}

/* ---- flush ---- */

int spool_sync(struct store *s, uint64_t number)
{
    struct slot_file f;
    int rc = slot_enter(s, number, &f);
    if (rc < 0)
        return rc;
    rc = slot_checksum(s, &f, &f.h.checksum);
    f.h.closed = 1;
    if (rc == 0)
        rc = slot_put_state(s, &f);
    /* Nobody is kept waiting for the flush.  What is written meanwhile takes "closed" away again. */
    slot_unlock(s, &f);
    rc = slot_close(s, &f, rc < 0 ? rc : s->disk->sync(s->disk, f.fd));
    return rc == 0 ? slot_sync_name(s, f.slot) : rc;
}

/* The row in table gone may only go when no power cut can bring the number back.  So this flushes also what it finds
 * done: by a run that died, or whose flush failed; and writes it again, since a flush that fails is not made up for by
 * the next one. */
int spool_wipe(struct store *s, uint64_t number)
{
    struct slot_file f;
    int rc = slot_look(s, slot_of(number), &f);
    if (rc < 0)
        return rc;
    const bool mine = f.h.number == number;
    if (mine || f.h.number == 0)
        rc = slot_put_nobody(s, &f);
    if (mine && rc == 0)
        slot_wiped(s, f.slot);
    slot_unlock(s, &f);
    rc = slot_close(s, &f, rc < 0 ? rc : s->disk->sync(s->disk, f.fd));
    if (rc == 0)
        slot_flushed(s, f.slot);
    return rc;
}
