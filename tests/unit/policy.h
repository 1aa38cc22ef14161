/* policy.h - what the tests of the retrieval policy share: a row, an agent's options, events in short. */
#ifndef UNIT_POLICY_H
#define UNIT_POLICY_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/download.h"
#include "agent/move.h"
#include "base/limits.h"

enum { NOW = 1000000, SIZE = 1000, WEEK = 7 * 24 * 3600 * 1000 };
#define TAG "\"v1\""
#define DATE "Fri, 20 Nov 2026 09:00:00 GMT"

struct policy {
    struct dlota_options options;
    struct terms terms;
    struct dlota_object o; /* the row; follows each step that applies */
    struct dlota_object was;
    struct http_facts facts;
    struct step step;
    int64_t now;
    uint64_t got;
};

static const char *const policy_types[] = {"image/gif", "image/jpeg", NULL};

/* A row that waits for its turn: 1000 bytes of image/gif or image/jpeg, with an installNotifyURI. */
static inline void policy_begin(struct policy *p)
{
    memset(p, 0, sizeof(*p));
    dlota_options_default(&p->options);
    p->terms = (struct terms){.types = policy_types, .notify = true};
    p->now = NOW;
    p->o.id = 7;
    p->o.offer = 3;
    p->o.size = SIZE;
    p->o.state = DLOTA_QUEUED;
    p->o.folder = DLOTA_IN_PENDING;
    p->o.due = NOW;
    p->o.added = NOW;
    (void)snprintf(p->o.name, sizeof(p->o.name), "picture.gif");
}

static inline struct step *policy_send(struct policy *p, struct event ev)
{
    ev.now = p->now;
    if (!ev.got)
        ev.got = p->got;
    p->was = p->o;
    memset(&p->step, 0xa5, sizeof(p->step));
    download_step(&p->options, &p->terms, &p->o, &ev, &p->step);
    /* Each ck_assert costs a system call: not in what runs a million times. */
    if (p->step.n > STEP_ACTIONS)
        ck_abort_msg("%u actions", p->step.n);
    if (p->step.rc == 0)
        p->o = p->step.next;
    return &p->step;
}

static inline const struct action *policy_act(const struct policy *p, enum action_kind kind)
{
    for (unsigned i = 0; i < p->step.n; i++)
        if (p->step.act[i].kind == kind)
            return &p->step.act[i];
    return NULL;
}

/* Exactly these actions, in this order; the list ends with 0. */
#define acts(p, ...) policy_acts((p), (const int[]){__VA_ARGS__, 0}, __LINE__)
#define no_acts(p) policy_acts((p), (const int[]){0}, __LINE__)
static inline void policy_acts(const struct policy *p, const int *kinds, int line)
{
    unsigned n = 0;

    while (kinds[n])
        n++;
    ck_assert_msg(p->step.n == n, "line %d: %u actions instead of %u (first %d)", line, p->step.n, n,
                  p->step.n ? (int)p->step.act[0].kind : 0);
    for (unsigned i = 0; i < n; i++)
        ck_assert_msg((int)p->step.act[i].kind == kinds[i], "line %d: action %u is %d, not %d", line, i,
                      (int)p->step.act[i].kind, kinds[i]);
}

/* ---- events in short ---- */

static inline struct step *turn(struct policy *p)
{
    struct step *s = policy_send(p, (struct event){.kind = EVENT_TURN});

    p->got = p->o.have;
    return s;
}

/* The header in p->facts arrives. */
static inline struct step *head(struct policy *p)
{
    p->got = p->o.have;
    return policy_send(p, (struct event){.kind = EVENT_HEAD, .facts = &p->facts, .asked = p->o.have});
}

static inline struct step *ended(struct policy *p, uint64_t got, bool framed)
{
    p->got = got;
    return policy_send(p, (struct event){.kind = EVENT_ENDED, .framed = framed});
}

static inline struct step *broke(struct policy *p, uint64_t got, enum http_failure failure)
{
    p->got = got;
    return policy_send(p, (struct event){.kind = EVENT_BROKE, .failure = failure, .detail = "connection reset"});
}

static inline struct step *disk(struct policy *p, uint64_t got, int rc)
{
    p->got = got;
    return policy_send(p, (struct event){.kind = EVENT_DISK, .rc = rc, .detail = "no space left"});
}

static inline struct step *verb(struct policy *p, enum dlota_verb v)
{
    return policy_send(p, (struct event){.kind = EVENT_VERB, .verb = v});
}

static inline struct step *sealed(struct policy *p, int rc)
{
    if (!rc)
        p->o.have = p->o.total;
    return policy_send(p, (struct event){.kind = EVENT_SEALED, .rc = rc});
}

static inline struct step *answered(struct policy *p, enum verdict v, const char *detail)
{
    return policy_send(p, (struct event){.kind = EVENT_ANSWER, .verdict = v, .detail = detail});
}

