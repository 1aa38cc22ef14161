/* What each verb means in each state (policy.md 6). */
#include "unit/policy.h"

enum { NO = -EINVAL, UN = -EOPNOTSUPP, STATES = DLOTA_FAILED + 1 };

/* A row in each state that one can come to; gen 1, resumable where bytes are held. */
static void at(struct policy *p, enum dlota_state state)
{
    policy_resuming(p);
    p->got = 500;
    p->o.state = state;
    p->o.due = state == DLOTA_QUEUED || state == DLOTA_INTERRUPTED ? NOW + 60000 : 0;
    p->o.folder = download_folder(&p->o);
    if (state >= DLOTA_INSTALLING)
        p->o.have = p->o.total;
    if (state >= DLOTA_RELEASED)
        p->o.ended = NOW;
    if (state == DLOTA_INSTALLED)
        p->o.folder = DLOTA_IN_INSTALLED;
    if (state == DLOTA_FAILED) {
        p->o.folder = DLOTA_IN_FAILED;
        p->o.cause = DLOTA_NETWORK_LOST;
        p->o.have = 400;
    }
}

START_TEST(verbs_and_states)
{
    static const struct {
        enum dlota_verb verb;
        int rc[STATES]; /* index: state; 0: applies */
        enum dlota_state to[STATES];
    } table[] = {
        /* unconfirmed, queued, downloading, paused, interrupted, installing, reporting, released, installed, failed */
        {DLOTA_CONFIRM, {NO, 0, 0, 0, 0, 0, 0, 0, 0, NO, NO}, {0, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {DLOTA_PAUSE, {NO, NO, 0, 0, 0, 0, NO, NO, NO, NO, NO}, {0, 1, 4, 4, 4, 4, 6, 7, 8, 9, 10}},
        {DLOTA_RESUME, {NO, NO, 0, 0, 0, 0, 0, 0, 0, NO, NO}, {0, 1, 2, 3, 2, 2, 6, 7, 8, 9, 10}},
        {DLOTA_RETRY, {NO, NO, 0, 0, NO, 0, NO, NO, NO, NO, 0}, {0, 1, 2, 3, 4, 2, 6, 7, 8, 9, 2}},
        {DLOTA_CANCEL, {NO, 0, 0, 0, 0, 0, 0, 0, NO, NO, NO}, {0}},
        {DLOTA_REMOVE, {NO, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0}},
        {(enum dlota_verb)0, {NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO}, {0}},
        {(enum dlota_verb)7, {NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO}, {0}},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        for (int s = 0; s < STATES; s++) {
            struct policy p;
            const bool removes = table[i].verb == DLOTA_CANCEL || table[i].verb == DLOTA_REMOVE;

            at(&p, (enum dlota_state)s);
            verb(&p, table[i].verb);
            ck_assert_msg(p.step.rc == table[i].rc[s], "verb %u state %d: %d", table[i].verb, s, p.step.rc);
            if (p.step.rc) {
                ck_assert_uint_eq(p.step.n, 0);
                ck_assert_int_eq(memcmp(&p.step.next, &p.was, sizeof(p.was)), 0);
                continue;
            }
            ck_assert_msg((policy_act(&p, ACTION_REMOVE) != NULL) == removes, "verb %u state %d", table[i].verb, s);
            if (!removes)
                ck_assert_msg(p.o.state == table[i].to[s], "verb %u state %d", table[i].verb, s);
        }
    }
}
END_TEST

START_TEST(confirm_lets_it_go)
{
    struct policy p;

    at(&p, DLOTA_UNCONFIRMED);
    verb(&p, DLOTA_CONFIRM);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.due, p.now);
    no_acts(&p);
}
END_TEST

START_TEST(what_already_holds_changes_nothing)
{
    static const struct {
        enum dlota_verb verb;
        enum dlota_state state;
    } table[] = {{DLOTA_CONFIRM, DLOTA_DOWNLOADING}, {DLOTA_CONFIRM, DLOTA_PAUSED},
                 {DLOTA_PAUSE, DLOTA_PAUSED},        {DLOTA_RESUME, DLOTA_DOWNLOADING},
                 {DLOTA_RETRY, DLOTA_DOWNLOADING},   {DLOTA_RESUME, DLOTA_INSTALLING}};

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        at(&p, table[i].state);
        verb(&p, table[i].verb);
        ck_assert_int_eq(p.step.rc, 0);
        no_acts(&p);
        ck_assert_int_eq(memcmp(&p.o, &p.was, sizeof(p.o)), 0);
    }
}
END_TEST

