/* Checks, installation in two phases, descriptors that are fetched, starts (policy.md 5). */
#include "unit/policy.h"

/* ---- a good retrieval from end to end ---- */

START_TEST(all_is_well)
{
    struct policy p;

    policy_begin(&p);
    p.o.state = (enum dlota_state)0;
    p.o.folder = DLOTA_NOWHERE;
    policy_send(&p, (struct event){.kind = EVENT_CHECKED});
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PENDING);
    ck_assert_int_eq(p.o.due, NOW);
    no_acts(&p);
    p.now += 5;
    turn(&p);
    ck_assert_int_eq(p.o.state, DLOTA_DOWNLOADING);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL);
    ck_assert_uint_eq(p.o.attempts, 1);
    ck_assert_int_eq(p.o.started, p.now);
    ck_assert_int_eq(p.o.due, 0);
    acts(&p, ACTION_GET);
    good(&p);
    words(p.facts.effective, sizeof(p.facts.effective), "http://elsewhere/x");
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ck_assert_uint_eq(p.step.act[0].limit, SIZE);
    ck_assert_uint_eq(p.o.gen, 1);
    ck_assert_uint_eq(p.o.total, SIZE);
    ck_assert_str_eq(p.o.type, "image/gif");
    ck_assert_str_eq(p.o.etag, TAG);
    ck_assert_str_eq(p.o.effective, "http://elsewhere/x");
    ck_assert_int_eq(p.o.pin, DLOTA_PIN_ETAG);
    ck_assert_int_eq(p.o.ranges, DLOTA_RANGES_BYTES);
    ended(&p, SIZE, true);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.have, 0);
    acts(&p, ACTION_SEAL);
    sealed(&p, 0);
    ck_assert_int_eq(p.o.state, DLOTA_REPORTING);
    acts(&p, ACTION_REPORT);
    ck_assert_int_eq(p.step.act[0].cause, DLOTA_SUCCESS);
    ck_assert(p.step.act[0].decides);
    ck_assert_int_eq(p.o.report, DLOTA_REPORT_QUEUED);
    ck_assert_uint_eq(p.o.report_tries_max, 3);
    answered(&p, VERDICT_TAKEN, "200 OK");
    ck_assert_int_eq(p.o.state, DLOTA_RELEASED);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PARTIAL);
    ck_assert_int_eq(p.o.ended, p.now);
    ck_assert_str_eq(p.o.report_answer, "200 OK");
    acts(&p, ACTION_PUBLISH);
    ck_assert_int_eq(p.step.act[0].to, DLOTA_IN_INSTALLED);
    policy_send(&p, (struct event){.kind = EVENT_PUBLISHED});
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLED);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_INSTALLED);
    ck_assert_int_eq(policy_send(&p, (struct event){.kind = EVENT_PUBLISHED})->rc, -EINVAL);
}
END_TEST

