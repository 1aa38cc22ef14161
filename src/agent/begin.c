/* How an object comes to its retrieval: its checks are done, the agent starts, its turn has come. */
#include <errno.h>

#include "agent/move.h"

/* A new row, or one that intake.c made anew from a descriptor that had been fetched. */
static void check(struct move *m)
{
    struct dlota_object *o = m->next;

    if (m->old->gen) {
        move_act(m, ACTION_DROP)->gen = m->old->gen;
        o->have = 0;
        move_forget_version(m);
    }
    move_anew(m);
    o->folder = DLOTA_IN_PENDING;
    if (m->event->cause != DLOTA_NO_CAUSE) {
        move_say(m, "%s", m->event->detail ? m->event->detail : "");
        move_fail(m, m->event->cause);
        return;
    }
    move_queue(m);
    if (m->event->flag) {
        o->state = DLOTA_UNCONFIRMED;
        o->due = 0;
    }
}

void begin_checked(struct move *m)
{
    const bool queued = m->old->state == DLOTA_QUEUED && !m->old->attempts;
    const bool fetched = m->old->state == DLOTA_INSTALLING && m->old->part == DLOTA_PART_DESCRIPTOR;

    if (!m->old->state || fetched)
        check(m);
    else if (!queued)
        move_refuse(m, -EINVAL);
    else if (m->event->cause != DLOTA_NO_CAUSE) {
        /* A `retry` was checked again: accept= or max_size= may say no to it. */
        move_say(m, "%s", m->event->detail ? m->event->detail : "");
        move_fail(m, m->event->cause);
    }
}

/* Nothing is left to ask for.  A descriptor is fetched anew rather than sealed: it is judged as it comes. */
static bool all_here(const struct dlota_object *o)
{
    return o->part != DLOTA_PART_DESCRIPTOR && o->have && o->have == o->total;
}

/* queued, interrupted: the wait goes on; the time that the agent was away was not spent trying. */
void begin_waits(struct move *m)
{
    m->next->idle_since = 0;
    if (!m->next->due)
        m->next->due = m->event->now;
}

/* downloading: stopping was ours, so the attempt does not count, and it goes on at once. */
void begin_goes_on(struct move *m)
{
    const bool whole = all_here(m->old);

    (void)move_progress(m);
    if (!whole)
        move_keep_or_drop(m);
    move_queue(m);
}

/* installing: sealed again; unless a power cut took what was not flushed. */
void begin_installs(struct move *m)
{
    if (all_here(m->old)) {
        move_act(m, ACTION_SEAL);
        return;
    }
    if (!m->old->have || !download_resumable(m->options, m->old))
        move_drop(m);
    move_queue(m);
}

/* released, failed: shown where it belongs, if that did not happen yet. */
void begin_shows(struct move *m)
{
    const enum dlota_folder to = m->old->state == DLOTA_FAILED ? DLOTA_IN_FAILED : DLOTA_IN_INSTALLED;

    if (m->old->folder != to)
        move_act(m, ACTION_PUBLISH)->to = to;
}

/* unconfirmed and paused wait for the user, reporting for its report, which is due by itself; installed for nothing. */
void begin_stays(struct move *m) { (void)m; }

void begin_turn(struct move *m)
{
    struct dlota_object *o = m->next;

    /* All is here: asking for the rest of it would only earn a 416. */
    if (all_here(m->old)) {
        move_complete(m);
        return;
    }
    /* Never a range that was not offered, never one without a pin. */
    if (m->old->have && !download_resumable(m->options, m->old))
        move_drop(m);
    move_calm(m);
    o->state = DLOTA_DOWNLOADING;
    o->due = 0;
    o->attempts++;
    if (!o->started)
        o->started = m->event->now;
    move_act(m, ACTION_GET);
}
