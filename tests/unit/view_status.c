/* The table of keys: each key, each state, hostile values. */
#include <check.h>
#include <stdio.h>

#include "base/limits.h"
#include "view_sample.h"

static char *status_of(const struct sample *s)
{
    struct text t = {.max = 1 << 20};
    char *ret = NULL;
    size_t n;
    view_status(&s->facts, &t);
    ck_assert_int_eq(text_take(&t, &ret, &n), 0);
    ck_assert_uint_eq(strlen(ret), n);
    return ret;
}

static const struct {
    const char *key, *value;
} full[] = {
    {"Name", "picture.gif"},
    {"ID", "42"},
    {"State", "downloading"},
    {"Reason", "(absent)"},
    {"Code", "(absent)"},
    {"Size", "1000"},
    {"Received", "250"},
    {"Rate", "100"},
    {"ETA", "8"},
    {"Type", "image/gif"},
    {"Types", "image/gif application/vnd.oma.drm.message"},
    {"Title", "A picture"},
    {"Vendor", "SEC"},
    {"Description", "of a cake"},
    {"Descriptor", "cake.dd"},
    {"DescriptorURI", "http://a:***@example.com/cake.dd"},
    {"Product", "Album"},
    {"DDVersion", "1.0"},
    {"ObjectURI", "http://joe:***@example.com/picture.gif"},
    {"EffectiveURI", "http://user:***@cdn.example.com/p.gif"},
    {"Resumable", "yes"},
    {"ETag", "\"v1\""},
    {"LastModified", "Fri, 20 Nov 2026 09:00:00 GMT"},
    {"Attempts", "2"},
    {"InstallNotifyURI", "http://example.com/notify?t=1"},
    {"Report", "none"},
    {"NextURL", "http://example.com/next"},
    {"InfoURL", "http://example.com/info"},
    {"IconURI", "http://example.com/icon"},
    {"InstallParam", "k=v;l=w"},
    {"UpdatedDDURI", "http://example.com/new.dd"},
    {"Added", "2026-11-20T09:08:00Z"},
    {"Started", "2026-11-20T09:08:30Z"},
    {"Ended", "(absent)"},
};
enum { FULL = sizeof full / sizeof *full };

START_TEST(keys_come_in_the_order_that_scripts_know)
{
    const char *const *keys = view_keys();
    for (int i = 0; i < FULL; i++)
        ck_assert_str_eq(keys[i], full[i].key);
    ck_assert_ptr_null(keys[FULL]);
}
END_TEST

START_TEST(every_key_has_its_value)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    for (int i = 0; i < FULL; i++)
        ck_assert_msg(strcmp(sample_value(&s, full[i].key, value), full[i].value) == 0, "%s: %s", full[i].key, value);
    ck_assert_str_eq(sample_value(&s, "NoSuchKey", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "name", value), "(absent)");
}
END_TEST

START_TEST(text_has_a_line_per_value_and_none_for_absent_ones)
{
    struct sample s;
    char want[8192] = "";
    sample_make(&s);
    for (int i = 0; i < FULL; i++)
        if (strcmp(full[i].value, "(absent)") != 0)
            sprintf(want + strlen(want), "%s:\t%s\n", full[i].key, full[i].value);
    char *text = status_of(&s);
    ck_assert_str_eq(text, want);
    free(text);
}
END_TEST

START_TEST(bare_row_shows_only_what_is_known)
{
    struct dlota_object row = {.id = 1, .name = "x", .state = DLOTA_QUEUED, .part = 0};
    struct sample s = {.row = row};
    s.facts = (struct view_facts){.object = &s.row, .descriptor = "", .descriptor_uri = "", .product = ""};
    char *text = status_of(&s);
    ck_assert_str_eq(text, "Name:\tx\nID:\t1\nState:\tqueued\nReason:\twaiting for its turn\nReceived:\t0\n"
                           "Resumable:\tunknown\nAttempts:\t0\nReport:\tnone\n");
    free(text);
}
END_TEST

