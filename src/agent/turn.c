/* One turn of the agent: mail, network, what is due; then COMMIT, then what waited for it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/fetch.h"
#include "agent/letters.h"
#include "agent/perform.h"
#include "agent/post.h"
#include "agent/queue.h"
#include "base/limits.h"
#include "base/log.h"

enum { CLOCK_SET_MS = 2000, RELOAD_MS = 1000, SETTLE_ROUNDS = 1000 };

/* ---- time ---- */

/* due is wall clock: a step of the clock shifts all of them, or a wait of seconds became one of years. */
static bool shift(struct dlota *d, int64_t ms)
{
    int rc = store_shift(d->store, ms);

    if (rc < 0)
        agent_break(d, 0, rc);
    return agent_commit(d) >= 0;
}

void agent_clock(struct dlota *d)
{
    const int64_t mono = d->world->monotonic(d->world), wall = d->world->wall(d->world);
    const int64_t jump = d->offset ? wall - mono - d->offset : 0;

    d->mono = mono;
    d->now = wall;
    if (d->offset && jump <= CLOCK_SET_MS && jump >= -CLOCK_SET_MS)
        return;
    /* What could not be shifted now is tried again in the next turn. */
    if (jump && !shift(d, jump))
        return;
    d->offset = wall - mono;
    d->look_for_work = d->look_for_reports = true;
}

