#include "agent/perform.h"

#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/digest.h"
#include "agent/fetch.h"
#include "agent/intake.h"
#include "agent/post.h"
#include "agent/sweep.h"
#include "base/log.h"

/* What an action works on. */
struct work {
    struct dlota *d;
    struct dlota_object *next;
    const struct asked *asked;
    const struct event *event;
    struct fetch *fetch; /* may be NULL */
    bool removed, fresh;
};

static int do_get(struct work *w, const struct action *a)
{
    (void)a;
    return deed_on_commit(w->d, &(struct deed){.kind = DEED_GET, .id = w->next->id, .fresh = w->fresh});
}

/* The digest that this answer carried, for the seal; it outlives the process. */
static void note_digest(struct work *w)
{
    const struct http_facts *facts = w->event->facts;

    if (facts && facts->digest)
        digest_write(facts->digest, facts->digest_value, w->next->digest);
}

static int do_take_new(struct work *w, const struct action *a)
{
    w->next->digest[0] = '\0';
    note_digest(w);
    fetch_take(w->fetch, w->next, 0, 0, a->limit);
    return 0;
}

static int do_take_more(struct work *w, const struct action *a)
{
    note_digest(w);
    fetch_take(w->fetch, w->next, w->event->got, 0, a->limit);
    return 0;
}

static int do_skip_take(struct work *w, const struct action *a)
{
    note_digest(w);
    fetch_take(w->fetch, w->next, w->event->got, w->event->got, a->limit);
    return 0;
}

static int do_hang_up(struct work *w, const struct action *a)
{
    (void)a;
    if (w->fetch)
        fetch_hang_up(w->fetch);
    return 0;
}

static int do_mark(struct work *w, const struct action *a)
{
    (void)a;
    if (w->fetch)
        fetch_settle(w->fetch, SETTLE_MARK);
    return 0;
}

static int do_drop(struct work *w, const struct action *a)
{
    int rc = store_bytes_forget(w->d->store, w->next->id, a->gen);

    if (w->fetch && w->fetch->gen == a->gen)
        fetch_discard(w->fetch);
    return rc < 0 ? rc : deed_on_flush(w->d, &(struct deed){.kind = DEED_SWEEP});
}

static int do_seal(struct work *w, const struct action *a)
{
    (void)a;
    if (!w->fetch)
        return fetch_seal_row(w->d, w->next);
    fetch_settle(w->fetch, SETTLE_SEAL);
    return 0;
}

static int do_adopt(struct work *w, const struct action *a)
{
    (void)a;
    return deed_on_commit(w->d, &(struct deed){.kind = DEED_ADOPT, .id = w->next->id});
}

static int do_report(struct work *w, const struct action *a)
{
    struct store_report r = {
        .object = w->next->id,
        .code = dlota_cause_code(a->cause, w->d->options.updated_code),
        .url = (char *)(uintptr_t)w->asked->notify, /* only read by store_report_add */
        .decides = a->decides,
        .outside = w->asked->row.outside,
        .added = w->d->now,
        .due = w->d->now,
    };
    int64_t id;

    if (!r.url[0])
        return 0;
    w->next->report = DLOTA_REPORT_QUEUED;
    w->next->report_tries = 0;
    w->next->report_tries_max = w->d->options.report_tries;
    w->next->report_answer[0] = '\0';
    w->d->look_for_reports = true;
    return store_report_add(w->d->store, &r, &id);
}

static int do_report_now(struct work *w, const struct action *a)
{
    (void)a;
    w->d->look_for_reports = true;
    return store_report_hurry(w->d->store, w->next->id, w->d->now);
}

static int do_withdraw(struct work *w, const struct action *a)
{
    int rc = store_report_withdraw(w->d->store, w->next->id);

    (void)a;
    post_forget(w->d, w->next->id);
    return rc < 0 ? rc : 0;
}

static int do_detach(struct work *w, const struct action *a)
{
    struct store_report r;
    int64_t id;
    int rc = store_report_of(w->d->store, w->next->id, &id);

    (void)a;
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = store_report_get(w->d->store, id, &r);
    if (rc < 0)
        return rc;
    r.decides = false;
    rc = store_report_put(w->d->store, &r);
    store_report_clear(&r);
    return rc;
}

