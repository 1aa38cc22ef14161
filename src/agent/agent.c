/* Life of an agent: open, recover, its thread, close. */
#include "agent/agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/fetch.h"
#include "agent/letters.h"
#include "agent/perform.h"
#include "agent/post.h"
#include "agent/sweep.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"

enum { WORKERS = 2, LOCK_WAIT_MS = 10000, SPARE_SLOTS = 64 };

/* ---- open ---- */

static int open_network(struct dlota *d, const struct agent_parts *parts, char *why, size_t why_n)
{
    const size_t share = LIMIT_BUFFERS / d->options.transfers;
    const struct http_settings settings = {
        .timeout_ms = d->options.timeout,
        .connections = d->options.transfers + POSTS,
        .receive_buffer = share > LIMIT_RECEIVE_MAX   ? LIMIT_RECEIVE_MAX
                          : share < LIMIT_RECEIVE_MIN ? LIMIT_RECEIVE_MIN
                                                      : share,
        .cacert = d->options.cacert,
        .proxy = d->options.proxy,
        .netrc = d->options.netrc,
        .user_agent = d->options.user_agent,
        .headers = d->options.headers,
        .insecure = d->options.insecure,
    };

    if (parts->net) {
        d->net = parts->net;
        d->http = parts->http;
        return 0;
    }
    d->net = &http_curl_ops;
    return http_curl_new(&settings, &d->http, why, why_n);
}

static int real_worker(struct mailbox *box, struct worker **ret) { return worker_new(WORKERS, box, ret); }

static int open_parts(struct dlota *d, const struct agent_parts *parts)
{
    int rc = mailbox_new(&d->mail);

    if (rc >= 0)
        rc = mailbox_new(&d->jobs);
    if (rc >= 0)
        rc = (parts->worker ? parts->worker : real_worker)(d->jobs, &d->worker);
    if (rc >= 0)
        rc = live_new(d->options.transfers + SPARE_SLOTS, &d->live);
    if (rc >= 0)
        rc = reader_new(d->store, &d->reader);
    /* Without rtnetlink the back-off alone ends the waits. */
    if (rc >= 0 && !parts->deaf && netwatch_new(&d->watch) < 0) {
        log_warning("rtnetlink: not available; a network that comes back is noticed by trying");
        d->watch = NULL;
    }
    return rc;
}

static int open_store(struct dlota *d, const char *path, const struct agent_parts *parts, char *why, size_t why_n)
{
    char boot[64];
    const struct store_settings settings = {
        .path = path,
        .disk = d->disk,
        .database = parts->database,
        .boot_id = boot,
        .lock_wait_ms = LOCK_WAIT_MS,
        .now = d->world->wall(d->world),
    };

    d->world->boot_id(d->world, boot, sizeof(boot));
    return store_open(&settings, &d->store, why, why_n);
}

/* ---- recovery: before anybody looks ---- */

/* Files that no record needs: of a header that was taken but not recorded, and of a generation that nothing counts of
 * (the next GET is a plain one, with a generation of its own). */
static int clear_files(struct dlota *d, struct dlota_object *o)
{
    /* A power cut may have put the row back to where it was before that. */
    const bool maybe = o->state == DLOTA_DOWNLOADING || !store_same_boot(d->store);
    int rc = 0;

    if (maybe && store_bytes_clear(d->store, o->id, o->gen + 1) < 0) {
        log_warning("object %lld: a useless file cannot be removed yet", (long long)o->id);
        /* With its number it is skipped, unless the number is needed for what is held. */
        if (!o->have)
            rc = store_bytes_forget(d->store, o->id, ++o->gen);
    }
    if (rc >= 0 && o->gen && !o->have && store_bytes_clear(d->store, o->id, o->gen) < 0)
        rc = store_bytes_forget(d->store, o->id, o->gen);
    return rc;
}

/* What is held counts anew (I3); in a state that has ended it is what it was. */
static int settle_held(struct dlota *d, struct dlota_object *o)
{
    uint64_t have = 0;
    int rc = 0;

    if (!dlota_state_alive(o->state))
        return 0;
    if (o->gen)
        rc = store_bytes_settle(d->store, o->id, o->gen, o->have, &have);
    if (rc < 0 && rc != -ENOENT)
        log_warning("object %lld: what was received cannot be read back: %s", (long long)o->id, strerror(-rc));
    o->have = rc < 0 ? 0 : have;
    return clear_files(d, o);
}

int agent_start_object(struct dlota *d, int64_t id)
{
    struct dlota_object o;
    struct asked asked;
    int rc = store_object_get(d->store, id, &o);

    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = settle_held(d, &o);
    if (rc < 0)
        return rc;
    rc = asked_get(d->store, &o, &asked);
    if (rc < 0)
        return rc;
    (void)perform_step(d, &o, &asked, &(struct event){.kind = EVENT_START, .got = o.have}, NULL);
    asked_clear(&asked);
    return 0;
}

struct ids {
    int64_t *id;
    size_t n, cap;
};