START_TEST(pause_keeps_the_range)
{
    struct policy p;

    at(&p, DLOTA_DOWNLOADING);
    verb(&p, DLOTA_PAUSE);
    acts(&p, ACTION_HANG_UP, ACTION_MARK);
    ck_assert_int_eq(p.o.due, 0);
    ck_assert_int_eq(p.o.idle_since, 0);
    ck_assert_uint_eq(p.o.best, 500);
    ck_assert_uint_eq(p.o.fails, 0);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL);
    verb(&p, DLOTA_RESUME);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.due, p.now);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL);
}
END_TEST

START_TEST(pause_that_would_lose_bytes)
{
    struct policy p;

    at(&p, DLOTA_DOWNLOADING);
    p.o.ranges = DLOTA_RANGES_NO;
    verb(&p, DLOTA_PAUSE);
    ck_assert_int_eq(p.step.rc, UN);
    ck_assert_int_eq(p.o.state, DLOTA_DOWNLOADING);
    no_acts(&p);
    /* Nothing received yet: nothing is lost. */
    at(&p, DLOTA_DOWNLOADING);
    p.o.ranges = DLOTA_RANGES_NO;
    p.o.have = p.got = 0;
    verb(&p, DLOTA_PAUSE);
    ck_assert_int_eq(p.o.state, DLOTA_PAUSED);
    acts(&p, ACTION_HANG_UP, ACTION_DROP);
    at(&p, DLOTA_QUEUED);
    p.o.have = 0;
    p.o.ranges = DLOTA_RANGES_NO;
    verb(&p, DLOTA_PAUSE);
    ck_assert_int_eq(p.o.state, DLOTA_PAUSED);
    no_acts(&p);
}
END_TEST

START_TEST(a_pause_before_its_turn)
{
    struct policy p;

    policy_begin(&p);
    verb(&p, DLOTA_PAUSE);
    ck_assert_int_eq(p.o.state, DLOTA_PAUSED);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL);
    ck_assert_int_eq(turn(&p)->rc, -EINVAL);
    verb(&p, DLOTA_RESUME);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PENDING);
}
END_TEST

START_TEST(resume_ends_any_wait)
{
    struct policy p;

    for (int i = 0; i < 2; i++) {
        at(&p, DLOTA_INTERRUPTED);
        p.o.cause = DLOTA_SERVER_BUSY;
        verb(&p, i ? DLOTA_RETRY : DLOTA_RESUME);
        ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
        ck_assert_int_eq(p.o.due, p.now);
        ck_assert_int_eq(p.o.cause, DLOTA_NO_CAUSE);
        ck_assert_uint_eq(p.o.have, 400);
        no_acts(&p);
    }
    at(&p, DLOTA_REPORTING);
    verb(&p, DLOTA_RESUME);
    acts(&p, ACTION_REPORT_NOW);
}
END_TEST

START_TEST(rm_is_cancel)
{
    static const enum dlota_state alive[] = {DLOTA_UNCONFIRMED, DLOTA_QUEUED,      DLOTA_DOWNLOADING,
                                             DLOTA_PAUSED,      DLOTA_INTERRUPTED, DLOTA_INSTALLING};

    for (unsigned i = 0; i < 6; i++) {
        for (unsigned v = 0; v < 4; v++) {
            struct policy p;

            at(&p, alive[i]);
            p.terms.notify = v & 1;
            verb(&p, v & 2 ? DLOTA_REMOVE : DLOTA_CANCEL);
            if (p.terms.notify) {
                ck_assert_int_eq(policy_act(&p, ACTION_REPORT)->cause, DLOTA_USER);
                ck_assert(!policy_act(&p, ACTION_REPORT)->decides);
            } else {
                ck_assert_ptr_null(policy_act(&p, ACTION_REPORT));
            }
            ck_assert_uint_eq(policy_act(&p, ACTION_DROP)->gen, 1);
            ck_assert_int_eq(p.step.act[p.step.n - 1].kind, ACTION_REMOVE);
            ck_assert((policy_act(&p, ACTION_HANG_UP) != NULL) == (alive[i] == DLOTA_DOWNLOADING));
        }
    }
}
END_TEST

START_TEST(rm_of_nothing_held_drops_nothing)
{
    struct policy p;

    policy_begin(&p);
    verb(&p, DLOTA_REMOVE);
    acts(&p, ACTION_REPORT, ACTION_REMOVE);
}
END_TEST

START_TEST(rm_while_reporting)
{
    struct policy p;

    at(&p, DLOTA_REPORTING);
    verb(&p, DLOTA_REMOVE);
    acts(&p, ACTION_WITHDRAW, ACTION_REPORT, ACTION_DROP, ACTION_REMOVE);
    ck_assert_int_eq(p.step.act[1].cause, DLOTA_USER);
    /* 900 may have been seen: it stands, and the server gets no other code (I4). */
    at(&p, DLOTA_REPORTING);
    p.o.report_tries = 1;
    verb(&p, DLOTA_CANCEL);
    acts(&p, ACTION_DETACH, ACTION_DROP, ACTION_REMOVE);
}
END_TEST

