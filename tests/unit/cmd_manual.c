/* The manual page lists what the program has: each option and each status key, in the same order, no more and no less.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options.h"
#include "view/view.h"

/* Tagged items of a section: the text between ".TP" and the next one. */
struct item {
    char tag[128];
    char text[2048];
};
static struct item items[64];
static unsigned n_items;

/* ".BI max_size= SIZE" -> "max_size=SIZE" */
static void read_tag(const char *line, char ret[static 128])
{
    char *out = ret;
    const char *p = strchr(line, ' ');
    ck_assert_ptr_nonnull(p);
    for (; *p && *p != '\n'; p++)
        if (*p != ' ')
            *out++ = *p;
    *out = '\0';
}

static void read_section(const char *heading)
{
    char line[512];
    FILE *file = fopen(SOURCE_DIR "/src/cmd/dlotafs.1", "r");
    bool inside = false, tag_next = false;
    ck_assert_ptr_nonnull(file);
    n_items = 0;
    while (fgets(line, sizeof line, file)) {
        ck_assert_ptr_nonnull(strchr(line, '\n'));
        if (strncmp(line, ".SH", 3) == 0 || strncmp(line, ".SS", 3) == 0) {
            inside = strncmp(line + 4, heading, strlen(heading)) == 0 && line[4 + strlen(heading)] == '\n';
        } else if (inside && strcmp(line, ".TP\n") == 0) {
            tag_next = true;
        } else if (inside && tag_next) {
            ck_assert_uint_lt(n_items, 64);
            read_tag(line, items[n_items].tag);
            items[n_items++].text[0] = '\0';
            tag_next = false;
        } else if (inside && n_items > 0) {
            strcat(items[n_items - 1].text, line);
        }
    }
    fclose(file);
}

START_TEST(options_are_those_of_the_table)
{
    const struct cmd_row *row;
    unsigned n = 0;
    read_section("Values of \\-o");
    for (; (row = cmd_row_at(n)); n++) {
        char want[128];
        ck_assert_msg(n < n_items, "%s is missing", row->name);
        sprintf(want, "%s%s%s", row->name, row->form ? "=" : "", row->form ? row->form : "");
        ck_assert_str_eq(items[n].tag, want);
    }
    ck_assert_uint_eq(n_items, n);
}
END_TEST

START_TEST(defaults_are_those_of_the_table)
{
    const struct cmd_row *row;
    read_section("Values of \\-o");
    for (unsigned i = 0; (row = cmd_row_at(i)); i++) {
        char plain[64], choice[64];
        if (!row->initial)
            continue;
        sprintf(plain, "Default: %s.", row->initial);
        sprintf(choice, ".BR %s :", row->initial);
        const char *at = strstr(items[i].text, choice);
        ck_assert_msg(strstr(items[i].text, plain) || (at && strstr(at, "(default)")), "%s", row->name);
    }
}
END_TEST

START_TEST(keys_are_those_of_status)
{
    const char *const *key = view_keys();
    read_section("STATUS KEYS");
    for (unsigned i = 0; i < n_items; i++, key++) {
        ck_assert_ptr_nonnull(*key);
        ck_assert_str_eq(items[i].tag, *key);
        ck_assert(items[i].text[0]);
    }
    ck_assert_ptr_null(*key);
}
END_TEST

START_TEST(verbs_are_known)
{
    read_section("VERBS");
    ck_assert_uint_gt(n_items, 0);
    unsigned known = 0;
    for (unsigned i = 0; i < n_items; i++)
        ck_assert_msg(dlota_verb_find(items[i].tag, strlen(items[i].tag)), "%s", items[i].tag);
    for (int verb = DLOTA_CONFIRM; verb <= DLOTA_REMOVE; verb++)
        known += dlota_verb_find(dlota_verb_word((enum dlota_verb)verb),
                                 strlen(dlota_verb_word((enum dlota_verb)verb))) != (enum dlota_verb)0;
    ck_assert_uint_eq(n_items, known);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmd_manual");
    TCase *tc = tcase_create("manual");
    tcase_add_test(tc, options_are_those_of_the_table);
    tcase_add_test(tc, defaults_are_those_of_the_table);
    tcase_add_test(tc, keys_are_those_of_status);
    tcase_add_test(tc, verbs_are_known);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
