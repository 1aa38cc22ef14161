/* The command line: every option, escapes, bad values, operands. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/options.h"

enum { WORDS = 16, WHY = 512 };

struct parsed {
    struct cmd_options o;
    char *argv[WORDS + 1];
    char why[WHY];
    int status;
};

/* Words separated by blanks. */
static void parse(struct parsed *p, const char *line)
{
    static char words[4096];
    int argc = 1;
    strcpy(words, line);
    memset(p, 0, sizeof *p);
    p->argv[0] = (char *)(uintptr_t) "dlotafs";
    for (char *word = strtok(words, " "); word && argc < WORDS; word = strtok(NULL, " "))
        p->argv[argc++] = word;
    p->status = cmd_options_parse(&p->o, argc, p->argv, p->why, sizeof p->why);
}

static int set(struct cmd_options *o, const char *name, const char *value, char why[static WHY])
{
    *why = '\0';
    return cmd_option_set(o, name, value, why, WHY);
}

static void ck_same(const struct dlota_options *o, const struct dlota_options *plain)
{
    ck_assert_int_eq(o->confirm, plain->confirm);
    ck_assert_int_eq(o->size_tolerant, plain->size_tolerant);
    ck_assert_uint_eq(o->transfers, plain->transfers);
    ck_assert_uint_eq(o->per_host, plain->per_host);
    ck_assert_uint_eq(o->retries, plain->retries);
    ck_assert_int_eq(o->give_up, plain->give_up);
    ck_assert_int_eq(o->retry_wait, plain->retry_wait);
    ck_assert_int_eq(o->timeout, plain->timeout);
    ck_assert_int_eq(o->unpinned_resume, plain->unpinned_resume);
    ck_assert_uint_eq(o->report_tries, plain->report_tries);
    ck_assert_int_eq(o->report_lost_discard, plain->report_lost_discard);
    ck_assert_uint_eq(o->updated_code, plain->updated_code);
}

START_TEST(defaults_are_those_of_the_library)
{
    struct parsed p;
    struct dlota_options plain;
    parse(&p, "/mnt");
    dlota_options_default(&plain);
    ck_assert_int_eq(p.status, CMD_FINE);
    ck_same(&p.o.agent, &plain);
    ck_assert_ptr_null(p.o.agent.accept);
    ck_assert_ptr_null(p.o.agent.headers);
    ck_assert_ptr_null(p.o.agent.proxy);
    ck_assert_int_eq(p.o.mode, CMD_AGENT);
    ck_assert_int_eq(p.o.n_operands, 1);
    ck_assert_str_eq(p.o.operands[0], "/mnt");
    ck_assert(!p.o.has_uid && !p.o.has_gid && !p.o.has_umask);
    ck_assert(p.o.time_ms == -1);
    cmd_options_clear(&p.o);
}
END_TEST

