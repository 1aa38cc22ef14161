/* reader.c - the pool of read-only connections.  What is read over them: look.c, history.c. */
#include "store/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/inner.h"
#include "store/pool.h"

struct reader {
    pthread_mutex_t lock; /* shared by those who look, never by the agent's thread at work; held for a few loads */
    struct look *idle;
    unsigned n_idle;
    char *database;
    int flags;
};
enum { KEPT = 16 };

int reader_new(struct store *s, struct reader **ret)
{
    struct reader *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return -ENOMEM;
    r->database = strdup(s->database);
    if (r->database == NULL) {
        free(r);
        return -ENOMEM;
    }
    r->flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (s->uri ? SQLITE_OPEN_URI : SQLITE_OPEN_NOFOLLOW);
    pthread_mutex_init(&r->lock, NULL);
    *ret = r;
    return 0;
}

static struct look *look_free(struct look *l)
{
    sql_close(&l->sql);
    free(l);
    return NULL;
}

struct reader *reader_free(struct reader *r)
{
    if (r == NULL)
        return NULL;
    while (r->idle != NULL) {
        struct look *l = r->idle;
        r->idle = l->next;
        look_free(l);
    }
    pthread_mutex_destroy(&r->lock);
    free(r->database);
    free(r);
    return NULL;
}

static int look_new(struct reader *r, struct look **ret)
{
    struct look *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return -ENOMEM;
    l->home = r;
    int rc = sql_open(&l->sql, r->database, r->flags);
    if (rc == 0) {
        /* In WAL nobody makes a reader wait; a database in memory may, for as long as a commit takes. */
        (void)sqlite3_busy_timeout(l->sql.db, 50);
        rc = sql_script(&l->sql, "PRAGMA cache_size = -512; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                                 "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON");
    }
    if (rc < 0) {
        look_free(l);
        return rc;
    }
    *ret = l;
    return 0;
}

int look_begin(struct reader *r, struct look **ret)
{
    pthread_mutex_lock(&r->lock);
    struct look *l = r->idle;
    if (l != NULL) {
        r->idle = l->next;
        r->n_idle--;
    }
    pthread_mutex_unlock(&r->lock);
    if (l == NULL)
        return look_new(r, ret);
    *ret = l;
    return 0;
}

int look_snapshot(struct look *l)
{
    int rc = sql_do(&l->sql, "BEGIN");
    l->snapshot = rc == 0;
    return rc;
}

void look_end(struct look **borrowed)
{
    struct look *l = *borrowed;
    if (l == NULL)
        return;
    if (l->snapshot)
        (void)sql_do(&l->sql, "COMMIT");
    l->snapshot = false;
    /* After an error (a disk that is failing) it starts afresh rather than keep what it has. */
    bool keep = l->sql.failed == 0;
    struct reader *r = l->home;
    pthread_mutex_lock(&r->lock);
    keep = keep && r->n_idle < KEPT;
    if (keep) {
        l->next = r->idle;
        r->idle = l;
        r->n_idle++;
    }
    pthread_mutex_unlock(&r->lock);
    if (!keep)
        look_free(l);
}
