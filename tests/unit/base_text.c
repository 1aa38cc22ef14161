/* base_text.c - growing texts, escapes, UTF-8. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

START_TEST(grows_and_terminates)
{
    struct text t = {.max = 100000};
    for (int i = 0; i < 1000; i++)
        text_printf(&t, "%d,", i);
    text_puts(&t, "end");
    text_add(&t, "\0x", 2);
    ck_assert(!t.failed);
    ck_assert_uint_eq(t.len, 10 * 2 + 90 * 3 + 900 * 4 + 3 + 2);
    ck_assert_int_eq(t.data[t.len], '\0');
    ck_assert_int_eq(memcmp(t.data, "0,1,2,", 6), 0);
    text_free(&t);
    ck_assert_ptr_null(t.data);
}
END_TEST

START_TEST(bound_is_exact_and_sticky)
{
    struct text t = {.max = 5};
    text_puts(&t, "12345");
    ck_assert(!t.failed);
    text_puts(&t, "");
    ck_assert(!t.failed);
    text_puts(&t, "6");
    ck_assert(t.failed);
    text_puts(&t, "");
    text_printf(&t, "%s", "");
    ck_assert(t.failed);
    ck_assert_str_eq(t.data, "12345");
    char *s = NULL;
    size_t n = 0;
    ck_assert_int_eq(text_take(&t, &s, &n), -EMSGSIZE);
    ck_assert_ptr_null(s);
    ck_assert_ptr_null(t.data);
}
END_TEST

START_TEST(printf_is_bounded)
{
    struct text t = {.max = 4};
    text_printf(&t, "%s", "12345");
    ck_assert(t.failed);
    ck_assert_uint_eq(t.len, 0);
    text_free(&t);
}
END_TEST

START_TEST(take_hands_over)
{
    struct text t = {.max = 10};
    char *s;
    size_t n;
    text_puts(&t, "abc");
    ck_assert_int_eq(text_take(&t, &s, &n), 0);
    ck_assert_str_eq(s, "abc");
    ck_assert_uint_eq(n, 3);
    free(s);
    ck_assert_int_eq(text_take(&t, &s, NULL), 0);
    ck_assert_str_eq(s, "");
    free(s);
}
END_TEST

static const struct {
    const char *in, *out;
} escapes[] = {
    {"plain text", "plain text"},
    {"", ""},
    {"tab\there", "tab\\x09here"},
    {"a\nb\r", "a\\x0ab\\x0d"},
    {"\x1b[31m", "\\x1b[31m"},
    {"back\\slash", "back\\x5cslash"},
    {"del\x7f", "del\\x7f"},
    {"c1 \xc2\x9b", "c1 \\xc2\\x9b"},
    {"bidi \xe2\x80\xae!", "bidi \\xe2\\x80\\xae!"},
    {"isolate \xe2\x81\xa6", "isolate \\xe2\\x81\\xa6"},
    {"alm \xd8\x9c", "alm \\xd8\\x9c"},
    {"line \xe2\x80\xa8", "line \\xe2\\x80\\xa8"},
    {"bom \xef\xbb\xbf", "bom \\xef\\xbb\\xbf"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"bad \xff\xc3", "bad \\xff\\xc3"},
    {"cut \xe2\x82", "cut \\xe2\\x82"},
    {"overlong \xc0\xaf", "overlong \\xc0\\xaf"},
};

START_TEST(escapes_are_visible)
{
    struct text t = {.max = 1000};
    char fixed[200];
    text_visible(&t, escapes[_i].in);
    ck_assert_str_eq(t.data ? t.data : "", escapes[_i].out);
    text_escape(fixed, sizeof fixed, escapes[_i].in);
    ck_assert_str_eq(fixed, escapes[_i].out);
    text_free(&t);
}
END_TEST

START_TEST(escape_is_cut_at_a_whole_piece)
{
    char b[8];
    text_escape(b, 8, "abcd\n\n");
    ck_assert_str_eq(b, "abcd");
    text_escape(b, 8, "abc\nx");
    ck_assert_str_eq(b, "abc\\x0a");
    text_escape(b, 8, "abcdef\xc3\xbc");
    ck_assert_str_eq(b, "abcdef");
    text_escape(b, 8, "abcde\xc3\xbc");
    ck_assert_str_eq(b, "abcde\xc3\xbc");
    text_escape(b, 1, "x");
    ck_assert_str_eq(b, "");
    b[0] = 'k';
    text_escape(b, 0, "x");
    ck_assert_int_eq(b[0], 'k');
}
END_TEST

START_TEST(copy_and_format_say_whether_it_fitted)
{
    char b[6];
    ck_assert_int_eq(text_copy(b, sizeof b, "12345"), 0);
    ck_assert_str_eq(b, "12345");
    ck_assert_int_eq(text_copy(b, sizeof b, "123456"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "12345");
    ck_assert_int_eq(text_copy(b, sizeof b, "1234\xc3\xbc"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "1234");
    ck_assert_int_eq(text_copy(b, 0, "x"), -ENAMETOOLONG);

    ck_assert_int_eq(text_format(b, sizeof b, "%d-%s", 12, "ab"), 0);
    ck_assert_str_eq(b, "12-ab");
    ck_assert_int_eq(text_format(b, sizeof b, "%s", "123\xe2\x82\xac"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "123");
    ck_assert_int_eq(text_format(b, sizeof b, "%s", "12\xe2\x82\xacx"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "12\xe2\x82\xac");
    ck_assert_int_eq(text_format(b, sizeof b, "%s", "12\xf0\x9f\x98\x80"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "12");
    ck_assert_int_eq(text_format(b, sizeof b, "%s", "1234567"), -ENAMETOOLONG);
    ck_assert_str_eq(b, "12345");
    ck_assert_int_eq(text_format(b, 0, "x"), -ENAMETOOLONG);
}
END_TEST

static const struct {
    const char *s;
    int n;
    uint32_t c;
} characters[] = {
    {"", 0, 0},
    {"a", 1, 'a'},
    {"\x7f", 1, 0x7f},
    {"\xc2\x80", 2, 0x80},
    {"\xdf\xbf", 2, 0x7ff},
    {"\xe0\xa0\x80", 3, 0x800},
    {"\xed\x9f\xbf", 3, 0xd7ff},
    {"\xee\x80\x80", 3, 0xe000},
    {"\xef\xbf\xbf", 3, 0xffff},
    {"\xf0\x90\x80\x80", 4, 0x10000},
    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    {"\xf4\x90\x80\x80", -EILSEQ, 0},
    {"\xed\xa0\x80", -EILSEQ, 0},
    {"\xc1\xbf", -EILSEQ, 0},
    {"\xe0\x9f\xbf", -EILSEQ, 0},
    {"\xf0\x8f\xbf\xbf", -EILSEQ, 0},
    {"\x80", -EILSEQ, 0},
    {"\xbf", -EILSEQ, 0},
    {"\xf5\x80\x80\x80", -EILSEQ, 0},
    {"\xff", -EILSEQ, 0},
    {"\xc3", -EILSEQ, 0},
    {"\xe2\x82", -EILSEQ, 0},
    {"\xf0\x9f\x98", -EILSEQ, 0},
    {"\xe2(\xa1", -EILSEQ, 0},
};

START_TEST(characters_are_decoded)
{
    uint32_t c = 0;
    ck_assert_int_eq(utf8_next(characters[_i].s, &c), characters[_i].n);
    if (characters[_i].n >= 0)
        ck_assert_uint_eq(c, characters[_i].c);
    ck_assert_int_eq(utf8_valid(characters[_i].s), characters[_i].n >= 0);
}
END_TEST

START_TEST(cut_never_splits)
{
    static const char s[] = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    for (size_t n = 0; n < sizeof cuts / sizeof *cuts; n++)
        ck_assert_uint_eq(utf8_cut(s, n), cuts[n]);
    ck_assert_uint_eq(utf8_cut(s, SIZE_MAX), 11);
    ck_assert_uint_eq(utf8_cut("\x80\x80\x80\x80\x80\x80", 4), 4);
}
END_TEST

START_TEST(trim_leaves_the_middle)
{
    size_t n;
    const char *s = text_trim(" \t\r\n\v\f a b \n", 12, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(memcmp(s, "a b", 3), 0);
    (void)text_trim(" \n ", 3, &n);
    ck_assert_uint_eq(n, 0);
    (void)text_trim("", 0, &n);
    ck_assert_uint_eq(n, 0);
    s = text_trim("ab  ", 2, &n);
    ck_assert_uint_eq(n, 2);
    s = text_trim("\xc2\xa0x", 3, &n);
    ck_assert_uint_eq(n, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_text");
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, grows_and_terminates);
    tcase_add_test(tc, bound_is_exact_and_sticky);
    tcase_add_test(tc, printf_is_bounded);
    tcase_add_test(tc, take_hands_over);
    tcase_add_loop_test(tc, escapes_are_visible, 0, sizeof escapes / sizeof *escapes);
    tcase_add_test(tc, escape_is_cut_at_a_whole_piece);
    tcase_add_test(tc, copy_and_format_say_whether_it_fitted);
    tcase_add_loop_test(tc, characters_are_decoded, 0, sizeof characters / sizeof *characters);
    tcase_add_test(tc, cut_never_splits);
    tcase_add_test(tc, trim_leaves_the_middle);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