static int do_publish(struct work *w, const struct action *a)
{
    return deed_on_flush(w->d,
                         &(struct deed){.kind = DEED_PUBLISH, .id = w->next->id, .from = w->next->folder, .to = a->to});
}

/* The row's bytes go with it, those too whose last mark is still being flushed. */
static int do_remove(struct work *w, const struct action *a)
{
    (void)a;
    w->removed = true;
    if (w->fetch)
        fetch_discard(w->fetch);
    return deed_on_flush(w->d, &(struct deed){.kind = DEED_SWEEP});
}

static int do_fresh(struct work *w, const struct action *a)
{
    (void)a;
    w->fresh = true;
    w->d->fresh = w->next->id;
    return 0;
}

static int (*const perform[])(struct work *, const struct action *) = {
    [ACTION_GET] = do_get,
    [ACTION_TAKE_NEW] = do_take_new,
    [ACTION_TAKE_MORE] = do_take_more,
    [ACTION_SKIP_TAKE] = do_skip_take,
    [ACTION_HANG_UP] = do_hang_up,
    [ACTION_MARK] = do_mark,
    [ACTION_DROP] = do_drop,
    [ACTION_SEAL] = do_seal,
    [ACTION_ADOPT] = do_adopt,
    [ACTION_REPORT] = do_report,
    [ACTION_REPORT_NOW] = do_report_now,
    [ACTION_WITHDRAW] = do_withdraw,
    [ACTION_DETACH] = do_detach,
    [ACTION_PUBLISH] = do_publish,
    [ACTION_REMOVE] = do_remove,
    [ACTION_FRESH] = do_fresh,
};

/* The line in `events` that tells a change of state.  got: bytes held, of which the row knows those that are flushed.
 */
static void tell_state(struct dlota *d, const struct dlota_object *was, const struct dlota_object *o, uint64_t got)
{
    const unsigned code = dlota_cause_code(o->cause, d->options.updated_code);
    const bool ended = o->state == DLOTA_FAILED || o->state == DLOTA_INSTALLED;
    const bool trouble = o->cause && o->cause != DLOTA_SUCCESS;
    const struct store_field fields[] = {
        {.key = "id", .kind = STORE_NUMBER, .number = o->id},
        {.key = "name", .kind = STORE_TEXT, .text = o->name},
        {.key = "state", .kind = STORE_TEXT, .text = dlota_state_word(o->state)},
        {.key = "was", .kind = STORE_TEXT, .text = was->state ? dlota_state_word(was->state) : NULL},
        {.key = "received", .kind = STORE_NUMBER, .number = (int64_t)(got > o->have ? got : o->have)},
        {.key = "cause", .kind = STORE_TEXT, .text = trouble ? dlota_cause_words(o->cause) : NULL},
        {.key = "detail", .kind = STORE_TEXT, .text = trouble && o->detail[0] ? o->detail : NULL},
        {.key = "code", .kind = STORE_NUMBER, .number = code},
    };
    const unsigned n = sizeof(fields) / sizeof(fields[0]);

    agent_event(d, "state", fields, ended && code ? n : n - 1);
}

static void tell_removed(struct dlota *d, const struct dlota_object *was)
{
    const struct store_field fields[] = {
        {.key = "id", .kind = STORE_NUMBER, .number = was->id},
        {.key = "name", .kind = STORE_TEXT, .text = was->name},
        {.key = "state", .kind = STORE_TEXT, .text = "removed"},
        {.key = "was", .kind = STORE_TEXT, .text = dlota_state_word(was->state)},
    };

    agent_event(d, "state", fields, sizeof(fields) / sizeof(fields[0]));
}

/* States that share a word (released is still shown as reporting) are one to a reader. */
static bool looks_different(const struct dlota_object *a, const struct dlota_object *b)
{
    const bool same_trouble = a->cause == b->cause || (a->cause <= DLOTA_SUCCESS && b->cause <= DLOTA_SUCCESS);

    return !same_trouble || !a->state || strcmp(dlota_state_word(a->state), dlota_state_word(b->state)) != 0;
}

