#include "agent/deed.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "base/log.h"

struct flush {
    struct job job;
    struct dlota *d;
    uint64_t upto;
    int rc;
};

static void list_begin(struct deed_list *l)
{
    l->head = NULL;
    l->tail = &l->head;
}

static int list_add(struct deed_list *l, const struct deed *what)
{
    struct deed *copy = malloc(sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    *copy = *what;
    copy->next = NULL;
    *l->tail = copy;
    l->tail = &copy->next;
    return 0;
}

static struct deed *list_take(struct deed_list *l)
{
    struct deed *all = l->head;

    list_begin(l);
    return all;
}

void deeds_begin(struct deeds *q)
{
    list_begin(&q->on_commit);
    list_begin(&q->on_flush);
    list_begin(&q->ready);
    list_begin(&q->flushing);
}

int deed_on_commit(struct dlota *d, const struct deed *what) { return list_add(&d->deeds.on_commit, what); }

int deed_on_flush(struct dlota *d, const struct deed *what) { return list_add(&d->deeds.on_flush, what); }

static void cancel(struct deed *all, int rc)
{
    while (all) {
        struct deed *next = all->next;

        if (all->kind == DEED_REPLY)
            all->done(all->arg, rc);
        free(all);
        all = next;
    }
}

static void do_all(struct dlota *d, struct deed *all)
{
    while (all) {
        struct deed *next = all->next;

        deed_do(d, all);
        free(all);
        all = next;
    }
}

static void list_append(struct deed_list *l, struct deed *all)
{
    if (!all)
        return;
    *l->tail = all;
    while (all->next)
        all = all->next;
    l->tail = &all->next;
}

void deeds_committed(struct dlota *d, int rc)
{
    struct deed *now = list_take(&d->deeds.on_commit), *later = list_take(&d->deeds.on_flush);

    if (rc < 0) {
        cancel(now, rc);
        cancel(later, rc);
        return;
    }
    for (struct deed *x = later; x; x = x->next)
        x->commit = store_commits(d->store);
    list_append(&d->deeds.flushing, later);
    list_append(&d->deeds.ready, now);
}

void deeds_run(struct dlota *d) { do_all(d, list_take(&d->deeds.ready)); }

static void flush_run(struct job *job)
{
    struct flush *f = (struct flush *)job;

    f->rc = store_sync(f->d->store);
}

/* What waits for a commit that is on the disk now; the rest goes on waiting. */
static struct deed *take_flushed(struct deed_list *l, uint64_t upto)
{
    struct deed *all = l->head, **end = &l->head;

    while (*end && (*end)->commit <= upto)
        end = &(*end)->next;
    if (end == &l->head)
        return NULL;
    l->head = *end;
    *end = NULL;
    if (!l->head)
        l->tail = &l->head;
    return all;
}

static void flush_done(struct job *job)
{
    struct flush *f = (struct flush *)job;
    struct dlota *d = f->d;

    d->deeds.flush_running = false;
    if (f->rc < 0) {
        /* Nothing that was promised on its strength is done; the deeds stay and the next flush is tried a turn later.
         * After a failed fsync the kernel may have dropped dirty pages: nothing unflushed is trusted any more. */
        log_error("catalogue: flush failed: errno %d", -f->rc);
        store_distrust(d->store);
        d->flush_at = d->mono + FLUSH_RETRY_MS;
        d->deeds.flush_failed = true;
    } else {
        do_all(d, take_flushed(&d->deeds.flushing, f->upto));
    }
    free(f);
}

/* To flush again what could not be flushed would only seem to succeed. */
static bool heal(struct dlota *d)
{
    int rc = store_changing(d->store) ? -EBUSY : store_heal(d->store);

    if (rc < 0)
        d->flush_at = d->mono + FLUSH_RETRY_MS;
    d->deeds.flush_failed = rc < 0;
    return rc >= 0;
}

void deeds_flush(struct dlota *d)
{
    struct flush *f;

    if (d->deeds.flush_running || !d->deeds.flushing.head || d->mono < d->flush_at)
        return;
    if (d->deeds.flush_failed && !heal(d))
        return;
    f = calloc(1, sizeof(*f));
    if (!f)
        return;
    f->job.run = flush_run;
    f->job.done = flush_done;
    f->d = d;
    f->upto = store_commits(d->store);
    d->deeds.flush_running = true;
    d->worker->submit(d->worker, &f->job);
}

void deeds_abandon(struct dlota *d, int rc)
{
    cancel(list_take(&d->deeds.on_commit), rc);
    cancel(list_take(&d->deeds.on_flush), rc);
    cancel(list_take(&d->deeds.ready), rc);
    cancel(list_take(&d->deeds.flushing), rc);
}

bool deeds_waiting(const struct deeds *q)
{
    return q->on_commit.head || q->on_flush.head || q->ready.head || q->flushing.head || q->flush_running;
}
