/* base_units.c - sizes and times in and out. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/size.h"
#include "base/when.h"

static const struct {
    const char *s;
    int rc;
    uint64_t value;
} sizes[] = {
    {"0", 0, 0},
    {"1", 0, 1},
    {"10k", 0, 10240},
    {"10K", 0, 10240},
    {"3M", 0, 3 << 20},
    {"2g", 0, 2ull << 30},
    {"1T", 0, 1ull << 40},
    {"18446744073709551615", 0, UINT64_MAX},
    {"18446744073709551616", -ERANGE, 0},
    {"99999999999999999999999k", -ERANGE, 0},
    {"16777216T", -ERANGE, 0},
    {"16777215T", 0, 16777215ull << 40},
    {"", -EINVAL, 0},
    {"k", -EINVAL, 0},
    {"-1", -EINVAL, 0},
    {"+1", -EINVAL, 0},
    {" 1", -EINVAL, 0},
    {"1 ", -EINVAL, 0},
    {"1kk", -EINVAL, 0},
    {"1.5M", -EINVAL, 0},
    {"1P", -EINVAL, 0},
    {"0x10", -EINVAL, 0},
};

START_TEST(sizes_in)
{
    uint64_t v = 77;
    ck_assert_int_eq(size_parse(sizes[_i].s, &v), sizes[_i].rc);
    ck_assert_uint_eq(v, sizes[_i].rc ? 77 : sizes[_i].value);
}
END_TEST

static const struct {
    uint64_t bytes;
    const char *words;
} size_texts[] = {
    {0, "0 B"},
    {512, "512 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {1535, "1.4 KiB"},
    {1536, "1.5 KiB"},
    {102399, "99.9 KiB"},
    {102400, "100 KiB"},
    {1048575, "1023 KiB"},
    {3355443, "3.1 MiB"},
    {3355444, "3.2 MiB"},
    {1ull << 30, "1.0 GiB"},
    {1ull << 50, "1.0 PiB"},
    {UINT64_MAX, "15.9 EiB"},
};

START_TEST(sizes_out)
{
    char b[16];
    size_words(size_texts[_i].bytes, b);
    ck_assert_str_eq(b, size_texts[_i].words);
    ck_assert_uint_le(strlen(b), 9);
}
END_TEST

START_TEST(rfc3339)
{
    char b[32];
    when_rfc3339(0, b);
    ck_assert_str_eq(b, "1970-01-01T00:00:00Z");
    when_rfc3339(1795165740000, b);
    ck_assert_str_eq(b, "2026-11-20T09:09:00Z");
    when_rfc3339(1795165740999, b);
    ck_assert_str_eq(b, "2026-11-20T09:09:00Z");
    when_rfc3339(-1, b);
    ck_assert_str_eq(b, "1969-12-31T23:59:59Z");
    when_rfc3339(INT64_MAX, b);
    ck_assert_uint_lt(strlen(b), 32);
    when_rfc3339(INT64_MIN, b);
    ck_assert_uint_lt(strlen(b), 32);
}
END_TEST

static const struct {
    const char *s;
    int rc;
    int64_t value;
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0, 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 0, 784111777},
    {"Sun Nov  6 08:49:37 1994", 0, 784111777},
    {"Sun Nov 16 08:49:37 1994", 0, 784975777},
    {"  Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0, 784111777},
    {"Thu, 29 Feb 2024 00:00:00 GMT", 0, 1709164800},
    {"Monday, 01-Jan-69 00:00:00 GMT", 0, 3124224000},
    {"Thursday, 01-Jan-70 00:00:00 GMT", 0, 0},
    {"Fri, 30 Dec 2016 23:59:60 GMT", 0, 1483142400},
    {"Thu, 29 Feb 2023 00:00:00 GMT", -EINVAL, 0},
    {"Sun, 31 Apr 1994 08:49:37 GMT", -EINVAL, 0},
    {"Sun, 00 Nov 1994 08:49:37 GMT", -EINVAL, 0},
    {"Sun, 06 Nov 1994 24:49:37 GMT", -EINVAL, 0},
    {"Sun, 06 Nov 1994 08:60:37 GMT", -EINVAL, 0},
    {"Sun, 06 Nov 1994 08:49:37 UTC", -EINVAL, 0},
    {"Sun, 06 Nov 1994 08:49:37", -EINVAL, 0},
    {"Sun, 06 Nov 1994 08:49:37 GM", -EINVAL, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT+1", -EINVAL, 0},
    {"Sun, 6 Nov 1994 08:49:37 GMT", -EINVAL, 0},
    {"Xyz, 06 Nov 1994 08:49:37 GMT", -EINVAL, 0},
    {"Sun, 06 Nov -194 08:49:37 GMT", -EINVAL, 0},
    {"784111777", -EINVAL, 0},
    {"", -EINVAL, 0},
};

START_TEST(http_dates)
{
    int64_t v = -77;
    ck_assert_int_eq(when_http(dates[_i].s, &v), dates[_i].rc);
    ck_assert_int_eq(v, dates[_i].rc ? -77 : dates[_i].value);
}
END_TEST

static const struct {
    const char *s;
    int rc;
    int64_t ms;
} durations[] = {
    {"0", 0, 0},
    {"90", 0, 90000},
    {"90s", 0, 90000},
    {"5m", 0, 300000},
    {"2h", 0, 7200000},
    {"7d", 0, 604800000},
    {"9223372036854775807", -ERANGE, 0},
    {"99999999999999999999d", -ERANGE, 0},
    {"106751991167d", 0, 106751991167ll * 86400000},
    {"106751991168d", -ERANGE, 0},
    {"", -EINVAL, 0},
    {"s", -EINVAL, 0},
    {"-1", -EINVAL, 0},
    {"1ms", -EINVAL, 0},
    {"1 s", -EINVAL, 0},
    {"1w", -EINVAL, 0},
    {"99999999999999999999x", -EINVAL, 0},
};

START_TEST(durations_in)
{
    int64_t v = -77;
    ck_assert_int_eq(when_duration(durations[_i].s, &v), durations[_i].rc);
    ck_assert_int_eq(v, durations[_i].rc ? -77 : durations[_i].ms);
}
END_TEST

static const struct {
    int64_t ms;
    const char *words;
} waits[] = {
    {-5, "0 s"},        {0, "0 s"},
    {1, "1 s"},         {12000, "12 s"},
    {11001, "12 s"},    {59000, "59 s"},
    {59001, "1 min"},   {180000, "3 min"},
    {3600000, "1 h"},   {7800000, "2 h 10 min"},
    {86400000, "1 d"},  {97200000, "1 d 3 h"},
    {432000000, "5 d"},
};

START_TEST(durations_out)
{
    char b[32];
    when_words(waits[_i].ms, b);
    ck_assert_str_eq(b, waits[_i].words);
    when_words(INT64_MAX, b);
    ck_assert_uint_lt(strlen(b), 32);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_units");
    TCase *tc = tcase_create("units");
    tcase_add_loop_test(tc, sizes_in, 0, sizeof sizes / sizeof *sizes);
    tcase_add_loop_test(tc, sizes_out, 0, sizeof size_texts / sizeof *size_texts);
    tcase_add_test(tc, rfc3339);
    tcase_add_loop_test(tc, http_dates, 0, sizeof dates / sizeof *dates);
    tcase_add_loop_test(tc, durations_in, 0, sizeof durations / sizeof *durations);
    tcase_add_loop_test(tc, durations_out, 0, sizeof waits / sizeof *waits);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
