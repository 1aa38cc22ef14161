/* The ladder of a resume (policy.md 4): the answer to a GET with a range, judged before a byte of it is
 * used or one of those held is dropped.  Never a mix of two versions (I1, I10), never a dead end. */
#include <inttypes.h>

#include <dlota/descriptor.h>

#include "agent/move.h"

/* "An explicit none later ends it"; what else a later answer says of ranges changes nothing (nginx's 206 is silent). */
static void note_ranges(struct move *m)
{
    if (m->event->facts->accept_ranges == HTTP_RANGES_NONE)
        m->next->ranges = DLOTA_RANGES_NO;
}

/* RFC 9110 15.5.13.  412 without a precondition in the request is an answer to something else. */
void resume_changed(struct move *m)
{
    if (m->old->pin == DLOTA_UNPINNED) {
        answer_unasked(m);
        return;
    }
    answer_say_status(m);
    move_fail(m, DLOTA_UPDATED);
}

/* Nothing is left to resume: once from zero, the second time it cannot be loaded. */
static void unsatisfied(struct move *m)
{
    if (m->old->oddities & ODD_UNSATISFIED) {
        answer_ends(m);
        return;
    }
    (void)move_progress(m);
    m->next->oddities |= ODD_UNSATISFIED;
    move_drop(m);
    move_queue(m);
}

/* RFC 9110 15.5.17: "*" and the length tell that what is held is all there is. */
void resume_unsatisfied(struct move *m)
{
    const struct http_facts *f = m->event->facts;
    const uint64_t held = move_held(m);
    const bool told = f->content_range == HTTP_RANGE_UNSATISFIED && f->range_total;

    if (version_compare(m->old, f) == VERSION_OTHER)
        move_start_over(m);
    else if (held == m->old->total || (told && f->range_total == held && !m->old->total))
        move_complete(m);
    else
        unsatisfied(m);
}

/* Not used: a failed attempt; again so: from zero; again: 954. */
static void unusable(struct move *m, const char *why)
{
    const uint32_t times = m->old->oddities & ODD_PARTS;

    move_say(m, "206 %s", why);
    if (times < 2)
        m->next->oddities++;
    if (times == 0) {
        move_again(m, DLOTA_NO_ANSWER, -1);
    } else if (times == 1) {
        (void)move_progress(m);
        move_drop(m);
        move_queue(m);
    } else {
        move_fail(m, DLOTA_NOT_LOADED);
    }
}

/* Why a 206 cannot be appended; NULL: it can.  RFC 9110 14.4, 15.3.7. */
static const char *fault_of_range(const struct move *m)
{
    const struct http_facts *f = m->event->facts;
    const uint64_t total = m->old->total;

    if (f->multipart_ranges)
        return "with several ranges";
    if (f->content_range != HTTP_RANGE_GIVEN)
        return "without a valid Content-Range";
    if (f->first != m->event->asked || f->first != move_held(m))
        return "of another range than was asked for";
    if (f->last < f->first || (f->range_total && f->last >= f->range_total) || (total && f->last >= total))
        return "with a Content-Range beyond its end";
    if (total && f->range_total && f->range_total != total)
        return "of another length than before";
    if (f->has_length && f->length != f->last - f->first + 1)
        return "whose Content-Length is not its range's";
    return NULL;
}

/* `-o unpinned=resume`: total and type agree, the server answers for the bytes. */
static bool agrees_unpinned(const struct move *m)
{
    const struct http_facts *f = m->event->facts;

    return m->options->unpinned_resume && m->old->pin == DLOTA_UNPINNED && f->content_range == HTTP_RANGE_GIVEN &&
           m->old->total && f->range_total == m->old->total && dd_type_equal(f->type, m->old->type);
}

static bool type_agrees(struct move *m)
{
    const struct http_facts *f = m->event->facts;

    if (!f->type[0])
        return true;
    if (!fits_type(m, f))
        return false;
    if (!m->old->type[0] || dd_type_equal(f->type, m->old->type))
        return true;
    move_say(m, "%s instead of %s", f->type, m->old->type);
    return false;
}

static void append(struct move *m)
{
    const struct http_facts *f = m->event->facts;
    struct dlota_object *o = m->next;
    enum dlota_cause cause;

    if (!o->total && f->range_total) {
        cause = fits_length(m, f->range_total);
        if (cause != DLOTA_NO_CAUSE) {
            move_fail(m, cause);
            return;
        }
        o->total = f->range_total;
    }
    o->oddities &= ~(uint32_t)ODD_PARTS;
    note_ranges(m);
    move_act(m, ACTION_TAKE_MORE)->limit = fits_limit(m->options, o);
}

void resume_part(struct move *m)
{
    const enum version_says says = version_compare(m->old, m->event->facts);
    const char *fault;

    if (says == VERSION_OTHER) {
        move_start_over(m);
        return;
    }
    if (says == VERSION_UNSAID && !agrees_unpinned(m)) {
        unusable(m, "without the validator of what is held");
        return;
    }
    if (!type_agrees(m)) {
        move_again(m, DLOTA_FOREIGN, -1);
        return;
    }
    fault = fault_of_range(m);
    if (fault)
        unusable(m, fault);
    else
        append(m);
}

/* The whole of our version, though a part was asked for: one node ignores Range, nothing held is lost. */
static void skip_held(struct move *m)
{
    const struct http_facts *f = m->event->facts;
    struct dlota_object *o = m->next;

    if (!o->total && f->has_length)
        o->total = f->length;
    note_ranges(m);
    move_act(m, ACTION_SKIP_TAKE)->limit = fits_limit(m->options, o);
}

/* The whole of another version, or of one that cannot be told: this answer is the new beginning. */
static void take_over(struct move *m)
{
    if (m->old->restarts >= RESTARTS) {
        move_say(m, "the server changes its version again and again");
        move_fail(m, DLOTA_UPDATED);
        return;
    }
    move_forget_version(m);
    m->next->restarts++;
    answer_take_new(m);
}

static bool length_fits(struct move *m, enum dlota_cause *ret)
{
    const struct http_facts *f = m->event->facts;

    *ret = f->has_length ? fits_length(m, f->length) : DLOTA_NO_CAUSE;
    return *ret == DLOTA_NO_CAUSE;
}

void resume_whole(struct move *m)
{
    const struct http_facts *f = m->event->facts;
    enum version_says says = version_compare(m->old, f);
    const bool other_length = f->has_length && m->old->total && f->length != m->old->total;
    enum dlota_cause cause;

    if (!fits_type(m, f)) {
        move_again(m, DLOTA_FOREIGN, -1);
    } else if (!length_fits(m, &cause)) {
        /* Of another version for sure: then that is not the descriptor's object.  Otherwise it may be anybody's page.
         */
        if (says == VERSION_OTHER)
            move_fail(m, DLOTA_UPDATED);
        else
            move_again(m, DLOTA_FOREIGN, -1);
    } else if (says == VERSION_SAME && !other_length) {
        skip_held(m);
    } else {
        take_over(m);
    }
}
