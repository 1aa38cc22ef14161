#include "agent/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/host.h"
#include "agent/perform.h"
#include "agent/receive.h"
#include "agent/settle.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"

struct fetch *fetch_find(struct dlota *d, int64_t id)
{
    for (struct fetch *f = d->fetches; f; f = f->next)
        if (f->id == id && !f->stale)
            return f;
    return NULL;
}

struct fetch *fetch_new(struct dlota *d, int64_t id)
{
    struct fetch *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->d = d;
    f->id = id;
    f->fd = -1;
    f->limit = UINT64_MAX;
    f->slot = live_add(d->live, id);
    f->marked_at = d->mono;
    f->next = d->fetches;
    d->fetches = f;
    return f;
}

static void fetch_free(struct fetch *f)
{
    receive_end(f);
    live_drop(f->d->live, f->slot);
    if (f->fd >= 0)
        f->d->disk->close(f->d->disk, f->fd);
    free(f);
}

static int on_bytes(void *arg, const void *p, size_t n)
{
    struct fetch *f = arg;
    int rc;

    f->in_callback = true;
    rc = receive(f, p, n);
    f->in_callback = false;
    return rc;
}

/* ---- head and end ---- */

static int on_head(void *arg, const struct http_facts *facts)
{
    struct fetch *f = arg;
    struct event ev = {.kind = EVENT_HEAD, .facts = facts, .asked = f->asked, .got = f->got};

    if (f->over)
        return -1;
    f->framed = facts->framed;
    f->inside = facts->inside;
    f->in_callback = true;
    atomic_store(&f->d->no_network, false);
    (void)perform_event(f->d, f->id, &ev, f);
    if (f->disk_rc < 0 && !f->over)
        fetch_disk_failed(f, f->disk_rc);
    f->in_callback = false;
    return f->over ? -1 : 0;
}

static void on_end(void *arg, const struct http_end *end)
{
    struct fetch *f = arg;
    struct dlota *d = f->d;
    struct event ev = {.kind = end->failure ? EVENT_BROKE : EVENT_ENDED,
                       .failure = end->failure,
                       .framed = f->framed,
                       .flag = f->appended,
                       .detail = end->words};
    int rc = 0;

    f->x = NULL;
    d->on_wire--;
    host_leave(d, f->host);
    f->host = NULL;
    d->look_for_work = true;
    d->fetch_due = true;
    if (f->stale || f->over)
        return;
    f->over = true;
    if (f->fd >= 0)
        rc = fetch_write_out(f);
    if (rc < 0) {
        fetch_disk_failed(f, rc);
        return;
    }
    ev.got = f->got;
    atomic_store(&d->no_network, end->failure == HTTP_NO_NETWORK);
    (void)perform_event(d, f->id, &ev, f);
}

static void on_record(void *arg, const struct http_record *r)
{
    struct fetch *f = arg;

    agent_http_event(f->d, f->id, r);
}

static const struct http_sink sink = {on_head, on_bytes, on_record, on_end};

/* ---- start ---- */

/* Accept: the types of the descriptor (policy.md 2). */
static void accept_field(const struct asked *a, struct text *ret)
{
    if (!a->terms.types)
        text_puts(ret, "application/vnd.oma.dd+xml, application/xml;q=0.5, text/xml;q=0.5, */*;q=0.1");
    for (const char *const *t = a->terms.types; t && *t; t++)
        text_printf(ret, "%s%s", t == a->terms.types ? "" : ", ", *t);
}

static int ask(struct fetch *f, const struct dlota_object *o, const struct asked *a, bool fresh)
{
    struct dlota *d = f->d;
    struct text accept = {.max = LIMIT_HEADER_LINE};
    const bool ranged = o->have > 0;
    const struct http_ask what = {
        .method = HTTP_GET,
        .url = a->uri,
        .ranged = ranged,
        .first = o->have,
        .last = o->total ? o->total - 1 : UINT64_MAX,
        .if_match = ranged && o->pin == DLOTA_PIN_ETAG ? o->etag : NULL,
        .if_unmodified_since = ranged && o->pin == DLOTA_PIN_DATE ? o->modified : NULL,
        .redirects = LIMIT_REDIRECTS,
        .fresh = fresh,
        .outside = a->row.outside,
    };
    struct http_ask with = what;
    int rc;

    accept_field(a, &accept);
    with.accept = accept.failed ? "*/*" : accept.data;
    rc = d->net->start(d->http, &with, &sink, f, &f->x);
    text_free(&accept);
    return rc;
}

