/* The ladder of a resume, rung by rung (policy.md 4; RFC 9110 14, 15.3.7, 15.5.17).
 */
#include "unit/policy.h"

/* Nothing that is held was touched: no drop, nothing taken. */
#define untouched(p) policy_untouched((p), __LINE__)
static void policy_untouched(const struct policy *p, int line)
{
    ck_assert_msg(!policy_act(p, ACTION_DROP), "line %d: dropped", line);
    ck_assert_msg(!policy_act(p, ACTION_TAKE_NEW), "line %d: taken", line);
    ck_assert_msg(p->o.have == 400 && p->o.gen == 1, "line %d: have %d", line, (int)p->o.have);
    ck_assert_msg(download_resumable(&p->options, &p->o), "line %d: not resumable", line);
}

/* Begun again with a plain GET. */
#define from_zero(p) policy_from_zero((p), __LINE__)
static void policy_from_zero(struct policy *p, int line)
{
    ck_assert_msg(p->o.state == DLOTA_QUEUED && p->o.due == p->now, "line %d: state %d", line, (int)p->o.state);
    ck_assert_msg(p->o.have == 0, "line %d", line);
    acts(p, ACTION_HANG_UP, ACTION_DROP);
    ck_assert_uint_eq(p->step.act[1].gen, p->o.gen);
    turn(p);
    acts(p, ACTION_GET);
}

START_TEST(a_part_under_our_tag_is_appended)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    ck_assert_uint_eq(p.step.act[0].limit, SIZE);
    untouched(&p);
    ck_assert_str_eq(p.o.etag, TAG);
    ended(&p, SIZE, true);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
}
END_TEST

START_TEST(a_part_under_our_date_is_appended)
{
    struct policy p;

    policy_resuming(&p);
    p.o.pin = DLOTA_PIN_DATE;
    words(p.o.modified, sizeof(p.o.modified), DATE);
    part(&p, 400, 999, SIZE);
    tagged(&p, "\"other\"", true); /* only what is the pin is compared */
    dated(&p, DATE, 1000, 5000);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
}
END_TEST

START_TEST(quotes_do_not_make_another_tag)
{
    static const struct {
        const char *ours, *theirs;
        bool same;
    } table[] = {
        {"\"v1\"", "v1", true},      {"v1", "\"v1\"", true}, {"\"v1\"", "\"v1\"", true},
        {"\"v1\"", "\"V1\"", false}, {"v1", "v11", false},   {"\"", "\"\"", false},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_resuming(&p);
        words(p.o.etag, sizeof(p.o.etag), table[i].ours);
        part(&p, 400, 999, SIZE);
        tagged(&p, table[i].theirs, true);
        head(&p);
        ck_assert_msg((policy_act(&p, ACTION_TAKE_MORE) != NULL) == table[i].same, "row %u", i);
    }
}
END_TEST

START_TEST(total_is_learnt_from_a_part)
{
    struct policy p;

    policy_resuming(&p);
    p.o.total = 0;
    part(&p, 400, 999, SIZE);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    ck_assert_uint_eq(p.o.total, SIZE);
    /* Our version for sure, and not the descriptor's length: 905. */
    policy_resuming(&p);
    p.o.total = 0;
    part(&p, 400, 999, SIZE + 1);
    head(&p);
    failed_with(&p, DLOTA_MISMATCH);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(a_part_of_unknown_total_is_appended)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, 0);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    ck_assert_uint_eq(p.o.total, SIZE);
}
END_TEST

START_TEST(silence_about_ranges_changes_nothing_none_does)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    head(&p);
    ck_assert_int_eq(p.o.ranges, DLOTA_RANGES_BYTES);
    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    p.facts.accept_ranges = HTTP_RANGES_NONE;
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    ck_assert_int_eq(p.o.ranges, DLOTA_RANGES_NO);
    broke(&p, 700, HTTP_LOST);
    acts(&p, ACTION_DROP);
}
END_TEST

START_TEST(a_later_offer_of_ranges_is_not_the_first_answers)
{
    struct policy p;

    policy_taking(&p);
    p.o.ranges = DLOTA_RANGES_NO;
    broke(&p, 400, HTTP_LOST);
    acts(&p, ACTION_DROP);
    ck_assert_int_eq(p.o.ranges, DLOTA_RANGES_NO);
}
END_TEST

