/* look.c - what any thread may see: committed rows joined with the live counters.  Waits for no other thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/asked.h"
#include "base/limits.h"
#include "store/spool.h"
#include "view/view.h"

enum {
    STATUS_MAX = 256 * 1024,      /* bytes of one status text */
    LINES_MAX = 64 * 1024 * 1024, /* of `list` */
    SUMMARY_MAX = 64 * 1024,      /* of `summary` */
    SUMMARY_ALIVE = 30,           /* objects that `summary` shows */
    SUMMARY_ENDED = 5,
    LIST_ALIVE = 100000, /* objects that `list` shows */
};

/* One object with all that a text about it is made from. */
struct looked {
    struct dlota_object object;
    struct asked asked;
    struct view_facts facts;
};

static int look_at(dlota *d, const struct dlota_object *o, struct looked *l)
{
    struct store_offer row;
    int rc = reader_offer(d->reader, o->offer, &row);

    if (rc < 0)
        return rc;
    l->object = *o;
    live_join(d->live, &l->object);
    asked_parse(&l->asked, &row, o->part);
    l->facts = (struct view_facts){
        .object = &l->object,
        .offer = l->asked.offer,
        .part = o->part > 0 ? (unsigned)o->part : 0,
        .descriptor = l->asked.row.source,
        .descriptor_uri = l->asked.row.base ? l->asked.row.base : "",
        .product = "",
        .updated_code = d->options.updated_code,
        .unpinned_resume = d->options.unpinned_resume,
        .now = d->world->wall(d->world),
    };
    if (o->report == DLOTA_REPORT_QUEUED || o->report == DLOTA_REPORT_SENT || o->report == DLOTA_REPORT_UNANSWERED)
        (void)reader_report_due(d->reader, o->id, &l->facts.report_due);
    return 0;
}

static int look(dlota *d, int64_t id, struct looked *l)
{
    struct dlota_object o;
    int rc = reader_object(d->reader, id, &o);

    return rc < 0 ? rc : look_at(d, &o, l);
}

/* ---- rows ---- */

int dlota_find(dlota *d, int64_t dir, const char *name, struct dlota_object *ret)
{
    int rc = reader_find(d->reader, dir, name, ret);

    if (rc >= 0)
        live_join(d->live, ret);
    return rc;
}

int dlota_stat(dlota *d, int64_t id, struct dlota_object *ret)
{
    int rc = reader_object(d->reader, id, ret);

    if (rc >= 0)
        live_join(d->live, ret);
    return rc;
}

int dlota_list(dlota *d, enum dlota_folder folder, int64_t dir, int64_t after, dlota_entry *entry, void *arg)
{
    return reader_list(d->reader, folder, dir, after, entry, arg);
}

int dlota_drop_find(dlota *d, const char *descriptor, int64_t *ret_key, char ret_name[static 256])
{
    return reader_drop_find(d->reader, descriptor, ret_key, ret_name);
}

int dlota_drop_stat(dlota *d, int64_t key, char ret_name[static 256])
{
    return reader_drop_stat(d->reader, key, ret_name);
}

int dlota_drop_list(dlota *d, int64_t after, dlota_entry *entry, void *arg)
{
    return reader_drop_list(d->reader, after, entry, arg);
}

int dlota_bytes(dlota *d, int64_t id, uint32_t gen)
{
    struct dlota_object o;
    int rc = reader_object(d->reader, id, &o);

    if (rc < 0)
        return rc;
    if (o.gen != gen || o.folder != DLOTA_IN_INSTALLED)
        return -ESTALE;
    return store_bytes_open(d->store, id, gen, false);
}

/* ---- texts ---- */

int dlota_status(dlota *d, int64_t id, char **ret, size_t *ret_n)
{
    struct text t = {.max = STATUS_MAX};
    struct looked l;
    int rc = look(d, id, &l);

    if (rc < 0)
        return rc;
    view_status(&l.facts, &t);
    asked_clear(&l.asked);
    return text_take(&t, ret, ret_n);
}

int dlota_value(dlota *d, int64_t id, const char *key, char **ret, size_t *ret_n)
{
    struct text t = {.max = STATUS_MAX};
    struct looked l;
    bool there;
    int rc = look(d, id, &l);

    if (rc < 0)
        return rc;
    there = view_value(&l.facts, key, &t);
    asked_clear(&l.asked);
    if (there)
        return text_take(&t, ret, ret_n);
    text_free(&t);
    return -ENODATA;
}

const char *const *dlota_keys(void) { return view_keys(); }

/* A text over many objects. */
struct many {
    dlota *d;
    struct looked *looked; /* room for n_max */
    unsigned n, n_max;
    struct text *text; /* or: a line each */
};

static int add_looked(void *arg, const struct dlota_object *o)
{
    struct many *m = arg;

    if (m->n < m->n_max && look_at(m->d, o, &m->looked[m->n]) >= 0)
        m->n++;
    return 0;
}

