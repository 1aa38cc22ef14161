/* The summary: what a person sees, and never more than 80 columns of it. */
#include <check.h>
#include <stdio.h>

#include "view/width.h"
#include "view_sample.h"

static char *summary_of(const struct view_summary *s)
{
    struct text t = {.max = 1 << 20};
    char *ret = NULL;
    size_t n;
    view_summary_text(s, &t);
    ck_assert_int_eq(text_take(&t, &ret, &n), 0);
    return ret;
}

START_TEST(empty_tells_a_newcomer_what_to_do)
{
    struct view_summary s = {.disk_free = 10ull << 30, .disk_total = 40ull << 30, .network = true, .now = NOW};
    char *text = summary_of(&s);
    ck_assert_str_eq(text, "10.0 GiB of 40.0 GiB free\n\nnothing to do: drop a descriptor into inbox/\n");
    free(text);
}
END_TEST

START_TEST(screen_of_a_busy_agent)
{
    struct sample a, b, c, d, e;
    sample_make(&a);
    sample_make(&b);
    sample_make(&c);
    sample_make(&d);
    sample_make(&e);
    a.row.total = 50 << 20;
    a.row.have = 26 << 20;
    a.row.rate = 3 << 20;
    strcpy(b.row.name, "firmware-of-the-head-unit-1.2.bin");
    b.row.state = DLOTA_INTERRUPTED;
    b.row.cause = DLOTA_NETWORK_LOST;
    strcpy(b.row.detail, "connection reset by peer");
    b.row.due = NOW + 12000;
    strcpy(c.row.name, "song.mp3");
    c.row.state = DLOTA_QUEUED;
    c.row.have = 0;
    c.row.total = c.row.size = 0;
    d.row.state = DLOTA_INSTALLED;
    d.row.ended = NOW - 120000;
    e.row.state = DLOTA_FAILED;
    strcpy(e.row.name, "a.dd");
    e.row.cause = DLOTA_BAD_DESCRIPTOR;
    strcpy(e.row.detail, "line 7: size: not a number: \"big\"");
    struct view_facts alive[] = {a.facts, b.facts, c.facts}, ended[] = {d.facts, e.facts};
    struct view_summary s = {.alive = alive,
                             .n_alive = 3,
                             .all_alive = 15,
                             .ended = ended,
                             .n_ended = 2,
                             .n = {[DLOTA_DOWNLOADING] = 1,
                                   [DLOTA_INTERRUPTED] = 1,
                                   [DLOTA_QUEUED] = 13,
                                   [DLOTA_RELEASED] = 1,
                                   [DLOTA_REPORTING] = 1,
                                   [DLOTA_INSTALLED] = 340,
                                   [DLOTA_FAILED] = 3},
                             .bytes = {[DLOTA_INSTALLED] = 5ull << 30},
                             .reports = 2,
                             .rate = 3 << 20,
                             .disk_free = 41ull << 30,
                             .disk_total = 100ull << 30,
                             .network = true,
                             .now = NOW};
    char *text = summary_of(&s);
    ck_assert_str_eq(text, "1 downloading, 2 reporting, 1 interrupted, 13 queued, 340 installed (5.0 GiB),\n"
                           "3 failed\n"
                           "3.0 MiB/s, 2 reports unanswered, 41.0 GiB of 100 GiB free\n"
                           "\n"
                           "picture.gif           [======>     ]  52%  26.0 MiB/50.0 MiB  3.0 MiB/s 8s\n"
                           "firmware-...t-1.2.bin [===>        ]  25%       250 B/1000 B interrupted\n"
                           "    network lost: connection reset by peer, next try in 12 s\n"
                           "song.mp3              [            ]    ?                0 B queued\n"
                           "and 12 more\n"
                           "\n"
                           "lately ended:\n"
                           "picture.gif           installed     250 B  2 min ago\n"
                           "a.dd                  failed          906  line 7: size: not a number: \"big\"\n");
    free(text);
}
END_TEST

