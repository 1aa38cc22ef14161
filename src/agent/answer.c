/* The header of an answer is judged before a byte is used (policy.md 2). */
#include "agent/move.h"

#include <string.h>

#include "base/limits.h"

void answer_say_status(struct move *m)
{
    const struct http_facts *f = m->event->facts;

    move_say(m, "%u%s%s", f->status, f->reason[0] ? " " : "", f->reason);
}

void answer_busy(struct move *m)
{
    answer_say_status(m);
    move_again(m, DLOTA_SERVER_BUSY, m->event->facts->retry_after_s);
}

void answer_ends(struct move *m)
{
    answer_say_status(m);
    move_fail(m, DLOTA_NOT_LOADED);
}

/* Somebody on the way speaks, not the server: nothing held is touched. */
void answer_foreign(struct move *m)
{
    answer_say_status(m);
    move_again(m, DLOTA_FOREIGN, m->event->facts->retry_after_s);
}

/* 206, 304, 412 or 416 to a GET that asked for none of it. */
void answer_unasked(struct move *m)
{
    const struct http_facts *f = m->event->facts;

    move_say(m, "%u%s%s, which was not asked for", f->status, f->reason[0] ? " " : "", f->reason);
    move_fail(m, DLOTA_NOT_LOADED);
}

/* 421 (RFC 9110 15.5.20): the connection leads to the wrong server.  At once over another one, but not in a row. */
static void misdirected(struct move *m)
{
    answer_busy(m);
    if (m->next->state != DLOTA_INTERRUPTED)
        return;
    move_act(m, ACTION_FRESH);
    if (!m->old->streak)
        m->next->due = m->event->now;
}

static void empty(struct move *m)
{
    answer_say_status(m);
    move_fail(m, m->old->part == DLOTA_PART_DESCRIPTOR ? DLOTA_NOT_LOADED : move_misfit(m));
}

void answer_take_new(struct move *m)
{
    struct dlota_object *o = m->next;

    (void)move_progress(m);
    if (move_held(m))
        move_act(m, ACTION_DROP)->gen = m->old->gen;
    o->gen = m->old->gen + 1;
    o->have = 0;
    version_take(o, m->event->facts);
    move_act(m, ACTION_TAKE_NEW)->limit = fits_limit(m->options, o);
}

static void take_descriptor(struct move *m)
{
    const struct http_facts *f = m->event->facts;

    if (f->has_length && !f->length) {
        empty(m);
    } else if (f->has_length && f->length > LIMIT_DESCRIPTOR) {
        move_say(m, "larger than %d KiB", LIMIT_DESCRIPTOR / 1024);
        move_fail(m, DLOTA_BAD_DESCRIPTOR);
    } else {
        answer_take_new(m);
    }
}

/* 200 or 203 to a plain GET. */
static void take(struct move *m)
{
    const struct http_facts *f = m->event->facts;
    /* A header of this version was accepted before: then another type is rather a captive portal's than the server's.
     */
    const bool known = m->old->gen && m->old->ranges != DLOTA_RANGES_UNKNOWN;
    enum dlota_cause cause;

    if (m->old->part == DLOTA_PART_DESCRIPTOR) {
        take_descriptor(m);
        return;
    }
    if (!fits_type(m, f)) {
        if (known)
            move_again(m, DLOTA_FOREIGN, -1);
        else
            move_fail(m, move_misfit(m));
        return;
    }
    cause = f->has_length ? fits_length(m, f->length) : DLOTA_NO_CAUSE;
    if (cause != DLOTA_NO_CAUSE)
        move_fail(m, cause);
    else
        answer_take_new(m);
}

/* First match counts. */
static const struct {
    unsigned first, last;
    move_handler *plain, *ranged;
} statuses[] = {
    {200, 200, take, resume_whole},
    {203, 203, take, resume_whole},
    {204, 205, empty, answer_foreign},
    {206, 206, answer_unasked, resume_part},
    {304, 304, answer_unasked, answer_unasked},
    {408, 408, answer_busy, answer_busy},
    {412, 412, answer_unasked, resume_changed},
    {416, 416, answer_unasked, resume_unsatisfied},
    {421, 421, misdirected, misdirected},
    {425, 425, answer_busy, answer_busy},
    {429, 429, answer_busy, answer_busy},
    {501, 501, answer_ends, answer_ends},
    {505, 505, answer_ends, answer_ends},
    {511, 511, answer_foreign, answer_foreign},
    {500, 599, answer_busy, answer_busy},
    {0, ~0u, answer_ends, answer_ends}, /* other 2xx, redirects that led nowhere, 401, 403, 404, 407, 410, ... */
};

void answer_judge(struct move *m)
{
    const unsigned status = m->event->facts->status;
    unsigned i = 0;

    while (status < statuses[i].first || status > statuses[i].last)
        i++;
    (m->event->asked ? statuses[i].ranged : statuses[i].plain)(m);
}
