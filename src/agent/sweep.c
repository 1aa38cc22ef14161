#include "agent/sweep.h"

#include <stdlib.h>

#include "agent/agent.h"
#include "base/log.h"

struct sweep {
    struct job job;
    struct dlota *d;
    struct store_gone gone;
    int rc;
};

static void sweep_run(struct job *job)
{
    struct sweep *s = (struct sweep *)job;

    s->rc = store_gone_unlink(s->d->store, &s->gone);
}

static void sweep_done(struct job *job)
{
    struct sweep *s = (struct sweep *)job;
    struct dlota *d = s->d;
    const bool more = s->gone.n == sizeof(s->gone.file) / sizeof(s->gone.file[0]);

    d->sweeping = false;
    /* The rows stay when it failed: the next sweep or the next start tries again. */
    if (s->rc < 0)
        log_warning("unlink of dropped bytes failed: errno %d", -s->rc);
    else if (store_gone_done(d->store, &s->gone) >= 0 && more)
        (void)deed_on_commit(d, &(struct deed){.kind = DEED_SWEEP});
    free(s);
}

void sweep_start(struct dlota *d)
{
    struct sweep *s;

    if (d->sweeping)
        return;
    s = calloc(1, sizeof(*s));
    if (!s)
        return;
    if (store_gone_get(d->store, &s->gone) < 0 || !s->gone.n) {
        free(s);
        return;
    }
    s->job.run = sweep_run;
    s->job.done = sweep_done;
    s->d = d;
    d->sweeping = true;
    d->worker->submit(d->worker, &s->job);
}
