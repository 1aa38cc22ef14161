/* Installation in two phases (policy.md 5). */
#include <errno.h>

#include "agent/move.h"
#include "base/text.h"

static void sealed(struct move *m)
{
    if (!m->terms->notify) {
        move_release(m);
        return;
    }
    m->next->state = DLOTA_REPORTING;
    move_calm(m);
    move_report(m, DLOTA_SUCCESS, true);
}

/* A digest disagrees.  Pieces may have been put together wrongly, so an object that came in several starts over, once.
 */
static void digest_differs(struct move *m)
{
    const bool pieces = m->old->attempts > 1 && download_resumable(m->options, m->old);

    if (!pieces || (m->old->oddities & ODD_DIGEST) || m->old->restarts >= RESTARTS) {
        move_say(m, "%s", m->event->detail ? m->event->detail : "the digest differs");
        move_fail(m, DLOTA_MISMATCH);
        return;
    }
    m->next->oddities |= ODD_DIGEST;
    move_drop(m);
    m->next->restarts++;
    move_queue(m);
}

void install_sealed(struct move *m)
{
    const int rc = m->event->rc;

    if (m->old->part == DLOTA_PART_DESCRIPTOR)
        move_refuse(m, -EINVAL);
    else if (rc >= 0)
        sealed(m);
    else if (rc == -EBADMSG)
        digest_differs(m);
    else
        ending_disk(m);
}

static void note_answer(struct move *m)
{
    static const enum dlota_report report[] = {
        [VERDICT_TAKEN] = DLOTA_REPORT_ANSWERED,
        [VERDICT_REFUSED] = DLOTA_REPORT_IS_REFUSED,
        [VERDICT_LOST] = DLOTA_REPORT_UNANSWERED,
    };

    m->next->report = report[m->event->verdict];
    (void)text_copy(m->next->report_answer, sizeof(m->next->report_answer),
                    m->event->detail && m->event->verdict != VERDICT_LOST ? m->event->detail : "");
}

void install_answer(struct move *m)
{
    note_answer(m);
    switch (m->event->verdict) {
    case VERDICT_TAKEN:
        move_release(m);
        return;
    case VERDICT_REFUSED:
        move_say(m, "%s", m->event->detail ? m->event->detail : "");
        move_fail(m, DLOTA_REPORT_REFUSED);
        return;
    case VERDICT_LOST:
        /* It is offered on all the same; what is answered then changes only the `Report` line. */
        move_act(m, ACTION_DETACH);
        if (!m->options->report_lost_discard) {
            move_release(m);
            return;
        }
        move_say(m, "%s", m->event->detail ? m->event->detail : "");
        move_fail(m, DLOTA_REPORT_LOST);
        return;
    }
}

/* A failure stays a failure, a release a release, whatever is answered (policy.md 5). */
void install_late_answer(struct move *m) { note_answer(m); }

void install_published(struct move *m)
{
    struct dlota_object *o = m->next;

    if (o->state == DLOTA_RELEASED) {
        o->state = DLOTA_INSTALLED;
        o->folder = DLOTA_IN_INSTALLED;
    } else if (o->folder != DLOTA_IN_FAILED) {
        o->folder = DLOTA_IN_FAILED;
    } else {
        move_refuse(m, -EINVAL);
    }
}