/* The file for what is held already. */
static int open_held(struct fetch *f, const struct dlota_object *o)
{
    f->gen = o->gen;
    if (!o->have)
        return 0;
    f->fd = store_bytes_open(f->d->store, o->id, o->gen, true);
    if (f->fd < 0)
        return f->fd;
    f->got = f->written = f->marked = f->hurried = f->asked = o->have;
    f->tick_got = f->got;
    live_put(f->d->live, f->slot, f->got, o->touched, 0);
    return 0;
}

static void begin(struct dlota *d, const struct dlota_object *o, const struct asked *a, bool fresh)
{
    struct fetch *f = fetch_new(d, o->id);
    struct event ev = {.kind = EVENT_BROKE, .failure = HTTP_NO_MEMORY, .detail = "out of memory", .got = o->have};
    int rc = f ? open_held(f, o) : -ENOMEM;

    if (rc < 0 && f) {
        f->over = true;
        ev = (struct event){.kind = EVENT_DISK, .rc = rc, .got = o->have};
    } else if (f) {
        f->host = host_enter(d, o->host);
        rc = f->host ? ask(f, o, a, fresh) : -ENOMEM;
        if (rc >= 0) {
            d->on_wire++;
            if (d->held)
                d->net->hold(d->http, f->x, true);
            return;
        }
        host_leave(d, f->host);
        f->host = NULL;
        f->over = true;
        if (rc == -EINVAL)
            ev =
                (struct event){.kind = EVENT_BROKE, .failure = HTTP_BLOCKED, .detail = "malformed URL", .got = o->have};
    }
    d->fetch_due = true;
    (void)perform_event(d, o->id, &ev, f);
}

void fetch_start(struct dlota *d, int64_t id, bool fresh)
{
    struct dlota_object o;
    struct asked asked;
    int rc = store_object_get(d->store, id, &o);

    /* rm or pause may have come first. */
    if (rc >= 0 && (o.state != DLOTA_DOWNLOADING || fetch_find(d, id)))
        return;
    if (rc >= 0)
        rc = asked_get(d->store, &o, &asked);
    if (rc < 0) {
        if (rc != -ENOENT)
            agent_break(d, id, rc);
        return;
    }
    if (d->fresh == id)
        d->fresh = 0;
    begin(d, &o, &asked, fresh);
    asked_clear(&asked);
}

/* ---- actions ---- */

static void new_file(struct fetch *f, const struct dlota_object *o)
{
    struct disk *disk = f->d->disk;
    const uint64_t size = o->total ? o->total : o->size;

    if (f->job)
        f->job->orphan = true; /* it closes the old file when it is done with it */
    else if (f->fd >= 0)
        disk->close(disk, f->fd);
    f->job = NULL;
    f->buf_n = 0;
    f->got = f->written = f->marked = f->hurried = f->tick_got = 0;
    f->gen = o->gen;
    f->fd = store_bytes_create(f->d->store, o->id, o->gen);
    if (f->fd < 0)
        f->disk_rc = f->fd;
    else if (size > LIMIT_RECEIVE_MAX)
        f->disk_rc = disk->reserve(disk, f->fd, size);
}

void fetch_take(struct fetch *f, const struct dlota_object *o, uint64_t from, uint64_t skip, uint64_t limit)
{
    f->disk_rc = 0;
    f->skip = skip;
    f->appended = from > 0 && !skip;
    f->limit = limit;
    if (!from)
        new_file(f, o);
}

void fetch_hang_up(struct fetch *f)
{
    if (f->over)
        return;
    f->over = true;
    f->d->fetch_due = true;
    if (f->x && !f->in_callback)
        f->d->net->stop(f->d->http, f->x);
}

