/* summary.c - everything alive on one screen, at most 80 columns wide. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/size.h"
#include "base/when.h"
#include "view/keys.h"
#include "view/width.h"

enum { SCREEN = 80, NAME = 21, BAR = 12, INDENT = 4, STATE = 9 };

/* ---- pieces ---- */

/* Outside text, safe to print, on what is left of a line. */
static void add_outside(const char *s, unsigned columns, struct text *ret)
{
    _cleanup_(text_free) struct text shown = VIEW_SCRATCH;
    text_visible(&shown, s);
    width_cut(shown.data ? shown.data : "", columns, ret);
    view_carry_failure(&shown, ret);
}

static void add_name(const char *name, struct text *ret)
{
    _cleanup_(text_free) struct text shown = VIEW_SCRATCH;
    text_visible(&shown, name);
    width_fit(shown.data ? shown.data : "", NAME, ret);
    view_carry_failure(&shown, ret);
}

/* Items one after another, on as many lines as they need. */
struct flow {
    struct text *text;
    unsigned column;
};

static void flow_add(struct flow *flow, const char *item)
{
    unsigned n = width_of(item);
    if (flow->column && flow->column + 2 + n > SCREEN - 1) {
        text_puts(flow->text, ",\n");
        flow->column = 0;
    }
    text_printf(flow->text, "%s%s", flow->column ? ", " : "", item);
    flow->column += n + (flow->column ? 2 : 0);
}

static void flow_end(struct flow *flow)
{
    if (flow->column)
        text_puts(flow->text, "\n");
    flow->column = 0;
}

/* At most 6 columns: "59s", "59m59s", "99h59m", "365d". */
static void short_time(int64_t s, char ret[static 16])
{
    if (s < 0)
        ret[0] = '\0';
    else if (s < 60)
        (void)text_format(ret, 16, "%us", (unsigned)s);
    else if (s < 3600)
        (void)text_format(ret, 16, "%um%02us", (unsigned)(s / 60), (unsigned)(s % 60));
    else if (s < 100L * 3600)
        (void)text_format(ret, 16, "%uh%02um", (unsigned)(s / 3600), (unsigned)(s % 3600 / 60));
    else if (s / 86400 < 100000)
        (void)text_format(ret, 16, "%ud", (unsigned)(s / 86400));
    else
        (void)text_copy(ret, 16, "never");
}

/* [=====>    ] and 52%; rounded down, so that 100% is all. */
static void add_bar(const struct dlota_object *o, struct text *ret)
{
    uint64_t size = view_size(o), have = o->have < size ? o->have : size;
    char bar[BAR + 1];

    if (size == 0) {
        text_printf(ret, "[%*s]    ?", BAR, "");
        return;
    }
    double part = (double)have / (double)size;
    unsigned filled = have == size ? BAR : (unsigned)(part * BAR),
             percent = have == size ? 100 : (unsigned)(part * 100);
    memset(bar, ' ', BAR);
    memset(bar, '=', filled);
    if (have > 0 && filled < BAR)
        bar[filled] = '>';
    bar[BAR] = '\0';
    text_printf(ret, "[%s] %3u%%", bar, percent);
}

/* "26.0 MiB/50.0 MiB" */
static void add_amount(const struct dlota_object *o, struct text *ret)
{
    uint64_t size = view_size(o);
    char have[16], all[16], both[40];
    size_words(o->have, have);
    size_words(size, all);
    (void)text_format(both, sizeof both, size ? "%s/%s" : "%s", have, all);
    text_printf(ret, " %18s", both);
}

/* ---- the head: totals ---- */

static uint64_t count_of(const struct view_summary *s, enum dlota_state state)
{
    /* What is decided and not yet shown still reads "reporting". */
    return s->n[state] + (state == DLOTA_REPORTING ? s->n[DLOTA_RELEASED] : 0);
}

static void add_counts(const struct view_summary *s, struct flow *flow)
{
    static const enum dlota_state order[] = {DLOTA_DOWNLOADING, DLOTA_INSTALLING, DLOTA_REPORTING,
                                             DLOTA_INTERRUPTED, DLOTA_PAUSED,     DLOTA_UNCONFIRMED,
                                             DLOTA_QUEUED,      DLOTA_INSTALLED,  DLOTA_FAILED};
    char item[64], bytes[16];
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        uint64_t n = count_of(s, order[i]);
        if (n == 0)
            continue;
        size_words(s->bytes[order[i]], bytes);
        (void)text_format(item, sizeof item, order[i] == DLOTA_INSTALLED ? "%" PRIu64 " %s (%s)" : "%" PRIu64 " %s", n,
                          dlota_state_word(order[i]), bytes);
        flow_add(flow, item);
    }
    flow_end(flow);
}

