/* The first answer: what is asked of its header, and the pin it gives (policy.md 2 and 3).
 */
#include "unit/policy.h"

/* ---- the first header ---- */

START_TEST(first_statuses)
{
    static const struct {
        unsigned status;
        enum dlota_cause cause;
        bool again;
    } table[] = {
        {201, DLOTA_NOT_LOADED, false}, {202, DLOTA_NOT_LOADED, false}, {204, DLOTA_MISMATCH, false},
        {205, DLOTA_MISMATCH, false},   {206, DLOTA_NOT_LOADED, false}, {300, DLOTA_NOT_LOADED, false},
        {302, DLOTA_NOT_LOADED, false}, {304, DLOTA_NOT_LOADED, false}, {400, DLOTA_NOT_LOADED, false},
        {401, DLOTA_NOT_LOADED, false}, {403, DLOTA_NOT_LOADED, false}, {404, DLOTA_NOT_LOADED, false},
        {407, DLOTA_NOT_LOADED, false}, {408, DLOTA_SERVER_BUSY, true}, {410, DLOTA_NOT_LOADED, false},
        {412, DLOTA_NOT_LOADED, false}, {416, DLOTA_NOT_LOADED, false}, {418, DLOTA_NOT_LOADED, false},
        {421, DLOTA_SERVER_BUSY, true}, {425, DLOTA_SERVER_BUSY, true}, {429, DLOTA_SERVER_BUSY, true},
        {451, DLOTA_NOT_LOADED, false}, {500, DLOTA_SERVER_BUSY, true}, {501, DLOTA_NOT_LOADED, false},
        {502, DLOTA_SERVER_BUSY, true}, {503, DLOTA_SERVER_BUSY, true}, {504, DLOTA_SERVER_BUSY, true},
        {505, DLOTA_NOT_LOADED, false}, {507, DLOTA_SERVER_BUSY, true}, {511, DLOTA_FOREIGN, true},
        {599, DLOTA_SERVER_BUSY, true}, {600, DLOTA_NOT_LOADED, false},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_begin(&p);
        turn(&p);
        bare(&p, table[i].status, "Words");
        head(&p);
        ck_assert_msg(policy_act(&p, ACTION_HANG_UP) == &p.step.act[0], "%u", table[i].status);
        ck_assert_msg(p.o.state == (table[i].again ? DLOTA_INTERRUPTED : DLOTA_FAILED), "%u", table[i].status);
        ck_assert_msg(p.o.cause == table[i].cause, "%u", table[i].status);
        ck_assert_uint_eq(p.o.fails, table[i].again);
        ck_assert_msg(strstr(p.o.detail, "Words") != NULL, "%u: %s", table[i].status, p.o.detail);
    }
}
END_TEST

START_TEST(status_is_the_detail)
{
    struct policy p;

    policy_begin(&p);
    turn(&p);
    bare(&p, 404, "Not Found");
    head(&p);
    ck_assert_str_eq(p.o.detail, "404 Not Found");
    policy_begin(&p);
    turn(&p);
    bare(&p, 404, "");
    head(&p);
    ck_assert_str_eq(p.o.detail, "404");
}
END_TEST

START_TEST(type_conflicts)
{
    struct policy p;

    policy_begin(&p);
    turn(&p);
    good(&p);
    typed(&p, "text/html");
    head(&p);
    failed_with(&p, DLOTA_MISMATCH);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_PUBLISH);
    ck_assert_str_eq(p.o.detail, "text/html instead of image/gif");
}
END_TEST

START_TEST(types_that_pass)
{
    static const char *const pass[] = {"", "application/octet-stream", "image/jpg", "IMAGE/GIF",
                                       "application/vnd.oma.drm.message"};

    for (unsigned i = 0; i < sizeof(pass) / sizeof(pass[0]); i++) {
        struct policy p;

        policy_begin(&p);
        turn(&p);
        good(&p);
        typed(&p, pass[i]);
        head(&p);
        acts(&p, ACTION_TAKE_NEW);
    }
}
END_TEST

START_TEST(another_type_later_is_not_our_object)
{
    struct policy p;

    /* The object cannot be resumed, but a header of it was accepted: a portal's page is not the server's word. */
    policy_begin(&p);
    turn(&p);
    good(&p);
    p.facts.accept_ranges = HTTP_RANGES_UNSAID;
    head(&p);
    broke(&p, 300, HTTP_LOST);
    acts(&p, ACTION_DROP);
    turn(&p);
    good(&p);
    typed(&p, "text/html");
    head(&p);
    interrupted_by(&p, DLOTA_FOREIGN);
    turn(&p);
    good(&p);
    head(&p);
    acts(&p, ACTION_TAKE_NEW);
    ck_assert_uint_eq(p.o.gen, 2);
}
END_TEST

START_TEST(length_exact)
{
    static const uint64_t lengths[] = {0, 1, SIZE - 1, SIZE, SIZE + 1, UINT64_MAX};

    for (unsigned i = 0; i < 6; i++) {
        struct policy p;

        policy_begin(&p);
        turn(&p);
        good(&p);
        sized(&p, lengths[i]);
        head(&p);
        if (lengths[i] == SIZE)
            acts(&p, ACTION_TAKE_NEW);
        else
            failed_with(&p, DLOTA_MISMATCH);
    }
}
END_TEST