int perform_step(struct dlota *d, struct dlota_object *o, const struct asked *asked, struct event *ev, struct fetch *f)
{
    struct work w = {.d = d, .asked = asked, .event = ev, .fetch = f, .fresh = d->fresh == o->id};
    struct step step;
    int rc = 0;

    ev->now = d->now;
    ev->random = d->world->random(d->world);
    download_step(&d->options, &asked->terms, o, ev, &step);
    if (step.rc < 0)
        return step.rc;
    w.next = &step.next;
    for (unsigned i = 0; i < step.n && rc >= 0; i++)
        rc = perform[step.act[i].kind](&w, &step.act[i]);
    if (rc >= 0)
        rc = w.removed ? store_object_remove(d->store, o) : store_object_put(d->store, w.next);
    if (rc >= 0 && w.removed)
        tell_removed(d, o);
    else if (rc >= 0 && looks_different(o, w.next))
        tell_state(d, o, w.next, ev->got);
    if (rc >= 0)
        rc = deed_on_commit(d, &(struct deed){.kind = DEED_CHANGED,
                                              .id = o->id,
                                              .what = w.removed ? DLOTA_CHANGED_GONE : DLOTA_CHANGED_STATE});
    if (rc < 0)
        agent_break(d, o->id, rc);
    if (step.next.due && step.next.due <= d->now)
        d->look_for_work = true;
    else if (step.next.due && (!d->work_at || step.next.due < d->work_at))
        d->work_at = step.next.due;
    *o = step.next;
    return 0;
}

int perform_event(struct dlota *d, int64_t id, struct event *ev, struct fetch *f)
{
    struct dlota_object o;
    struct asked asked;
    int rc = store_object_get(d->store, id, &o);

    if (rc >= 0)
        rc = asked_get(d->store, &o, &asked);
    if (rc == -ENOENT)
        return rc;
    if (rc < 0) {
        agent_break(d, id, rc);
        return rc;
    }
    if (f && ev->kind == EVENT_SEALED && ev->rc == 0)
        o.have = o.total = f->got;
    rc = perform_step(d, &o, &asked, ev, f);
    asked_clear(&asked);
    return rc;
}

static void deed_reply(struct dlota *d, const struct deed *x)
{
    (void)d;
    x->done(x->arg, x->rc);
}

static void deed_get(struct dlota *d, const struct deed *x) { fetch_start(d, x->id, x->fresh); }

static void deed_changed(struct dlota *d, const struct deed *x)
{
    if (d->face.changed)
        d->face.changed(d->face.arg, x->id, x->what);
}

static void deed_post(struct dlota *d, const struct deed *x) { post_send(d, x->id); }

static void deed_publish(struct dlota *d, const struct deed *x)
{
    struct dlota_object o;
    int rc = store_object_get(d->store, x->id, &o);

    if (rc < 0) {
        if (rc != -ENOENT)
            agent_break(d, x->id, rc);
        return;
    }
    /* A `retry` or rm may have come before the flush. */
    if (o.state != (x->to == DLOTA_IN_FAILED ? DLOTA_FAILED : DLOTA_RELEASED))
        return;
    if (d->face.publish && announce_add(&d->announced, x->id, d->mono + PUBLISH_WAIT_MS) == 0)
        d->face.publish(d->face.arg, x->id, x->from, x->to, o.name);
    else
        (void)perform_event(d, x->id, &(struct event){.kind = EVENT_PUBLISHED}, NULL);
}

static void deed_sweep(struct dlota *d, const struct deed *x)
{
    (void)x;
    sweep_start(d);
}

static void deed_adopt(struct dlota *d, const struct deed *x) { intake_adopt(d, x->id); }

static void deed_record(struct dlota *d, const struct deed *x)
{
    (void)d;
    (void)x;
}

void deed_do(struct dlota *d, const struct deed *x)
{
    static void (*const table[])(struct dlota *, const struct deed *) = {
        [DEED_REPLY] = deed_reply, [DEED_GET] = deed_get,         [DEED_CHANGED] = deed_changed,
        [DEED_POST] = deed_post,   [DEED_PUBLISH] = deed_publish, [DEED_SWEEP] = deed_sweep,
        [DEED_ADOPT] = deed_adopt, [DEED_RECORD] = deed_record,
    };

    table[x->kind](d, x);
}
