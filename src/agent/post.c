#include "agent/post.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/perform.h"
#include "agent/reporting.h"
#include "base/limits.h"
#include "base/text.h"

struct post {
    struct post *next;
    struct dlota *d;
    int64_t id, object;
    struct http_exchange *x; /* NULL: claimed, waiting for the flush */
    uint64_t answer_n;
    unsigned status; /* of the last answer, redirects included */
    bool answered;
    struct http_facts facts;
};

static struct post *find(struct dlota *d, int64_t id)
{
    for (struct post *p = d->posts; p; p = p->next)
        if (p->id == id)
            return p;
    return NULL;
}

static void let_go(struct dlota *d, struct post *gone)
{
    for (struct post **at = &d->posts; *at; at = &(*at)->next) {
        if (*at != gone)
            continue;
        *at = gone->next;
        d->n_posts--;
        d->look_for_reports = true;
        free(gone);
        return;
    }
}

/* ---- what the object's row shows of it ---- */

static void show(struct dlota *d, const struct store_report *r, const struct report_step *s)
{
    struct dlota_object o;

    if (store_object_get(d->store, r->object, &o) < 0)
        return;
    /* Never back: a try that is not counted may have reached the first server of a redirect, and the 900 stands (I4).
     */
    if (r->tries > o.report_tries)
        o.report_tries = r->tries;
    /* What is offered on after the last try that counted stays unanswered. */
    if (!s)
        o.report = r->tries > o.report_tries_max ? DLOTA_REPORT_UNANSWERED : DLOTA_REPORT_SENT;
    else if (s->answer[0])
        o.report = s->refused ? DLOTA_REPORT_IS_REFUSED : DLOTA_REPORT_ANSWERED;
    else if (r->tries >= o.report_tries_max || s->over)
        o.report = DLOTA_REPORT_UNANSWERED;
    if (s && s->answer[0])
        (void)text_copy(o.report_answer, sizeof(o.report_answer), s->answer);
    if (store_object_put(d->store, &o) >= 0)
        (void)deed_on_commit(d, &(struct deed){.kind = DEED_CHANGED, .id = o.id, .what = DLOTA_CHANGED_STATE});
}

/* ---- the exchange ---- */

static int on_head(void *arg, const struct http_facts *facts)
{
    struct post *p = arg;

    p->facts = *facts;
    p->answered = true;
    return 0;
}

static int on_bytes(void *arg, const void *bytes, size_t n)
{
    struct post *p = arg;

    (void)bytes;
    p->answer_n += n;
    /* The status has decided; a body without end is not waited for. */
    return p->answer_n > LIMIT_REPORT_ANSWER ? -1 : 0;
}

static void on_record(void *arg, const struct http_record *r)
{
    struct post *p = arg;

    p->status = r->status;
    agent_http_event(p->d, p->object, r);
}

static void tell(struct dlota *d, const struct store_report *r, const struct report_step *s)
{
    const struct store_field fields[] = {
        {.key = "id", .kind = STORE_NUMBER, .number = r->object},
        {.key = "code", .kind = STORE_NUMBER, .number = r->code},
        {.key = "try", .kind = STORE_NUMBER, .number = r->tries},
        {.key = "answer", .kind = STORE_TEXT, .text = s->answer[0] ? s->answer : "none"},
    };

    agent_event(d, "report", fields, sizeof(fields) / sizeof(fields[0]));
}

/* The exchange is over: row, object, log, all in one transaction. */
static int conclude(struct dlota *d, struct store_report *r, const struct report_end *end)
{
    struct report_step s = {0};
    int rc;

    reporting_step(&d->options, r, end, &s);
    if (!s.counted && r->tries)
        r->tries--;
    r->due = s.due;
    r->lost = !end->facts;
    if (s.verdict_due)
        r->decides = false;
    rc = s.over ? store_report_remove(d->store, r->id) : store_report_put(d->store, r);
    if (rc < 0)
        return rc;
    if (!s.over && (!d->reports_at || r->due < d->reports_at))
        d->reports_at = r->due;
    tell(d, r, &s);
    show(d, r, &s);
    if (s.verdict_due)
        (void)perform_event(d, r->object,
                            &(struct event){.kind = EVENT_ANSWER, .verdict = s.verdict, .detail = s.answer}, NULL);
    return 0;
}

/* A redirect that leads nowhere is the server's word all the same (policy.md 5). */
static bool answered(struct post *p, const struct http_end *end)
{
    if (!p->answered && end->failure == HTTP_BLOCKED && p->status / 100 == 3) {
        p->facts = (struct http_facts){.status = p->status, .retry_after_s = -1};
        p->answered = true;
    }
    return p->answered;
}