/* ---- 206 that cannot be used ---- */

static void spoil(struct policy *p, unsigned how)
{
    switch (how) {
    case 0:
        tagged(p, "", false);
        break;
    case 1:
        tagged(p, "W/\"v1\"", false);
        break;
    case 2:
        p->facts.content_range = HTTP_RANGE_ABSENT;
        break;
    case 3:
        p->facts.content_range = HTTP_RANGE_MALFORMED;
        break;
    case 4:
        p->facts.first = 399;
        break;
    case 5:
        p->facts.first = 401;
        break;
    case 6:
        p->facts.range_total = SIZE + 1;
        break;
    case 7:
        p->facts.multipart_ranges = true;
        break;
    case 8:
        p->facts.length = SIZE; /* the whole length on a part */
        break;
    case 9:
        p->facts.last = 1200;
        p->facts.range_total = 0;
        p->facts.has_length = false;
        break;
    default:
        p->facts.last = 399;
        p->facts.has_length = false;
        break;
    }
}
enum { SPOILS = 11 };

START_TEST(unusable_once_is_a_failed_attempt)
{
    for (unsigned i = 0; i < SPOILS; i++) {
        struct policy p;

        policy_resuming(&p);
        part(&p, 400, 999, SIZE);
        spoil(&p, i);
        head(&p);
        interrupted_by(&p, DLOTA_NO_ANSWER);
        acts(&p, ACTION_HANG_UP, ACTION_MARK);
        untouched(&p);
        ck_assert_uint_eq(p.o.fails, 1);
        ck_assert_int_gt(p.o.due, p.now);
        ck_assert_str_ne(p.o.detail, "");
    }
}
END_TEST

START_TEST(unusable_twice_from_zero_thrice_954)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    tagged(&p, "", false);
    head(&p);
    turn(&p);
    head(&p);
    from_zero(&p);
    ck_assert_uint_eq(p.o.restarts, 0);
    good(&p);
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ck_assert_uint_eq(p.o.gen, 2);
    broke(&p, 500, HTTP_LOST);
    p.o.have = 500;
    turn(&p);
    part(&p, 500, 999, SIZE);
    tagged(&p, "", false);
    head(&p);
    failed_with(&p, DLOTA_NOT_LOADED);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(a_usable_part_ends_the_row_of_unusable_ones)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    tagged(&p, "", false);
    head(&p);
    turn(&p);
    part(&p, 400, 999, SIZE);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    broke(&p, 500, HTTP_LOST);
    p.o.have = 500;
    turn(&p);
    part(&p, 500, 999, SIZE);
    tagged(&p, "", false);
    head(&p);
    interrupted_by(&p, DLOTA_NO_ANSWER);
}
END_TEST

/* ---- not our object ---- */

START_TEST(foreign_answers_touch_nothing)
{
    for (unsigned i = 0; i < 7; i++) {
        struct policy p;

        policy_resuming(&p);
        if (i == 0) { /* a portal's page */
            good(&p);
            typed(&p, "text/html");
            tagged(&p, "", false);
        } else if (i == 1) { /* even with our tag on it */
            good(&p);
            typed(&p, "text/html");
        } else if (i == 2) { /* without a type, of a length that cannot be */
            good(&p);
            tagged(&p, "", false);
            sized(&p, 77);
        } else if (i == 3) {
            bare(&p, 511, "Network Authentication Required");
        } else if (i == 4) {
            part(&p, 400, 999, SIZE);
            typed(&p, "text/html");
        } else if (i == 5) { /* listed, but not what our version is */
            part(&p, 400, 999, SIZE);
            typed(&p, "image/jpeg");
        } else {
            bare(&p, 204, "No Content");
        }
        head(&p);
        interrupted_by(&p, DLOTA_FOREIGN);
        acts(&p, ACTION_HANG_UP, ACTION_MARK);
        untouched(&p);
        ck_assert_uint_eq(p.o.fails, 1);
    }
}
END_TEST

START_TEST(a_part_without_a_type_passes)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    typed(&p, "");
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
}
END_TEST

/* ---- the whole instead of a part ---- */

