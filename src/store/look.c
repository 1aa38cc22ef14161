/* look.c - objects, offers and totals as they are committed. */
#include <errno.h>

#include "store/offer.h"
#include "store/pool.h"
#include "store/row.h"

/* ---- one object ---- */

static int one_object(struct reader *r, const char *text, const struct sql_arg *args, struct dlota_object *ret)
{
    /* In this order: the statement is reset before its connection goes back. */
    _cleanup_(look_end) struct look *l = NULL;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = sql_ask_args(&l->sql, text, &statement, args);
    if (rc == 0)
        rc = sql_step(&l->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    row_read(statement, ret);
    return 0;
}

int reader_object(struct reader *r, int64_t id, struct dlota_object *ret)
{
    return one_object(r, "SELECT " ROW_LIST " FROM object WHERE id = ?", SQL_ARGS(NUM(id)), ret);
}

int reader_find(struct reader *r, int64_t dir, const char *name, struct dlota_object *ret)
{
    return one_object(r, "SELECT " ROW_LIST " FROM object WHERE dir = ? AND name = ?", SQL_ARGS(NUM(dir), TXT(name)),
                      ret);
}

/* ---- names ---- */

/* text selects id, name. */
static int names(struct reader *r, const char *text, const struct sql_arg *args, reader_entry *entry, void *arg)
{
    _cleanup_(look_end) struct look *l = NULL;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = sql_ask_args(&l->sql, text, &statement, args);
    while (rc == 0) {
        char name[256];
        rc = sql_step(&l->sql, statement);
        if (rc <= 0)
            break;
        sql_copy(statement, 1, name, sizeof(name));
        if (entry(arg, sqlite3_column_int64(statement, 0), name) != 0)
            return 0;
        rc = 0;
    }
    return rc;
}

int reader_list(struct reader *r, enum dlota_folder folder, int64_t dir, int64_t after, reader_entry *entry, void *arg)
{
    if (folder != DLOTA_NOWHERE)
        return names(r,
                     "SELECT id, name FROM object INDEXED BY object_folder"
                     " WHERE folder = ? AND dir = ? AND id > ? ORDER BY id",
                     SQL_ARGS(NUM(folder), NUM(dir), NUM(after)), entry, arg);
    /* Nearly all objects are in directory 0: by id, and those of a product are passed over ("+": no index on dir). */
    if (dir == 0)
        return names(r, "SELECT id, name FROM object WHERE id > ? AND +dir = 0 ORDER BY id", SQL_ARGS(NUM(after)),
                     entry, arg);
    return names(r, "SELECT id, name FROM object INDEXED BY object_name WHERE dir = ? AND id > ? ORDER BY id",
                 SQL_ARGS(NUM(dir), NUM(after)), entry, arg);
}

/* ---- offers and by-descriptor/ ---- */

int reader_offer(struct reader *r, int64_t offer, struct store_offer *ret)
{
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    return rc < 0 ? rc : offer_get(&l->sql, offer, ret);
}

static int drop(struct reader *r, const char *text, const struct sql_arg *args, int64_t *ret_key,
                char ret_name[static 256])
{
    _cleanup_(look_end) struct look *l = NULL;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = sql_ask_args(&l->sql, text, &statement, args);
    if (rc == 0)
        rc = sql_step(&l->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    *ret_key = sqlite3_column_int64(statement, 0);
    sql_copy(statement, 1, ret_name, 256);
    return 0;
}

/* What a drop became: the product of several objects, or the one. */
#define FIRST_OBJECT " FROM offer JOIN object ON object.offer = offer.id"
#define FIRST_ORDER " ORDER BY object.dir, object.id LIMIT 1"

int reader_drop_find(struct reader *r, const char *source, int64_t *ret_key, char ret_name[static 256])
{
    return drop(r, "SELECT offer.id, object.name" FIRST_OBJECT " WHERE source = ? AND latest = 1" FIRST_ORDER,
                SQL_ARGS(TXT(source)), ret_key, ret_name);
}

int reader_drop_stat(struct reader *r, int64_t key, char ret_name[static 256])
{
    int64_t same;
    return drop(r, "SELECT offer.id, object.name" FIRST_OBJECT " WHERE offer.id = ? AND latest = 1" FIRST_ORDER,
                SQL_ARGS(NUM(key)), &same, ret_name);
}

int reader_drop_list(struct reader *r, int64_t after, reader_entry *entry, void *arg)
{
    return names(r,
                 "SELECT id, source FROM offer INDEXED BY offer_latest WHERE latest = 1 AND id > ?"
                 " AND EXISTS (SELECT 1 FROM object WHERE object.offer = offer.id) ORDER BY id",
                 SQL_ARGS(NUM(after)), entry, arg);
}

/* ---- for the summary ---- */

/* At most *left rows. */
static int rows(struct look *l, const char *text, int64_t first, unsigned *left, store_each *each, void *arg)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&l->sql, text, &statement, NUM(first));
    while (rc == 0 && *left > 0) {
        struct dlota_object o;
        rc = sql_step(&l->sql, statement);
        if (rc <= 0)
            return rc;
        row_read(statement, &o);
        --*left;
        rc = each(arg, &o) != 0 ? 1 : 0;
    }
    return rc;
}

