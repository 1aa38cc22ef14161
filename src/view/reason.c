/* reason.c - every wait tells why, in one line. */
#include <string.h>
#include <strings.h>

#include "base/when.h"
#include "view/keys.h"

/* "network lost: connection reset by peer"; either part may be missing. */
static void add_cause(const struct dlota_object *o, struct text *ret)
{
    const char *words = o->cause == DLOTA_SUCCESS ? "" : dlota_cause_words(o->cause);
    text_puts(ret, words);
    if (*words && o->detail[0])
        text_puts(ret, ": ");
    text_puts(ret, o->detail);
}

static void add_next_try(int64_t due, int64_t now, struct text *ret)
{
    char words[32];
    if (due <= now)
        return;
    when_words(due - now, words);
    text_printf(ret, ", next try in %s", words);
}

static void unconfirmed(const struct view_facts *f, struct text *ret)
{
    (void)f;
    text_puts(ret, "waiting for the verb confirm");
}

/* Why it is not on the wire, if something went wrong, and what it waits for now. */
static void waits(const struct view_facts *f, const char *for_what, struct text *ret)
{
    size_t before = ret->len;
    add_cause(f->object, ret);
    bool troubled = ret->len > before;
    if (f->object->due > f->now) {
        if (!troubled)
            text_puts(ret, "held back");
        add_next_try(f->object->due, f->now, ret);
    } else {
        text_puts(ret, troubled ? ", " : "");
        text_puts(ret, for_what);
    }
}

static void queued(const struct view_facts *f, struct text *ret) { waits(f, "waiting for its turn", ret); }

/* An object without a due time moves only when it is told to. */
static void interrupted(const struct view_facts *f, struct text *ret)
{
    waits(f, f->object->due ? "waiting for its turn" : "waiting for the verb resume", ret);
}

/* The rate is that of the last few seconds. */
static void downloading(const struct view_facts *f, struct text *ret)
{
    if (f->object->rate == 0)
        text_puts(ret, "waiting for the server");
}

static void paused(const struct view_facts *f, struct text *ret)
{
    (void)f;
    text_puts(ret, "paused by user");
}

static void installing(const struct view_facts *f, struct text *ret)
{
    (void)f;
    text_puts(ret, "being checked and written to disk");
}

static void reporting(const struct view_facts *f, struct text *ret)
{
    const struct dlota_object *o = f->object;
    const char *what = o->detail[0] ? o->detail : o->report_answer;
    bool tried_in_vain = *what || (o->report_tries > 0 && f->report_due > f->now);

    if (!tried_in_vain) {
        text_puts(ret, "waiting for the answer to its report");
        return;
    }
    text_puts(ret, "report not answered");
    if (*what)
        text_printf(ret, ": %s", what);
    add_next_try(f->report_due, f->now, ret);
}

static void released(const struct view_facts *f, struct text *ret)
{
    (void)f;
    text_puts(ret, "released, about to be shown in installed");
}

static void installed(const struct view_facts *f, struct text *ret) { add_cause(f->object, ret); }

/* "906 Invalid descriptor: line 7: size: not a number": the code as it was reported, and the words where they say more
 * than its phrase. */
static void failed(const struct view_facts *f, struct text *ret)
{
    const struct dlota_object *o = f->object;
    unsigned code = view_code(f);

    if (code == 0) {
        text_puts(ret, o->detail);
        return;
    }
    text_printf(ret, "%u %s", code, dlota_code_phrase(code));
    if (strcasecmp(dlota_code_phrase(code), dlota_cause_words(o->cause)) != 0) {
        text_puts(ret, ": ");
        add_cause(o, ret);
    } else if (o->detail[0]) {
        text_printf(ret, ": %s", o->detail);
    }
}

void view_reason(const struct view_facts *f, struct text *ret)
{
    static void (*const per_state[])(const struct view_facts *, struct text *) = {
        [DLOTA_UNCONFIRMED] = unconfirmed, [DLOTA_QUEUED] = queued,           [DLOTA_DOWNLOADING] = downloading,
        [DLOTA_PAUSED] = paused,           [DLOTA_INTERRUPTED] = interrupted, [DLOTA_INSTALLING] = installing,
        [DLOTA_REPORTING] = reporting,     [DLOTA_RELEASED] = released,       [DLOTA_INSTALLED] = installed,
        [DLOTA_FAILED] = failed,
    };
    size_t state = (size_t)f->object->state;
    if (state < sizeof per_state / sizeof *per_state && per_state[state])
        per_state[state](f, ret);
}
