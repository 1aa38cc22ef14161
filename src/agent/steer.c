/* What each verb means in each state (policy.md 6).
 *
 * A verb whose effect already holds succeeds; one that can never apply in the state gives EINVAL and changes nothing.
 */
#include <errno.h>

#include "agent/move.h"

static void holds(struct move *m) { (void)m; }

static void confirm(struct move *m) { move_queue(m); }

static void go_on(struct move *m) { move_queue(m); }

static void hurry(struct move *m) { m->next->due = m->event->now; }

static void pause_it(struct move *m)
{
    struct dlota_object *o = m->next;

    /* Bytes that could not be gone on from would be lost by it. */
    if (move_held(m) && !download_resumable(m->options, m->old)) {
        move_refuse(m, -EOPNOTSUPP);
        return;
    }
    (void)move_progress(m);
    if (m->old->state == DLOTA_DOWNLOADING)
        move_keep_or_drop(m);
    move_calm(m);
    o->state = DLOTA_PAUSED;
    o->due = 0;
    o->idle_since = 0;
}

static void report_now(struct move *m) { move_act(m, ACTION_REPORT_NOW); }

static void remove_row(struct move *m)
{
    move_drop(m);
    move_act(m, ACTION_REMOVE);
}

static void cancel(struct move *m)
{
    move_report(m, DLOTA_USER, false);
    remove_row(m);
}

/* Once the first try of `900 Success` has begun the server may have seen it: 900 stands, and no 902 follows (I4). */
static void cancel_reporting(struct move *m)
{
    if (m->old->report_tries) {
        move_act(m, ACTION_DETACH);
        remove_row(m);
    } else {
        move_act(m, ACTION_WITHDRAW);
        cancel(m);
    }
}

/* A new transaction from the stored descriptor; it goes on from a range that was kept. */
static void retry(struct move *m)
{
    const enum dlota_cause cause = m->old->cause;

    if (m->old->part == DLOTA_PART_BAD || cause == DLOTA_BAD_DESCRIPTOR || cause == DLOTA_BAD_VERSION) {
        move_refuse(m, -EINVAL);
        return;
    }
    move_act(m, ACTION_WITHDRAW);
    if (m->old->have && !download_resumable(m->options, m->old))
        move_drop(m);
    if (!m->next->have)
        move_forget_version(m);
    move_anew(m);
    move_queue(m);
}

/* Verb and state; NULL: can never apply. */
static move_handler *const meaning[][DLOTA_FAILED + 1] = {
    [DLOTA_CONFIRM] =
        {
            [DLOTA_UNCONFIRMED] = confirm,
            [DLOTA_QUEUED] = holds,
            [DLOTA_DOWNLOADING] = holds,
            [DLOTA_PAUSED] = holds,
            [DLOTA_INTERRUPTED] = holds,
            [DLOTA_INSTALLING] = holds,
            [DLOTA_REPORTING] = holds,
            [DLOTA_RELEASED] = holds,
        },
    [DLOTA_PAUSE] =
        {
            [DLOTA_QUEUED] = pause_it,
            [DLOTA_DOWNLOADING] = pause_it,
            [DLOTA_PAUSED] = holds,
            [DLOTA_INTERRUPTED] = pause_it,
        },
    [DLOTA_RESUME] =
        {
            [DLOTA_QUEUED] = hurry,
            [DLOTA_DOWNLOADING] = holds,
            [DLOTA_PAUSED] = go_on,
            [DLOTA_INTERRUPTED] = go_on,
            [DLOTA_INSTALLING] = holds,
            [DLOTA_REPORTING] = report_now,
            [DLOTA_RELEASED] = holds,
        },
    [DLOTA_CANCEL] =
        {
            [DLOTA_UNCONFIRMED] = cancel,
            [DLOTA_QUEUED] = cancel,
            [DLOTA_DOWNLOADING] = cancel,
            [DLOTA_PAUSED] = cancel,
            [DLOTA_INTERRUPTED] = cancel,
            [DLOTA_INSTALLING] = cancel,
            [DLOTA_REPORTING] = cancel_reporting,
        },
    [DLOTA_RETRY] =
        {
            [DLOTA_QUEUED] = hurry,
            [DLOTA_DOWNLOADING] = holds,
            [DLOTA_INTERRUPTED] = go_on,
            [DLOTA_FAILED] = retry,
        },
    [DLOTA_REMOVE] =
        {
            [DLOTA_UNCONFIRMED] = cancel,
            [DLOTA_QUEUED] = cancel,
            [DLOTA_DOWNLOADING] = cancel,
            [DLOTA_PAUSED] = cancel,
            [DLOTA_INTERRUPTED] = cancel,
            [DLOTA_INSTALLING] = cancel,
            [DLOTA_REPORTING] = cancel_reporting,
            [DLOTA_RELEASED] = remove_row,
            [DLOTA_INSTALLED] = remove_row,
            [DLOTA_FAILED] = remove_row,
        },
};

void steer_verb(struct move *m)
{
    const size_t verb = (size_t)m->event->verb;
    move_handler *handler = NULL;

    if (verb < sizeof(meaning) / sizeof(meaning[0]) && (size_t)m->old->state <= DLOTA_FAILED)
        handler = meaning[verb][m->old->state];
    if (handler)
        handler(m);
    else
        move_refuse(m, -EINVAL);
}
