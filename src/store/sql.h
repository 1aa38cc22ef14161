/* sql.h - SQLite as the store sees it: prepared once, bound by type, -errno.
 *
 * A struct sql is one connection with its statements and belongs to one thread at a time. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdint.h>
#include <stddef.h>

#include "base/cleanup.h"

enum { SQL_SLOTS = 128 };

struct sql {
    sqlite3 *db;
    int failed; /* first error that may have left a transaction half done; cleared by its rollback */
    struct {
        const char *text;
        sqlite3_stmt *statement;
    } slot[SQL_SLOTS]; /* statements by the address of their text, which is why a text must be static */
};

/* A value to bind.  Texts and blobs must live until the statement is reset. */
struct sql_arg {
    enum { SQL_END, SQL_NUMBER, SQL_TEXT, SQL_BLOB } kind;
    int64_t number; /* the length of a blob */
    const void *bytes;
};
#define NUM(x) ((struct sql_arg){.kind = SQL_NUMBER, .number = (int64_t)(x)})
#define TXT(x) ((struct sql_arg){.kind = SQL_TEXT, .bytes = (x)}) /* NULL: null */
#define BLOB(p, n) ((struct sql_arg){.kind = SQL_BLOB, .bytes = (p), .number = (int64_t)(n)})
/* At most 9; the rest of the array is zero, which is SQL_END. */
#define SQL_ARGS(...) ((const struct sql_arg[10]){__VA_ARGS__})

/* Open (flags: SQLITE_OPEN_*).  On error *q is closed again. */
int sql_open(struct sql *q, const char *file, int flags);
void sql_close(struct sql *q);
/* The last error in SQLite's words; valid until the next call. */
const char *sql_words(const struct sql *q);

/* Several statements that are not kept (schema, pragmas). */
int sql_script(struct sql *q, const char *text);
/* Prepare (or find) a statement and bind; the caller steps it and hands it to sql_done(). */
int sql_ask_args(struct sql *q, const char *text, sqlite3_stmt **ret, const struct sql_arg *args);
#define sql_ask(q, text, ret, ...) sql_ask_args(q, text, ret, SQL_ARGS(__VA_ARGS__))
/* 1 a row, 0 no more, or -errno. */
int sql_step(struct sql *q, sqlite3_stmt *statement);
/* Reset; for _cleanup_(sql_done). */
void sql_done(sqlite3_stmt **statement);

/* Run to the end. */
int sql_do_args(struct sql *q, const char *text, const struct sql_arg *args);
#define sql_do(q, text, ...) sql_do_args(q, text, SQL_ARGS(__VA_ARGS__))
/* The first column of the first row; -ENOENT when there is none or it is null. */
int sql_number_args(struct sql *q, const char *text, int64_t *ret, const struct sql_arg *args);
#define sql_number(q, text, ret, ...) sql_number_args(q, text, ret, SQL_ARGS(__VA_ARGS__))

/* A text column into a buffer, cut if need be; null gives "". */
void sql_copy(sqlite3_stmt *statement, int column, char *ret, size_t n);
/* A text or blob column into malloc'ed memory with a NUL after it; null gives NULL. */
int sql_dup(sqlite3_stmt *statement, int column, char **ret, size_t *ret_n);

/* SQLite's result code as -errno. */
int sql_errno(sqlite3 *db, int rc);

#endif