static int collect(void *arg, const struct dlota_object *o)
{
    struct ids *ids = arg;

    if (ids->n == ids->cap) {
        const size_t cap = ids->cap ? ids->cap * 2 : 256;
        int64_t *more = realloc(ids->id, cap * sizeof(*more));

        if (!more)
            return -ENOMEM;
        ids->id = more;
        ids->cap = cap;
    }
    ids->id[ids->n++] = o->id;
    return 0;
}

static int recover(struct dlota *d)
{
    struct ids ids = {0};
    int rc = store_object_alive(d->store, 0, collect, &ids);

    if (rc >= 0)
        rc = store_cap(d->store, d->now, LIMIT_RETRY_AFTER_S * 1000LL);
    for (size_t i = 0; i < ids.n && rc >= 0; i++) {
        rc = agent_start_object(d, ids.id[i]);
        if (d->broken)
            rc = d->broken;
    }
    free(ids.id);
    if (rc >= 0)
        rc = store_trust(d->store);
    if (rc >= 0)
        rc = agent_commit(d);
    /* Everything so far must last before anything new is promised; nobody waits for this thread yet. */
    if (rc >= 0)
        rc = store_sync(d->store);
    if (rc >= 0)
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_SWEEP});
    d->look_for_work = d->look_for_reports = true;
    return rc;
}

/* ---- the constructor ---- */

int agent_open(const char *path, const struct dlota_options *options, const struct agent_parts *parts, dlota **ret,
               char *why, size_t why_n)
{
    struct dlota *d = calloc(1, sizeof(*d));
    int rc;

    if (!d)
        return -ENOMEM;
    why[0] = '\0';
    d->options = *options;
    d->world = parts->world ? parts->world : &world_linux;
    d->disk = parts->disk ? parts->disk : &disk_linux;
    deeds_begin(&d->deeds);
    rate_begin(&d->rate, options->rate);
    rc = open_store(d, path, parts, why, why_n);
    if (rc >= 0)
        rc = open_network(d, parts, why, why_n);
    if (rc >= 0)
        rc = open_parts(d, parts);
    if (rc >= 0) {
        agent_clock(d);
        rc = recover(d);
    }
    if (rc < 0) {
        if (!why[0])
            (void)text_format(why, why_n, "%s: %s", path, strerror(-rc));
        dlota_close(d);
        return rc;
    }
    *ret = d;
    return 0;
}

int dlota_open(const char *path, const struct dlota_options *options, dlota **ret, char *why, size_t why_n)
{
    return agent_open(path, options, &(struct agent_parts){0}, ret, why, why_n);
}

void dlota_set_face(dlota *d, const struct dlota_face *face) { d->face = *face; }

/* ---- the thread ---- */

static void *run(void *arg)
{
    struct dlota *d = arg;

    while (!atomic_load(&d->leaving))
        (void)agent_turn(d, -1);
    return NULL;
}

int dlota_start(dlota *d)
{
    sigset_t all, before;
    int rc;

    /* Signals are the embedder's main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&d->thread, NULL, run, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    d->threaded = rc == 0;
    return -rc;
}

int dlota_turn(dlota *d, int max_ms) { return agent_turn(d, max_ms); }

/* ---- close ---- */

static void wake_done(void *arg, int rc)
{
    (void)arg;
    (void)rc;
}

/* Wait for the jobs under way; what they found is recorded. */
static void drain(struct dlota *d)
{
    struct pollfd fd = {.fd = mailbox_fd(d->jobs), .events = POLLIN};

    for (unsigned i = 0; i < 1000 && (fetch_busy(d) || d->deeds.flush_running || d->sweeping); i++) {
        (void)poll(&fd, 1, 10);
        agent_take_jobs(d);
        fetch_work(d);
        (void)agent_settle_turn(d);
    }
}

static void leave(struct dlota *d)
{
    letters_refuse(d, -ESHUTDOWN);
    post_leave(d);
    fetch_leave(d);
    (void)agent_settle_turn(d);
    drain(d);
    (void)agent_commit(d);
    deeds_abandon(d, -ESHUTDOWN);
}

static void close_parts(struct dlota *d)
{
    if (d->worker) {
        d->worker->free(d->worker);
        agent_take_jobs(d);
        deeds_abandon(d, -ESHUTDOWN);
    }
    if (d->net && d->http)
        d->net->free(d->http);
    fetch_free_all(d);
    netwatch_free(d->watch);
    reader_free(d->reader);
    if (d->store) {
        store_rollback(d->store);
        (void)store_sync(d->store);
        store_close(d->store);
    }
    if (d->jobs)
        mailbox_free(d->jobs);
    if (d->mail) {
        letters_refuse(d, -ESHUTDOWN);
        mailbox_free(d->mail);
    }
    live_free(d->live);
}

dlota *dlota_close(dlota *d)
{
    if (!d)
        return NULL;
    atomic_store(&d->leaving, true);
    if (d->threaded) {
        dlota_published(d, 0, wake_done, NULL); /* a letter that only wakes */
        pthread_join(d->thread, NULL);
    }
    if (d->mail && d->worker && d->live && d->reader)
        leave(d);
    close_parts(d);
    announce_clear(&d->announced);
    free(d->reload.id);
    free(d);
    return NULL;
}
