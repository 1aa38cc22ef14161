/* base_words.c - every word has its number and every number its word; option defaults. */
#include <check.h>
#include <string.h>

#include <dlota/options.h>
#include <dlota/words.h>

START_TEST(states)
{
    static const char *const words[] = {"?",         "unconfirmed", "queued",     "downloading",
                                        "paused",    "interrupted", "installing", "reporting",
                                        "reporting", "installed",   "failed",     "?"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        ck_assert_str_eq(dlota_state_word((enum dlota_state)i), words[i]);
    ck_assert_str_eq(dlota_state_word((enum dlota_state) - 1), "?");
    for (int i = DLOTA_UNCONFIRMED; i <= DLOTA_RELEASED; i++)
        ck_assert(dlota_state_alive((enum dlota_state)i));
    ck_assert(!dlota_state_alive(DLOTA_INSTALLED));
    ck_assert(!dlota_state_alive(DLOTA_FAILED));
    ck_assert(!dlota_state_alive((enum dlota_state)0));
    ck_assert(!dlota_state_alive((enum dlota_state)99));
}
END_TEST

START_TEST(folders)
{
    ck_assert_str_eq(dlota_folder_word(DLOTA_IN_PENDING), "pending");
    ck_assert_str_eq(dlota_folder_word(DLOTA_IN_PARTIAL), "partial");
    ck_assert_str_eq(dlota_folder_word(DLOTA_IN_INSTALLED), "installed");
    ck_assert_str_eq(dlota_folder_word(DLOTA_IN_FAILED), "failed");
    ck_assert_str_eq(dlota_folder_word((enum dlota_folder)5), "?");
}
END_TEST

START_TEST(verbs)
{
    for (int v = DLOTA_CONFIRM; v <= DLOTA_RETRY; v++) {
        const char *w = dlota_verb_word((enum dlota_verb)v);
        ck_assert_uint_eq(dlota_verb_find(w, strlen(w)), (unsigned)v);
        ck_assert_uint_eq(dlota_verb_find(w, strlen(w) - 1), 0);
    }
    ck_assert_uint_eq(dlota_verb_find("pause\n", 6), DLOTA_PAUSE);
    ck_assert_uint_eq(dlota_verb_find("pause \t\r\n", 9), DLOTA_PAUSE);
    ck_assert_uint_eq(dlota_verb_find("pauseX", 5), DLOTA_PAUSE);
    ck_assert_uint_eq(dlota_verb_find("pausex", 6), 0);
    ck_assert_uint_eq(dlota_verb_find(" pause", 6), 0);
    ck_assert_uint_eq(dlota_verb_find("Pause", 5), 0);
    ck_assert_uint_eq(dlota_verb_find("pause\0", 6), 0);
    ck_assert_uint_eq(dlota_verb_find("", 0), 0);
    ck_assert_uint_eq(dlota_verb_find("\n", 1), 0);
    ck_assert_uint_eq(dlota_verb_find("remove", 6), 0);
    ck_assert_str_eq(dlota_verb_word(DLOTA_REMOVE), "remove");
    ck_assert_str_eq(dlota_verb_word((enum dlota_verb)0), "?");
    ck_assert_str_eq(dlota_verb_word((enum dlota_verb)7), "?");
}
END_TEST

START_TEST(causes)
{
    static const unsigned codes[DLOTA_CAUSES] = {900, 900, 901, 901, 902, 903, 903, 905, 906, 951,
                                                 952, 953, 954, 954, 954, 957, 900, 900, 954};
    for (int c = 0; c < DLOTA_CAUSES; c++) {
        ck_assert_uint_eq(dlota_cause_code((enum dlota_cause)c, 957), codes[c]);
        ck_assert_str_ne(dlota_code_phrase(codes[c]), "");
        if (c)
            ck_assert_str_ne(dlota_cause_words((enum dlota_cause)c), "");
    }
    ck_assert_uint_eq(dlota_cause_code(DLOTA_UPDATED, 955), 955);
    ck_assert_str_eq(dlota_cause_words(DLOTA_NETWORK_LOST), "network lost");
    ck_assert_str_eq(dlota_cause_words(DLOTA_NO_CAUSE), "");
    ck_assert_str_eq(dlota_cause_words(DLOTA_CAUSES), "?");
    ck_assert_uint_eq(dlota_cause_code(DLOTA_CAUSES, 957), 0);
}
END_TEST

START_TEST(phrases)
{
    ck_assert_str_eq(dlota_code_phrase(900), "Success");
    ck_assert_str_eq(dlota_code_phrase(901), "Insufficient Memory");
    ck_assert_str_eq(dlota_code_phrase(906), "Invalid descriptor");
    ck_assert_str_eq(dlota_code_phrase(955), "Media Object Updated");
    ck_assert_str_eq(dlota_code_phrase(957), "Media Object Updated");
    ck_assert_str_eq(dlota_code_phrase(970), "Mixed Status");
    ck_assert_str_eq(dlota_code_phrase(981), "Download Completion");
    ck_assert_str_eq(dlota_code_phrase(904), "");
    ck_assert_str_eq(dlota_code_phrase(0), "");
}
END_TEST

START_TEST(defaults)
{
    struct dlota_options o;
    memset(&o, 0xee, sizeof o);
    dlota_options_default(&o);
    ck_assert_int_eq(o.confirm, DLOTA_CONFIRM_DROP);
    ck_assert_uint_eq(o.transfers, 16);
    ck_assert_uint_eq(o.per_host, 4);
    ck_assert_uint_eq(o.retries, 20);
    ck_assert_int_eq(o.give_up, 604800000);
    ck_assert_int_eq(o.retry_wait, 2000);
    ck_assert_int_eq(o.timeout, 60000);
    ck_assert_int_eq(o.read_wait, 60000);
    ck_assert_uint_eq(o.report_tries, 3);
    ck_assert_uint_eq(o.updated_code, 957);
    ck_assert_uint_eq(o.max_size, 0);
    ck_assert_uint_eq(o.rate, 0);
    ck_assert(!o.size_tolerant && !o.unpinned_resume && !o.report_lost_discard && !o.insecure);
    ck_assert(!o.accept && !o.cacert && !o.proxy && !o.netrc && !o.user_agent && !o.headers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_words");
    TCase *tc = tcase_create("words");
    tcase_add_test(tc, states);
    tcase_add_test(tc, folders);
    tcase_add_test(tc, verbs);
    tcase_add_test(tc, causes);
    tcase_add_test(tc, phrases);
    tcase_add_test(tc, defaults);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