START_TEST(without_notify_uri_no_report)
{
    struct policy p;

    policy_taking(&p);
    p.terms.notify = false;
    ended(&p, SIZE, true);
    sealed(&p, 0);
    ck_assert_int_eq(p.o.state, DLOTA_RELEASED);
    ck_assert_int_eq(p.o.report, DLOTA_REPORT_NONE);
    acts(&p, ACTION_PUBLISH);
    policy_taking(&p);
    p.terms.notify = false;
    bare(&p, 404, "Not Found");
    ended(&p, 0, true);
    failed_with(&p, DLOTA_MISMATCH);
    acts(&p, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

/* ---- checks ---- */

START_TEST(check_fails)
{
    static const enum dlota_cause causes[] = {DLOTA_BAD_DESCRIPTOR, DLOTA_BAD_VERSION, DLOTA_NOT_ACCEPTED,
                                              DLOTA_NEVER_FITS};

    for (unsigned i = 0; i < 4; i++) {
        struct policy p;

        policy_begin(&p);
        p.o.state = (enum dlota_state)0;
        policy_send(&p, (struct event){.kind = EVENT_CHECKED, .cause = causes[i], .detail = "line 7"});
        failed_with(&p, causes[i]);
        acts(&p, ACTION_REPORT, ACTION_PUBLISH);
        ck_assert_int_eq(p.step.act[0].cause, causes[i]);
        ck_assert(!p.step.act[0].decides);
        ck_assert_str_eq(p.o.detail, "line 7");
        /* A report in failed/ comes by a rename, so it stands somewhere before. */
        ck_assert_int_eq(p.o.folder, DLOTA_IN_PENDING);
        policy_send(&p, (struct event){.kind = EVENT_PUBLISHED});
        ck_assert_int_eq(p.o.folder, DLOTA_IN_FAILED);
        ck_assert_int_eq(policy_send(&p, (struct event){.kind = EVENT_PUBLISHED})->rc, -EINVAL);
    }
}
END_TEST

START_TEST(check_asks)
{
    struct policy p;

    policy_begin(&p);
    p.o.state = (enum dlota_state)0;
    policy_send(&p, (struct event){.kind = EVENT_CHECKED, .flag = true});
    ck_assert_int_eq(p.o.state, DLOTA_UNCONFIRMED);
    ck_assert_int_eq(p.o.due, 0);
    ck_assert_int_eq(turn(&p)->rc, -EINVAL);
}
END_TEST

START_TEST(check_again_after_retry)
{
    struct policy p;

    policy_begin(&p);
    policy_send(&p, (struct event){.kind = EVENT_CHECKED});
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    policy_send(&p, (struct event){.kind = EVENT_CHECKED, .cause = DLOTA_NOT_ACCEPTED});
    failed_with(&p, DLOTA_NOT_ACCEPTED);
    policy_resuming(&p);
    ck_assert_int_eq(policy_send(&p, (struct event){.kind = EVENT_CHECKED})->rc, -EINVAL);
}
END_TEST

/* ---- installation ---- */

START_TEST(digest_differs)
{
    struct policy p;

    policy_taking(&p);
    ended(&p, SIZE, true);
    policy_send(&p, (struct event){.kind = EVENT_SEALED, .rc = -EBADMSG, .detail = "sha-256 differs"});
    failed_with(&p, DLOTA_MISMATCH);
    ck_assert_str_eq(p.o.detail, "sha-256 differs");
    acts(&p, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
    /* In two pieces: once from zero. */
    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    head(&p);
    ended(&p, SIZE, true);
    sealed(&p, -EBADMSG);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_uint_eq(p.o.have, 0);
    acts(&p, ACTION_DROP);
    turn(&p);
    good(&p);
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ended(&p, SIZE, true);
    sealed(&p, -EBADMSG);
    failed_with(&p, DLOTA_MISMATCH);
}
END_TEST

START_TEST(seal_fails)
{
    struct policy p;

    policy_taking(&p);
    p.o.have = 400;
    ended(&p, SIZE, true);
    sealed(&p, -ENOSPC);
    interrupted_by(&p, DLOTA_NO_ROOM);
    no_acts(&p); /* what was flushed before stays; another flush would only pretend */
    ck_assert_uint_eq(p.o.have, 400);
    policy_taking(&p);
    ended(&p, SIZE, true);
    sealed(&p, -ENOSPC);
    interrupted_by(&p, DLOTA_NO_ROOM);
    acts(&p, ACTION_DROP);
    policy_taking(&p);
    ended(&p, SIZE, true);
    sealed(&p, -EIO);
    failed_with(&p, DLOTA_DEVICE);
}
END_TEST

START_TEST(report_refused)
{
    struct policy p;

    policy_taking(&p);
    ended(&p, SIZE, true);
    sealed(&p, 0);
    answered(&p, VERDICT_REFUSED, "404 Not Found");
    failed_with(&p, DLOTA_REPORT_REFUSED);
    acts(&p, ACTION_DROP, ACTION_PUBLISH); /* and no second code (I4) */
    ck_assert_int_eq(p.o.report, DLOTA_REPORT_IS_REFUSED);
    ck_assert_str_eq(p.o.report_answer, "404 Not Found");
}
END_TEST

START_TEST(report_lost)
{
    struct policy p;

    policy_taking(&p);
    ended(&p, SIZE, true);
    sealed(&p, 0);
    answered(&p, VERDICT_LOST, "");
    ck_assert_int_eq(p.o.state, DLOTA_RELEASED);
    ck_assert_int_eq(p.o.report, DLOTA_REPORT_UNANSWERED);
    acts(&p, ACTION_DETACH, ACTION_PUBLISH);
    policy_taking(&p);
    p.options.report_lost_discard = true;
    ended(&p, SIZE, true);
    sealed(&p, 0);
    answered(&p, VERDICT_LOST, "");
    failed_with(&p, DLOTA_REPORT_LOST);
    acts(&p, ACTION_DETACH, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(a_late_answer_changes_a_line_only)
{
    static const enum dlota_state states[] = {DLOTA_RELEASED, DLOTA_INSTALLED, DLOTA_FAILED};

    for (unsigned i = 0; i < 3; i++) {
        struct policy p;

        policy_begin(&p);
        p.o.state = states[i];
        p.o.ended = NOW;
        answered(&p, VERDICT_REFUSED, "404 Not Found");
        ck_assert_int_eq(p.o.state, states[i]);
        ck_assert_int_eq(p.o.report, DLOTA_REPORT_IS_REFUSED);
        no_acts(&p);
    }
}
END_TEST

/* ---- a descriptor that is fetched ---- */

static void fetching(struct policy *p)
{
    policy_begin(p);
    p->o.part = DLOTA_PART_DESCRIPTOR;
    p->o.size = 0;
    p->terms = (struct terms){0};
    turn(p);
    ck_assert_int_eq(p->o.folder, DLOTA_IN_PENDING);
    bare(p, 200, "OK");
    typed(p, "application/vnd.oma.dd+xml");
}

START_TEST(descriptor_is_adopted)
{
    struct policy p;

    fetching(&p);
    p.options.max_size = 10;
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ck_assert_uint_eq(p.step.act[0].limit, LIMIT_DESCRIPTOR);
    ended(&p, 300, false);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_int_eq(p.o.folder, DLOTA_IN_PENDING);
    acts(&p, ACTION_ADOPT);
    ck_assert_int_eq(sealed(&p, 0)->rc, -EINVAL);
    policy_send(&p, (struct event){.kind = EVENT_CHECKED, .cause = DLOTA_BAD_DESCRIPTOR, .detail = "line 1"});
    failed_with(&p, DLOTA_BAD_DESCRIPTOR);
    ck_assert_ptr_nonnull(policy_act(&p, ACTION_DROP));
}
END_TEST

START_TEST(descriptor_too_large)
{
    struct policy p;

    fetching(&p);
    sized(&p, LIMIT_DESCRIPTOR + 1);
    head(&p);
    failed_with(&p, DLOTA_BAD_DESCRIPTOR);
    ck_assert_str_eq(p.o.detail, "larger than 256 KiB");
    fetching(&p);
    head(&p);
    p.got = LIMIT_DESCRIPTOR;
    policy_send(&p, (struct event){.kind = EVENT_OVERRUN});
    failed_with(&p, DLOTA_BAD_DESCRIPTOR);
    ck_assert_str_eq(p.o.detail, "larger than 256 KiB");
}
END_TEST

START_TEST(descriptor_cannot_be_had)
{
    struct policy p;

    fetching(&p);
    bare(&p, 404, "Not Found");
    head(&p);
    failed_with(&p, DLOTA_NOT_LOADED);
    acts(&p, ACTION_HANG_UP, ACTION_PUBLISH);
    fetching(&p);
    sized(&p, 0);
    head(&p);
    failed_with(&p, DLOTA_NOT_LOADED);
    fetching(&p);
    head(&p);
    ended(&p, 0, true);
    failed_with(&p, DLOTA_NOT_LOADED);
    fetching(&p);
    tagged(&p, TAG, true);
    p.facts.accept_ranges = HTTP_RANGES_BYTES;
    head(&p);
    broke(&p, 200, HTTP_LOST);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    acts(&p, ACTION_DROP); /* too small to be resumed */
}
END_TEST

/* ---- starts ---- */

static void start(struct policy *p) { policy_send(p, (struct event){.kind = EVENT_START}); }

START_TEST(start_goes_on)
{
    struct policy p;

    policy_taking(&p);
    p.o.have = 300;
    p.o.total = SIZE;
    start(&p);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.due, p.now);
    ck_assert_uint_eq(p.o.have, 300);
    ck_assert_uint_eq(p.o.fails, 0);
    no_acts(&p);
    policy_taking(&p);
    p.o.have = 300;
    p.o.pin = DLOTA_UNPINNED;
    start(&p);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_uint_eq(p.o.have, 0);
    acts(&p, ACTION_DROP);
    /* Everything had come: no request is needed, whether or not it could be resumed. */
    policy_taking(&p);
    p.o.have = SIZE;
    p.o.pin = DLOTA_UNPINNED;
    start(&p);
    no_acts(&p);
    turn(&p);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    acts(&p, ACTION_SEAL);
}
END_TEST

START_TEST(start_while_installing)
{
    struct policy p;

    policy_taking(&p);
    ended(&p, SIZE, true);
    p.o.have = SIZE;
    start(&p);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    acts(&p, ACTION_SEAL);
    p.o.have = 600;
    start(&p);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_uint_eq(p.o.have, 600);
    no_acts(&p);
    policy_taking(&p);
    p.o.pin = DLOTA_UNPINNED;
    ended(&p, SIZE, true);
    p.o.have = 600;
    start(&p);
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_uint_eq(p.o.have, 0);
    acts(&p, ACTION_DROP);
}
END_TEST

START_TEST(start_leaves_waits_alone)
{
    static const enum dlota_state states[] = {DLOTA_UNCONFIRMED, DLOTA_QUEUED,    DLOTA_PAUSED,
                                              DLOTA_INTERRUPTED, DLOTA_REPORTING, DLOTA_INSTALLED};

    for (unsigned i = 0; i < 6; i++) {
        struct policy p;

        policy_begin(&p);
        p.o.state = states[i];
        p.o.attempts = 1;
        p.o.due = states[i] == DLOTA_QUEUED || states[i] == DLOTA_INTERRUPTED ? NOW + 77 : 0;
        start(&p);
        ck_assert_int_eq(p.step.rc, 0);
        ck_assert_int_eq(p.o.state, states[i]);
        ck_assert_int_eq(p.o.due, p.was.due);
        no_acts(&p);
    }
}
END_TEST

START_TEST(start_shows_what_was_not_shown)
{
    struct policy p;

    policy_begin(&p);
    p.o.state = DLOTA_RELEASED;
    p.o.folder = DLOTA_IN_PARTIAL;
    start(&p);
    acts(&p, ACTION_PUBLISH);
    ck_assert_int_eq(p.step.act[0].to, DLOTA_IN_INSTALLED);
    p.o.state = DLOTA_FAILED;
    start(&p);
    acts(&p, ACTION_PUBLISH);
    ck_assert_int_eq(p.step.act[0].to, DLOTA_IN_FAILED);
    p.o.folder = DLOTA_IN_FAILED;
    start(&p);
    no_acts(&p);
}
END_TEST

policy_main("agent_install", all_is_well, without_notify_uri_no_report, check_fails, check_asks,
            check_again_after_retry, digest_differs, seal_fails, report_refused, report_lost,
            a_late_answer_changes_a_line_only, descriptor_is_adopted, descriptor_too_large, descriptor_cannot_be_had,
            start_goes_on, start_while_installing, start_leaves_waits_alone, start_shows_what_was_not_shown)
