/* history.c - `events` as a file that only grows: bytes of a generation, over the lines of table event. */
#include <errno.h>
#include <string.h>

#include "store/pool.h"

#define END_OF_ALL "(SELECT pos + length(line) FROM event ORDER BY pos DESC LIMIT 1)"

int reader_events(struct reader *r, struct reader_events *ret)
{
    _cleanup_(look_end) struct look *l = NULL;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = sql_ask(&l->sql,
                     "SELECT gen, coalesce(" END_OF_ALL ", start) - start,"
                     " coalesce((SELECT at FROM event ORDER BY pos DESC LIMIT 1), 0)"
                     " FROM generation ORDER BY gen DESC LIMIT 1",
                     &statement);
    if (rc == 0)
        rc = sql_step(&l->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -EUCLEAN;
    *ret = (struct reader_events){.gen = (uint32_t)sqlite3_column_int64(statement, 0),
                                  .size = (uint64_t)sqlite3_column_int64(statement, 1),
                                  .changed = sqlite3_column_int64(statement, 2)};
    return 0;
}

/* Where a generation begins and ends, in all that was ever written. */
static int extent(struct look *l, uint32_t gen, int64_t *ret_start, int64_t *ret_end)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&l->sql,
                     "SELECT g.start, coalesce((SELECT start FROM generation WHERE gen = g.gen + 1), " END_OF_ALL
                     ", g.start) FROM generation g WHERE g.gen = ?",
                     &statement, NUM(gen));
    if (rc == 0)
        rc = sql_step(&l->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ESTALE;
    *ret_start = sqlite3_column_int64(statement, 0);
    *ret_end = sqlite3_column_int64(statement, 1);
    return 0;
}

int reader_events_size(struct reader *r, uint32_t gen, uint64_t *ret)
{
    int64_t start = 0, end = 0;
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = extent(l, gen, &start, &end);
    if (rc == 0)
        *ret = (uint64_t)(end - start);
    return rc;
}

/* Copy lines from position `from` on, up to `to`; the first one may have begun before `from`. */
static ssize_t copy_lines(struct look *l, int64_t from, int64_t to, char *buf)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&l->sql,
                     "SELECT pos, line FROM event"
                     " WHERE pos >= (SELECT pos FROM event WHERE pos <= ?1 ORDER BY pos DESC LIMIT 1) AND pos < ?2"
                     " ORDER BY pos",
                     &statement, NUM(from), NUM(to));
    int64_t at = from;
    while (rc == 0 && at < to) {
        rc = sql_step(&l->sql, statement);
        if (rc <= 0)
            break;
        int64_t pos = sqlite3_column_int64(statement, 0);
        const char *line = sqlite3_column_blob(statement, 1);
        int64_t end = pos + sqlite3_column_bytes(statement, 1);
        if (line == NULL || pos > at || end <= at)
            return -EUCLEAN;
        int64_t stop = end < to ? end : to;
        memcpy(buf + (at - from), line + (at - pos), (size_t)(stop - at));
        at = stop;
        rc = 0;
    }
    return rc < 0 ? rc : at - from;
}

ssize_t reader_events_read(struct reader *r, uint32_t gen, uint64_t offset, char *buf, size_t n)
{
    int64_t start = 0, end = 0;
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    /* The generation may go between two statements. */
    if (rc == 0)
        rc = look_snapshot(l);
    if (rc == 0)
        rc = extent(l, gen, &start, &end);
    if (rc < 0)
        return rc;
    uint64_t size = (uint64_t)(end - start);
    if (offset >= size)
        return 0;
    if (n > size - offset)
        n = (size_t)(size - offset);
    int64_t from = start + (int64_t)offset;
    return copy_lines(l, from, from + (int64_t)n, buf);
}