START_TEST(rm_of_what_has_ended)
{
    static const enum dlota_state ended_[] = {DLOTA_RELEASED, DLOTA_INSTALLED, DLOTA_FAILED};

    for (unsigned i = 0; i < 3; i++) {
        struct policy p;

        at(&p, ended_[i]);
        verb(&p, DLOTA_REMOVE);
        acts(&p, ACTION_DROP, ACTION_REMOVE);
        at(&p, ended_[i]);
        p.o.have = 0;
        verb(&p, DLOTA_REMOVE);
        acts(&p, ACTION_REMOVE);
    }
}
END_TEST

START_TEST(retry_of_a_failure_is_a_new_transaction)
{
    struct policy p;

    at(&p, DLOTA_FAILED);
    p.o.attempts = 9;
    p.o.fails = 20;
    p.o.streak = 4;
    p.o.restarts = 2;
    p.o.oddities = 0x301;
    p.o.short_at = 400;
    p.o.best = 900;
    p.o.idle = WEEK;
    p.o.report = DLOTA_REPORT_ANSWERED;
    p.o.report_tries = 2;
    p.o.started = NOW;
    words(p.o.report_answer, sizeof(p.o.report_answer), "200 OK");
    words(p.o.detail, sizeof(p.o.detail), "connection reset");
    verb(&p, DLOTA_RETRY);
    acts(&p, ACTION_WITHDRAW);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.due, p.now);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL); /* a range is held: it has begun */
    ck_assert_uint_eq(p.o.have, 400);
    ck_assert_uint_eq(p.o.best, 400);
    ck_assert_uint_eq(p.o.attempts + p.o.fails + p.o.streak + p.o.restarts + p.o.oddities + p.o.report_tries, 0);
    ck_assert_uint_eq(p.o.short_at, 0);
    ck_assert_int_eq(p.o.idle + p.o.idle_since + p.o.ended + p.o.started, 0);
    ck_assert_int_eq(p.o.report, DLOTA_REPORT_NONE);
    ck_assert_str_eq(p.o.report_answer, "");
    ck_assert_str_eq(p.o.detail, "");
    ck_assert_int_eq(p.o.cause, DLOTA_NO_CAUSE);
    turn(&p);
    acts(&p, ACTION_GET);
    ck_assert_uint_eq(p.o.have, 400);
}
END_TEST

START_TEST(retry_from_zero)
{
    struct policy p;

    at(&p, DLOTA_FAILED);
    p.o.have = 0;
    verb(&p, DLOTA_RETRY);
    acts(&p, ACTION_WITHDRAW);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PENDING);
    ck_assert_uint_eq(p.o.total, 0);
    ck_assert_uint_eq(p.o.gen, 1); /* the next is another generation all the same */
    at(&p, DLOTA_FAILED);
    p.o.pin = DLOTA_UNPINNED;
    verb(&p, DLOTA_RETRY);
    acts(&p, ACTION_WITHDRAW, ACTION_DROP);
    ck_assert_uint_eq(p.o.have, 0);
}
END_TEST

START_TEST(retry_of_what_cannot_be_retried)
{
    struct policy p;

    at(&p, DLOTA_FAILED);
    p.o.cause = DLOTA_BAD_DESCRIPTOR;
    ck_assert_int_eq(verb(&p, DLOTA_RETRY)->rc, NO);
    p.o.cause = DLOTA_BAD_VERSION;
    ck_assert_int_eq(verb(&p, DLOTA_RETRY)->rc, NO);
    p.o.cause = DLOTA_DEVICE;
    p.o.part = DLOTA_PART_BAD;
    ck_assert_int_eq(verb(&p, DLOTA_RETRY)->rc, NO);
    p.o.part = 0;
    p.o.cause = DLOTA_REPORT_REFUSED;
    ck_assert_int_eq(verb(&p, DLOTA_RETRY)->rc, 0);
}
END_TEST

policy_main("agent_steer", verbs_and_states, confirm_lets_it_go, what_already_holds_changes_nothing,
            pause_keeps_the_range, pause_that_would_lose_bytes, a_pause_before_its_turn, resume_ends_any_wait,
            rm_is_cancel, rm_of_nothing_held_drops_nothing, rm_while_reporting, rm_of_what_has_ended,
            retry_of_a_failure_is_a_new_transaction, retry_from_zero, retry_of_what_cannot_be_retried)
