/* How a step can end: the counting of attempts (policy.md 3), the wait, the end. */
#include "agent/move.h"
#include "agent/retry.h"

void move_queue(struct move *m)
{
    struct dlota_object *o = m->next;

    move_calm(m);
    o->state = DLOTA_QUEUED;
    o->due = m->event->now;
    o->idle_since = 0;
}

enum dlota_cause move_misfit(const struct move *m) { return m->old->restarts ? DLOTA_UPDATED : DLOTA_MISMATCH; }

void move_complete(struct move *m)
{
    struct dlota_object *o = m->next;
    const uint64_t held = move_held(m);
    const enum dlota_cause cause = fits_length(m, held);

    if (cause != DLOTA_NO_CAUSE) {
        move_fail(m, cause);
        return;
    }
    (void)move_progress(m);
    move_calm(m);
    o->total = held;
    o->state = DLOTA_INSTALLING;
    o->due = 0;
    o->idle_since = 0;
    move_act(m, ACTION_SEAL);
}

/* An attempt counts unless it brought the object further than ever; nothing counts while there is no network. */
static void count(struct move *m, enum dlota_cause cause)
{
    struct dlota_object *o = m->next;
    const int64_t now = m->event->now;
    const bool further = move_progress(m);

    if (!further)
        o->streak++;
    if (cause == DLOTA_NO_NETWORK) {
        o->idle_since = 0;
        return;
    }
    if (!further) {
        o->fails++;
        if (o->idle_since && now > o->idle_since)
            o->idle += now - o->idle_since;
    }
    o->idle_since = now;
}

/* A range that can be gone on from is given up by time, anything else by attempts. */
static bool spent(const struct move *m, enum dlota_cause cause)
{
    const struct dlota_options *options = m->options;

    if (cause == DLOTA_NO_NETWORK)
        return false;
    if (move_held(m) && download_resumable(options, m->next))
        return options->give_up > 0 && m->next->idle >= options->give_up;
    return options->retries > 0 && m->next->fails >= options->retries;
}

void move_again(struct move *m, enum dlota_cause cause, int64_t retry_after_s)
{
    struct dlota_object *o = m->next;

    count(m, cause);
    if (spent(m, cause)) {
        move_fail(m, cause);
        return;
    }
    move_keep_or_drop(m);
    o->state = DLOTA_INTERRUPTED;
    o->cause = cause;
    o->due = m->event->now + retry_wait(m->options->retry_wait, o->streak, m->event->random, retry_after_s);
}

void move_start_over(struct move *m)
{
    if (m->old->restarts >= RESTARTS) {
        move_say(m, "the server changes its version again and again");
        move_fail(m, DLOTA_UPDATED);
        return;
    }
    (void)move_progress(m);
    move_drop(m);
    move_forget_version(m);
    m->next->restarts++;
    move_queue(m);
}

void move_report(struct move *m, enum dlota_cause cause, bool decides)
{
    struct dlota_object *o = m->next;
    struct action *a;

    if (!m->terms->notify)
        return;
    a = move_act(m, ACTION_REPORT);
    a->cause = cause;
    a->decides = decides;
    o->report = DLOTA_REPORT_QUEUED;
    o->report_tries = 0;
    o->report_tries_max = m->options->report_tries;
    o->report_answer[0] = '\0';
}

/* 901 and 903 of an object that can be resumed keep the range: the change request's exception (policy.md 3). */
static bool keeps_range(enum dlota_cause cause) { return cause == DLOTA_NETWORK_LOST || cause == DLOTA_NO_ROOM; }

void move_fail(struct move *m, enum dlota_cause cause)
{
    struct dlota_object *o = m->next;

    (void)move_progress(m);
    /* Never two final codes (I4): after a 900 that was sent there is nothing more to say. */
    if (cause != DLOTA_REPORT_REFUSED && cause != DLOTA_REPORT_LOST)
        move_report(m, cause, false);
    if (keeps_range(cause))
        move_keep_or_drop(m);
    else
        move_drop(m);
    o->state = DLOTA_FAILED;
    o->cause = cause;
    o->due = 0;
    o->idle_since = 0;
    o->ended = m->event->now;
    move_act(m, ACTION_PUBLISH)->to = DLOTA_IN_FAILED;
}

void move_release(struct move *m)
{
    m->next->state = DLOTA_RELEASED;
    m->next->cause = DLOTA_SUCCESS;
    m->next->detail[0] = '\0';
    m->next->due = 0;
    m->next->ended = m->event->now;
    move_act(m, ACTION_PUBLISH)->to = DLOTA_IN_INSTALLED;
}