/* ---- headers in short ---- */

static inline void words(char *ret, size_t n, const char *s) { (void)snprintf(ret, n, "%s", s); }

/* A header without anything but its status. */
static inline void bare(struct policy *p, unsigned status, const char *reason)
{
    memset(&p->facts, 0, sizeof(p->facts));
    p->facts.status = status;
    p->facts.retry_after_s = -1;
    words(p->facts.reason, sizeof(p->facts.reason), reason);
}

static inline void typed(struct policy *p, const char *type) { words(p->facts.type, sizeof(p->facts.type), type); }

static inline void tagged(struct policy *p, const char *tag, bool strong)
{
    words(p->facts.etag, sizeof(p->facts.etag), tag);
    p->facts.etag_strong = strong;
}

static inline void dated(struct policy *p, const char *modified, int64_t modified_s, int64_t date_s)
{
    words(p->facts.modified, sizeof(p->facts.modified), modified);
    p->facts.modified_s = modified_s;
    p->facts.date_s = date_s;
}

static inline void sized(struct policy *p, uint64_t length)
{
    p->facts.has_length = p->facts.framed = true;
    p->facts.length = length;
}

/* 200, our type, our length, ranges, strong tag: what a good server says. */
static inline void good(struct policy *p)
{
    bare(p, 200, "OK");
    typed(p, "image/gif");
    sized(p, SIZE);
    tagged(p, TAG, true);
    p->facts.accept_ranges = HTTP_RANGES_BYTES;
}

/* 206 from first on, of total, under our tag. */
static inline void part(struct policy *p, uint64_t first, uint64_t last, uint64_t total)
{
    bare(p, 206, "Partial Content");
    typed(p, "image/gif");
    sized(p, last - first + 1);
    tagged(p, TAG, true);
    p->facts.content_range = HTTP_RANGE_GIVEN;
    p->facts.first = first;
    p->facts.last = last;
    p->facts.range_total = total;
}

/* ---- places to begin at ---- */

/* Downloading, a good first header taken, nothing received yet. */
static inline void policy_taking(struct policy *p)
{
    policy_begin(p);
    turn(p);
    good(p);
    head(p);
    acts(p, ACTION_TAKE_NEW);
    p->got = 0;
}

/* Downloading again: 400 bytes are held and flushed, the GET with a range is out. */
static inline void policy_resuming(struct policy *p)
{
    policy_taking(p);
    broke(p, 400, HTTP_LOST);
    acts(p, ACTION_MARK);
    p->o.have = 400;
    p->now = p->o.due;
    turn(p);
    acts(p, ACTION_GET);
    ck_assert_uint_eq(p->o.have, 400);
}

/* ---- ends in short ---- */

#define failed_with(p, cause_) policy_failed((p), (cause_), __LINE__)
static inline void policy_failed(const struct policy *p, enum dlota_cause cause, int line)
{
    ck_assert_msg(p->o.state == DLOTA_FAILED, "line %d: state %d", line, (int)p->o.state);
    ck_assert_msg(p->o.cause == cause, "line %d: cause %d, not %d (%s)", line, (int)p->o.cause, (int)cause,
                  p->o.detail);
    ck_assert(policy_act(p, ACTION_PUBLISH) && policy_act(p, ACTION_PUBLISH)->to == DLOTA_IN_FAILED);
    ck_assert_int_eq(p->o.ended, p->now);
    ck_assert_int_eq(p->o.due, 0);
}

#define interrupted_by(p, cause_) policy_interrupted((p), (cause_), __LINE__)
static inline void policy_interrupted(const struct policy *p, enum dlota_cause cause, int line)
{
    ck_assert_msg(p->o.state == DLOTA_INTERRUPTED, "line %d: state %d, cause %d", line, (int)p->o.state,
                  (int)p->o.cause);
    ck_assert_msg(p->o.cause == cause, "line %d: cause %d, not %d", line, (int)p->o.cause, (int)cause);
    ck_assert_int_gt(p->o.due, 0);
}

#define policy_main(name, ...)                                                                                         \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const all[] = {__VA_ARGS__};                                                                      \
        Suite *suite = suite_create(name);                                                                             \
        TCase *tc = tcase_create(name);                                                                                \
        SRunner *runner;                                                                                               \
        int n_failed;                                                                                                  \
                                                                                                                       \
        tcase_set_timeout(tc, 120);                                                                                    \
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)                                                      \
            tcase_add_test(tc, all[i]);                                                                                \
        suite_add_tcase(suite, tc);                                                                                    \
        runner = srunner_create(suite);                                                                                \
        srunner_run_all(runner, CK_NORMAL);                                                                            \
        n_failed = srunner_ntests_failed(runner);                                                                      \
        srunner_free(runner);                                                                                          \
        return n_failed != 0;                                                                                          \
    }

#endif
