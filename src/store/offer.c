/* offer.c - descriptors as they came. */
#include <errno.h>
#include <stdlib.h>

#include "store/inner.h"
#include "store/offer.h"

int store_offer_add(struct store *s, const struct store_offer *o, int64_t *ret_id)
{
    bool named = o->source[0] != '\0';
    int rc = store_begin(s);
    if (rc == 0 && named)
        rc = store_do(s, "UPDATE offer SET latest = 0 WHERE source = ? AND latest = 1", TXT(o->source));
    if (rc == 0)
        rc = store_do(s,
                      "INSERT INTO offer(source, latest, base, media_type, outside, added, raw)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?)",
                      TXT(o->source), NUM(named), TXT(o->base), TXT(o->media_type), NUM(o->outside), NUM(o->added),
                      BLOB(o->raw, o->raw_n));
    if (rc == 0)
        *ret_id = sqlite3_last_insert_rowid(s->sql.db);
    return rc;
}

int store_offer_replace(struct store *s, const struct store_offer *o)
{
    int rc = store_do(s, "UPDATE offer SET base = ?, media_type = ?, outside = ?, raw = ? WHERE id = ?", TXT(o->base),
                      TXT(o->media_type), NUM(o->outside), BLOB(o->raw, o->raw_n), NUM(o->id));
    if (rc < 0)
        return rc;
    return store_changes(s) > 0 ? 0 : -ENOENT;
}

int offer_get(struct sql *q, int64_t id, struct store_offer *ret)
{
    *ret = (struct store_offer){.id = id};
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc =
        sql_ask(q, "SELECT source, base, media_type, outside, added, raw FROM offer WHERE id = ?", &statement, NUM(id));
    if (rc == 0)
        rc = sql_step(q, statement);
    if (rc <= 0)
        return rc < 0 ? rc : -ENOENT;
    char *raw = NULL;
    sql_copy(statement, 0, ret->source, sizeof(ret->source));
    ret->outside = sqlite3_column_int64(statement, 3) != 0;
    ret->added = sqlite3_column_int64(statement, 4);
    rc = sql_dup(statement, 1, &ret->base, NULL);
    if (rc == 0)
        rc = sql_dup(statement, 2, &ret->media_type, NULL);
    if (rc == 0)
        rc = sql_dup(statement, 5, &raw, &ret->raw_n);
    ret->raw = raw;
    if (rc < 0)
        store_offer_clear(ret);
    return rc;
}

int store_offer_get(struct store *s, int64_t id, struct store_offer *ret) { return offer_get(&s->sql, id, ret); }

void store_offer_clear(struct store_offer *o)
{
    free(o->base);
    free(o->media_type);
    free(o->raw);
    o->base = o->media_type = NULL;
    o->raw = NULL;
    o->raw_n = 0;
}
