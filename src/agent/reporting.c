/* policy.md 5: who answered, what that means, when it is tried again. */
#include "agent/reporting.h"

#include <stdio.h>

#include "agent/retry.h"
#include "base/limits.h"

enum meaning { TAKEN, REFUSED, NO_VERDICT };

/* First match counts. */
static const struct {
    unsigned first, last;
    enum meaning meaning;
} statuses[] = {
    {200, 299, TAKEN},
    {408, 408, NO_VERDICT},
    {425, 425, NO_VERDICT},
    {429, 429, NO_VERDICT},
    {502, 504, NO_VERDICT},
    /* These two are not the word of the server the report is for: a connection that led to another one (RFC
     * 9110 15.5.20), and a captive portal's (RFC 6585 6). */
    {421, 421, NO_VERDICT},
    {511, 511, NO_VERDICT},
    {0, ~0u, REFUSED}, /* 3xx that led nowhere, other 4xx and 5xx */
};

static enum meaning judge(const struct report_end *end)
{
    unsigned i = 0;

    if (!end->facts)
        return NO_VERDICT;
    while (end->facts->status < statuses[i].first || end->facts->status > statuses[i].last)
        i++;
    /* A 303 took the report; what its target says is no word about it, unless it is 2xx. */
    if (end->via_303 && statuses[i].meaning == REFUSED)
        return NO_VERDICT;
    return statuses[i].meaning;
}

/* A try without a network leaves no count to back off by, so the age of the report does: the wait doubles with it. */
static uint32_t streak_of_age(const struct dlota_options *options, int64_t age)
{
    uint32_t streak = 1;

    for (int64_t wait = options->retry_wait < 1 ? 1 : options->retry_wait; wait < age && wait < LIMIT_BACKOFF_MS;
         wait *= 2)
        streak++;
    return streak;
}

static void answered(const struct store_report *report, const struct report_end *end, bool taken,
                     struct report_step *ret)
{
    const struct http_facts *f = end->facts;

    (void)snprintf(ret->answer, sizeof(ret->answer), "%u%s%s", f->status, f->reason[0] ? " " : "", f->reason);
    ret->over = true;
    ret->refused = !taken;
    ret->verdict_due = report->decides;
    ret->verdict = taken ? VERDICT_TAKEN : VERDICT_REFUSED;
}

static void unanswered(const struct dlota_options *options, const struct store_report *report,
                       const struct report_end *end, struct report_step *ret)
{
    const int64_t retry_after = end->facts ? end->facts->retry_after_s : -1;
    const int64_t age = end->now - report->added;
    const uint32_t tries = ret->counted ? report->tries : report->tries - (report->tries > 0);
    const uint32_t most = options->report_tries ? options->report_tries : 1;
    const uint32_t streak = ret->counted ? tries : streak_of_age(options, age);
    int64_t wait = retry_wait(options->retry_wait, streak, end->random, retry_after);

    /* Tries count only while there is a network; a wait for one is not the server's silence. */
    if (ret->counted && tries >= most) {
        ret->verdict_due = report->decides;
        ret->verdict = VERDICT_LOST;
        if (wait < LIMIT_REPORT_TAIL_MS)
            wait = LIMIT_REPORT_TAIL_MS;
    }
    ret->due = end->now + wait;
    /* Offered for 7 days, but none goes before it had its tries, nor before its object was told. */
    ret->over = !report->decides && tries >= most && age >= LIMIT_REPORT_LIFE_MS;
}

void reporting_step(const struct dlota_options *options, const struct store_report *report,
                    const struct report_end *end, struct report_step *ret)
{
    const enum meaning meaning = judge(end);

    /* Anything but "no network" may have reached the server, so it stays counted: I4 hangs on "a try has begun". */
    *ret = (struct report_step){.counted = end->facts || end->failure != HTTP_NO_NETWORK};
    if (meaning == NO_VERDICT || !end->facts)
        unanswered(options, report, end, ret);
    else
        answered(report, end, meaning == TAKEN, ret);
}