START_TEST(bad_descriptor_has_no_transfer)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row = (struct dlota_object){.id = 3,
                                  .part = DLOTA_PART_BAD,
                                  .name = "bad.dd",
                                  .state = DLOTA_FAILED,
                                  .cause = DLOTA_BAD_DESCRIPTOR,
                                  .detail = "line 7: size: not a number: \"big\""};
    s.facts.offer = NULL;
    static const char *const absent[] = {"Size",      "Received", "Rate",      "ETA",       "Type",  "Types",
                                         "Resumable", "Attempts", "ObjectURI", "DDVersion", "Title", "Vendor"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        ck_assert_msg(strcmp(sample_value(&s, absent[i], value), "(absent)") == 0, "%s: %s", absent[i], value);
    ck_assert_str_eq(sample_value(&s, "Code", value), "906 Invalid descriptor");
    ck_assert_str_eq(sample_value(&s, "Reason", value), "906 Invalid descriptor: line 7: size: not a number: \"big\"");
}
END_TEST

START_TEST(part_beyond_the_descriptor_is_not_read)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.facts.part = 1;
    ck_assert_str_eq(sample_value(&s, "Title", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "Types", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "Vendor", value), "SEC");
}
END_TEST

START_TEST(url_has_no_version_and_may_have_no_types)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.offer.kind = DD_KIND_URL;
    s.object.types = NULL;
    ck_assert_str_eq(sample_value(&s, "DDVersion", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "Types", value), "(absent)");
}
END_TEST

static const struct {
    enum dlota_state state;
    enum dlota_cause cause;
    const char *word, *code;
    bool moving;
} states[] = {
    {DLOTA_UNCONFIRMED, DLOTA_NO_CAUSE, "unconfirmed", "(absent)", false},
    {DLOTA_QUEUED, DLOTA_NO_CAUSE, "queued", "(absent)", false},
    {DLOTA_DOWNLOADING, DLOTA_NO_CAUSE, "downloading", "(absent)", true},
    {DLOTA_PAUSED, DLOTA_USER, "paused", "(absent)", false},
    {DLOTA_INTERRUPTED, DLOTA_NETWORK_LOST, "interrupted", "(absent)", false},
    {DLOTA_INSTALLING, DLOTA_NO_CAUSE, "installing", "(absent)", false},
    {DLOTA_REPORTING, DLOTA_NO_CAUSE, "reporting", "900 Success", false},
    {DLOTA_RELEASED, DLOTA_SUCCESS, "reporting", "900 Success", false},
    {DLOTA_INSTALLED, DLOTA_SUCCESS, "installed", "900 Success", false},
    {DLOTA_FAILED, DLOTA_USER, "failed", "902 User Cancelled", false},
    {DLOTA_FAILED, DLOTA_NETWORK_LOST, "failed", "903 Loss of Service", false},
    {DLOTA_FAILED, DLOTA_NOT_LOADED, "failed", "954 Loader Error", false},
    {DLOTA_FAILED, DLOTA_REPORT_REFUSED, "failed", "900 Success", false},
    {DLOTA_FAILED, DLOTA_REPORT_LOST, "failed", "900 Success", false},
    {DLOTA_FAILED, DLOTA_NO_CAUSE, "failed", "(absent)", false},
};

START_TEST(state_decides_code_rate_and_eta)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.state = states[_i].state;
    s.row.cause = states[_i].cause;
    ck_assert_str_eq(sample_value(&s, "State", value), states[_i].word);
    ck_assert_str_eq(sample_value(&s, "Code", value), states[_i].code);
    ck_assert_str_eq(sample_value(&s, "Rate", value), states[_i].moving ? "100" : "(absent)");
    ck_assert_str_eq(sample_value(&s, "ETA", value), states[_i].moving ? "8" : "(absent)");
}
END_TEST

START_TEST(updated_object_has_the_number_that_was_chosen)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.state = DLOTA_FAILED;
    s.row.cause = DLOTA_UPDATED;
    ck_assert_str_eq(sample_value(&s, "Code", value), "957 Media Object Updated");
    s.facts.updated_code = 955;
    ck_assert_str_eq(sample_value(&s, "Code", value), "955 Media Object Updated");
}
END_TEST

START_TEST(size_is_the_best_word_there_is)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.total = 1100;
    ck_assert_str_eq(sample_value(&s, "Size", value), "1100");
    s.row.total = 0;
    ck_assert_str_eq(sample_value(&s, "Size", value), "1000");
    s.row.size = 0;
    ck_assert_str_eq(sample_value(&s, "Size", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "ETA", value), "(absent)");
    s.row.state = DLOTA_INSTALLED;
    ck_assert_str_eq(sample_value(&s, "Size", value), "250");
}
END_TEST