int reader_alive(struct reader *r, unsigned limit, store_each *each, void *arg)
{
    static const enum dlota_state order[] = {DLOTA_DOWNLOADING, DLOTA_INSTALLING, DLOTA_REPORTING,   DLOTA_RELEASED,
                                             DLOTA_INTERRUPTED, DLOTA_PAUSED,     DLOTA_UNCONFIRMED, DLOTA_QUEUED};
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = look_snapshot(l);
    for (size_t i = 0; rc == 0 && limit > 0 && i < sizeof(order) / sizeof(*order); i++)
        rc = rows(
            l, "SELECT " ROW_LIST " FROM object INDEXED BY object_state WHERE " ROW_ALIVE " AND state = ? ORDER BY id",
            order[i], &limit, each, arg);
    return rc < 0 ? rc : 0;
}

int reader_ended(struct reader *r, unsigned limit, store_each *each, void *arg)
{
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = rows(l,
                  "SELECT " ROW_LIST " FROM object INDEXED BY object_ended WHERE ended > ?1 AND ended > 0"
                  " ORDER BY ended DESC, id DESC",
                  0, &limit, each, arg);
    return rc < 0 ? rc : 0;
}

int reader_tally(struct reader *r, struct reader_tally *ret)
{
    *ret = (struct reader_tally){0};
    _cleanup_(look_end) struct look *l = NULL;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = look_begin(r, &l);
    if (rc == 0)
        rc = sql_ask(&l->sql, "SELECT state, n, bytes FROM tally WHERE state BETWEEN 0 AND 15", &statement);
    while (rc == 0) {
        rc = sql_step(&l->sql, statement);
        if (rc <= 0)
            break;
        int64_t state = sqlite3_column_int64(statement, 0);
        ret->n[state] = (uint64_t)sqlite3_column_int64(statement, 1);
        ret->bytes[state] = (uint64_t)sqlite3_column_int64(statement, 2);
        rc = 0;
    }
    return rc;
}

static int number(struct reader *r, const char *text, const struct sql_arg *args, int64_t *ret)
{
    _cleanup_(look_end) struct look *l = NULL;
    int rc = look_begin(r, &l);
    return rc < 0 ? rc : sql_number_args(&l->sql, text, ret, args);
}

int reader_reports(struct reader *r, uint64_t *ret)
{
    int64_t n = 0;
    int rc = number(r, "SELECT count(*) FROM report", SQL_ARGS(), &n);
    *ret = (uint64_t)n;
    return rc;
}

int reader_report_due(struct reader *r, int64_t object, int64_t *ret_due)
{
    *ret_due = 0;
    int rc = number(r, "SELECT due FROM report WHERE object = ? ORDER BY decides DESC, id DESC LIMIT 1",
                    SQL_ARGS(NUM(object)), ret_due);
    return rc == -ENOENT ? 0 : rc;
}
