/* report.c - reports that nobody has answered yet.  Those of one object leave in order: only the first is ever due. */
#include <errno.h>
#include <stdlib.h>

#include "store/inner.h"

/* Object 0 stands for none: its reports have nothing to do with each other. */
#define FIRST_OF_OBJECT                                                                                                \
    "(object = 0 OR NOT EXISTS (SELECT 1 FROM report q WHERE q.object = report.object AND q.id < report.id))"

int store_report_add(struct store *s, const struct store_report *r, int64_t *ret_id)
{
    int rc = store_do(s,
                      "INSERT INTO report(object, code, tries, decides, lost, outside, added, due, url)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      NUM(r->object), NUM(r->code), NUM(r->tries), NUM(r->decides), NUM(r->lost), NUM(r->outside),
                      NUM(r->added), NUM(r->due), TXT(r->url));
    if (rc == 0)
        *ret_id = sqlite3_last_insert_rowid(s->sql.db);
    return rc;
}

int store_report_get(struct store *s, int64_t id, struct store_report *ret)
{
    *ret = (struct store_report){.id = id};
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc =
        sql_ask(&s->sql, "SELECT object, code, tries, decides, lost, outside, added, due, url FROM report WHERE id = ?",
                &statement, NUM(id));
    if (rc == 0)
        rc = sql_step(&s->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    ret->object = sqlite3_column_int64(statement, 0);
    ret->code = (unsigned)sqlite3_column_int64(statement, 1);
    ret->tries = (uint32_t)sqlite3_column_int64(statement, 2);
    ret->decides = sqlite3_column_int64(statement, 3) != 0;
    ret->lost = sqlite3_column_int64(statement, 4) != 0;
    ret->outside = sqlite3_column_int64(statement, 5) != 0;
    ret->added = sqlite3_column_int64(statement, 6);
    ret->due = sqlite3_column_int64(statement, 7);
    return sql_dup(statement, 8, &ret->url, NULL);
}

void store_report_clear(struct store_report *r)
{
    free(r->url);
    r->url = NULL;
}

int store_report_put(struct store *s, const struct store_report *r)
{
    int rc = store_do(s, "UPDATE report SET tries = ?, due = ?, decides = ?, lost = ? WHERE id = ?", NUM(r->tries),
                      NUM(r->due), NUM(r->decides), NUM(r->lost), NUM(r->id));
    if (rc < 0)
        return rc;
    return store_changes(s) > 0 ? 0 : -ENOENT;
}

int store_report_remove(struct store *s, int64_t id)
{
    int rc = store_do(s, "DELETE FROM report WHERE id = ?", NUM(id));
    if (rc < 0)
        return rc;
    return store_changes(s) > 0 ? 0 : -ENOENT;
}

int store_report_withdraw(struct store *s, int64_t object)
{
    int rc = store_do(s, "DELETE FROM report WHERE object = ? AND tries = 0", NUM(object));
    return rc < 0 ? rc : store_changes(s);
}

int store_report_ready(struct store *s, int64_t now, unsigned limit, int (*each)(void *arg, int64_t id), void *arg)
{
    if (limit == 0)
        return 0;
    /* Gathered first: each() may change or remove the report it is given. */
    int64_t *ids = calloc(limit, sizeof(*ids));
    if (ids == NULL)
        return -ENOMEM;
    unsigned n = 0;
    sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql,
                     "SELECT id FROM report INDEXED BY report_due WHERE due > 0 AND due <= ? AND " FIRST_OF_OBJECT
                     " ORDER BY due, id LIMIT ?",
                     &statement, NUM(now), NUM(limit));
    while (rc == 0 && n < limit) {
        rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            break;
        ids[n++] = sqlite3_column_int64(statement, 0);
        rc = 0;
    }
    sql_done(&statement);
    for (unsigned i = 0; i < n && rc == 0; i++)
        rc = each(arg, ids[i]);
    free(ids);
    return rc < 0 ? rc : 0;
}

int store_report_next(struct store *s, int64_t now, int64_t *ret)
{
    int rc = sql_number(&s->sql,
                        "SELECT due FROM report INDEXED BY report_due WHERE due > 0 AND due > ? AND " FIRST_OF_OBJECT
                        " ORDER BY due LIMIT 1",
                        ret, NUM(now));
    if (rc == -ENOENT)
        *ret = 0;
    return rc == -ENOENT ? 0 : rc;
}

int store_report_of(struct store *s, int64_t object, int64_t *ret_id)
{
    return sql_number(&s->sql, "SELECT id FROM report WHERE object = ? AND decides = 1 ORDER BY id DESC LIMIT 1",
                      ret_id, NUM(object));
}

int store_report_hurry(struct store *s, int64_t object, int64_t now)
{
    if (object == 0)
        return store_do(s, "UPDATE report SET due = ?1 WHERE due > ?1 AND lost = 1", NUM(now));
    return store_do(s, "UPDATE report SET due = ?1 WHERE due > ?1 AND object = ?2", NUM(now), NUM(object));
}