static int add_line(void *arg, const struct dlota_object *o)
{
    struct many *m = arg;
    struct looked l;

    if (look_at(m->d, o, &l) < 0)
        return 0;
    view_line(&l.facts, m->text);
    asked_clear(&l.asked);
    return m->text->failed;
}

int dlota_lines(dlota *d, char **ret, size_t *ret_n)
{
    struct text t = {.max = LINES_MAX};
    struct many m = {.d = d, .text = &t};
    int rc = reader_alive(d->reader, LIST_ALIVE, add_line, &m);

    if (rc < 0) {
        text_free(&t);
        return rc;
    }
    return text_take(&t, ret, ret_n);
}

static void summarise(dlota *d, const struct many *alive, const struct many *ended, struct view_facts *facts,
                      struct text *t)
{
    struct reader_tally tally = {0};
    struct statvfs vfs = {0};
    struct view_summary s = {
        .alive = facts,
        .n_alive = alive->n,
        .ended = facts + alive->n,
        .n_ended = ended->n,
        .rate = live_rate(d->live),
        .network = !atomic_load(&d->no_network),
        .now = d->world->wall(d->world),
    };

    for (unsigned i = 0; i < alive->n; i++)
        facts[i] = alive->looked[i].facts;
    for (unsigned i = 0; i < ended->n; i++)
        facts[alive->n + i] = ended->looked[i].facts;
    (void)reader_tally(d->reader, &tally);
    (void)reader_reports(d->reader, &s.reports);
    memcpy(s.n, tally.n, sizeof(s.n));
    memcpy(s.bytes, tally.bytes, sizeof(s.bytes));
    for (unsigned state = 0; state < sizeof(s.n) / sizeof(s.n[0]); state++)
        if (dlota_state_alive((enum dlota_state)state))
            s.all_alive += s.n[state];
    if (store_space(d->store, &vfs) >= 0) {
        s.disk_free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
        s.disk_total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
    }
    view_summary_text(&s, t);
}

int dlota_summary(dlota *d, char **ret, size_t *ret_n)
{
    struct text t = {.max = SUMMARY_MAX};
    struct looked *looked = calloc(SUMMARY_ALIVE + SUMMARY_ENDED, sizeof(*looked));
    struct view_facts *facts = calloc(SUMMARY_ALIVE + SUMMARY_ENDED, sizeof(*facts));
    struct many alive = {.d = d, .looked = looked, .n_max = SUMMARY_ALIVE};
    struct many ended = {.d = d, .looked = looked ? looked + SUMMARY_ALIVE : NULL, .n_max = SUMMARY_ENDED};
    int rc = looked && facts ? 0 : -ENOMEM;

    if (rc >= 0)
        rc = reader_alive(d->reader, SUMMARY_ALIVE, add_looked, &alive);
    if (rc >= 0)
        rc = reader_ended(d->reader, SUMMARY_ENDED, add_looked, &ended);
    if (rc >= 0)
        summarise(d, &alive, &ended, facts, &t);
    for (unsigned i = 0; i < alive.n; i++)
        asked_clear(&alive.looked[i].asked);
    for (unsigned i = 0; i < ended.n; i++)
        asked_clear(&ended.looked[i].asked);
    free(looked);
    free(facts);
    if (rc >= 0)
        return text_take(&t, ret, ret_n);
    text_free(&t);
    return rc;
}

/* ---- events ---- */

void dlota_events_now(dlota *d, struct dlota_events *ret)
{
    struct reader_events e = {0};

    (void)reader_events(d->reader, &e);
    *ret = (struct dlota_events){.gen = e.gen, .size = e.size, .changed = e.changed};
}

int dlota_events_size(dlota *d, uint32_t gen, uint64_t *ret_size)
{
    return reader_events_size(d->reader, gen, ret_size);
}

ssize_t dlota_events_read(dlota *d, uint32_t gen, uint64_t offset, char *buf, size_t n)
{
    return reader_events_read(d->reader, gen, offset, buf, n);
}

uint64_t dlota_version(dlota *d) { return atomic_load(&d->version); }

int dlota_statvfs(dlota *d, struct statvfs *ret) { return store_space(d->store, ret); }

/* ---- spool ---- */

int dlota_spool_create(dlota *d, const char *name, uint64_t *ret_spool)
{
    return spool_create(d->store, name, ret_spool);
}

ssize_t dlota_spool_write(dlota *d, uint64_t spool, const void *p, size_t n, uint64_t offset)
{
    return spool_write(d->store, spool, p, n, offset);
}

ssize_t dlota_spool_read(dlota *d, uint64_t spool, void *p, size_t n, uint64_t offset)
{
    return spool_read(d->store, spool, p, n, offset);
}

int dlota_spool_truncate(dlota *d, uint64_t spool, uint64_t size) { return spool_truncate(d->store, spool, size); }

int dlota_spool_rename(dlota *d, uint64_t spool, const char *name) { return spool_rename(d->store, spool, name); }

int dlota_spool_drop(dlota *d, uint64_t spool) { return spool_drop(d->store, spool); }

int dlota_spool_list(dlota *d, dlota_spool_found *found, void *arg) { return spool_list(d->store, found, arg); }