/* What --help and the man page call the default is what the library does. */
START_TEST(defaults_of_the_table_are_those_of_the_library)
{
    struct parsed p;
    struct dlota_options plain;
    char why[WHY];
    const struct cmd_row *row;
    parse(&p, "/mnt");
    /* Start from something else, so that every default has to be set. */
    memset(&p.o.agent, 0x55, sizeof p.o.agent);
    dlota_options_default(&plain);
    for (unsigned i = 0; (row = cmd_row_at(i)); i++)
        if (row->initial)
            ck_assert_int_eq(set(&p.o, row->name, row->initial, why), 0);
    ck_same(&p.o.agent, &plain);
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(every_option_is_taken)
{
    struct parsed p;
    parse(&p, "-o confirm=dd,accept=image/*:audio/ogg,max_size=3M,size=tolerant,transfers=7,per_host=2,rate=10k "
              "-oretries=0,give_up=1h,retry_wait=5,timeout=2m,unpinned=resume,report_tries=9,report_lost=discard "
              "-o updated_code=955 -o cacert=/ca.pem,proxy=,netrc=/n,user_agent=me/1.0,insecure "
              "-o header=example.com:X-A:1,header=[::1]:X-B:2 -o uid=1000,gid=100,umask=027 /s /m");
    const struct dlota_options *a = &p.o.agent;
    ck_assert_msg(p.status == CMD_FINE, "%s", p.why);
    ck_assert_int_eq(a->confirm, DLOTA_CONFIRM_DD);
    ck_assert_str_eq(a->accept[0], "image/*");
    ck_assert_str_eq(a->accept[1], "audio/ogg");
    ck_assert_ptr_null(a->accept[2]);
    ck_assert_uint_eq(a->max_size, 3 << 20);
    ck_assert(a->size_tolerant);
    ck_assert_uint_eq(a->transfers, 7);
    ck_assert_uint_eq(a->per_host, 2);
    ck_assert_uint_eq(a->rate, 10240);
    ck_assert_uint_eq(a->retries, 0);
    ck_assert_int_eq(a->give_up, 3600000);
    ck_assert_int_eq(a->retry_wait, 5000);
    ck_assert_int_eq(a->timeout, 120000);
    ck_assert(a->unpinned_resume);
    ck_assert_uint_eq(a->report_tries, 9);
    ck_assert(a->report_lost_discard);
    ck_assert_uint_eq(a->updated_code, 955);
    ck_assert_str_eq(a->cacert, "/ca.pem");
    ck_assert_str_eq(a->proxy, "");
    ck_assert_str_eq(a->netrc, "/n");
    ck_assert_str_eq(a->user_agent, "me/1.0");
    ck_assert(a->insecure);
    ck_assert_str_eq(a->headers[0], "example.com:X-A:1");
    ck_assert_str_eq(a->headers[1], "[::1]:X-B:2");
    ck_assert_ptr_null(a->headers[2]);
    ck_assert(p.o.has_uid && p.o.uid == 1000 && p.o.has_gid && p.o.gid == 100);
    ck_assert(p.o.has_umask && p.o.umask == 027);
    ck_assert_uint_eq(p.o.fuse.len, 0);
    ck_assert_int_eq(p.o.n_operands, 2);
    ck_assert_str_eq(p.o.operands[0], "/s");
    ck_assert_str_eq(p.o.operands[1], "/m");
    cmd_options_clear(&p.o);
}
END_TEST

/* The table names nothing that the parser does not know, and the test above leaves none out. */
START_TEST(table_and_parser_agree)
{
    struct parsed p;
    char why[WHY];
    const struct cmd_row *row;
    unsigned n = 0;
    parse(&p, "/mnt");
    for (unsigned i = 0; (row = cmd_row_at(i)); i++, n++) {
        ck_assert(*row->help);
        /* A flag takes no value, all others need one: neither is -ENOENT. */
        ck_assert_int_eq(set(&p.o, row->name, row->form ? NULL : "x", why), -EINVAL);
        ck_assert_ptr_nonnull(strstr(why, row->name));
    }
    ck_assert_uint_eq(n, 24);
    ck_assert_int_eq(set(&p.o, "read", "1", why), -ENOENT);
    ck_assert_int_eq(set(&p.o, "allow_other", NULL, why), -ENOENT);
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(later_values_win)
{
    struct parsed p;
    parse(&p, "-o transfers=1,transfers=2 -o transfers=3,user_agent=a,user_agent=b -o accept=a/b -o accept=c/d /m");
    ck_assert_uint_eq(p.o.agent.transfers, 3);
    ck_assert_str_eq(p.o.agent.user_agent, "b");
    ck_assert_str_eq(p.o.agent.accept[1], "c/d");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(comma_in_a_value_is_escaped)
{
    struct parsed p;
    parse(&p, "-o user_agent=a\\,b\\\\c\\d,transfers=2 /m");
    ck_assert_int_eq(p.status, CMD_FINE);
    ck_assert_str_eq(p.o.agent.user_agent, "a,b\\c\\d");
    ck_assert_uint_eq(p.o.agent.transfers, 2);
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(escape_at_the_very_end_is_itself)
{
    struct parsed p;
    parse(&p, "-o user_agent=a\\ /m");
    ck_assert_str_eq(p.o.agent.user_agent, "a\\");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(other_options_go_to_libfuse_as_they_came)
{
    struct parsed p;
    parse(&p, "-o allow_other,transfers=2,fsname=a\\,b -o ro,,max_read=4096 /m");
    ck_assert_int_eq(p.status, CMD_FINE);
    ck_assert_str_eq(p.o.fuse.data, "allow_other,fsname=a\\,b,ro,max_read=4096");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(words_of_fstab_are_for_mount)
{
    struct parsed p;
    parse(&p, "-o rw,noauto,nofail,_netdev,user,x-systemd.automount,x-a=b,defaults,allow_other /m");
    ck_assert_str_eq(p.o.fuse.data, "rw,allow_other");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(mount_puts_flags_last)
{
    struct parsed p;
    parse(&p, "/store /mnt -o rw,transfers=5 -s");
    ck_assert_int_eq(p.status, CMD_FINE);
    ck_assert_int_eq(p.o.n_operands, 2);
    ck_assert_str_eq(p.o.operands[0], "/store");
    ck_assert_str_eq(p.o.operands[1], "/mnt");
    ck_assert_uint_eq(p.o.agent.transfers, 5);
    ck_assert(p.o.single_thread);
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(flags)
{
    struct parsed p;
    parse(&p, "-fs /m");
    ck_assert(p.o.foreground && p.o.single_thread && !p.o.debug);
    cmd_options_clear(&p.o);
    parse(&p, "-d /m");
    ck_assert(p.o.foreground && p.o.debug);
    cmd_options_clear(&p.o);
    parse(&p, "-df /m");
    ck_assert(p.o.foreground && p.o.debug);
    cmd_options_clear(&p.o);
    parse(&p, "-sotransfers=2 /m");
    ck_assert(p.o.single_thread && p.o.agent.transfers == 2);
    cmd_options_clear(&p.o);
    parse(&p, "-- -m");
    ck_assert_int_eq(p.status, CMD_FINE);
    ck_assert_str_eq(p.o.operands[0], "-m");
    cmd_options_clear(&p.o);
}
END_TEST

static const struct {
    const char *line;
    enum cmd_mode mode;
    int n;
    int64_t time_ms;
} modes[] = {
    {"-h", CMD_HELP, 0, -1},
    {"--help", CMD_HELP, 0, -1},
    {"-V", CMD_VERSION, 0, -1},
    {"--version", CMD_VERSION, 0, -1},
    {"--get /m x.dd", CMD_GET, 2, -1},
    {"--get -t 5m /m http://x/", CMD_GET, 2, 300000},
    {"--wait a b c", CMD_WAIT, 3, -1},
    {"--wait -t0 a", CMD_WAIT, 1, 0},
    {"a --wait -t 2h", CMD_WAIT, 1, 7200000},
};

START_TEST(modes_and_their_operands)
{
    struct parsed p;
    parse(&p, modes[_i].line);
    ck_assert_msg(p.status == CMD_FINE, "%s", p.why);
    ck_assert_int_eq(p.o.mode, modes[_i].mode);
    ck_assert_int_eq(p.o.n_operands, modes[_i].n);
    ck_assert_int_eq(p.o.time_ms, modes[_i].time_ms);
    cmd_options_clear(&p.o);
}
END_TEST

static const char *const misused[] = {
    "",   "a b c",         "--get /m", "--get /m a b",     "--wait", "-x /m",          "--frob /m",   "-o",
    "-t", "--wait -t x a", "-t 5 /m",  "--get --wait a b", "-fq /m", "--wait -t -5 a", "--get-x a b",
};

START_TEST(bad_usage_is_2)
{
    struct parsed p;
    parse(&p, misused[_i]);
    ck_assert_msg(p.status == CMD_USAGE, "%s", misused[_i]);
    ck_assert(*p.why);
    ck_assert_ptr_null(strchr(p.why, '\n'));
    cmd_options_clear(&p.o);
}
END_TEST

static const struct {
    const char *option, *value, *expected;
} bad[] = {
    {"confirm", "yes", "confirm=drop|ask|dd"},
    {"confirm", "", "confirm=drop|ask|dd"},
    {"confirm", "drop|ask", "confirm=drop|ask|dd"},
    {"confirm", "dro", "confirm=drop|ask|dd"},
    {"accept", "image", "accept=TYPE"},
    {"accept", "image/", "accept=TYPE"},
    {"accept", "/gif", "accept=TYPE"},
    {"accept", "a/b/c", "accept=TYPE"},
    {"accept", "a/b:", "accept=TYPE"},
    {"accept", "a/b;q=1", "accept=TYPE"},
    {"accept", "", "accept=TYPE"},
    {"max_size", "big", "max_size=SIZE"},
    {"max_size", "-1", "max_size=SIZE"},
    {"max_size", "1kk", "max_size=SIZE"},
    {"max_size", "99999999999999999999", "too large"},
    {"max_size", "18446744073709551615k", "too large"},
    {"size", "about", "size=exact|tolerant"},
    {"transfers", "0", "1 to 4096"},
    {"transfers", "4097", "1 to 4096"},
    {"transfers", "1.5", "1 to 4096"},
    {"transfers", "-1", "1 to 4096"},
    {"transfers", " 1", "1 to 4096"},
    {"transfers", "", "1 to 4096"},
    {"per_host", "x", "1 to 4096"},
    {"rate", "fast", "rate=SIZE"},
    {"retries", "many", "0 to"},
    {"retries", "99999999999999999999999", "0 to"},
    {"give_up", "1w", "give_up=TIME"},
    {"give_up", "", "give_up=TIME"},
    {"retry_wait", "-2s", "retry_wait=TIME"},
    {"timeout", "1 s", "timeout=TIME"},
    {"timeout", "9999999999999999d", "too large"},
    {"unpinned", "maybe", "unpinned=restart|resume"},
    {"report_tries", "0", "1 to 1000"},
    {"report_lost", "keep", "report_lost=release|discard"},
    {"updated_code", "956", "updated_code=957|955"},
    {"cacert", "", "cacert=FILE"},
    {"netrc", "", "netrc=FILE"},
    {"user_agent", "a\r\nX-Evil: 1", "user_agent=TEXT"},
    {"proxy", "http://a\n", "proxy=URL"},
    {"header", "", "header=HOST:LINE"},
    {"header", "example.com", "header=HOST:LINE"},
    {"header", "example.com:", "header=HOST:LINE"},
    {"header", "example.com:X", "header=HOST:LINE"},
    {"header", "example.com::x", "header=HOST:LINE"},
    {"header", "example.com:a b: c", "header=HOST:LINE"},
    {"header", "example.com:X: a\r\nY: b", "header=HOST:LINE"},
    {"header", "example.com:@", "header=HOST:LINE"},
    {"header", ":X: y", "header=HOST:LINE"},
    {"header", "[::1:X", "header=HOST:LINE"},
    {"uid", "joe", "uid=N"},
    {"uid", "4294967295", "uid=N"},
    {"gid", "-1", "gid=N"},
    {"umask", "8", "umask=OCTAL"},
    {"umask", "1777", "umask=OCTAL"},
};

START_TEST(malformed_values_say_what_is_expected)
{
    struct parsed p;
    char why[WHY];
    parse(&p, "/m");
    ck_assert_int_eq(set(&p.o, bad[_i].option, bad[_i].value, why), -EINVAL);
    ck_assert_msg(strstr(why, bad[_i].option) && strstr(why, bad[_i].expected), "%s", why);
    ck_assert_msg(strstr(why, bad[_i].value), "%s", why);
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(malformed_values_of_the_command_line_are_1)
{
    struct parsed p;
    parse(&p, "-o allow_other,transfers=0 /m");
    ck_assert_int_eq(p.status, CMD_FAILED);
    ck_assert_str_eq(p.why, "option transfers: \"0\" is not a number from 1 to 4096");
    cmd_options_clear(&p.o);
    parse(&p, "-o confirm /m");
    ck_assert_int_eq(p.status, CMD_FAILED);
    ck_assert_str_eq(p.why, "option confirm: needs a value: confirm=drop|ask|dd");
    cmd_options_clear(&p.o);
    parse(&p, "-o insecure=1 /m");
    ck_assert_int_eq(p.status, CMD_FAILED);
    ck_assert_str_eq(p.why, "option insecure: takes no value");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(relative_files_become_absolute)
{
    struct parsed p;
    char here[PATH_MAX], want[PATH_MAX + 64];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    parse(&p, "-o cacert=ca.pem,netrc=./n,header=h.example:8080:@secret,header=h:@/abs /m");
    ck_assert_msg(p.status == CMD_FINE, "%s", p.why);
    sprintf(want, "%s/ca.pem", here);
    ck_assert_str_eq(p.o.agent.cacert, want);
    sprintf(want, "%s/./n", here);
    ck_assert_str_eq(p.o.agent.netrc, want);
    sprintf(want, "h.example:8080:@%s/secret", here);
    ck_assert_str_eq(p.o.agent.headers[0], want);
    ck_assert_str_eq(p.o.agent.headers[1], "h:@/abs");
    cmd_options_clear(&p.o);
}
END_TEST

START_TEST(too_many_options_are_refused)
{
    struct parsed p;
    size_t n = 300 * 1024;
    char *longer = malloc(n + 1), flag[] = "-o", mountpoint[] = "/m";
    memset(longer, 'a', n);
    longer[n] = '\0';
    char *argv[] = {mountpoint, flag, longer, mountpoint, NULL};
    ck_assert_int_eq(cmd_options_parse(&p.o, 4, argv, p.why, sizeof p.why), CMD_FAILED);
    ck_assert_str_eq(p.why, "the -o options are too long");
    cmd_options_clear(&p.o);
    free(longer);
}
END_TEST

START_TEST(help_names_every_option)
{
    char *text = NULL;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    const struct cmd_row *row;
    cmd_help(file);
    fclose(file);
    for (unsigned i = 0; (row = cmd_row_at(i)); i++) {
        char line[128];
        sprintf(line, "\n    %s%s%s", row->name, row->form ? "=" : " ", row->form ? row->form : "");
        ck_assert_msg(strstr(text, line), "%s", line);
    }
    ck_assert_int_eq(strncmp(text, "usage: dlotafs [options] [STORE] MOUNTPOINT\n", 44), 0);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmd_options");
    TCase *tc = tcase_create("options");
    tcase_add_test(tc, defaults_are_those_of_the_library);
    tcase_add_test(tc, defaults_of_the_table_are_those_of_the_library);
    tcase_add_test(tc, every_option_is_taken);
    tcase_add_test(tc, table_and_parser_agree);
    tcase_add_test(tc, later_values_win);
    tcase_add_test(tc, comma_in_a_value_is_escaped);
    tcase_add_test(tc, escape_at_the_very_end_is_itself);
    tcase_add_test(tc, other_options_go_to_libfuse_as_they_came);
    tcase_add_test(tc, words_of_fstab_are_for_mount);
    tcase_add_test(tc, mount_puts_flags_last);
    tcase_add_test(tc, flags);
    tcase_add_loop_test(tc, modes_and_their_operands, 0, sizeof modes / sizeof *modes);
    tcase_add_loop_test(tc, bad_usage_is_2, 0, sizeof misused / sizeof *misused);
    tcase_add_loop_test(tc, malformed_values_say_what_is_expected, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, malformed_values_of_the_command_line_are_1);
    tcase_add_test(tc, relative_files_become_absolute);
    tcase_add_test(tc, too_many_options_are_refused);
    tcase_add_test(tc, help_names_every_option);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