static void add_resources(const struct view_summary *s, struct flow *flow)
{
    char item[80], one[16], other[16];
    if (s->all_alive) {
        size_words(s->rate, one);
        (void)text_format(item, sizeof item, "%s/s", one);
        flow_add(flow, item);
    }
    if (s->reports) {
        (void)text_format(item, sizeof item, "%" PRIu64 " %s unanswered", s->reports,
                          s->reports == 1 ? "report" : "reports");
        flow_add(flow, item);
    }
    if (s->disk_total) {
        size_words(s->disk_free, one);
        size_words(s->disk_total, other);
        (void)text_format(item, sizeof item, "%s of %s free", one, other);
        flow_add(flow, item);
    }
    if (!s->network)
        flow_add(flow, "no network");
    flow_end(flow);
}

/* ---- objects ---- */

/* "waiting for its turn" is what the word says already; the wire's speed is told by the rate. */
static bool reason_is_news(const struct dlota_object *o)
{
    return o->state != DLOTA_DOWNLOADING && o->state != DLOTA_INSTALLING && o->state != DLOTA_RELEASED &&
           !(o->state == DLOTA_QUEUED && o->cause == DLOTA_NO_CAUSE);
}

/* Too long a reason is cut in its middle: when the next try comes stands at its end. */
static void add_reason(const struct view_facts *f, unsigned columns, struct text *ret)
{
    _cleanup_(text_free) struct text reason = VIEW_SCRATCH, visible = VIEW_SCRATCH;
    view_reason(f, &reason);
    text_visible(&visible, reason.data ? reason.data : "");
    if (visible.data && width_of(visible.data) > columns)
        width_fit(visible.data, columns, ret);
    else if (visible.data)
        text_puts(ret, visible.data);
    view_carry_failure(&reason, ret);
    view_carry_failure(&visible, ret);
}

static void add_alive(const struct view_facts *f, struct text *ret)
{
    const struct dlota_object *o = f->object;
    char rate[16], eta[16];

    add_name(o->name, ret);
    text_puts(ret, " ");
    add_bar(o, ret);
    add_amount(o, ret);
    if (o->state == DLOTA_DOWNLOADING) {
        size_words(o->rate, rate);
        short_time(view_eta(o), eta);
        text_printf(ret, " %8s/s%s%s\n", rate, *eta ? " " : "", eta);
    } else {
        text_printf(ret, " %s\n", dlota_state_word(o->state));
    }
    if (reason_is_news(o)) {
        text_printf(ret, "%*s", INDENT, "");
        add_reason(f, SCREEN - 1 - INDENT, ret);
        text_puts(ret, "\n");
    }
}

static void add_ended(const struct view_facts *f, int64_t now, struct text *ret)
{
    const struct dlota_object *o = f->object;
    char words[32];

    add_name(o->name, ret);
    if (o->state == DLOTA_INSTALLED) {
        size_words(view_size(o), words);
        text_printf(ret, " %-*s %9s", STATE, dlota_state_word(o->state), words);
        when_words(now > o->ended ? now - o->ended : 0, words);
        text_printf(ret, "  %s ago\n", words);
    } else {
        unsigned code = view_code(f);
        const char *why = o->detail[0] ? o->detail : dlota_code_phrase(code);
        text_printf(ret, " %-*.*s %9u  ", STATE, STATE, dlota_state_word(o->state), code);
        add_outside(why, SCREEN - 1 - NAME - 2 - STATE - 11, ret);
        text_puts(ret, "\n");
    }
}

void view_summary_text(const struct view_summary *s, struct text *ret)
{
    struct flow flow = {.text = ret};

    add_counts(s, &flow);
    add_resources(s, &flow);
    if (s->all_alive == 0 && s->n_alive == 0)
        text_puts(ret, "\nnothing to do: drop a descriptor into inbox/\n");
    else
        text_puts(ret, "\n");
    for (unsigned i = 0; i < s->n_alive; i++)
        add_alive(&s->alive[i], ret);
    if (s->all_alive > s->n_alive)
        text_printf(ret, "and %" PRIu64 " more\n", s->all_alive - s->n_alive);
    if (s->n_ended)
        text_puts(ret, "\nlately ended:\n");
    for (unsigned i = 0; i < s->n_ended; i++)
        add_ended(&s->ended[i], s->now, ret);
}