START_TEST(length_tolerant)
{
    static const struct {
        uint64_t size, length, limit;
        bool fits;
    } table[] = {
        {SIZE, 1, 1, true},         {SIZE, 10240, 10240, true},
        {SIZE, 10241, 0, false},    {100000, 140000, 140000, true},
        {100000, 140001, 0, false}, {100001, 140001, 140001, true},
        {100001, 140002, 0, false}, {100004, 140005, 140005, true},
        {100004, 140006, 0, false}, {UINT64_MAX - 1, UINT64_MAX, UINT64_MAX, true},
        {SIZE, 0, 0, false},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_begin(&p);
        p.options.size_tolerant = true;
        p.o.size = table[i].size;
        turn(&p);
        good(&p);
        sized(&p, table[i].length);
        head(&p);
        if (table[i].fits) {
            acts(&p, ACTION_TAKE_NEW);
            ck_assert_uint_eq(p.step.act[0].limit, table[i].limit);
        } else {
            failed_with(&p, DLOTA_MISMATCH);
        }
    }
}
END_TEST

START_TEST(limit_of_a_chunked_answer)
{
    struct policy p;

    for (unsigned i = 0; i < 4; i++) {
        static const uint64_t limit[] = {SIZE, 10240, UINT64_MAX, 5000};

        policy_begin(&p);
        p.options.size_tolerant = i == 1;
        p.options.max_size = i == 3 ? 5000 : 0;
        p.o.size = i < 2 ? SIZE : 0;
        turn(&p);
        good(&p);
        p.facts.has_length = false;
        head(&p);
        acts(&p, ACTION_TAKE_NEW);
        ck_assert_uint_eq(p.step.act[0].limit, limit[i]);
        ck_assert_uint_eq(p.o.total, 0);
    }
}
END_TEST

START_TEST(max_size)
{
    struct policy p;

    policy_begin(&p);
    p.options.size_tolerant = true;
    p.options.max_size = 5000;
    turn(&p);
    good(&p);
    sized(&p, 5001);
    head(&p);
    failed_with(&p, DLOTA_NEVER_FITS);
    policy_begin(&p);
    p.options.size_tolerant = true;
    p.options.max_size = 5000;
    turn(&p);
    good(&p);
    p.facts.has_length = false;
    head(&p);
    p.got = 5000;
    policy_send(&p, (struct event){.kind = EVENT_OVERRUN});
    failed_with(&p, DLOTA_NEVER_FITS);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

START_TEST(overrun)
{
    struct policy p;

    policy_taking(&p);
    p.got = SIZE;
    policy_send(&p, (struct event){.kind = EVENT_OVERRUN});
    failed_with(&p, DLOTA_MISMATCH);
    acts(&p, ACTION_HANG_UP, ACTION_REPORT, ACTION_DROP, ACTION_PUBLISH);
}
END_TEST

/* ---- pins ---- */

START_TEST(pins)
{
    static const struct {
        const char *tag;
        bool strong;
        int64_t modified, date;
        unsigned status;
        enum dlota_pin pin;
    } table[] = {
        {TAG, true, 0, 0, 200, DLOTA_PIN_ETAG},
        {"fasd987sadf98@example.com/1.1", true, 0, 0, 200, DLOTA_PIN_ETAG},
        {TAG, true, 1000, 2000, 200, DLOTA_PIN_ETAG},
        {"W/\"v1\"", false, 1000, 1001, 200, DLOTA_PIN_DATE},
        {"W/\"v1\"", false, 1000, 1000, 200, DLOTA_UNPINNED},
        {"", false, 1000, 1001, 200, DLOTA_PIN_DATE},
        {"", false, 1000, 1000, 200, DLOTA_UNPINNED},
        {"", false, 1000, 0, 200, DLOTA_UNPINNED},
        {"", false, 0, 2000, 200, DLOTA_UNPINNED},
        {TAG, true, 1000, 2000, 203, DLOTA_UNPINNED},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct policy p;

        policy_begin(&p);
        turn(&p);
        good(&p);
        p.facts.status = table[i].status;
        tagged(&p, table[i].tag, table[i].strong);
        dated(&p, table[i].modified ? DATE : "", table[i].modified, table[i].date);
        head(&p);
        acts(&p, ACTION_TAKE_NEW);
        ck_assert_msg(p.o.pin == table[i].pin, "row %u: pin %d", i, (int)p.o.pin);
        ck_assert_str_eq(p.o.etag, table[i].tag);
        ck_assert_int_eq(download_resumable(&p.options, &p.o), table[i].pin != DLOTA_UNPINNED);
    }
}
END_TEST

START_TEST(resumable_needs_an_offer_and_a_pin)
{
    for (unsigned i = 0; i < 3 * 3 * 2 * 2 * 2; i++) {
        struct policy p;
        bool expected;

        policy_taking(&p);
        p.o.ranges = (enum dlota_ranges)(i % 3);
        p.o.pin = (enum dlota_pin)(i / 3 % 3);
        p.options.unpinned_resume = i / 9 % 2;
        p.o.total = i / 18 % 2 ? SIZE : 0;
        p.o.part = i / 36 % 2 ? DLOTA_PART_DESCRIPTOR : 0;
        expected = p.o.ranges == DLOTA_RANGES_BYTES && p.o.part == 0 &&
                   (p.o.pin != DLOTA_UNPINNED || (p.options.unpinned_resume && p.o.total));
        ck_assert_int_eq(download_resumable(&p.options, &p.o), expected);
        p.o.gen = 0;
        ck_assert(!download_resumable(&p.options, &p.o));
    }
}
END_TEST

policy_main("agent_answer", first_statuses, status_is_the_detail, type_conflicts, types_that_pass,
            another_type_later_is_not_our_object, length_exact, length_tolerant, limit_of_a_chunked_answer, max_size,
            overrun, pins, resumable_needs_an_offer_and_a_pin)
