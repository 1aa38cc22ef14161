#include "agent/download.h"

#include <errno.h>
#include <string.h>

#include "agent/move.h"

enum { STATES = DLOTA_FAILED + 1, EVENTS = EVENT_VERB + 1, FRESH = 0 };

/* State and event; NULL: does not belong, nothing changes. */
static move_handler *const table[EVENTS][STATES] = {
    [EVENT_CHECKED] =
        {
            [FRESH] = begin_checked,
            [DLOTA_QUEUED] = begin_checked,
            [DLOTA_INSTALLING] = begin_checked,
        },
    [EVENT_START] =
        {
            [DLOTA_UNCONFIRMED] = begin_stays,
            [DLOTA_QUEUED] = begin_waits,
            [DLOTA_DOWNLOADING] = begin_goes_on,
            [DLOTA_PAUSED] = begin_stays,
            [DLOTA_INTERRUPTED] = begin_waits,
            [DLOTA_INSTALLING] = begin_installs,
            [DLOTA_REPORTING] = begin_stays,
            [DLOTA_RELEASED] = begin_shows,
            [DLOTA_INSTALLED] = begin_stays,
            [DLOTA_FAILED] = begin_shows,
        },
    [EVENT_TURN] = {[DLOTA_QUEUED] = begin_turn, [DLOTA_INTERRUPTED] = begin_turn},
    [EVENT_HEAD] = {[DLOTA_DOWNLOADING] = answer_judge},
    [EVENT_OVERRUN] = {[DLOTA_DOWNLOADING] = ending_overrun},
    [EVENT_ENDED] = {[DLOTA_DOWNLOADING] = ending_ended},
    [EVENT_BROKE] = {[DLOTA_DOWNLOADING] = ending_broke},
    [EVENT_DISK] =
        {
            [DLOTA_QUEUED] = ending_disk_at_rest,
            [DLOTA_DOWNLOADING] = ending_disk,
            [DLOTA_PAUSED] = ending_disk_at_rest,
            [DLOTA_INTERRUPTED] = ending_disk_at_rest,
            [DLOTA_INSTALLING] = ending_disk,
        },
    [EVENT_SEALED] = {[DLOTA_INSTALLING] = install_sealed},
    [EVENT_ANSWER] =
        {
            [DLOTA_REPORTING] = install_answer,
            [DLOTA_RELEASED] = install_late_answer,
            [DLOTA_INSTALLED] = install_late_answer,
            [DLOTA_FAILED] = install_late_answer,
        },
    [EVENT_PUBLISHED] = {[DLOTA_RELEASED] = install_published, [DLOTA_FAILED] = install_published},
    [EVENT_VERB] =
        {
            [DLOTA_UNCONFIRMED] = steer_verb,
            [DLOTA_QUEUED] = steer_verb,
            [DLOTA_DOWNLOADING] = steer_verb,
            [DLOTA_PAUSED] = steer_verb,
            [DLOTA_INTERRUPTED] = steer_verb,
            [DLOTA_INSTALLING] = steer_verb,
            [DLOTA_REPORTING] = steer_verb,
            [DLOTA_RELEASED] = steer_verb,
            [DLOTA_INSTALLED] = steer_verb,
            [DLOTA_FAILED] = steer_verb,
        },
};

bool download_resumable(const struct dlota_options *options, const struct dlota_object *object)
{
    if (object->part == DLOTA_PART_DESCRIPTOR || !object->gen || object->ranges != DLOTA_RANGES_BYTES)
        return false;
    /* Without a pin only what can be compared otherwise: a total (policy.md 4). */
    return object->pin != DLOTA_UNPINNED || (options->unpinned_resume && object->total);
}

enum dlota_folder download_folder(const struct dlota_object *object)
{
    const bool begun = object->attempts || object->have;

    if (object->part == DLOTA_PART_DESCRIPTOR || object->state == DLOTA_UNCONFIRMED)
        return DLOTA_IN_PENDING;
    return object->state == DLOTA_QUEUED && !begun ? DLOTA_IN_PENDING : DLOTA_IN_PARTIAL;
}

static bool leaves_with_removal(const struct step *s)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->act[i].kind == ACTION_REMOVE)
            return true;
    return false;
}

/* Whoever leaves `downloading` while the exchange still runs hangs up first. */
static void hang_up(struct move *m)
{
    struct step *s = m->step;
    const enum event_kind kind = m->event->kind;
    const bool running = kind == EVENT_HEAD || kind == EVENT_OVERRUN || kind == EVENT_DISK || kind == EVENT_VERB;

    if (m->old->state != DLOTA_DOWNLOADING || !running)
        return;
    if (s->next.state == DLOTA_DOWNLOADING && !leaves_with_removal(s))
        return;
    memmove(s->act + 1, s->act, s->n * sizeof(s->act[0]));
    s->act[0] = (struct action){.kind = ACTION_HANG_UP};
    s->n++;
}

/* What is not yet shown where it belongs stays where it is until EVENT_PUBLISHED. */
static void place(struct dlota_object *next)
{
    if (next->state >= DLOTA_UNCONFIRMED && next->state <= DLOTA_REPORTING)
        next->folder = download_folder(next);
}

void download_step(const struct dlota_options *options, const struct terms *terms, const struct dlota_object *object,
                   const struct event *event, struct step *ret)
{
    struct move m = {options, terms, object, event, &ret->next, ret};
    move_handler *handler = NULL;

    ret->rc = 0;
    ret->n = 0;
    ret->next = *object;
    if ((size_t)event->kind < EVENTS && (size_t)object->state < STATES)
        handler = table[event->kind][object->state];
    if (!handler) {
        ret->rc = -EINVAL;
        return;
    }
    handler(&m);
    if (ret->rc < 0)
        return;
    hang_up(&m);
    place(&ret->next);
}
