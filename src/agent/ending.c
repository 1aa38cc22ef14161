/* How an exchange ends once its content was taken (policy.md 2; RFC 9112 6.3 and 8). */
#include <errno.h>
#include <inttypes.h>

#include "agent/move.h"
#include "base/limits.h"

void ending_overrun(struct move *m)
{
    const uint64_t most = fits_most(m->options, m->old);

    if (m->old->part == DLOTA_PART_DESCRIPTOR) {
        move_say(m, "larger than %d KiB", LIMIT_DESCRIPTOR / 1024);
        move_fail(m, DLOTA_BAD_DESCRIPTOR);
    } else if (m->options->max_size && m->options->max_size < most) {
        move_say(m, "more than max_size");
        move_fail(m, DLOTA_NEVER_FITS);
    } else {
        move_say(m, "more than %" PRIu64 " bytes", most);
        move_fail(m, move_misfit(m));
    }
}

/* A clean end of a part: ask on.  That is no failure when it brought something. */
static void ask_on(struct move *m)
{
    const bool more = move_held(m) > m->old->have || move_held(m) > m->old->best;

    if (!more || !download_resumable(m->options, m->next)) {
        move_say(m, "the answer ended after %" PRIu64 " bytes", move_held(m));
        move_again(m, DLOTA_NETWORK_LOST, -1);
        return;
    }
    (void)move_progress(m);
    move_keep_or_drop(m);
    move_queue(m);
}

/* The close is the end, or the connection broke: nobody can tell.  Twice at the same length it was the end. */
static void closed_short(struct move *m, bool fits)
{
    const uint64_t held = move_held(m);

    if (m->old->short_at != held) {
        m->next->short_at = held;
        move_say(m, "connection closed after %" PRIu64 " bytes", held);
        move_again(m, DLOTA_NETWORK_LOST, -1);
    } else if (fits) {
        move_complete(m);
    } else {
        move_say(m, "%" PRIu64 " bytes instead of %" PRIu64, held, m->old->total ? m->old->total : m->old->size);
        move_fail(m, move_misfit(m));
    }
}

static void total_unknown(struct move *m)
{
    const uint64_t held = move_held(m), size = m->old->size;
    const bool loose = !size || m->options->size_tolerant;

    if (m->event->framed && (!m->event->flag || held == size))
        move_complete(m);
    else if (m->event->framed)
        ask_on(m); /* a part, of a whole whose length the server does not tell */
    else if (size && held == size)
        move_complete(m);
    else
        closed_short(m, loose);
}

static void ended_descriptor(struct move *m)
{
    if (!m->event->got) {
        move_say(m, "the answer is empty");
        move_fail(m, DLOTA_NOT_LOADED);
        return;
    }
    move_calm(m);
    m->next->total = m->event->got;
    m->next->state = DLOTA_INSTALLING;
    m->next->idle_since = 0;
    move_act(m, ACTION_ADOPT);
}

void ending_ended(struct move *m)
{
    const uint64_t held = move_held(m), total = m->old->total;

    if (m->old->part == DLOTA_PART_DESCRIPTOR) {
        ended_descriptor(m);
    } else if (!held) {
        move_say(m, "the answer is empty");
        move_fail(m, move_misfit(m));
    } else if (!total) {
        total_unknown(m);
    } else if (held == total) {
        move_complete(m);
    } else if (held > total) {
        move_say(m, "%" PRIu64 " bytes instead of %" PRIu64, held, total);
        move_fail(m, move_misfit(m));
    } else if (m->event->framed) {
        ask_on(m);
    } else {
        closed_short(m, false);
    }
}

/* What went wrong on the way, as a cause; DLOTA_NOT_LOADED: for good. */
static const enum dlota_cause failures[] = {
    [HTTP_FINE] = DLOTA_NETWORK_LOST,    [HTTP_LOST] = DLOTA_NETWORK_LOST,   [HTTP_NO_NETWORK] = DLOTA_NO_NETWORK,
    [HTTP_BLOCKED] = DLOTA_NOT_LOADED,   [HTTP_UNTRUSTED] = DLOTA_NO_ANSWER, [HTTP_GARBLED] = DLOTA_NO_ANSWER,
    [HTTP_STOPPED] = DLOTA_NETWORK_LOST, [HTTP_NO_MEMORY] = DLOTA_DEVICE,
};

void ending_broke(struct move *m)
{
    const enum dlota_cause cause = failures[m->event->failure];

    move_say(m, "%s", m->event->detail ? m->event->detail : "");
    if (cause == DLOTA_NOT_LOADED)
        move_fail(m, cause);
    else
        move_again(m, cause, -1);
}

static bool no_room(int rc) { return rc == -ENOSPC || rc == -EDQUOT; }

/* Disk full is an interruption, anything else the device's end (policy.md 3). */
void ending_disk(struct move *m)
{
    move_say(m, "%s", m->event->detail ? m->event->detail : "");
    if (no_room(m->event->rc))
        move_again(m, DLOTA_NO_ROOM, -1);
    else
        move_fail(m, DLOTA_DEVICE);
}

/* The flush of what had been received failed after the transfer was over: the record counts, the rest is fetched again.
 */
void ending_disk_at_rest(struct move *m)
{
    if (!no_room(m->event->rc)) {
        ending_disk(m);
    } else if (m->old->state == DLOTA_INTERRUPTED) {
        m->next->cause = DLOTA_NO_ROOM;
        move_say(m, "%s", m->event->detail ? m->event->detail : "");
    }
}
