#include "agent/receive.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/fetch.h"
#include "agent/perform.h"
#include "agent/settle.h"
#include "base/limits.h"
#include "base/log.h"

/* Written bytes that are put under write-back at a time. */
enum { HURRY = 8 * 1024 * 1024 };

void receive_end(struct fetch *f)
{
    f->d->buffers -= f->buf_cap;
    free(f->buf);
    f->buf = NULL;
    f->buf_n = f->buf_cap = 0;
}

/* The policy hears what the disk said.  The row keeps what was flushed; the rest of the file is not to be trusted. */
void fetch_disk_failed(struct fetch *f, int rc)
{
    if (f->stale)
        return;
    log_warning("object %lld: write failed: %s", (long long)f->id, strerror(-rc));
    f->buf_n = 0;
    f->got = f->written;
    (void)perform_event(f->d, f->id, &(struct event){.kind = EVENT_DISK, .rc = rc, .got = f->got}, f);
}

int fetch_write_out(struct fetch *f)
{
    struct disk *disk = f->d->disk;
    ssize_t rc;

    if (!f->buf_n)
        return 0;
    /* Never a byte before the record of the header it belongs to (I3): an event boundary, so this may be committed. */
    rc = agent_commit(f->d);
    if (rc >= 0)
        rc = disk->pwrite(disk, f->fd, f->buf, f->buf_n, f->written);
    if (rc < 0)
        return (int)rc;
    f->written += f->buf_n;
    f->buf_n = 0;
    if (f->written - f->hurried >= HURRY) {
        (void)disk->hurry(disk, f->fd, f->hurried, f->written - f->hurried);
        f->hurried = f->written;
    }
    return 0;
}

static void make_buffer(struct fetch *f)
{
    uint64_t want = f->limit == UINT64_MAX ? LIMIT_RECEIVE_MIN * 4 : f->limit - f->got;

    if (want > LIMIT_BUFFER)
        want = LIMIT_BUFFER;
    if (f->d->buffers + want > LIMIT_BUFFERS)
        return;
    f->buf = malloc((size_t)want);
    if (!f->buf)
        return;
    f->buf_cap = (size_t)want;
    f->d->buffers += f->buf_cap;
}

/* Without a buffer (the budget is used up) each piece is written as it comes. */
static int write_through(struct fetch *f, const char *p, size_t n)
{
    struct disk *disk = f->d->disk;
    ssize_t rc = agent_commit(f->d);

    if (rc >= 0)
        rc = disk->pwrite(disk, f->fd, p, n, f->written);
    if (rc < 0)
        return (int)rc;
    f->written += n;
    return 0;
}

static int keep(struct fetch *f, const char *p, size_t n)
{
    int rc = 0;

    if (!f->buf)
        make_buffer(f);
    if (!f->buf) {
        rc = write_through(f, p, n);
        f->got = f->written;
        return rc;
    }
    while (n && rc >= 0) {
        size_t part = f->buf_cap - f->buf_n < n ? f->buf_cap - f->buf_n : n;

        memcpy(f->buf + f->buf_n, p, part);
        f->buf_n += part;
        f->got += part;
        p += part;
        n -= part;
        if (f->buf_n == f->buf_cap)
            rc = fetch_write_out(f);
    }
    return rc;
}

/* Pace: the rate limit holds all, too many unflushed bytes hold this one (I3). */
static void pace(struct fetch *f, size_t n)
{
    struct dlota *d = f->d;
    int64_t wait = rate_take(&d->rate, n, d->mono);

    if (wait > 0 && !d->held) {
        d->held_until = d->mono + wait;
        fetch_hold_all(d, true);
    }
    if (f->got - f->marked >= LIMIT_UNFLUSHED / 2)
        settle_mark(f);
    if (f->got - f->marked >= LIMIT_UNFLUSHED && !f->waits) {
        f->waits = true;
        d->net->hold(d->http, f->x, true);
    }
}

int receive(struct fetch *f, const char *p, size_t n)
{
    const size_t all = n;
    int rc;

    if (f->over)
        return -1;
    if (f->skip) {
        size_t part = f->skip < n ? (size_t)f->skip : n;

        f->skip -= part;
        p += part;
        n -= part;
    }
    f->touched = f->d->now;
    if (n > f->limit - f->got) {
        (void)perform_event(f->d, f->id, &(struct event){.kind = EVENT_OVERRUN, .got = f->got}, f);
        return -1;
    }
    rc = n ? keep(f, p, n) : 0;
    if (rc < 0) {
        fetch_disk_failed(f, rc);
        return -1;
    }
    pace(f, all);
    return f->over ? -1 : 0;
}