START_TEST(eta_is_rounded_up_and_absent_without_a_rate)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.rate = 400;
    ck_assert_str_eq(sample_value(&s, "ETA", value), "2");
    s.row.have = 1200; /* more than was promised */
    ck_assert_str_eq(sample_value(&s, "ETA", value), "0");
    s.row.rate = 0;
    ck_assert_str_eq(sample_value(&s, "ETA", value), "(absent)");
    ck_assert_str_eq(sample_value(&s, "Rate", value), "0");
    s.row = (struct dlota_object){.state = DLOTA_DOWNLOADING, .total = UINT64_MAX, .rate = 1};
    ck_assert_str_eq(sample_value(&s, "ETA", value), "(absent)");
}
END_TEST

static const struct {
    enum dlota_report report;
    const char *answer, *value;
} reports[] = {
    {DLOTA_REPORT_NONE, "", "none"},
    {DLOTA_REPORT_QUEUED, "", "queued"},
    {DLOTA_REPORT_SENT, "", "sent 2 of 3"},
    {DLOTA_REPORT_UNANSWERED, "", "unanswered"},
    {DLOTA_REPORT_ANSWERED, "200 OK", "200 OK"},
    {DLOTA_REPORT_ANSWERED, "", "answered"},
    {DLOTA_REPORT_IS_REFUSED, "404 Not Found", "refused 404 Not Found"},
    {DLOTA_REPORT_IS_REFUSED, "", "refused"},
};

START_TEST(report_has_its_words)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.report = reports[_i].report;
    s.row.report_tries = 2;
    strcpy(s.row.report_answer, reports[_i].answer);
    ck_assert_str_eq(sample_value(&s, "Report", value), reports[_i].value);
}
END_TEST

static const struct {
    enum dlota_ranges ranges;
    enum dlota_pin pin;
    const char *etag, *modified, *value;
} resumables[] = {
    {DLOTA_RANGES_UNKNOWN, DLOTA_UNPINNED, "", "", "unknown"},
    {DLOTA_RANGES_BYTES, DLOTA_PIN_ETAG, "\"a\"", "", "yes"},
    {DLOTA_RANGES_BYTES, DLOTA_PIN_DATE, "W/\"a\"", "x", "yes"},
    {DLOTA_RANGES_NO, DLOTA_PIN_ETAG, "\"a\"", "", "no: the server offers no byte ranges"},
    {DLOTA_RANGES_BYTES, DLOTA_UNPINNED, "", "", "no: no ETag and no Last-Modified"},
    {DLOTA_RANGES_BYTES, DLOTA_UNPINNED, "w/\"a\"", "", "no: weak ETag and no Last-Modified"},
    {DLOTA_RANGES_BYTES, DLOTA_UNPINNED, "W/\"a\"", "x",
     "no: weak ETag, and Last-Modified is too recent to tell versions apart"},
};

START_TEST(resumable_says_why_not)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.ranges = resumables[_i].ranges;
    s.row.pin = resumables[_i].pin;
    strcpy(s.row.etag, resumables[_i].etag);
    strcpy(s.row.modified, resumables[_i].modified);
    ck_assert_str_eq(sample_value(&s, "Resumable", value), resumables[_i].value);
}
END_TEST

START_TEST(unpinned_objects_resume_where_that_was_chosen)
{
    struct sample s;
    char value[8192];
    sample_make(&s);
    s.row.pin = DLOTA_UNPINNED;
    s.facts.unpinned_resume = true;
    ck_assert_str_eq(sample_value(&s, "Resumable", value), "yes");
    s.row.ranges = DLOTA_RANGES_NO;
    ck_assert_str_eq(sample_value(&s, "Resumable", value), "no: the server offers no byte ranges");
}
END_TEST

