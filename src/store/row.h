/* row.h - struct dlota_object as a row: one list of columns for SELECT, INSERT, UPDATE, bind and read.
 *
 * Shared by the writer (object.c) and the readers (look.c).  Any thread, on a statement of its own. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <sqlite3.h>

#include <dlota/object.h>

/* Kinds: I64 (and uint64_t, bit for bit), I32, U32 (and enums), TEXT.  FIRST differs from NEXT by its missing comma.
 * In three groups, since an UPDATE touches every index that one of its columns is part of, changed or not: PLAIN are in
 * no index, MOVING change as an object moves on, FIXED hardly ever. */
#define OBJECT_PLAIN(FIRST, NEXT)                                                                                      \
    FIRST(I32, part)                                                                                                   \
    NEXT(U32, cause)                                                                                                   \
    NEXT(TEXT, detail)                                                                                                 \
    NEXT(I64, size)                                                                                                    \
    NEXT(I64, total)                                                                                                   \
    NEXT(I64, have)                                                                                                    \
    NEXT(I64, best)                                                                                                    \
    NEXT(U32, gen)                                                                                                     \
    NEXT(TEXT, type)                                                                                                   \
    NEXT(TEXT, etag)                                                                                                   \
    NEXT(TEXT, modified)                                                                                               \
    NEXT(TEXT, digest)                                                                                                 \
    NEXT(U32, pin)                                                                                                     \
    NEXT(U32, ranges)                                                                                                  \
    NEXT(TEXT, effective)                                                                                              \
    NEXT(U32, attempts)                                                                                                \
    NEXT(U32, fails)                                                                                                   \
    NEXT(U32, streak)                                                                                                  \
    NEXT(U32, restarts)                                                                                                \
    NEXT(U32, oddities)                                                                                                \
    NEXT(I64, short_at)                                                                                                \
    NEXT(I64, idle)                                                                                                    \
    NEXT(I64, idle_since)                                                                                              \
    NEXT(U32, report)                                                                                                  \
    NEXT(U32, report_tries)                                                                                            \
    NEXT(U32, report_tries_max)                                                                                        \
    NEXT(TEXT, report_answer)                                                                                          \
    NEXT(I64, added)                                                                                                   \
    NEXT(I64, started)                                                                                                 \
    NEXT(I64, touched)
#define OBJECT_MOVING(NEXT)                                                                                            \
    NEXT(U32, folder)                                                                                                  \
    NEXT(U32, state)                                                                                                   \
    NEXT(I64, due)                                                                                                     \
    NEXT(I64, ended)
#define OBJECT_FIXED(NEXT)                                                                                             \
    NEXT(I64, offer)                                                                                                   \
    NEXT(I64, dir)                                                                                                     \
    NEXT(TEXT, name)                                                                                                   \
    NEXT(TEXT, host)
#define OBJECT_COLUMNS(FIRST, NEXT) OBJECT_PLAIN(FIRST, NEXT) OBJECT_MOVING(NEXT) OBJECT_FIXED(NEXT)

/* How much of a row an UPDATE writes. */
enum row_part { ROW_PLAIN, ROW_MOVING, ROW_ALL };

#define ROW_COMMA_NAME(kind, field) ", " #field
#define ROW_COMMA_MARK(kind, field) ", ?"
#define ROW_COMMA_SET(kind, field) ", " #field " = ?"
#define ROW_SET(kind, field) #field " = ?"

/* "id, part, ...": the order row_read() expects. */
#define ROW_LIST "id" OBJECT_COLUMNS(ROW_COMMA_NAME, ROW_COMMA_NAME)
/* The columns that are in indices, as row_changed() expects them. */
#define ROW_INDEXED "id" OBJECT_MOVING(ROW_COMMA_NAME) OBJECT_FIXED(ROW_COMMA_NAME)
/* id is given as the first parameter, or null for a new one; row_bind() fills in the others. */
#define ROW_INSERT "INSERT INTO object (" ROW_LIST ") VALUES (?" OBJECT_COLUMNS(ROW_COMMA_MARK, ROW_COMMA_MARK) ")"
#define ROW_UPDATE_PLAIN "UPDATE object SET " OBJECT_PLAIN(ROW_SET, ROW_COMMA_SET) " WHERE id = ?"
#define ROW_UPDATE_MOVING                                                                                              \
    "UPDATE object SET " OBJECT_PLAIN(ROW_SET, ROW_COMMA_SET) OBJECT_MOVING(ROW_COMMA_SET) " WHERE id = ?"
#define ROW_UPDATE_ALL "UPDATE object SET " OBJECT_COLUMNS(ROW_SET, ROW_COMMA_SET) " WHERE id = ?"

/* Rows that a start must look at: not yet ended, or ended and not yet shown where they belong.  The same words in the
 * index and in the queries, or SQLite would not see that the one serves the other (numbers of words.h). */
#define ROW_ALIVE "(state < 9 OR (state = 9 AND folder <> 3) OR (state = 10 AND folder <> 4))"
/* Rows that move by themselves at `due`. */
#define ROW_WAITS "due > 0 AND state IN (2, 5)"

/* Bind the columns of `part` (never id) from parameter `first` on; returns the next parameter's number or -errno. */
int row_bind(sqlite3_stmt *statement, int first, const struct dlota_object *o, enum row_part part);
/* How much must be written to make the row selected as ROW_INDEXED equal to o. */
enum row_part row_changed(sqlite3_stmt *statement, const struct dlota_object *o);
/* Read a row selected as ROW_LIST. */
void row_read(sqlite3_stmt *statement, struct dlota_object *ret);

#endif
