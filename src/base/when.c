/* when.c - times in and out, without locale or time zone. */
#include "base/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void when_rfc3339(int64_t wall_ms, char ret[static 32])
{
    time_t s = wall_ms / 1000 - (wall_ms % 1000 < 0);
    struct tm tm;
    if (!gmtime_r(&s, &tm) || strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        ret[0] = '\0';
}

/* ---- HTTP-date ---- */

/* Each form as a pattern: W/L a weekday short/long, M a month, d two digits or blank and digit, D, h, m, s two digits,
 * y two-digit year, Y four; anything else is itself. */
static const char *const forms[] = {
    "W, D M Y h:m:s GMT",
    "L, D-M-y h:m:s GMT",
    "W M d h:m:s Y",
};

static int find_word(const char *const *words, int n, const char **s)
{
    for (int i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (strncmp(*s, words[i], len) == 0) {
            *s += len;
            return i;
        }
    }
    return -1;
}

static int digits(const char **s, int n, bool blank)
{
    int value = 0;
    for (int i = 0; i < n; i++, ++*s) {
        if (blank && i == 0 && **s == ' ')
            continue;
        if (**s < '0' || **s > '9')
            return -1;
        value = value * 10 + (**s - '0');
    }
    return value;
}

/* RFC 9110 5.6.7 takes a two-digit year of more than 50 years ahead for the past; without a clock the split is fixed:
 * no HTTP server wrote a date before 1970. */
static int century(int y)
{
    if (y < 0)
        return y;
    return y < 70 ? y + 2000 : y + 1900;
}

static int read_field(char field, const char **s, struct tm *tm)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    switch (field) {
    case 'W':
        return find_word(short_days, 7, s);
    case 'L':
        return find_word(days, 7, s);
    case 'M':
        return tm->tm_mon = find_word(months, 12, s);
    case 'D':
    case 'd':
        return tm->tm_mday = digits(s, 2, field == 'd');
    case 'h':
        return tm->tm_hour = digits(s, 2, false);
    case 'm':
        return tm->tm_min = digits(s, 2, false);
    case 's':
        return tm->tm_sec = digits(s, 2, false);
    case 'y':
        return tm->tm_year = century(digits(s, 2, false));
    case 'Y':
        return tm->tm_year = digits(s, 4, false);
    default:
        return *(*s)++ == field ? 0 : -1;
    }
}

static bool read_form(const char *form, const char *s, struct tm *tm)
{
    const char *literal = NULL; /* "GMT" holds an M: what follows the last blank before it is taken as it stands */
    for (; *form; form++) {
        if (!literal && strcmp(form, "GMT") == 0)
            literal = form;
        if (!*s)
            return false;
        if (literal ? *s++ != *form : read_field(*form, &s, tm) < 0)
            return false;
    }
    while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
        s++;
    return *s == '\0';
}

static bool plausible(const struct tm *tm)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y = tm->tm_year;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    int length = lengths[tm->tm_mon] + (leap && tm->tm_mon == 1);
    return tm->tm_mday >= 1 && tm->tm_mday <= length && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

int when_http(const char *s, int64_t *ret)
{
    while (*s == ' ' || *s == '\t')
        s++;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        if (!read_form(forms[i], s, &tm))
            continue;
        if (!plausible(&tm))
            return -EINVAL;
        tm.tm_year -= 1900;
        *ret = (int64_t)timegm(&tm);
        return 0;
    }
    return -EINVAL;
}

/* ---- durations ---- */

int when_duration(const char *s, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'\0', 1000}, {'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    int64_t value = 0;
    bool range = false;

    if (*s < '0' || *s > '9')
        return -EINVAL;
    for (; *s >= '0' && *s <= '9'; s++)
        range |= __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *s - '0', &value);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (*s != units[i].unit || (*s && s[1]))
            continue;
        if (range || __builtin_mul_overflow(value, units[i].ms, &value))
            return -ERANGE;
        *ret_ms = value;
        return 0;
    }
    return -EINVAL;
}

/* Seconds are rounded up: a wait that is not over never reads "0 s". */
void when_words(int64_t ms, char ret[static 32])
{
    int64_t s = ms <= 0 ? 0 : ms / 1000 + (ms % 1000 != 0);
    int64_t min = (s + 30) / 60, h = min / 60, d = h / 24;

    if (s < 60)
        (void)snprintf(ret, 32, "%" PRId64 " s", s);
    else if (min < 60)
        (void)snprintf(ret, 32, "%" PRId64 " min", min);
    else if (h < 24 && min % 60)
        (void)snprintf(ret, 32, "%" PRId64 " h %" PRId64 " min", h, min % 60);
    else if (h < 24)
        (void)snprintf(ret, 32, "%" PRId64 " h", h);
    else if (h % 24)
        (void)snprintf(ret, 32, "%" PRId64 " d %" PRId64 " h", d, h % 24);
    else
        (void)snprintf(ret, 32, "%" PRId64 " d", d);
}