static void on_end(void *arg, const struct http_end *end)
{
    struct post *p = arg;
    struct dlota *d = p->d;
    struct report_end how = {
        .facts = answered(p, end) ? &p->facts : NULL,
        .failure = p->answered ? HTTP_FINE : end->failure,
        .via_303 = p->answered && p->facts.via_303,
        .now = d->now,
        .random = d->world->random(d->world),
    };
    struct store_report r;
    int rc;

    p->x = NULL;
    atomic_store(&d->no_network, end->failure == HTTP_NO_NETWORK);
    if (atomic_load(&d->leaving)) {
        let_go(d, p);
        return;
    }
    rc = store_report_get(d->store, p->id, &r);
    if (rc >= 0) {
        rc = conclude(d, &r, &how);
        store_report_clear(&r);
    }
    if (rc < 0 && rc != -ENOENT)
        agent_break(d, p->object, rc);
    let_go(d, p);
}

static const struct http_sink sink = {on_head, on_bytes, on_record, on_end};

static int start(struct post *p, const struct store_report *r)
{
    char body[64];
    const struct http_ask ask = {
        .method = HTTP_POST,
        .url = r->url,
        .body = body,
        .content_type = "text/plain",
        .redirects = LIMIT_REPORT_REDIRECTS,
        .outside = r->outside,
    };
    struct http_ask with = ask;

    (void)text_format(body, sizeof(body), "%u %s\r\n", r->code, dlota_code_phrase(r->code));
    with.body_n = strlen(body);
    return p->d->net->start(p->d->http, &with, &sink, p, &p->x);
}

void post_send(struct dlota *d, int64_t id)
{
    struct post *p = find(d, id);
    struct store_report r;
    int rc;

    if (!p || p->x)
        return;
    rc = store_report_get(d->store, id, &r);
    if (rc < 0) {
        let_go(d, p);
        return;
    }
    rc = start(p, &r);
    if (rc < 0) {
        /* A URL that cannot be asked: as an answer that never comes, so that it ends by report_tries. */
        struct report_end how = {.failure = rc == -EINVAL ? HTTP_BLOCKED : HTTP_NO_MEMORY, .now = d->now};

        rc = conclude(d, &r, &how);
        if (rc < 0)
            agent_break(d, p->object, rc);
        let_go(d, p);
    }
    store_report_clear(&r);
}

/* ---- who is next ---- */

struct due {
    struct dlota *d;
    int64_t id[POSTS];
    unsigned n;
};

static int collect(void *arg, int64_t id)
{
    struct due *due = arg;

    if (!find(due->d, id))
        due->id[due->n++] = id;
    return due->n == POSTS;
}

/* Record the start of a try; the row stays due, so that a start after a crash offers it again at once. */
static int claim(struct dlota *d, int64_t id)
{
    struct store_report r;
    struct post *p = calloc(1, sizeof(*p));
    int rc = p ? store_report_get(d->store, id, &r) : -ENOMEM;

    if (rc < 0) {
        free(p);
        return rc;
    }
    *p = (struct post){.d = d, .id = id, .object = r.object, .next = d->posts};
    d->posts = p;
    d->n_posts++;
    r.tries++;
    rc = store_report_put(d->store, &r);
    if (rc >= 0) {
        show(d, &r, NULL);
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_POST, .id = id});
    }
    store_report_clear(&r);
    return rc;
}

void post_fill(struct dlota *d)
{
    struct due due = {.d = d};
    int rc;

    if (d->reports_at && d->reports_at <= d->now)
        d->look_for_reports = true;
    if (!d->look_for_reports || d->n_posts >= POSTS)
        return;
    d->look_for_reports = false;
    rc = store_report_ready(d->store, d->now, POSTS + d->n_posts, collect, &due);
    for (unsigned i = 0; i < due.n && d->n_posts < POSTS && rc >= 0; i++)
        rc = claim(d, due.id[i]);
    if (rc < 0)
        agent_break(d, 0, rc);
    if (store_report_next(d->store, d->now, &d->reports_at) < 0)
        d->reports_at = d->now + 1000;
}

void post_forget(struct dlota *d, int64_t object)
{
    for (struct post *p = d->posts, *next; p; p = next) {
        struct store_report r;

        next = p->next;
        if (p->object != object || p->x)
            continue;
        if (store_report_get(d->store, p->id, &r) < 0)
            let_go(d, p);
        else
            store_report_clear(&r);
    }
}

void post_rollback(struct dlota *d)
{
    for (struct post *p = d->posts, *next; p; p = next) {
        next = p->next;
        if (!p->x)
            let_go(d, p);
    }
}

void post_leave(struct dlota *d)
{
    while (d->posts) {
        struct post *p = d->posts;

        if (p->x)
            d->net->stop(d->http, p->x); /* its end lets go of it */
        else
            let_go(d, p);
    }
}
