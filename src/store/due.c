/* due.c - what moves by itself, and when: the scheduler's queries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/inner.h"
#include "store/row.h"

/* Rows chosen so far, by due, then id. */
struct choice {
    unsigned n, limit;
    struct {
        int64_t due, id;
    } * row;
};

static bool choice_full(const struct choice *c, int64_t due) { return c->n == c->limit && c->row[c->n - 1].due <= due; }

static void choice_add(struct choice *c, int64_t due, int64_t id)
{
    if (choice_full(c, due))
        return;
    unsigned i = c->n < c->limit ? c->n++ : c->n - 1;
    for (; i > 0 && (c->row[i - 1].due > due || (c->row[i - 1].due == due && c->row[i - 1].id > id)); i--)
        c->row[i] = c->row[i - 1];
    c->row[i].due = due;
    c->row[i].id = id;
}

static bool is_full(const char *host, const char *const *full, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(full[i], host) == 0)
            return true;
    return false;
}

static const char *host_of(sqlite3_stmt *statement, int column)
{
    const char *host = (const char *)sqlite3_column_text(statement, column);
    return host != NULL ? host : "";
}

/* The front of the queue, as long as it is not blocked by full hosts.  1: that was all there is to choose from, or the
 * limit; 0: too many of full hosts stand in front. */
static int choose_front(struct store *s, int64_t now, const char *const *full, unsigned n, struct choice *c)
{
    enum { BLOCKED = 64 };
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql,
                     "SELECT due, id, host FROM object INDEXED BY object_front"
                     " WHERE " ROW_WAITS " AND due <= ? ORDER BY due, id",
                     &statement, NUM(now));
    for (unsigned blocked = 0; rc == 0 && blocked < BLOCKED;) {
        rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            return rc < 0 ? rc : 1;
        rc = 0;
        if (choice_full(c, sqlite3_column_int64(statement, 0)))
            return 1;
        if (is_full(host_of(statement, 2), full, n))
            blocked++;
        else
            choice_add(c, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1));
    }
    return rc;
}

static int choose_of_host(struct store *s, int64_t now, const char *host, struct choice *c)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql,
                     "SELECT due, id FROM object INDEXED BY object_host"
                     " WHERE " ROW_WAITS " AND host = ? AND due <= ? ORDER BY due, id LIMIT ?",
                     &statement, TXT(host), NUM(now), NUM(c->limit));
    while (rc == 0) {
        rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            return rc;
        rc = 0;
        if (choice_full(c, sqlite3_column_int64(statement, 0)))
            return 0;
        choice_add(c, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1));
    }
    return rc;
}

/* From host to host: two seeks each, however many rows a full host has. */
static int choose_by_host(struct store *s, int64_t now, const char *const *full, unsigned n, struct choice *c)
{
    char host[sizeof(((struct dlota_object *)0)->host)] = "";
    const char *next =
        "SELECT host FROM object INDEXED BY object_host WHERE " ROW_WAITS " AND host >= ? ORDER BY host, due LIMIT 1";
    static const char after[] =
        "SELECT host FROM object INDEXED BY object_host WHERE " ROW_WAITS " AND host > ? ORDER BY host, due LIMIT 1";
    for (;;) {
        _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
        int rc = sql_ask(&s->sql, next, &statement, TXT(host));
        if (rc == 0)
            rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            return rc;
        char found[sizeof(host)];
        sql_copy(statement, 0, found, sizeof(found));
        sql_done(&statement);
        memcpy(host, found, sizeof(host));
        next = after;
        if (is_full(host, full, n))
            continue;
        rc = choose_of_host(s, now, host, c);
        if (rc < 0)
            return rc;
    }
}

int store_object_ready(struct store *s, int64_t now, const char *const *full, unsigned n, unsigned limit,
                       store_each *each, void *arg)
{
    if (limit == 0)
        return 0;
    struct choice c = {.limit = limit, .row = calloc(limit, sizeof(*c.row))};
    if (c.row == NULL)
        return -ENOMEM;
    int rc = choose_front(s, now, full, n, &c);
    if (rc == 0) {
        c.n = 0;
        rc = choose_by_host(s, now, full, n, &c);
    }
    for (unsigned i = 0; rc >= 0 && i < c.n; i++) {
        struct dlota_object o;
        rc = store_object_get(s, c.row[i].id, &o);
        if (rc == 0)
            rc = each(arg, &o);
        if (rc != 0)
            break;
    }
    free(c.row);
    return rc < 0 ? rc : 0;
}

static int least(int rc, int64_t *ret)
{
    if (rc == -ENOENT)
        *ret = 0;
    return rc == -ENOENT ? 0 : rc;
}

int store_object_next(struct store *s, int64_t now, int64_t *ret)
{
    return least(sql_number(&s->sql,
                            "SELECT due FROM object INDEXED BY object_front"
                            " WHERE " ROW_WAITS " AND due > ? ORDER BY due LIMIT 1",
                            ret, NUM(now)),
                 ret);
}

int store_object_hurry(struct store *s, const enum dlota_cause *causes, unsigned n, int64_t now)
{
    int rc = 0;
    for (unsigned i = 0; i < n && rc == 0; i++)
        rc = store_do(s,
                      "UPDATE object INDEXED BY object_front SET due = ?1"
                      " WHERE " ROW_WAITS " AND due > ?1 AND cause = ?2",
                      NUM(now), NUM(causes[i]));
    return rc;
}

/* ---- the wall clock was set ---- */

/* A time never becomes 0, which would mean "none". */
static const char *const shifts[] = {
    "UPDATE object INDEXED BY object_alive SET due = max(1, due + ?1) WHERE due > 0 AND " ROW_ALIVE,
    "UPDATE object INDEXED BY object_alive SET idle_since = max(1, idle_since + ?1) WHERE idle_since > 0 "
    "AND " ROW_ALIVE,
    "UPDATE report SET due = max(1, due + ?1) WHERE due > 0",
    "UPDATE report SET added = max(1, added + ?1) WHERE added > 0",
};

int store_shift(struct store *s, int64_t ms)
{
    int rc = 0;
    for (size_t i = 0; i < sizeof(shifts) / sizeof(*shifts) && rc == 0; i++)
        rc = store_do(s, shifts[i], NUM(ms));
    return rc;
}

/* What began cannot have begun after now. */
static const char *const caps[] = {
    "UPDATE object INDEXED BY object_alive SET due = ?1 + ?2 WHERE due > ?1 + ?2 AND " ROW_ALIVE,
    "UPDATE object INDEXED BY object_alive SET idle_since = ?1 WHERE idle_since > ?1 AND ?2 = ?2 AND " ROW_ALIVE,
    "UPDATE report SET due = ?1 + ?2 WHERE due > ?1 + ?2",
    "UPDATE report SET added = ?1 WHERE added > ?1 AND ?2 = ?2",
};

int store_cap(struct store *s, int64_t now, int64_t cap)
{
    int rc = 0;
    for (size_t i = 0; i < sizeof(caps) / sizeof(*caps) && rc == 0; i++)
        rc = store_do(s, caps[i], NUM(now), NUM(cap));
    return rc;
}