START_TEST(the_whole_of_our_version_is_skipped)
{
    struct policy p;

    policy_resuming(&p);
    good(&p);
    p.facts.accept_ranges = HTTP_RANGES_UNSAID;
    head(&p);
    acts(&p, ACTION_SKIP_TAKE);
    ck_assert_uint_eq(p.step.act[0].limit, SIZE);
    untouched(&p);
    ck_assert_uint_eq(p.o.restarts, 0);
    policy_resuming(&p);
    p.o.total = 0;
    good(&p);
    head(&p);
    acts(&p, ACTION_SKIP_TAKE);
    ck_assert_uint_eq(p.o.total, SIZE);
}
END_TEST

START_TEST(the_whole_of_another_version_is_the_new_beginning)
{
    struct policy p;

    policy_resuming(&p);
    good(&p);
    tagged(&p, "\"v2\"", true);
    head(&p);
    acts(&p, ACTION_DROP, ACTION_TAKE_NEW);
    ck_assert_uint_eq(p.step.act[0].gen, 1);
    ck_assert_uint_eq(p.o.gen, 2);
    ck_assert_uint_eq(p.o.have, 0);
    ck_assert_str_eq(p.o.etag, "\"v2\"");
    ck_assert_uint_eq(p.o.restarts, 1);
}
END_TEST