START_TEST(bar_is_full_only_when_all_is_here)
{
    struct sample a;
    sample_make(&a);
    struct view_summary s = {.alive = &a.facts, .n_alive = 1, .all_alive = 1, .network = true, .now = NOW};
    static const struct {
        uint64_t have, total;
        const char *bar;
    } cases[] = {{0, 1000, "[            ]   0%"},    {1, 1000, "[>           ]   0%"},
                 {999, 1000, "[===========>]  99%"},  {UINT64_MAX - 1, UINT64_MAX, "[============]"},
                 {1000, 1000, "[============] 100%"}, {2000, 1000, "[============] 100%"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a.row.have = cases[i].have;
        a.row.total = cases[i].total;
        char *text = summary_of(&s);
        ck_assert_msg(strstr(text, cases[i].bar), "%zu: %s", i, text);
        free(text);
    }
}
END_TEST

START_TEST(missing_network_and_memory_are_told)
{
    struct view_summary s = {.disk_free = 1, .disk_total = 2};
    char *text = summary_of(&s);
    ck_assert_ptr_nonnull(strstr(text, "no network"));
    free(text);
    struct text small = {.max = 20};
    view_summary_text(&s, &small);
    ck_assert(small.failed);
    text_free(&small);
}
END_TEST

START_TEST(reasons_are_shown_where_something_waits)
{
    struct sample a;
    sample_make(&a);
    struct view_summary s = {.alive = &a.facts, .n_alive = 1, .all_alive = 1, .network = true, .now = NOW};
    static const struct {
        enum dlota_state state;
        const char *line; /* NULL: none */
    } cases[] = {{DLOTA_UNCONFIRMED, "\n    waiting for the verb confirm\n"},
                 {DLOTA_QUEUED, NULL},
                 {DLOTA_DOWNLOADING, NULL},
                 {DLOTA_PAUSED, "\n    paused by user\n"},
                 {DLOTA_INTERRUPTED, "\n    waiting for the verb resume\n"},
                 {DLOTA_INSTALLING, NULL},
                 {DLOTA_REPORTING, "\n    waiting for the answer to its report\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a.row.state = cases[i].state;
        char *text = summary_of(&s);
        if (cases[i].line)
            ck_assert_msg(strstr(text, cases[i].line), "%s", text);
        else
            ck_assert_msg(!strstr(text, "\n    "), "%s", text);
        free(text);
    }
}
END_TEST

/* ---- any input ---- */

static uint64_t random_state;
static uint64_t any(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> (random_state >> 58); /* all magnitudes */
}

/* Names and details of every sort: ASCII, CJK, emoji, controls, broken UTF-8. */
static void any_text(char *ret, size_t n)
{
    static const char *const bits[] = {"a",        ".gif",        "\xe6\xbc\xa2", "\xf0\x9f\x8d\xb0", "\033[2J",
                                       "\n",       "\xff",        "\\",           "\xe2\x80\xae",     "word ",
                                       "\xcc\x81", "\xed\x95\x9c"};
    size_t len = 0;
    for (uint64_t many = any() % 120; many > 0; many--) {
        const char *bit = bits[any() % (sizeof bits / sizeof *bits)];
        if (len + strlen(bit) >= n)
            break;
        strcpy(ret + len, bit);
        len += strlen(bit);
    }
    ret[len] = '\0';
}

static void any_row(struct sample *s)
{
    sample_make(s);
    any_text(s->row.name, sizeof s->row.name);
    any_text(s->row.detail, sizeof s->row.detail);
    s->row.state = (enum dlota_state)(1 + any() % 10);
    s->row.cause = (enum dlota_cause)(any() % DLOTA_CAUSES);
    s->row.have = any();
    s->row.total = any();
    s->row.rate = any();
    s->row.due = (int64_t)(any() >> 1);
    s->row.ended = (int64_t)(any() >> 1);
    s->facts.now = (int64_t)(any() >> 1);
}

START_TEST(no_line_is_wider_than_the_screen)
{
    enum { ROWS = 6 };
    struct sample rows[ROWS];
    struct view_facts facts[ROWS];
    random_state = (uint64_t)_i;
    for (int i = 0; i < ROWS; i++) {
        any_row(&rows[i]);
        facts[i] = rows[i].facts;
    }
    struct view_summary s = {.alive = facts,
                             .n_alive = ROWS,
                             .all_alive = any(),
                             .ended = facts,
                             .n_ended = ROWS,
                             .reports = any(),
                             .rate = any(),
                             .disk_free = any(),
                             .disk_total = any(),
                             .now = (int64_t)(any() >> 1)};
    for (int i = 0; i < 16; i++) {
        s.n[i] = any();
        s.bytes[i] = any();
    }
    char *text = summary_of(&s);
    ck_assert(utf8_valid(text));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        uint32_t c;
        ck_assert_msg(width_of(line) <= 80, "%u: %s", width_of(line), line);
        for (const char *p = line; *p; p += utf8_next(p, &c)) {
            (void)utf8_next(p, &c);
            ck_assert(!utf8_unsafe(c));
        }
    }
    free(text);
}
END_TEST

/* ---- columns ---- */

START_TEST(columns_of_texts)
{
    ck_assert_uint_eq(width_of(""), 0);
    ck_assert_uint_eq(width_of("abc"), 3);
    ck_assert_uint_eq(width_of("\xc3\xa4\xc3\xb6"), 2);
    ck_assert_uint_eq(width_of("\xe6\xbc\xa2\xe5\xad\x97"), 4);
    ck_assert_uint_eq(width_of("\xed\x95\x9c"), 2);
    ck_assert_uint_eq(width_of("\xf0\x9f\x8d\xb0"), 2);
    ck_assert_uint_eq(width_of("\xff\xff"), 2);
}
END_TEST

static const struct {
    const char *text;
    unsigned columns;
    const char *cut, *fit;
} fits[] = {
    {"abc", 5, "abc", "abc  "},
    {"abcde", 5, "abcde", "abcde"},
    {"abcdefghij.gif", 10, "abcdefg...", "abcd...gif"},
    {"abcdefghij.gif", 11, "abcdefgh...", "abcd....gif"},
    {"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 7, "\xe6\xbc\xa2\xe6\xbc\xa2...",
     "\xe6\xbc\xa2...\xe6\xbc\xa2"},
    {"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 9, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2...",
     "\xe6\xbc\xa2...\xe6\xbc\xa2  "},
    {"", 3, "", "   "},
};

START_TEST(texts_that_do_not_fit)
{
    struct text cut = {.max = 100}, fit = {.max = 100};
    width_cut(fits[_i].text, fits[_i].columns, &cut);
    width_fit(fits[_i].text, fits[_i].columns, &fit);
    ck_assert_str_eq(cut.data ? cut.data : "", fits[_i].cut);
    ck_assert_uint_eq(width_of(fit.data), fits[_i].columns);
    ck_assert_int_eq(strncmp(fit.data, fits[_i].fit, strcspn(fits[_i].fit, ".")), 0);
    text_free(&cut);
    text_free(&fit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view_summary");
    TCase *tc = tcase_create("summary");
    tcase_add_test(tc, empty_tells_a_newcomer_what_to_do);
    tcase_add_test(tc, screen_of_a_busy_agent);
    tcase_add_test(tc, bar_is_full_only_when_all_is_here);
    tcase_add_test(tc, missing_network_and_memory_are_told);
    tcase_add_test(tc, reasons_are_shown_where_something_waits);
    tcase_add_loop_test(tc, no_line_is_wider_than_the_screen, 0, 300);
    tcase_add_test(tc, columns_of_texts);
    tcase_add_loop_test(tc, texts_that_do_not_fit, 0, sizeof fits / sizeof *fits);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
