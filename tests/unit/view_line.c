/* The JSON line: valid for any bytes, numbers as numbers. */
#include <check.h>
#include <ctype.h>
#include <stdio.h>

#include "base/limits.h"
#include "view_sample.h"

/* ---- a checker of RFC 8259, flat objects of strings and numbers; strings are decoded ---- */

struct member {
    char key[32];
    char value[3 * LIMIT_VALUE + 1];
    bool number;
};
static struct member members[64];
static unsigned n_members;

static void put_utf8(char **out, unsigned c)
{
    if (c < 0x80) {
        *(*out)++ = (char)c;
    } else if (c < 0x800) {
        *(*out)++ = (char)(0xc0 | c >> 6);
        *(*out)++ = (char)(0x80 | (c & 0x3f));
    } else {
        *(*out)++ = (char)(0xe0 | c >> 12);
        *(*out)++ = (char)(0x80 | (c >> 6 & 0x3f));
        *(*out)++ = (char)(0x80 | (c & 0x3f));
    }
}

static const char *read_escape(const char *p, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (*p == 'u') {
        char digits[5] = "";
        for (int i = 0; i < 4; i++) {
            ck_assert(isxdigit((unsigned char)p[1 + i]));
            digits[i] = p[1 + i];
        }
        put_utf8(out, (unsigned)strtoul(digits, NULL, 16));
        return p + 5;
    }
    const char *at = *p ? strchr(from, *p) : NULL;
    ck_assert_ptr_nonnull(at);
    *(*out)++ = to[at - from];
    return p + 1;
}

static const char *read_string(const char *p, char *out)
{
    ck_assert_int_eq(*p, '"');
    for (p++; *p != '"';) {
        uint32_t c;
        int n = utf8_next(p, &c);
        ck_assert_int_gt(n, 0);
        ck_assert_uint_ge(c, 0x20);
        if (c == '\\') {
            p = read_escape(p + 1, &out);
            continue;
        }
        memcpy(out, p, (size_t)n);
        out += n;
        p += n;
    }
    *out = '\0';
    return p + 1;
}

static void read_line(const char *p)
{
    n_members = 0;
    ck_assert_int_eq(*p++, '{');
    for (;;) {
        struct member *m = &members[n_members++];
        p = read_string(p, m->key);
        ck_assert_int_eq(*p++, ':');
        m->number = *p != '"';
        if (m->number) {
            size_t n = strspn(p, "0123456789");
            ck_assert(n > 0 && (n == 1 || *p != '0'));
            memcpy(m->value, p, n);
            m->value[n] = '\0';
            p += n;
        } else {
            p = read_string(p, m->value);
        }
        if (*p != ',')
            break;
        p++;
    }
    ck_assert_str_eq(p, "}\n");
}

static const struct member *find(const char *key)
{
    for (unsigned i = 0; i < n_members; i++)
        if (strcmp(members[i].key, key) == 0)
            return &members[i];
    ck_abort_msg("no %s", key);
    return NULL;
}

static char *line_of(const struct sample *s)
{
    struct text t = {.max = 1 << 20};
    char *ret = NULL;
    size_t n;
    view_line(&s->facts, &t);
    ck_assert_int_eq(text_take(&t, &ret, &n), 0);
    ck_assert_uint_eq(strlen(ret), n);
    return ret;
}

START_TEST(line_holds_what_the_status_holds)
{
    struct sample s;
    char value[8192];
    unsigned present = 0;
    sample_make(&s);
    char *line = line_of(&s);
    read_line(line);
    for (const char *const *key = view_keys(); *key; key++) {
        sample_value(&s, *key, value);
        if (strcmp(value, "(absent)") == 0)
            continue;
        ck_assert_str_eq(members[present].key, *key);
        ck_assert_str_eq(members[present].value, value);
        present++;
    }
    ck_assert_uint_eq(n_members, present);
    free(line);
}
END_TEST

START_TEST(counts_are_numbers_and_the_rest_is_not)
{
    static const char *const numbers[] = {"ID", "Size", "Received", "Rate", "ETA", "Attempts"};
    struct sample s;
    unsigned n = 0;
    sample_make(&s);
    char *line = line_of(&s);
    read_line(line);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ck_assert_msg(find(numbers[i])->number, "%s", numbers[i]);
    for (unsigned i = 0; i < n_members; i++)
        n += members[i].number;
    ck_assert_uint_eq(n, sizeof numbers / sizeof *numbers);
    free(line);
}
END_TEST

START_TEST(hostile_bytes_are_valid_json)
{
    struct sample s;
    sample_make(&s);
    s.object.name = "q\"b\\n\nt\te\033[m \x7f\xc2\x85\xe2\x80\xae\xef\xbb\xbf \xff\xc3( \xed\xa0\x80 \xf0\x9f\x8d\xb0";
    char *line = line_of(&s);
    ck_assert_ptr_null(strchr(line, '\033'));
    ck_assert_ptr_null(strstr(line, "\xe2\x80\xae"));
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    read_line(line);
    ck_assert_str_eq(find("Title")->value,
                     "q\"b\\n\nt\te\033[m \x7f\xc2\x85\xe2\x80\xae\xef\xbb\xbf "
                     "\xef\xbf\xbd\xef\xbf\xbd( \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xf0\x9f\x8d\xb0");
    free(line);
}
END_TEST

START_TEST(random_bytes_are_valid_json)
{
    struct sample s;
    char junk[300];
    uint32_t seed = (uint32_t)_i * 2654435761u + 1;
    sample_make(&s);
    for (size_t i = 0; i < sizeof junk; i++) {
        seed = seed * 1664525 + 1013904223;
        junk[i] = (char)(1 + (seed >> 16) % 255);
    }
    junk[sizeof junk - 1] = '\0';
    s.object.name = s.object.install_param = s.object.uri = s.offer.vendor = s.facts.descriptor = junk;
    memcpy(s.row.name, junk, sizeof s.row.name);
    s.row.name[sizeof s.row.name - 1] = '\0';
    char *line = line_of(&s);
    ck_assert(utf8_valid(line));
    read_line(line);
    ck_assert(utf8_valid(find("Vendor")->value));
    free(line);
}
END_TEST

START_TEST(long_values_are_cut_at_a_character)
{
    struct sample s;
    static char longer[3 * 5000 + 1];
    sample_make(&s);
    for (int i = 0; i < 5000; i++)
        memcpy(longer + (size_t)i * 3, "\xe2\x82\xac", 3);
    s.object.description = longer;
    char *line = line_of(&s);
    read_line(line);
    size_t n = strlen(find("Description")->value);
    ck_assert(n <= LIMIT_VALUE && n > LIMIT_VALUE - 3 && n % 3 == 0);
    free(line);
}
END_TEST

START_TEST(bound_of_the_caller_is_kept)
{
    struct sample s;
    struct text t = {.max = 50};
    sample_make(&s);
    view_line(&s.facts, &t);
    ck_assert(t.failed);
    text_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view_line");
    TCase *tc = tcase_create("line");
    tcase_add_test(tc, line_holds_what_the_status_holds);
    tcase_add_test(tc, counts_are_numbers_and_the_rest_is_not);
    tcase_add_test(tc, hostile_bytes_are_valid_json);
    tcase_add_loop_test(tc, random_bytes_are_valid_json, 0, 50);
    tcase_add_test(tc, long_values_are_cut_at_a_character);
    tcase_add_test(tc, bound_of_the_caller_is_kept);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
