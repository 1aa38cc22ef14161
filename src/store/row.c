#include "store/row.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "store/sql.h"

enum kind { I64, I32, U32, TEXT };

static const struct column {
    enum kind kind;
    size_t offset, size;
} columns[] = {
#define COLUMN(k, f) {k, offsetof(struct dlota_object, f), sizeof(((struct dlota_object *)0)->f)},
    OBJECT_COLUMNS(COLUMN, COLUMN)
#undef COLUMN
};
#define ONE(k, f) +1
enum {
    PLAIN = 0 OBJECT_PLAIN(ONE, ONE),
    MOVING = PLAIN OBJECT_MOVING(ONE),
    COLUMNS = MOVING OBJECT_FIXED(ONE),
};
#undef ONE
static const int part_end[] = {[ROW_PLAIN] = PLAIN, [ROW_MOVING] = MOVING, [ROW_ALL] = COLUMNS};

#define CHECK_I64(f) static_assert(sizeof(((struct dlota_object *)0)->f) == 8, #f);
#define CHECK_I32(f) static_assert(sizeof(((struct dlota_object *)0)->f) == 4, #f);
#define CHECK_U32(f) CHECK_I32(f)
#define CHECK_TEXT(f) static_assert(sizeof(((struct dlota_object *)0)->f) > 8, #f);
#define CHECK_COLUMN(k, f) CHECK_##k(f)
OBJECT_COLUMNS(CHECK_COLUMN, CHECK_COLUMN)

static int64_t number_get(const struct column *c, const char *at)
{
    int64_t i64;
    int32_t i32;
    uint32_t u32;
    switch (c->kind) {
    case I64:
        memcpy(&i64, at, sizeof(i64));
        return i64;
    case I32:
        memcpy(&i32, at, sizeof(i32));
        return i32;
    default:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    }
}

static void number_set(const struct column *c, char *at, int64_t value)
{
    if (c->kind == I64) {
        memcpy(at, &value, sizeof(value));
    } else {
        uint32_t low = (uint32_t)value;
        memcpy(at, &low, sizeof(low));
    }
}

int row_bind(sqlite3_stmt *statement, int first, const struct dlota_object *o, enum row_part part)
{
    const char *base = (const char *)o;
    for (int i = 0; i < part_end[part]; i++) {
        const struct column *c = &columns[i];
        const char *at = base + c->offset;
        int rc = c->kind == TEXT ? sqlite3_bind_text(statement, first + i, at, (int)strnlen(at, c->size), SQLITE_STATIC)
                                 : sqlite3_bind_int64(statement, first + i, number_get(c, at));
        if (rc != SQLITE_OK)
            return sql_errno(NULL, rc);
    }
    return first + part_end[part];
}

static bool same(sqlite3_stmt *statement, int i, const struct column *c, const char *at)
{
    if (c->kind != TEXT)
        return sqlite3_column_int64(statement, i) == number_get(c, at);
    const unsigned char *text = sqlite3_column_text(statement, i);
    size_t n = text != NULL ? (size_t)sqlite3_column_bytes(statement, i) : 0;
    return n == strnlen(at, c->size) && (n == 0 || memcmp(text, at, n) == 0);
}

enum row_part row_changed(sqlite3_stmt *statement, const struct dlota_object *o)
{
    const char *base = (const char *)o;
    enum row_part part = ROW_PLAIN;
    for (int i = PLAIN; i < COLUMNS; i++)
        if (!same(statement, 1 + i - PLAIN, &columns[i], base + columns[i].offset))
            part = i < MOVING ? ROW_MOVING : ROW_ALL;
    return part;
}

void row_read(sqlite3_stmt *statement, struct dlota_object *ret)
{
    *ret = (struct dlota_object){.id = sqlite3_column_int64(statement, 0)};
    char *base = (char *)ret;
    for (int i = 0; i < COLUMNS; i++) {
        const struct column *c = &columns[i];
        if (c->kind == TEXT)
            sql_copy(statement, i + 1, base + c->offset, c->size);
        else
            number_set(c, base + c->offset, sqlite3_column_int64(statement, i + 1));
    }
}
