/* gone.c - files that are to be unlinked: noted with the row that frees them, unlinked by a worker after the flush.
 *
 * gen 0 is no object's: it stands for the spool file of that number, whose slot is taken back. */
#include <errno.h>

#include "store/inner.h"
#include "store/spool.h"

static int note_file(struct store *s, int64_t id, uint32_t gen)
{
    return store_do(s, "INSERT OR IGNORE INTO gone(id, gen) VALUES (?, ?)", NUM(id), NUM(gen));
}

int store_bytes_forget(struct store *s, int64_t id, uint32_t gen) { return gen > 0 ? note_file(s, id, gen) : 0; }
int store_spool_forget(struct store *s, uint64_t number) { return note_file(s, (int64_t)number, 0); }

int store_gone_get(struct store *s, struct store_gone *ret)
{
    ret->n = 0;
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    int rc = sql_ask(&s->sql, "SELECT id, gen FROM gone ORDER BY id, gen LIMIT ?", &statement,
                     NUM(sizeof(ret->file) / sizeof(*ret->file)));
    while (rc == 0) {
        rc = sql_step(&s->sql, statement);
        if (rc <= 0)
            break;
        ret->file[ret->n].id = sqlite3_column_int64(statement, 0);
        ret->file[ret->n].gen = (uint32_t)sqlite3_column_int64(statement, 1);
        ret->n++;
        rc = 0;
    }
    return rc;
}

static int unlink_bytes(struct store *s, int64_t id, uint32_t gen)
{
    char name[BYTES_NAME];
    bytes_name(id, gen, name);
    return s->disk->unlink(s->disk, s->objects, name);
}

/* An unlink that a power cut undoes would leave a file that no row names any more: flushed once per directory. */
static int sync_shard(struct store *s, int64_t id)
{
    char shard[BYTES_NAME];
    bytes_shard(id, shard);
    return store_sync_dir(s, s->objects, shard);
}

static bool same_shard(int64_t a, uint32_t gen_a, int64_t b, uint32_t gen_b)
{
    return gen_a > 0 && gen_b > 0 && a / 1024 == b / 1024;
}

int store_gone_unlink(struct store *s, const struct store_gone *g)
{
    int first = 0;
    bool touched = false;
    for (unsigned i = 0; i < g->n; i++) {
        const int64_t id = g->file[i].id;
        const uint32_t gen = g->file[i].gen;
        int rc = gen > 0 ? unlink_bytes(s, id, gen) : spool_wipe(s, (uint64_t)id);
        touched |= gen > 0 && rc == 0;
        bool last = i + 1 == g->n || !same_shard(id, gen, g->file[i + 1].id, g->file[i + 1].gen);
        if (rc == -ENOENT)
            rc = 0;
        if (last && touched) {
            int flushed = sync_shard(s, id);
            rc = rc < 0 ? rc : flushed;
            touched = false;
        }
        if (rc < 0 && first == 0)
            first = rc;
    }
    return first;
}

int store_gone_done(struct store *s, const struct store_gone *g)
{
    int rc = 0;
    for (unsigned i = 0; i < g->n && rc == 0; i++)
        rc = store_do(s, "DELETE FROM gone WHERE id = ? AND gen = ?", NUM(g->file[i].id), NUM(g->file[i].gen));
    return rc;
}
