#include "agent/settle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/digest.h"
#include "agent/fetch.h"
#include "agent/perform.h"
#include "base/limits.h"

static void run(struct job *job)
{
    struct settle_job *j = (struct settle_job *)job;
    struct disk *disk = j->d->disk;

    /* Bytes count only with a name to find them by, and a new file's is not flushed with them. */
    if (j->seal || j->first)
        j->rc = store_bytes_seal(j->d->store, j->id, j->gen, j->fd);
    else
        j->rc = disk->sync(disk, j->fd);
    if (j->seal && j->rc >= 0)
        j->rc = digest_check(disk, j->fd, j->upto, j->digest);
}

/* The data is flushed: now the record that promises it. */
static void record(struct fetch *f, uint64_t upto)
{
    struct dlota *d = f->d;
    struct dlota_object o;
    int rc = store_object_get(d->store, f->id, &o);

    if (rc >= 0 && o.gen == f->gen) {
        o.have = upto;
        if (f->touched > o.touched)
            o.touched = f->touched;
        rc = store_object_put(d->store, &o);
        if (rc >= 0)
            rc = deed_on_flush(d, &(struct deed){.kind = DEED_RECORD});
        /* Also names the object, should this turn be rolled back. */
        if (rc >= 0)
            rc = deed_on_commit(d, &(struct deed){.kind = DEED_CHANGED, .id = f->id, .what = DLOTA_CHANGED_BYTES});
    }
    if (rc < 0 && rc != -ENOENT)
        agent_break(d, f->id, rc);
    f->marked = upto;
}

/* Nothing of the file counts, and the next retrieval makes another one. */
static void forget(struct dlota *d, int64_t id, uint32_t gen)
{
    int rc = store_bytes_forget(d->store, id, gen);

    if (rc >= 0)
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_SWEEP});
    if (rc < 0)
        agent_break(d, id, rc);
}

static void done(struct job *job)
{
    struct settle_job *j = (struct settle_job *)job;
    struct dlota *d = j->d;
    struct fetch *f = j->f;

    if (j->rc < 0 && j->rc != -EBADMSG)
        store_distrust(d->store);
    if (j->orphan) {
        d->disk->close(d->disk, j->fd);
        free(j);
        return;
    }
    f->job = NULL;
    d->fetch_due = true;
    if (f->stale || f->gen != j->gen) {
        free(j);
        return;
    }
    if (j->last)
        f->settle = SETTLE_NOT;
    if (j->seal) {
        (void)perform_event(d, f->id, &(struct event){.kind = EVENT_SEALED, .rc = j->rc, .got = f->got}, f);
    } else if (j->rc < 0) {
        /* The kernel may have dropped the dirty pages: only what was flushed before can be relied on. */
        f->written = f->marked;
        fetch_disk_failed(f, j->rc);
        if (j->first)
            forget(d, j->id, j->gen);
    } else {
        record(f, j->upto);
        d->look_for_work = true;
    }
    if (f->waits && f->x && f->got - f->marked < LIMIT_UNFLUSHED) {
        f->waits = false;
        if (!d->held)
            d->net->hold(d->http, f->x, false);
    }
    free(j);
}

static void submit(struct fetch *f, bool seal, bool last)
{
    struct settle_job *j = calloc(1, sizeof(*j));
    struct dlota_object o;

    /* No memory: the next tick or turn tries again. */
    if (!j) {
        f->d->fetch_due = true;
        return;
    }
    j->job.run = run;
    j->job.done = done;
    j->d = f->d;
    j->f = f;
    j->id = f->id;
    j->fd = f->fd;
    j->gen = f->gen;
    j->upto = f->written;
    j->seal = seal;
    j->first = !f->marked;
    j->last = last;
    if (seal && store_object_get(f->d->store, f->id, &o) >= 0)
        memcpy(j->digest, o.digest, sizeof(j->digest));
    f->job = j;
    f->marked_at = f->d->mono;
    f->d->worker->submit(f->d->worker, &j->job);
}

void settle_mark(struct fetch *f)
{
    int rc;

    if (f->job || f->stale || f->fd < 0)
        return;
    rc = fetch_write_out(f);
    if (rc < 0)
        fetch_disk_failed(f, rc);
    else
        submit(f, false, false);
}

/* What was written before is kept; without that, so is nothing. */
static void write_out_failed(struct fetch *f, int rc)
{
    const bool mark = f->settle == SETTLE_MARK;

    f->settle = SETTLE_NOT;
    fetch_disk_failed(f, rc);
    if (!mark || f->stale || !f->gen)
        return;
    if (f->written > f->marked)
        submit(f, false, true);
    else if (!f->marked)
        forget(f->d, f->id, f->gen);
}

void settle_start(struct fetch *f)
{
    int rc = f->fd < 0 ? f->fd : fetch_write_out(f);

    if (f->fd < 0 && f->settle == SETTLE_MARK) {
        f->settle = SETTLE_NOT; /* nothing was ever taken */
        return;
    }
    if (rc < 0)
        write_out_failed(f, rc);
    else
        submit(f, f->settle == SETTLE_SEAL, true);
}