START_TEST(outside_text_is_escaped)
{
    struct sample s;
    sample_make(&s);
    s.object.name = "a\033[31mred\nState:\tinstalled\\ \xe2\x80\xae"
                    "fig.exe\xff\xc3(";
    strcpy(s.row.name, "n\rm");
    strcpy(s.row.report_answer, "200 \a");
    s.row.report = DLOTA_REPORT_ANSWERED;
    char *text = status_of(&s);
    ck_assert_ptr_nonnull(strstr(text, "Name:\tn\\x0dm\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "Title:\ta\\x1b[31mred\\x0aState:\\x09installed\\x5c \\xe2\\x80\\xaefig.exe\\xff\\xc3(\n"));
    ck_assert_ptr_nonnull(strstr(text, "Report:\t200 \\x07\n"));
    ck_assert(utf8_valid(text));
    unsigned lines = 0;
    for (char *p = text; (p = strstr(p, "\nState:")); p++)
        lines++;
    ck_assert_uint_eq(lines, 1);
    /* The raw value is what an extended attribute holds. */
    char value[8192];
    ck_assert_str_eq(sample_value(&s, "Title", value), s.object.name);
    free(text);
}
END_TEST

START_TEST(long_values_are_cut)
{
    struct sample s;
    static char longer[100000];
    sample_make(&s);
    memset(longer, 'x', sizeof longer - 1);
    s.object.install_param = longer;
    char *text = status_of(&s), *line = strstr(text, "InstallParam:\t");
    ck_assert_ptr_nonnull(line);
    ck_assert_uint_eq(strcspn(line + strlen("InstallParam:\t"), "\n"), LIMIT_VALUE);
    ck_assert_ptr_nonnull(strstr(text, "\nAdded:\t"));
    /* Escapes are not cut in two. */
    memset(longer, 1, sizeof longer - 1);
    free(text);
    text = status_of(&s);
    line = strstr(text, "InstallParam:\t") + strlen("InstallParam:\t");
    size_t n = strcspn(line, "\n");
    ck_assert(n <= LIMIT_VALUE && n > LIMIT_VALUE - 4 && n % 4 == 0);
    free(text);
}
END_TEST

START_TEST(values_too_long_to_be_held_fail_the_text)
{
    struct sample s;
    size_t n = 5 * LIMIT_DESCRIPTOR;
    char *longer = malloc(n + 1);
    sample_make(&s);
    memset(longer, 'x', n);
    longer[n] = '\0';
    s.object.install_param = longer;
    struct text t = {.max = 1 << 20};
    view_status(&s.facts, &t);
    char *ret;
    ck_assert_int_lt(text_take(&t, &ret, &n), 0);
    free(longer);
}
END_TEST

START_TEST(bound_of_the_caller_is_kept)
{
    struct sample s;
    struct text t = {.max = 100};
    char *ret;
    size_t n;
    sample_make(&s);
    view_status(&s.facts, &t);
    ck_assert(t.failed);
    ck_assert_int_lt(text_take(&t, &ret, &n), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view_status");
    TCase *tc = tcase_create("keys");
    tcase_add_test(tc, keys_come_in_the_order_that_scripts_know);
    tcase_add_test(tc, every_key_has_its_value);
    tcase_add_test(tc, text_has_a_line_per_value_and_none_for_absent_ones);
    tcase_add_test(tc, bare_row_shows_only_what_is_known);
    tcase_add_test(tc, bad_descriptor_has_no_transfer);
    tcase_add_test(tc, part_beyond_the_descriptor_is_not_read);
    tcase_add_test(tc, url_has_no_version_and_may_have_no_types);
    tcase_add_loop_test(tc, state_decides_code_rate_and_eta, 0, sizeof states / sizeof *states);
    tcase_add_test(tc, updated_object_has_the_number_that_was_chosen);
    tcase_add_test(tc, size_is_the_best_word_there_is);
    tcase_add_test(tc, eta_is_rounded_up_and_absent_without_a_rate);
    tcase_add_loop_test(tc, report_has_its_words, 0, sizeof reports / sizeof *reports);
    tcase_add_loop_test(tc, resumable_says_why_not, 0, sizeof resumables / sizeof *resumables);
    tcase_add_test(tc, unpinned_objects_resume_where_that_was_chosen);
    tcase_add_test(tc, outside_text_is_escaped);
    tcase_add_test(tc, long_values_are_cut);
    tcase_add_test(tc, values_too_long_to_be_held_fail_the_text);
    tcase_add_test(tc, bound_of_the_caller_is_kept);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