/* ms until monotonic `at`; soonest: at most that. */
static int until(int64_t now, int64_t at, int soonest)
{
    const int64_t ms = at > now ? at - now : 0;

    if (!at || (soonest >= 0 && ms > soonest))
        return soonest;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static int next_timeout(struct dlota *d, int max_ms)
{
    const int http = d->net->timeout(d->http);
    int ms = max_ms;

    if (http >= 0 && (ms < 0 || http < ms))
        ms = http;
    if ((d->look_for_work && d->on_wire < d->options.transfers) || (d->look_for_reports && d->n_posts < POSTS) ||
        d->fetch_due || d->letters)
        ms = 0;
    ms = until(d->now, d->work_at, ms);
    ms = until(d->now, d->reports_at, ms);
    ms = until(d->mono, announce_next(&d->announced), ms);
    ms = until(d->mono, d->held ? d->held_until : 0, ms);
    ms = until(d->mono, d->on_wire ? d->tick_at + TICK_MS : 0, ms);
    ms = until(d->mono, d->reload.at, ms);
    if (d->deeds.flushing.head && !d->deeds.flush_running)
        ms = until(d->mono, d->flush_at, ms);
    return ms;
}

/* ---- the transaction ---- */

void agent_break(struct dlota *d, int64_t id, int rc)
{
    struct reload *r = &d->reload;

    if (!d->broken)
        d->broken = rc < 0 ? rc : -EIO;
    r->at = d->mono + RELOAD_MS;
    if (!id)
        return;
    if (r->n == r->cap) {
        const unsigned cap = r->cap ? r->cap * 2 : 16;
        int64_t *more = realloc(r->id, cap * sizeof(*more));

        if (!more) {
            r->all = true;
            return;
        }
        r->id = more;
        r->cap = cap;
    }
    r->id[r->n++] = id;
}

/* A failed turn is a small crash (rule 5): what memory holds about the objects it touched is thrown away. */
static int roll_back(struct dlota *d, int rc)
{
    log_error("catalogue: %s: this turn is taken back and tried again", strerror(-rc));
    store_rollback(d->store);
    /* Deeds name every object the turn touched. */
    for (struct deed *x = d->deeds.on_commit.head; x; x = x->next)
        if (x->kind == DEED_CHANGED && x->id)
            agent_break(d, x->id, rc);
    deeds_committed(d, rc);
    post_rollback(d);
    for (unsigned i = 0; i < d->reload.n; i++)
        fetch_abandon(d, d->reload.id[i]);
    /* Not at once: on a full disk the next attempt would fail the same way, and so on without a pause. */
    d->reload.at = d->mono + RELOAD_MS;
    d->look_for_work = d->look_for_reports = false;
    d->broken = 0;
    d->told_events = false;
    return rc;
}

int agent_commit(struct dlota *d)
{
    int rc = d->broken;

    if (!rc && !store_changing(d->store) && !d->deeds.on_commit.head && !d->deeds.on_flush.head)
        return 0;
    if (!rc)
        rc = store_commit(d->store);
    if (rc < 0)
        return roll_back(d, rc);
    atomic_fetch_add(&d->version, 1);
    deeds_committed(d, 0);
    return 0;
}

int agent_settle_turn(struct dlota *d)
{
    int rc = 0;

    /* What a deed does may change rows again: until nothing is left. */
    for (unsigned round = 0; round < SETTLE_ROUNDS; round++) {
        if (d->told_events && !d->broken) {
            (void)deed_on_commit(d, &(struct deed){.kind = DEED_CHANGED, .what = DLOTA_CHANGED_EVENTS});
            d->told_events = false;
        }
        if (!store_changing(d->store) && !d->broken && !d->deeds.on_commit.head && !d->deeds.on_flush.head &&
            !d->deeds.ready.head)
            break;
        rc = agent_commit(d);
        if (rc < 0)
            return rc;
        deeds_run(d);
    }
    deeds_flush(d);
    return rc;
}

void agent_event(struct dlota *d, const char *name, const struct store_field *fields, unsigned n)
{
    int rc = store_event(d->store, d->now, name, fields, n);

    d->told_events = true;
    if (rc < 0)
        agent_break(d, 0, rc);
}

void agent_http_event(struct dlota *d, int64_t id, const struct http_record *r)
{
    const struct store_field fields[] = {
        {.key = "id", .kind = STORE_NUMBER, .number = id},
        {.key = "method", .kind = STORE_TEXT, .text = r->method == HTTP_POST ? "POST" : "GET"},
        {.key = "uri", .kind = STORE_TEXT, .text = r->url},
        {.key = "range", .kind = STORE_TEXT, .text = r->range},
        {.key = "pin", .kind = STORE_TEXT, .text = r->pin},
        {.key = "status", .kind = STORE_NUMBER, .number = r->status},
        {.key = "bytes", .kind = STORE_NUMBER, .number = (int64_t)r->bytes},
        {.key = "ms", .kind = STORE_NUMBER, .number = r->ms},
        {.key = "error", .kind = STORE_TEXT, .text = r->words},
    };

    agent_event(d, "http", fields, sizeof(fields) / sizeof(fields[0]));
}

/* ---- what is due ---- */

static int again(void *arg, const struct dlota_object *o)
{
    struct dlota *d = arg;

    agent_break(d, o->id, -EAGAIN);
    return 0;
}

bool agent_reloading(const struct dlota *d, int64_t id)
{
    for (unsigned i = 0; i < d->reload.n; i++)
        if (d->reload.id[i] == id)
            return true;
    return d->reload.all;
}

static void load_again(struct dlota *d, int64_t id)
{
    int rc;

    /* It went on by itself since: what is on the wire now agrees with the row. */
    if (fetch_find(d, id))
        return;
    rc = agent_start_object(d, id);
    if (rc < 0)
        agent_break(d, id, rc);
}

void agent_reload(struct dlota *d, int64_t id)
{
    struct reload *r = &d->reload;
    unsigned n = 0;

    if (!agent_reloading(d, id))
        return;
    for (unsigned i = 0; i < r->n; i++)
        if (r->id[i] != id)
            r->id[n++] = r->id[i];
    r->n = n;
    load_again(d, id);
}

/* Objects whose turn was rolled back go through the policy as after a start. */
static void reload(struct dlota *d)
{
    struct reload all = d->reload;

    if (!all.at || all.at > d->mono)
        return;
    memset(&d->reload, 0, sizeof(d->reload));
    if (all.all) {
        (void)store_object_alive(d->store, 0, again, d);
        d->broken = 0;
        d->reload.at = d->mono;
    }
    for (unsigned i = 0; i < all.n && !d->broken; i++) {
        load_again(d, all.id[i]);
        (void)agent_settle_turn(d);
    }
    free(all.id);
    d->look_for_work = d->look_for_reports = true;
}

static void publish_late(struct dlota *d)
{
    int64_t id;

    while ((id = announce_late(&d->announced, d->mono)) != 0) {
        log_debug("object %lld: nobody showed it within %d ms, recorded all the same", (long long)id, PUBLISH_WAIT_MS);
        (void)perform_event(d, id, &(struct event){.kind = EVENT_PUBLISHED}, NULL);
    }
}

static void network_up(struct dlota *d)
{
    static const enum dlota_cause causes[] = {DLOTA_NETWORK_LOST, DLOTA_NO_NETWORK};
    int rc = store_object_hurry(d->store, causes, sizeof(causes) / sizeof(causes[0]), d->now);

    if (rc >= 0)
        rc = store_report_hurry(d->store, 0, d->now);
    if (rc < 0)
        agent_break(d, 0, rc);
    atomic_store(&d->no_network, false);
    d->look_for_work = d->look_for_reports = true;
}

static void take_due(struct dlota *d)
{
    if (d->watch && netwatch_up(d->watch))
        network_up(d);
    if (d->held && d->held_until <= d->mono)
        fetch_hold_all(d, false);
    if (d->mono - d->tick_at >= TICK_MS) {
        fetch_tick(d, d->mono - d->tick_at);
        d->tick_at = d->mono;
    }
    publish_late(d);
    reload(d);
    post_fill(d);
    queue_fill(d);
}

void agent_take_jobs(struct dlota *d)
{
    struct letter *l = mailbox_take(d->jobs);

    while (l) {
        struct job *job = (struct job *)l;

        l = l->next;
        job->done(job);
    }
}

static void wait_any(struct dlota *d, int max_ms)
{
    struct pollfd fds[] = {
        {.fd = d->net->fd(d->http), .events = POLLIN},
        {.fd = mailbox_fd(d->mail), .events = POLLIN},
        {.fd = mailbox_fd(d->jobs), .events = POLLIN},
        {.fd = d->watch ? netwatch_fd(d->watch) : -1, .events = POLLIN},
    };

    (void)poll(fds, sizeof(fds) / sizeof(fds[0]), next_timeout(d, max_ms));
}

int agent_turn(struct dlota *d, int max_ms)
{
    int rc;

    agent_clock(d);
    wait_any(d, max_ms);
    agent_clock(d);
    agent_take_jobs(d);
    letters_take(d);
    d->net->run(d->http);
    take_due(d);
    rc = agent_settle_turn(d);
    fetch_work(d);
    /* Work handed over may have found trouble, which is an event like any other. */
    if (agent_settle_turn(d) < 0)
        rc = -EIO;
    return rc;
}
