/* meta.c - single values kept in the catalogue. */
#include <errno.h>

#include "store/inner.h"

static const char get_value[] = "SELECT value FROM meta WHERE key = ?";
static const char put_value[] = "INSERT INTO meta(key, value) VALUES (?1, ?2)"
                                " ON CONFLICT(key) DO UPDATE SET value = excluded.value";

int store_meta_get(struct store *s, const char *key, int64_t *ret)
{
    return sql_number(&s->sql, get_value, ret, TXT(key));
}

int store_meta_put(struct store *s, const char *key, int64_t value)
{
    return store_do(s, put_value, TXT(key), NUM(value));
}

int meta_text_get(struct store *s, const char *key, char *ret, size_t n)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql, get_value, &statement, TXT(key));
    if (rc == 0)
        rc = sql_step(&s->sql, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    sql_copy(statement, 0, ret, n);
    return 0;
}

int meta_text_put(struct store *s, const char *key, const char *value)
{
    return store_do(s, put_value, TXT(key), TXT(value));
}
