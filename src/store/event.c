/* event.c - the lines of `events`, each written in the transaction of the change it tells. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "store/inner.h"

enum { LINE_MAX_BYTES = 256 * 1024, VALUE_MAX_BYTES = 16 * 1024 };

/* ---- JSON (RFC 8259) ---- */

/* Characters that would steer a terminal (`cat events`) are escaped as well as those that JSON demands. */
static void add_character(struct text *t, const char *bytes, size_t n, uint32_t c)
{
    if (c == '"' || c == '\\')
        text_printf(t, "\\%c", (int)c);
    else if (c == '\n')
        text_puts(t, "\\n");
    else if (c == '\t')
        text_puts(t, "\\t");
    else if (c < 0x20 || (c < 0x10000 && utf8_unsafe(c)))
        text_printf(t, "\\u%04x", (unsigned)c);
    else
        text_add(t, bytes, n);
}

static void add_string(struct text *t, const char *s)
{
    const char *end = s + strnlen(s, VALUE_MAX_BYTES);
    text_puts(t, "\"");
    while (s < end) {
        uint32_t c;
        int n = utf8_next(s, &c);
        if (n > 0)
            add_character(t, s, (size_t)n, c);
        else
            text_puts(t, "\xef\xbf\xbd"); /* U+FFFD for a byte that is not UTF-8 */
        s += n > 0 ? n : 1;
    }
    text_puts(t, "\"");
}

static void add_field(struct text *t, const struct store_field *f)
{
    if (f->kind == STORE_TEXT && f->text == NULL)
        return;
    text_puts(t, ",");
    add_string(t, f->key);
    text_puts(t, ":");
    if (f->kind == STORE_TEXT)
        add_string(t, f->text);
    else if (f->kind == STORE_BOOL)
        text_puts(t, f->number != 0 ? "true" : "false");
    else
        text_printf(t, "%lld", (long long)f->number);
}

static void add_time(struct text *t, int64_t now)
{
    int64_t ms = now % 1000;
    time_t seconds = (time_t)(now / 1000 - (ms < 0));
    struct tm tm;
    char date[64] = "1970-01-01T00:00:00";
    if (gmtime_r(&seconds, &tm) != NULL)
        (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    text_printf(t, "\"time\":\"%s.%03dZ\"", date, (int)(ms < 0 ? ms + 1000 : ms));
}

static int make_line(int64_t seq, int64_t now, const char *name, const struct store_field *fields, unsigned n,
                     char **ret, size_t *ret_n)
{
    struct text t = {.max = LINE_MAX_BYTES};
    text_printf(&t, "{\"seq\":%lld,", (long long)seq);
    add_time(&t, now);
    text_puts(&t, ",\"event\":");
    add_string(&t, name);
    for (unsigned i = 0; i < n; i++)
        add_field(&t, &fields[i]);
    text_puts(&t, "}\n");
    return text_take(&t, ret, ret_n);
}

/* ---- where the next line goes ---- */

static int find_end(struct store *s)
{
    _cleanup_(sql_done) sqlite3_stmt *generation = NULL, *last = NULL;
    int rc = sql_ask(&s->sql,
                     "SELECT gen, start, (SELECT min(start) FROM generation) FROM generation"
                     " ORDER BY gen DESC LIMIT 1",
                     &generation);
    if (rc == 0)
        rc = sql_step(&s->sql, generation);
    if (rc <= 0)
        return rc < 0 ? rc : -EUCLEAN;
    s->events.gen = (uint32_t)sqlite3_column_int64(generation, 0);
    s->events.start = s->events.end = sqlite3_column_int64(generation, 1);
    s->events.seq = 0;
    s->events.stale = sqlite3_column_int64(generation, 2) > 0;
    rc = sql_ask(&s->sql, "SELECT pos + length(line), seq FROM event ORDER BY pos DESC LIMIT 1", &last);
    if (rc == 0)
        rc = sql_step(&s->sql, last);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        s->events.end = sqlite3_column_int64(last, 0);
        s->events.seq = sqlite3_column_int64(last, 1);
    }
    s->events.known = true;
    return 0;
}

/* The last generation stays readable; the one before it goes, its lines a few at a time (prune). */
static int new_generation(struct store *s)
{
    int rc =
        store_do(s, "INSERT INTO generation(gen, start) VALUES (?, ?)", NUM(s->events.gen + 1), NUM(s->events.end));
    if (rc == 0)
        rc = store_do(s, "DELETE FROM generation WHERE gen < ?", NUM(s->events.gen));
    if (rc < 0)
        return rc;
    s->events.gen++;
    s->events.start = s->events.end;
    s->events.stale = true;
    return 0;
}

/* A few old lines for each new one: one DELETE of a generation would hold the agent's turn for tens of milliseconds.
 * One bound, not two: SQLite would walk all rows below the first to test the second. */
static int prune(struct store *s)
{
    enum { AT_ONCE = 4 };
    int rc = store_do(s,
                      "DELETE FROM event WHERE pos <= min((SELECT min(start) FROM generation) - 1,"
                      " coalesce((SELECT pos FROM event ORDER BY pos LIMIT 1 OFFSET ? - 1), 9223372036854775807))",
                      NUM(AT_ONCE));
    if (rc == 0 && store_changes(s) < AT_ONCE)
        s->events.stale = false;
    return rc;
}

int store_event(struct store *s, int64_t now, const char *name, const struct store_field *fields, unsigned n)
{
    int rc = store_begin(s);
    if (rc == 0 && !s->events.known)
        rc = find_end(s);
    if (rc < 0)
        return rc;
    _cleanup_free_ char *line = NULL;
    size_t len = 0;
    rc = make_line(s->events.seq + 1, now, name, fields, n, &line, &len);
    if (rc < 0)
        return rc;
    uint64_t used = (uint64_t)(s->events.end - s->events.start);
    if (used > 0 && used + len > s->events_limit)
        rc = new_generation(s);
    if (rc == 0)
        rc = store_do(s, "INSERT INTO event(pos, seq, at, line) VALUES (?, ?, ?, ?)", NUM(s->events.end),
                      NUM(s->events.seq + 1), NUM(now), BLOB(line, len));
    if (rc == 0 && s->events.stale)
        rc = prune(s);
    if (rc < 0)
        return rc;
    s->events.end += (int64_t)len;
    s->events.seq++;
    return 0;
}
