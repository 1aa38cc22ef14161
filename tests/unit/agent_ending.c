/* How content ends (policy.md 2 and 3). */
#include "unit/policy.h"

/* ---- how content ends ---- */

START_TEST(nothing_came)
{
    struct policy p;

    policy_taking(&p);
    p.o.total = 0;
    ended(&p, 0, true);
    failed_with(&p, DLOTA_MISMATCH);
    acts(&p, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(chunked_end_at_another_length)
{
    struct policy p;

    policy_taking(&p);
    p.o.total = 0;
    ended(&p, SIZE - 1, true);
    failed_with(&p, DLOTA_MISMATCH);
    policy_taking(&p);
    p.o.total = 0;
    ended(&p, SIZE, true);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.total, SIZE);
    /* Tolerant: any length up to the tolerance. */
    policy_taking(&p);
    p.options.size_tolerant = true;
    p.o.total = 0;
    ended(&p, SIZE - 1, true);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.total, SIZE - 1);
}
END_TEST

START_TEST(closed_short_once_is_an_interruption_twice_905)
{
    struct policy p;

    policy_taking(&p);
    p.o.total = 0;
    p.o.ranges = DLOTA_RANGES_NO;
    ended(&p, 600, false);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_uint_eq(p.o.short_at, 600);
    acts(&p, ACTION_DROP);
    turn(&p);
    good(&p);
    p.facts.has_length = p.facts.framed = false;
    p.facts.accept_ranges = HTTP_RANGES_UNSAID;
    head(&p);
    ended(&p, 601, false);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    turn(&p);
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ended(&p, 601, false);
    failed_with(&p, DLOTA_MISMATCH);
}
END_TEST

START_TEST(closed_at_the_descriptors_size_is_the_end)
{
    struct policy p;

    policy_taking(&p);
    p.o.total = 0;
    ended(&p, SIZE, false);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
}
END_TEST

START_TEST(closed_within_tolerance_twice_is_the_end)
{
    struct policy p;

    policy_taking(&p);
    p.options.size_tolerant = true;
    p.o.total = 0;
    p.o.ranges = DLOTA_RANGES_NO;
    ended(&p, 1200, false);
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    turn(&p);
    good(&p);
    p.facts.has_length = p.facts.framed = false;
    head(&p);
    ended(&p, 1200, false);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.total, 1200);
}
END_TEST

START_TEST(a_part_shorter_than_asked_goes_straight_on)
{
    struct policy p;

    policy_resuming(&p);
    ck_assert_int_eq(p.o.started, NOW); /* the first attempt's */
    ck_assert_int_gt(p.now, NOW);
    part(&p, 400, 699, SIZE);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    p.got = 700;
    policy_send(&p, (struct event){.kind = EVENT_ENDED, .framed = true, .flag = true});
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    ck_assert_int_eq(p.o.due, p.now);
    ck_assert_uint_eq(p.o.streak, 0);
    ck_assert_uint_eq(p.o.fails, 0);
    ck_assert_uint_eq(p.o.best, 700);
    acts(&p, ACTION_MARK);
}
END_TEST

START_TEST(a_part_that_brought_nothing_is_a_failure)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 699, SIZE);
    p.facts.has_length = false;
    head(&p);
    p.got = 400;
    policy_send(&p, (struct event){.kind = EVENT_ENDED, .framed = true, .flag = true});
    interrupted_by(&p, DLOTA_NETWORK_LOST);
    ck_assert_uint_eq(p.o.fails, 1);
    ck_assert_int_gt(p.o.due, p.now);
}
END_TEST

START_TEST(a_part_of_unknown_total_is_not_the_whole)
{
    struct policy p;

    policy_resuming(&p);
    p.options.size_tolerant = true;
    p.o.total = 0;
    part(&p, 400, 699, 0);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    p.got = 700;
    policy_send(&p, (struct event){.kind = EVENT_ENDED, .framed = true, .flag = true});
    ck_assert_int_eq(p.o.state, DLOTA_QUEUED);
    /* ... unless it has come to the descriptor's size. */
    policy_resuming(&p);
    p.o.total = 0;
    part(&p, 400, 999, 0);
    head(&p);
    p.got = SIZE;
    policy_send(&p, (struct event){.kind = EVENT_ENDED, .framed = true, .flag = true});
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
}
END_TEST

START_TEST(longer_than_the_answer_said)
{
    struct policy p;

    policy_taking(&p);
    ended(&p, SIZE + 1, true);
    failed_with(&p, DLOTA_MISMATCH);
}
END_TEST

/* ---- disk ---- */

START_TEST(disk_full_waits)
{
    static const int full[] = {-ENOSPC, -EDQUOT};

    for (unsigned i = 0; i < 2; i++) {
        struct policy p;

        policy_taking(&p);
        disk(&p, 400, full[i]);
        interrupted_by(&p, DLOTA_NO_ROOM);
        acts(&p, ACTION_HANG_UP, ACTION_MARK);
        policy_taking(&p);
        p.o.ranges = DLOTA_RANGES_NO;
        disk(&p, 400, full[i]);
        interrupted_by(&p, DLOTA_NO_ROOM);
        acts(&p, ACTION_HANG_UP, ACTION_DROP);
    }
}
END_TEST

START_TEST(disk_broken_ends)
{
    struct policy p;

    policy_taking(&p);
    disk(&p, 400, -EIO);
    failed_with(&p, DLOTA_DEVICE);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(mark_fails_after_the_transfer)
{
    struct policy p;

    policy_taking(&p);
    broke(&p, 400, HTTP_LOST);
    disk(&p, 0, -ENOSPC);
    interrupted_by(&p, DLOTA_NO_ROOM);
    ck_assert_int_eq(p.o.due, p.was.due);
    no_acts(&p);
    disk(&p, 0, -EIO);
    failed_with(&p, DLOTA_DEVICE);
    policy_taking(&p);
    p.got = 400;
    verb(&p, DLOTA_PAUSE);
    disk(&p, 0, -ENOSPC);
    ck_assert_int_eq(p.o.state, DLOTA_PAUSED);
}
END_TEST

policy_main("agent_ending", nothing_came, chunked_end_at_another_length, closed_short_once_is_an_interruption_twice_905,
            closed_at_the_descriptors_size_is_the_end, closed_within_tolerance_twice_is_the_end,
            a_part_shorter_than_asked_goes_straight_on, a_part_that_brought_nothing_is_a_failure,
            a_part_of_unknown_total_is_not_the_whole, longer_than_the_answer_said, disk_full_waits, disk_broken_ends,
            mark_fails_after_the_transfer)