void fetch_discard(struct fetch *f)
{
    f->settle = SETTLE_NOT;
    f->buf_n = 0;
    f->got = f->written = f->marked = f->hurried = 0;
    f->gen = 0;
    f->d->fetch_due = true;
}

void fetch_settle(struct fetch *f, enum settle settle)
{
    f->settle = settle;
    f->d->fetch_due = true;
}

int fetch_seal_row(struct dlota *d, const struct dlota_object *o)
{
    struct fetch *f = fetch_new(d, o->id);

    if (!f)
        return -ENOMEM;
    f->over = true;
    f->gen = o->gen;
    f->got = f->written = f->marked = o->have;
    f->fd = store_bytes_open(d->store, o->id, o->gen, true);
    fetch_settle(f, SETTLE_SEAL);
    return 0;
}

/* ---- the turn ---- */

void fetch_hold_all(struct dlota *d, bool held)
{
    d->held = held;
    for (struct fetch *f = d->fetches; f; f = f->next)
        if (f->x && !f->waits)
            d->net->hold(d->http, f->x, held);
}

void fetch_work(struct dlota *d)
{
    struct fetch **at = &d->fetches;

    if (!d->fetch_due)
        return;
    d->fetch_due = false;
    while (*at) {
        struct fetch *f = *at;

        if (!f->x && !f->job && f->settle != SETTLE_NOT)
            settle_start(f);
        if (f->x || f->job || f->settle != SETTLE_NOT || !f->over) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        fetch_free(f);
        d->look_for_work = true;
    }
}

void fetch_tick(struct dlota *d, int64_t elapsed_ms)
{
    for (struct fetch *f = d->fetches; f; f = f->next) {
        const uint64_t now =
            f->got > f->tick_got && elapsed_ms > 0 ? (f->got - f->tick_got) * 1000 / (uint64_t)elapsed_ms : 0;

        if (!f->x || f->stale)
            continue;
        f->rate = f->rate ? (f->rate * 7 + now) / 8 : now;
        if (f->got != f->tick_got || f->rate) {
            live_put(d->live, f->slot, f->got, f->touched, f->rate);
            atomic_fetch_add(&d->version, 1);
            if (d->face.changed)
                d->face.changed(d->face.arg, f->id, DLOTA_CHANGED_BYTES);
        }
        f->tick_got = f->got;
        if (f->got > f->marked && d->mono - f->marked_at >= LIMIT_UNFLUSHED_MS / 2)
            settle_mark(f);
    }
}

/* A file whose record was rolled back: when its object is removed before it is loaded again, no row names it. */
static void clear_unrecorded(const struct fetch *f)
{
    struct dlota_object o;
    int rc = store_object_get(f->d->store, f->id, &o);

    if (rc == -ENOENT || (rc >= 0 && o.gen < f->gen))
        rc = store_bytes_clear(f->d->store, f->id, f->gen);
    if (rc < 0)
        log_warning("object %lld: a useless file cannot be removed yet", (long long)f->id);
}

void fetch_abandon(struct dlota *d, int64_t id)
{
    for (struct fetch *f = d->fetches; f; f = f->next) {
        if (f->id != id || f->stale)
            continue;
        f->stale = true;
        f->settle = SETTLE_NOT;
        f->buf_n = 0;
        if (f->fd >= 0 && f->gen)
            clear_unrecorded(f);
        fetch_hang_up(f);
        d->fetch_due = true;
    }
}

void fetch_leave(struct dlota *d)
{
    for (struct fetch *f = d->fetches; f; f = f->next) {
        fetch_hang_up(f);
        /* The state stays `downloading`: the next start goes on. */
        if (f->settle == SETTLE_NOT && f->gen && f->got > f->marked && !f->stale)
            fetch_settle(f, SETTLE_MARK);
    }
    fetch_work(d);
}

bool fetch_busy(const struct dlota *d)
{
    for (const struct fetch *f = d->fetches; f; f = f->next)
        if (f->job || f->settle != SETTLE_NOT)
            return true;
    return false;
}

void fetch_free_all(struct dlota *d)
{
    while (d->fetches) {
        struct fetch *f = d->fetches;

        d->fetches = f->next;
        host_leave(d, f->host);
        fetch_free(f);
    }
}
