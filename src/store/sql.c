#include "store/sql.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
    int code, error;
} errors[] = {
    {SQLITE_OK, 0},
    {SQLITE_FULL, -ENOSPC},
    {SQLITE_IOERR_NOMEM, -ENOMEM},
    {SQLITE_IOERR, -EIO},
    {SQLITE_BUSY, -EBUSY},
    {SQLITE_LOCKED, -EBUSY},
    {SQLITE_READONLY, -EROFS},
    {SQLITE_CORRUPT, -EUCLEAN},
    {SQLITE_NOTADB, -EUCLEAN},
    {SQLITE_NOMEM, -ENOMEM},
    {SQLITE_CONSTRAINT, -EEXIST},
    {SQLITE_CANTOPEN, -EIO},
    {SQLITE_PERM, -EACCES},
    {SQLITE_AUTH, -EACCES},
    {SQLITE_TOOBIG, -E2BIG},
    {SQLITE_INTERRUPT, -EINTR},
};

static int error_find(int code)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (errors[i].code == code)
            return errors[i].error;
    return 1;
}

int sql_errno(sqlite3 *db, int rc)
{
    int code = rc & 0xff;
    /* The system's own word is better where SQLite has only one for many: a quota, a path that cannot be opened. */
    if (db != NULL && (code == SQLITE_CANTOPEN || code == SQLITE_IOERR)) {
        int e = sqlite3_system_errno(db);
        if (e == EDQUOT || e == ENOSPC || (code == SQLITE_CANTOPEN && e > 0))
            return -e;
    }
    int error = error_find(rc);
    if (error > 0)
        error = error_find(code);
    return error > 0 ? -EIO : error;
}

static int note(struct sql *q, int rc)
{
    int error = sql_errno(q->db, rc);
    if (error < 0 && q->failed == 0)
        q->failed = error;
    return error;
}

int sql_open(struct sql *q, const char *file, int flags)
{
    *q = (struct sql){0};
    int rc = sqlite3_open_v2(file, &q->db, flags, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(q->db, 1);
        return 0;
    }
    int error = q->db != NULL ? sql_errno(q->db, rc) : -ENOMEM;
    sql_close(q);
    return error;
}

void sql_close(struct sql *q)
{
    for (size_t i = 0; i < SQL_SLOTS; i++)
        (void)sqlite3_finalize(q->slot[i].statement);
    (void)sqlite3_close(q->db);
    *q = (struct sql){0};
}

const char *sql_words(const struct sql *q) { return q->db != NULL ? sqlite3_errmsg(q->db) : "out of memory"; }

int sql_script(struct sql *q, const char *text) { return note(q, sqlite3_exec(q->db, text, NULL, NULL, NULL)); }

/* Statements are looked up by the address of their text: every text is a literal beside the code that uses it. */
static int prepare(struct sql *q, const char *text, sqlite3_stmt **ret)
{
    size_t i = ((uintptr_t)text >> 3) % SQL_SLOTS;
    for (size_t tried = 0; tried < SQL_SLOTS; tried++, i = (i + 1) % SQL_SLOTS) {
        if (q->slot[i].text == text) {
            *ret = q->slot[i].statement;
            return 0;
        }
        if (q->slot[i].text == NULL) {
            int rc = sqlite3_prepare_v3(q->db, text, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
            if (rc != SQLITE_OK)
                return note(q, rc);
            q->slot[i].text = text;
            q->slot[i].statement = *ret;
            return 0;
        }
    }
    return -ENOSPC;
}

static int bind(sqlite3_stmt *statement, int column, const struct sql_arg *arg)
{
    switch (arg->kind) {
    case SQL_NUMBER:
        return sqlite3_bind_int64(statement, column, arg->number);
    case SQL_TEXT:
        return sqlite3_bind_text(statement, column, arg->bytes, -1, SQLITE_STATIC);
    case SQL_BLOB:
        return sqlite3_bind_blob64(statement, column, arg->bytes != NULL ? arg->bytes : "", (sqlite3_uint64)arg->number,
                                   SQLITE_STATIC);
    case SQL_END:
        break;
    }
    return SQLITE_MISUSE;
}

int sql_ask_args(struct sql *q, const char *text, sqlite3_stmt **ret, const struct sql_arg *args)
{
    int rc = prepare(q, text, ret);
    if (rc < 0)
        return rc;
    for (int i = 0; args[i].kind != SQL_END; i++) {
        rc = bind(*ret, i + 1, &args[i]);
        if (rc != SQLITE_OK)
            return note(q, rc);
    }
    return 0;
}

int sql_step(struct sql *q, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : note(q, rc);
}

void sql_done(sqlite3_stmt **statement)
{
    if (*statement != NULL)
        (void)sqlite3_reset(*statement);
}

int sql_do_args(struct sql *q, const char *text, const struct sql_arg *args)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask_args(q, text, &statement, args);
    while (rc >= 0) {
        rc = sql_step(q, statement);
        if (rc <= 0)
            break;
    }
    return rc;
}

int sql_number_args(struct sql *q, const char *text, int64_t *ret, const struct sql_arg *args)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask_args(q, text, &statement, args);
    if (rc == 0)
        rc = sql_step(q, statement);
    if (rc < 0)
        return rc;
    if (rc == 0 || sqlite3_column_type(statement, 0) == SQLITE_NULL)
        return -ENOENT;
    *ret = sqlite3_column_int64(statement, 0);
    return 0;
}

void sql_copy(sqlite3_stmt *statement, int column, char *ret, size_t n)
{
    const void *bytes = sqlite3_column_text(statement, column);
    size_t len = bytes != NULL ? (size_t)sqlite3_column_bytes(statement, column) : 0;
    if (len >= n)
        len = n - 1;
    if (bytes != NULL)
        memcpy(ret, bytes, len);
    ret[len] = '\0';
}

int sql_dup(sqlite3_stmt *statement, int column, char **ret, size_t *ret_n)
{
    *ret = NULL;
    if (ret_n != NULL)
        *ret_n = 0;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return 0;
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t n = (size_t)sqlite3_column_bytes(statement, column);
    char *copy = malloc(n + 1);
    if (copy == NULL || (bytes == NULL && n > 0)) {
        free(copy);
        return -ENOMEM;
    }
    if (bytes != NULL)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    *ret = copy;
    if (ret_n != NULL)
        *ret_n = n;
    return 0;
}
