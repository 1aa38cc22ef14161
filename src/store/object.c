/* object.c - rows of objects: add, get, put, remove, all that are alive.  Which are due: due.c. */
#include <assert.h>
#include <errno.h>

#include "base/text.h"
#include "store/inner.h"
#include "store/row.h"

/* What row.h and schema.c write as numbers. */
static_assert(DLOTA_QUEUED == 2 && DLOTA_INTERRUPTED == 5 && DLOTA_INSTALLED == 9 && DLOTA_FAILED == 10, "states");
static_assert(DLOTA_IN_INSTALLED == 3 && DLOTA_IN_FAILED == 4, "folders");

static int taken(struct store *s, int64_t dir, const char *name)
{
    int64_t id;
    int rc = sql_number(&s->sql, "SELECT id FROM object WHERE dir = ? AND name = ?", &id, NUM(dir), TXT(name));
    return rc == -ENOENT ? 0 : rc == 0 ? 1 : rc;
}

/* The first few in turn, so that a freed number is found again; beyond, doubling and halving: some n that is free
 * though n - 1 is taken, in 30 looks however many thousand objects share the name. */
static int free_name(struct store *s, const struct dlota_object *o, void (*name_nth)(const char *, unsigned, char *),
                     char ret[static 256])
{
    enum { IN_TURN = 8 };
    int rc = text_copy(ret, 256, o->name);
    if (rc == 0)
        rc = taken(s, o->dir, ret);
    if (rc <= 0)
        return rc;
    unsigned low = 1, high = 2;
    for (;; high = high < IN_TURN ? high + 1 : high * 2) {
        if (high > UINT32_MAX / 4)
            return -EEXIST;
        name_nth(o->name, high, ret);
        rc = taken(s, o->dir, ret);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        low = high;
    }
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        name_nth(o->name, middle, ret);
        rc = taken(s, o->dir, ret);
        if (rc < 0)
            return rc;
        if (rc > 0)
            low = middle;
        else
            high = middle;
    }
    name_nth(o->name, high, ret);
    return 0;
}

int store_object_add(struct store *s, struct dlota_object *o, void (*name_nth)(const char *, unsigned, char *))
{
    if (o->name[0] == '\0')
        return -EINVAL;
    struct dlota_object row = *o;
    int rc = store_begin(s);
    if (rc == 0)
        rc = free_name(s, o, name_nth, row.name);
    if (rc < 0)
        return rc;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    rc = sql_ask(&s->sql, ROW_INSERT, &statement, TXT(NULL));
    if (rc == 0)
        rc = row_bind(statement, 2, &row, ROW_ALL);
    if (rc >= 0)
        rc = sql_step(&s->sql, statement);
    if (rc < 0)
        return rc;
    row.id = sqlite3_last_insert_rowid(s->sql.db);
    *o = row;
    return 0;
}

int store_object_get(struct store *s, int64_t id, struct dlota_object *ret)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql, "SELECT " ROW_LIST " FROM object WHERE id = ?", &statement, NUM(id));
    if (rc == 0)
        rc = sql_step(&s->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    row_read(statement, ret);
    return 0;
}

/* What of the row differs, as far as indices are concerned: their pages are most of what a change costs. */
static int changed(struct store *s, const struct dlota_object *o, enum row_part *ret)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql, "SELECT " ROW_INDEXED " FROM object WHERE id = ?", &statement, NUM(o->id));
    if (rc == 0)
        rc = sql_step(&s->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    *ret = row_changed(statement, o);
    return 0;
}

int store_object_put(struct store *s, const struct dlota_object *o)
{
    static const char *const update[] = {
        [ROW_PLAIN] = ROW_UPDATE_PLAIN, [ROW_MOVING] = ROW_UPDATE_MOVING, [ROW_ALL] = ROW_UPDATE_ALL};
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    enum row_part part = ROW_ALL;
    int rc = store_begin(s);
    if (rc == 0)
        rc = changed(s, o, &part);
    if (rc == 0)
        rc = sql_ask(&s->sql, update[part], &statement);
    if (rc == 0)
        rc = row_bind(statement, 1, o, part);
    if (rc > 0)
        rc = sql_errno(s->sql.db, sqlite3_bind_int64(statement, rc, o->id));
    return rc == 0 ? sql_step(&s->sql, statement) : rc;
}

int store_object_remove(struct store *s, const struct dlota_object *o)
{
    int rc = store_do(s, "DELETE FROM object WHERE id = ?", NUM(o->id));
    if (rc < 0)
        return rc;
    if (store_changes(s) == 0)
        return -ENOENT;
    rc = store_do(s, "DELETE FROM offer WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM object WHERE offer = ?1)",
                  NUM(o->offer));
    return rc == 0 && o->gen > 0 ? store_bytes_forget(s, o->id, o->gen) : rc;
}

int store_object_alive(struct store *s, int64_t after, store_each *each, void *arg)
{
    /* Row by row, so that each() may change what it was given (and others) while this goes on. */
    for (;;) {
        struct dlota_object o;
        _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
        int rc = sql_ask(&s->sql,
                         "SELECT " ROW_LIST " FROM object INDEXED BY object_alive"
                         " WHERE " ROW_ALIVE " AND id > ? ORDER BY id LIMIT 1",
                         &statement, NUM(after));
        if (rc == 0)
            rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            return rc;
        row_read(statement, &o);
        sql_done(&statement);
        after = o.id;
        rc = each(arg, &o);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
}
