#include "agent/queue.h"

#include "agent/agent.h"
#include "agent/fetch.h"
#include "agent/host.h"
#include "agent/perform.h"
#include "base/limits.h"

/* A full host has a transfer, so there cannot be more of them. */
enum { FULL_HOSTS = LIMIT_TRANSFERS };

struct choice {
    struct dlota *d;
    int64_t id;
};

static int choose(void *arg, const struct dlota_object *o)
{
    struct choice *c = arg;

    /* One whose last bytes are still being flushed comes again when they are; one that is to be loaded again, then. */
    if (fetch_find(c->d, o->id) || agent_reloading(c->d, o->id))
        return 0;
    c->id = o->id;
    return 1;
}

static unsigned settling(const struct dlota *d)
{
    unsigned n = 0;

    for (const struct fetch *f = d->fetches; f; f = f->next)
        n += !f->x;
    return n;
}

/* The next object that may begin; 0: none. */
static int64_t next_ready(struct dlota *d)
{
    const char *full[FULL_HOSTS];
    const unsigned n = host_full(d, full, FULL_HOSTS);
    struct choice c = {.d = d};
    int rc = store_object_ready(d->store, d->now, full, n, 1 + settling(d) + d->reload.n, choose, &c);

    if (rc < 0)
        agent_break(d, 0, rc);
    return rc < 0 ? 0 : c.id;
}

void queue_fill(struct dlota *d)
{
    unsigned most = d->options.transfers;
    int64_t id;

    if (d->work_at && d->work_at <= d->now)
        d->look_for_work = true;
    if (!d->look_for_work)
        return;
    /* One at a time: each start takes a slot of its host, and the next choice must see that. */
    while (d->on_wire < d->options.transfers && most-- && (id = next_ready(d)) != 0) {
        if (perform_event(d, id, &(struct event){.kind = EVENT_TURN}, NULL) < 0 || agent_settle_turn(d) < 0)
            break;
    }
    d->look_for_work = false;
    if (store_object_next(d->store, d->now, &d->work_at) < 0)
        d->work_at = d->now + 1000;
}
