#include "agent/move.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

struct action *move_act(struct move *m, enum action_kind kind)
{
    struct action *a = &m->step->act[m->step->n++];

    *a = (struct action){.kind = kind};
    return a;
}

void move_refuse(struct move *m, int rc)
{
    *m->next = *m->old;
    m->step->n = 0;
    m->step->rc = rc;
}

void move_say(struct move *m, const char *format, ...)
{
    char words[2 * sizeof(m->next->detail)];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(words, sizeof(words), format, ap);
    va_end(ap);
    (void)text_copy(m->next->detail, sizeof(m->next->detail), words);
}

void move_calm(struct move *m)
{
    m->next->cause = DLOTA_NO_CAUSE;
    m->next->detail[0] = '\0';
}

uint64_t move_held(const struct move *m)
{
    /* After a start there is no live count: the row was settled. */
    if (m->old->state != DLOTA_DOWNLOADING || m->event->kind == EVENT_START)
        return m->old->have;
    /* What is flushed is held, even when the attempt has not come so far as to count. */
    return m->event->got > m->old->have ? m->event->got : m->old->have;
}

void move_drop(struct move *m)
{
    /* A retrieval that took its header has a file, be it empty; otherwise there is one only when it holds something. */
    const bool file = m->old->state == DLOTA_DOWNLOADING || m->old->state == DLOTA_INSTALLING || m->old->have > 0;

    m->next->have = 0;
    for (unsigned i = 0; i < m->step->n; i++)
        if (m->step->act[i].kind == ACTION_DROP)
            return;
    if (m->old->gen && file)
        move_act(m, ACTION_DROP)->gen = m->old->gen;
}

void move_keep_or_drop(struct move *m)
{
    if (!move_held(m) || !download_resumable(m->options, m->next))
        move_drop(m);
    else if (m->old->state == DLOTA_DOWNLOADING && m->event->kind != EVENT_START)
        move_act(m, ACTION_MARK);
}

bool move_progress(struct move *m)
{
    const uint64_t held = move_held(m);

    if (held <= m->old->best)
        return false;
    m->next->best = held;
    m->next->streak = 0;
    m->next->idle = 0;
    return true;
}

void move_forget_version(struct move *m)
{
    struct dlota_object *o = m->next;

    o->total = 0;
    o->type[0] = o->etag[0] = o->modified[0] = o->effective[0] = '\0';
    o->pin = DLOTA_UNPINNED;
    o->ranges = DLOTA_RANGES_UNKNOWN;
    o->short_at = 0;
}

void move_anew(struct move *m)
{
    struct dlota_object *o = m->next;

    move_calm(m);
    o->attempts = o->fails = o->streak = o->restarts = o->oddities = 0;
    o->short_at = 0;
    o->idle = o->idle_since = 0;
    o->best = o->have;
    o->report = DLOTA_REPORT_NONE;
    o->report_tries = o->report_tries_max = 0;
    o->report_answer[0] = '\0';
    o->started = o->ended = 0;
}