START_TEST(another_version_that_does_not_fit_is_957)
{
    struct policy p;

    policy_resuming(&p);
    good(&p);
    tagged(&p, "\"v2\"", true);
    sized(&p, 2000);
    head(&p);
    failed_with(&p, DLOTA_UPDATED);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(a_whole_without_a_pin_is_a_new_beginning)
{
    for (unsigned i = 0; i < 3; i++) {
        struct policy p;

        policy_resuming(&p);
        good(&p);
        if (i == 0)
            tagged(&p, "", false);
        else if (i == 1)
            tagged(&p, "W/\"v1\"", false);
        else
            p.facts.status = 203; /* a proxy's validators are not the origin's */
        head(&p);
        acts(&p, ACTION_DROP, ACTION_TAKE_NEW);
        ck_assert_uint_eq(p.o.restarts, 1);
        ck_assert_int_eq(p.o.pin, DLOTA_UNPINNED);
    }
}
END_TEST

START_TEST(our_tag_with_another_length_is_not_trusted)
{
    struct policy p;

    policy_resuming(&p);
    p.options.size_tolerant = true;
    good(&p);
    sized(&p, SIZE + 10);
    head(&p);
    acts(&p, ACTION_DROP, ACTION_TAKE_NEW);
}
END_TEST

/* ---- another version ---- */

START_TEST(another_tag_on_a_part_starts_over)
{
    struct policy p;

    policy_resuming(&p);
    part(&p, 400, 999, SIZE);
    tagged(&p, "\"v2\"", true);
    head(&p);
    ck_assert_uint_eq(p.o.restarts, 1);
    ck_assert_str_eq(p.o.etag, "");
    from_zero(&p);
    /* What then does not fit the descriptor: 957. */
    good(&p);
    sized(&p, SIZE + 1);
    head(&p);
    failed_with(&p, DLOTA_UPDATED);
}
END_TEST

START_TEST(after_another_version_any_misfit_is_957)
{
    struct policy p;

    policy_resuming(&p);
    p.o.short_at = 400;
    part(&p, 400, 999, SIZE);
    tagged(&p, "\"v2\"", true);
    head(&p);
    ck_assert_uint_eq(p.o.short_at, 0); /* that was a length of the old one */
    from_zero(&p);
    good(&p);
    typed(&p, "text/html");
    head(&p);
    failed_with(&p, DLOTA_UPDATED);
}
END_TEST

START_TEST(another_date_even_an_older_one)
{
    struct policy p;

    policy_resuming(&p);
    p.o.pin = DLOTA_PIN_DATE;
    words(p.o.modified, sizeof(p.o.modified), DATE);
    part(&p, 400, 999, SIZE);
    dated(&p, "Thu, 19 Nov 2026 09:00:00 GMT", 900, 5000);
    head(&p);
    from_zero(&p);
}
END_TEST

START_TEST(three_times_then_957)
{
    struct policy p;

    policy_resuming(&p);
    for (unsigned i = 0; i < 3; i++) {
        part(&p, p.o.have, 999, SIZE);
        tagged(&p, "\"other\"", true);
        head(&p);
        ck_assert_uint_eq(p.o.restarts, i + 1);
        from_zero(&p);
        good(&p);
        head(&p);
        broke(&p, 500, HTTP_LOST);
        p.o.have = 500;
        turn(&p);
    }
    if (true) { /* the same for both ways it can show */
        struct policy q = p;

        good(&q);
        tagged(&q, "\"other\"", true);
        head(&q);
        failed_with(&q, DLOTA_UPDATED);
    }
    part(&p, 500, 999, SIZE);
    tagged(&p, "\"other\"", true);
    head(&p);
    failed_with(&p, DLOTA_UPDATED);
    ck_assert_uint_eq(p.o.have, 0);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(precondition_failed_is_957)
{
    struct policy p;

    policy_resuming(&p);
    bare(&p, 412, "Precondition Failed");
    head(&p);
    failed_with(&p, DLOTA_UPDATED);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
    ck_assert_uint_eq(p.o.have, 0);
}
END_TEST

START_TEST(precondition_failed_without_one_is_954)
{
    struct policy p;

    policy_resuming(&p);
    p.options.unpinned_resume = true;
    p.o.pin = DLOTA_UNPINNED;
    bare(&p, 412, "Precondition Failed");
    head(&p);
    failed_with(&p, DLOTA_NOT_LOADED);
}
END_TEST

/* ---- 416 ---- */

static void unsatisfied(struct policy *p, uint64_t total)
{
    bare(p, 416, "Range Not Satisfiable");
    p->facts.content_range = total ? HTTP_RANGE_UNSATISFIED : HTTP_RANGE_ABSENT;
    p->facts.range_total = total;
}

START_TEST(nothing_left_means_complete)
{
    struct policy p;

    policy_resuming(&p);
    p.o.size = p.o.total = 0;
    unsatisfied(&p, 400);
    head(&p);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.total, 400);
    acts(&p, ACTION_HANG_UP, ACTION_SEAL);
}
END_TEST

START_TEST(complete_but_not_the_descriptors_length)
{
    struct policy p;

    policy_resuming(&p);
    p.o.total = 0;
    unsatisfied(&p, 400);
    head(&p);
    failed_with(&p, DLOTA_MISMATCH);
}
END_TEST

START_TEST(nothing_left_of_another_version)
{
    struct policy p;

    policy_resuming(&p);
    p.o.size = p.o.total = 0;
    unsatisfied(&p, 400);
    tagged(&p, "\"v2\"", true);
    head(&p);
    from_zero(&p);
}
END_TEST

START_TEST(unsatisfiable_from_zero_once_then_954)
{
    for (unsigned i = 0; i < 3; i++) {
        static const uint64_t totals[] = {0, 300, 400}; /* the last: ours is known to be 1000 */
        struct policy p;

        policy_resuming(&p);
        unsatisfied(&p, totals[i]);
        head(&p);
        from_zero(&p);
        good(&p);
        head(&p);
        broke(&p, 500, HTTP_LOST);
        p.o.have = 500;
        turn(&p);
        unsatisfied(&p, totals[i]);
        head(&p);
        failed_with(&p, DLOTA_NOT_LOADED);
    }
}
END_TEST

START_TEST(all_held_asks_nothing)
{
    struct policy p;

    policy_resuming(&p);
    broke(&p, SIZE, HTTP_LOST);
    p.o.have = SIZE;
    turn(&p);
    ck_assert_int_eq(p.o.state, DLOTA_INSTALLING);
    ck_assert_uint_eq(p.o.attempts, p.was.attempts);
    acts(&p, ACTION_SEAL);
}
END_TEST

/* ---- other statuses ---- */

START_TEST(statuses_of_a_resume)
{
    static const struct {
        unsigned status;
        enum dlota_cause cause;
        bool again;
    } table[] = {
        {304, DLOTA_NOT_LOADED, false}, {302, DLOTA_NOT_LOADED, false}, {401, DLOTA_NOT_LOADED, false},
        {403, DLOTA_NOT_LOADED, false}, {404, DLOTA_NOT_LOADED, false}, {407, DLOTA_NOT_LOADED, false},
        {408, DLOTA_SERVER_BUSY, true}, {410, DLOTA_NOT_LOADED, false}, {421, DLOTA_SERVER_BUSY, true},
        {425, DLOTA_SERVER_BUSY, true}, {429, DLOTA_SERVER_BUSY, true}, {500, DLOTA_SERVER_BUSY, true},
        {501, DLOTA_NOT_LOADED, false}, {503, DLOTA_SERVER_BUSY, true}, {505, DLOTA_NOT_LOADED, false},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_resuming(&p);
        bare(&p, table[i].status, "Words");
        head(&p);
        if (table[i].again) {
            interrupted_by(&p, table[i].cause);
            untouched(&p);
            ck_assert_ptr_nonnull(policy_act(&p, ACTION_MARK));
        } else {
            failed_with(&p, table[i].cause);
            acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
        }
    }
}
END_TEST

/* ---- -o unpinned=resume ---- */

static void unpinned(struct policy *p)
{
    policy_resuming(p);
    p->options.unpinned_resume = true;
    p->o.pin = DLOTA_UNPINNED;
    p->o.etag[0] = '\0';
    part(p, 400, 999, SIZE);
    tagged(p, "", false);
}

START_TEST(unpinned_goes_on_when_total_and_type_agree)
{
    struct policy p;

    unpinned(&p);
    head(&p);
    acts(&p, ACTION_TAKE_MORE);
    unpinned(&p);
    p.facts.range_total = 0; /* "*" agrees with nothing */
    head(&p);
    interrupted_by(&p, DLOTA_NO_ANSWER);
    unpinned(&p);
    p.facts.range_total = SIZE + 1;
    head(&p);
    interrupted_by(&p, DLOTA_NO_ANSWER);
    unpinned(&p);
    typed(&p, "image/jpeg");
    head(&p);
    interrupted_by(&p, DLOTA_NO_ANSWER);
}
END_TEST

START_TEST(unpinned_restarts_by_default)
{
    struct policy p;

    policy_taking(&p);
    p.o.pin = DLOTA_UNPINNED;
    p.o.have = 400;
    broke(&p, 400, HTTP_LOST);
    acts(&p, ACTION_DROP);
    ck_assert_uint_eq(p.o.have, 0);
    turn(&p);
    acts(&p, ACTION_GET);
}
END_TEST

START_TEST(never_a_range_without_a_pin)
{
    struct policy p;

    /* The option was taken away between two runs. */
    unpinned(&p);
    broke(&p, 400, HTTP_LOST);
    acts(&p, ACTION_MARK);
    p.options.unpinned_resume = false;
    turn(&p);
    acts(&p, ACTION_DROP, ACTION_GET);
    ck_assert_uint_eq(p.o.have, 0);
}
END_TEST

policy_main("agent_resume", a_part_under_our_tag_is_appended, a_part_under_our_date_is_appended,
            quotes_do_not_make_another_tag, total_is_learnt_from_a_part, a_part_of_unknown_total_is_appended,
            silence_about_ranges_changes_nothing_none_does, a_later_offer_of_ranges_is_not_the_first_answers,
            unusable_once_is_a_failed_attempt, unusable_twice_from_zero_thrice_954,
            a_usable_part_ends_the_row_of_unusable_ones, foreign_answers_touch_nothing, a_part_without_a_type_passes,
            the_whole_of_our_version_is_skipped, the_whole_of_another_version_is_the_new_beginning,
            another_version_that_does_not_fit_is_957, a_whole_without_a_pin_is_a_new_beginning,
            our_tag_with_another_length_is_not_trusted, another_tag_on_a_part_starts_over,
            after_another_version_any_misfit_is_957, another_date_even_an_older_one, three_times_then_957,
            precondition_failed_is_957, precondition_failed_without_one_is_954, nothing_left_means_complete,
            complete_but_not_the_descriptors_length, nothing_left_of_another_version,
            unsatisfiable_from_zero_once_then_954, all_held_asks_nothing, statuses_of_a_resume,
            unpinned_goes_on_when_total_and_type_agree, unpinned_restarts_by_default, never_a_range_without_a_pin)
