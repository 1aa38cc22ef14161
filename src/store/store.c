/* store.c - open, lock, transactions, flush, close. */
#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/slot.h"

/* Where a failure to open is told: one line. */
struct why {
    char *line;
    size_t n;
};

static int tell(const struct why *w, int rc, const char *what)
{
    (void)text_format(w->line, w->n, "%s: %s", what, strerror(-rc));
    return rc;
}

/* Of the catalogue, in SQLite's words. */
static int tell_sql(const struct why *w, int rc, const struct store *s)
{
    if (w->line[0] == '\0')
        (void)text_format(w->line, w->n, "%s: %s", s->database, sql_words(&s->sql));
    return rc;
}

/* ---- directories and lock ---- */

static int open_dir(struct disk *d, int dirfd, const char *name)
{
    return d->open(d, dirfd, name, O_RDONLY | O_DIRECTORY, 0);
}

static int open_root(struct disk *d, const char *path)
{
    int rc = d->mkdir(d, AT_FDCWD, path, 0700);
    if (rc < 0)
        return rc;
    int fd = open_dir(d, AT_FDCWD, path);
    if (fd != -ELOOP && fd != -ENOTDIR)
        return fd;
    /* STORE itself may be a link to a directory, as users have them: followed when it is not the last component. */
    char inside[4096];
    rc = text_format(inside, sizeof(inside), "%s/.", path);
    return rc < 0 ? rc : open_dir(d, AT_FDCWD, inside);
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

static int take_lock(struct store *s, const struct store_settings *set, const struct why *w)
{
    enum { POLL_MS = 50 };
    struct disk *d = s->disk;
    int rc = s->lock = d->open(d, s->dir, "lock", O_RDWR | O_CREAT, 0600);
    if (rc < 0)
        return tell(w, rc, set->path);
    for (int64_t waited = 0;; waited += POLL_MS) {
        rc = d->lock(d, s->lock);
        if (rc != -EAGAIN || waited >= set->lock_wait_ms)
            break;
        pause_ms(POLL_MS);
    }
    char pid[32] = "";
    if (rc == -EAGAIN) {
        ssize_t got = d->pread(d, s->lock, pid, sizeof(pid) - 1, 0);
        long number = got > 0 ? strtol(pid, NULL, 10) : 0;
        if (number > 0)
            (void)text_format(w->line, w->n, "%s is in use by pid %ld", set->path, number);
        else
            (void)text_format(w->line, w->n, "%s is in use by another process", set->path);
        return -EBUSY;
    }
    if (rc < 0)
        return tell(w, rc, set->path);
    rc = d->truncate(d, s->lock, 0);
    if (rc == 0)
        rc = text_format(pid, sizeof(pid), "%ld\n", (long)getpid());
    ssize_t put = rc == 0 ? d->pwrite(d, s->lock, pid, strlen(pid), 0) : rc;
    return put < 0 ? tell(w, (int)put, set->path) : 0;
}

static int make_dir(struct store *s, const char *name, int *ret)
{
    int rc = s->disk->mkdir(s->disk, s->dir, name, 0700);
    if (rc == 0)
        rc = *ret = open_dir(s->disk, s->dir, name);
    return rc < 0 ? rc : 0;
}

/* What an earlier process made is only known to be on stable storage after this. */
static int settle_names(struct store *s)
{
    struct disk *d = s->disk;
    int rc = d->sync(d, s->objects);
    if (rc == 0)
        rc = d->sync(d, s->spool);
    if (rc == 0)
        rc = d->sync(d, s->dir);
    /* STORE's own name.  Its parent may be closed to us: then it was not made by us either. */
    int parent = d->open(d, s->dir, "..", O_RDONLY | O_DIRECTORY, 0);
    if (parent >= 0) {
        int made = d->sync(d, parent);
        /* Some file systems have no fsync for directories; an I/O error is one everywhere. */
        if (rc == 0 && (made == -EIO || made == -ENOSPC || made == -EDQUOT))
            rc = made;
        (void)d->close(d, parent);
    }
    return rc;
}

int store_sync_dir(struct store *s, int dirfd, const char *name)
{
    int fd = open_dir(s->disk, dirfd, name);
    if (fd < 0)
        return fd;
    int rc = s->disk->sync(s->disk, fd);
    (void)s->disk->close(s->disk, fd);
    return rc;
}

/* ---- catalogue ---- */

static int catalogue_path(struct store *s, const struct store_settings *set)
{
    if (set->database != NULL) {
        s->uri = true;
        s->database = strdup(set->database);
        return s->database != NULL ? 0 : -ENOMEM;
    }
    /* Readers open it later, maybe from another working directory. */
    _cleanup_free_ char *root = realpath(set->path, NULL);
    if (root == NULL)
        return -errno;
    return asprintf(&s->database, "%s/catalogue", root) < 0 ? -ENOMEM : 0;
}

/* WAL, or the journal of a database that is in memory. */
static int journal_mode(struct store *s)
{
    _cleanup_(sql_done) sqlite3_stmt *statement = NULL;
    char mode[16] = "";
    int rc = sql_ask(&s->sql, "PRAGMA journal_mode = WAL", &statement);
    if (rc == 0)
        rc = sql_step(&s->sql, statement);
    if (rc < 0)
        return rc;
    sql_copy(statement, 0, mode, sizeof(mode));
    /* What it said comes true when the statement ends: a full disk shows only then. */
    if (rc > 0)
        rc = sql_step(&s->sql, statement);
    if (rc < 0)
        return rc;
    if (strcmp(mode, "wal") == 0)
        return 1;
    /* A file system without shared memory mappings. */
    return s->uri ? 0 : -EOPNOTSUPP;
}

static int first_commit(struct store *s, const struct store_settings *set)
{
    int64_t run = 0;
    int rc = boot_compare(s, set->boot_id);
    if (rc == 0)
        rc = store_meta_get(s, "run", &run);
    if (rc == -ENOENT) {
        run = 0;
        rc = 0;
    }
    if (rc == 0)
        rc = store_meta_put(s, "run", run + 1);
    if (rc == 0)
        rc = store_commit(s);
    /* Numbers of inbox files are never used twice, not even across starts: see store_spool_forget().  Should the runs
     * come round one day, spool_start() still goes on behind all that is in use. */
    s->inbox.sequence = ((uint64_t)(run + 1) & ((1u << SLOT_RUN_BITS) - 1)) << SLOT_DROP_BITS;
    return rc;
}

enum { WRITER_PATIENCE_MS = 1000 };

static int open_catalogue(struct store *s, const struct store_settings *set, const struct why *w)
{
    int rc = catalogue_path(s, set);
    if (rc < 0)
        return tell(w, rc, set->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                (s->uri ? SQLITE_OPEN_URI : SQLITE_OPEN_NOFOLLOW);
    rc = sql_open(&s->sql, s->database, flags);
    if (rc < 0)
        return tell(w, rc, s->database);
    /* The only writer, and yet not always alone: a reader that finds the WAL's index torn takes the write lock for as
     * long as it takes to look again. */
    (void)sqlite3_busy_timeout(s->sql.db, WRITER_PATIENCE_MS);
    rc = sql_script(&s->sql, "PRAGMA synchronous = FULL; PRAGMA cache_size = -2048; PRAGMA mmap_size = 0;"
                             "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
    if (rc == 0)
        rc = schema_open(&s->sql, s->database, w->line, w->n);
    if (rc < 0)
        return tell_sql(w, rc, s);
    int wal = rc = journal_mode(s);
    if (rc >= 0)
        rc = sql_script(&s->sql, "PRAGMA journal_size_limit = 16777216");
    /* With synchronous=FULL: the WAL's name is on stable storage after it, later flushes need its data only. */
    if (rc == 0)
        rc = first_commit(s, set);
    if (rc == 0)
        rc = sql_script(&s->sql, "PRAGMA synchronous = NORMAL");
    if (rc == 0 && wal > 0)
        rc = sql_errno(s->sql.db, sqlite3_file_control(s->sql.db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &s->wal));
    if (rc == -EOPNOTSUPP)
        return tell(w, rc, s->database);
    return rc < 0 ? tell_sql(w, rc, s) : 0;
}

/* ---- life ---- */

static int open_all(struct store *s, const struct store_settings *set, const struct why *w)
{
    int rc = s->dir = open_root(s->disk, set->path);
    if (rc < 0)
        return tell(w, rc, set->path);
    rc = take_lock(s, set, w);
    if (rc < 0)
        return rc;
    rc = make_dir(s, "spool", &s->spool);
    if (rc == 0)
        rc = make_dir(s, "objects", &s->objects);
    if (rc < 0)
        return tell(w, rc, set->path);
    rc = open_catalogue(s, set, w);
    if (rc < 0)
        return rc;
    rc = settle_names(s);
    if (rc == 0)
        rc = spool_start(s);
    return rc < 0 ? tell(w, rc, set->path) : 0;
}

int store_open(const struct store_settings *settings, struct store **ret, char *why, size_t why_n)
{
    const struct why w = {why, why_n};
    why[0] = '\0';
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return tell(&w, -ENOMEM, settings->path);
    s->disk = settings->disk != NULL ? settings->disk : &disk_linux;
    s->dir = s->lock = s->objects = s->spool = -1;
    s->events_limit = settings->events_limit > 0 ? settings->events_limit : LIMIT_EVENTS;
    int rc = slots_init(s);
    rc = rc < 0 ? tell(&w, rc, settings->path) : open_all(s, settings, &w);
    if (rc < 0) {
        store_close(s);
        return rc;
    }
    *ret = s;
    return 0;
}

struct store *store_close(struct store *s)
{
    if (s == NULL)
        return NULL;
    /* The last connection checkpoints as it closes.  The lock goes last: who waits for it finds everything settled. */
    store_rollback(s);
    sql_close(&s->sql);
    const int fds[] = {s->objects, s->spool, s->dir, s->lock};
    for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
        if (fds[i] >= 0)
            (void)s->disk->close(s->disk, fds[i]);
    slots_free(s);
    free(s->database);
    free(s);
    return NULL;
}

/* ---- transactions ---- */

bool store_changing(const struct store *s) { return s->changing; }
uint64_t store_commits(const struct store *s) { return s->commits; }
int store_changes(const struct store *s) { return sqlite3_changes(s->sql.db); }

int store_begin(struct store *s)
{
    if (!s->changing) {
        int rc = sql_do(&s->sql, "BEGIN IMMEDIATE");
        if (rc < 0)
            s->sql.failed = 0; /* nothing was begun, nothing is to be rolled back */
        s->changing = rc == 0;
        return rc;
    }
    /* A full disk or an I/O error makes SQLite roll back by itself; what follows must not commit on its own. */
    return sqlite3_get_autocommit(s->sql.db) != 0 ? -ECANCELED : 0;
}

int store_do_args(struct store *s, const char *text, const struct sql_arg *args)
{
    int rc = store_begin(s);
    return rc < 0 ? rc : sql_do_args(&s->sql, text, args);
}

int store_commit(struct store *s)
{
    if (s->distrusted && !s->distrust_written)
        store_distrust(s);
    if (!s->changing)
        return 0;
    if (s->sql.failed < 0)
        return s->sql.failed;
    if (sqlite3_get_autocommit(s->sql.db) != 0)
        return -ECANCELED;
    int rc = sql_do(&s->sql, "COMMIT");
    if (rc < 0)
        return rc;
    s->changing = false;
    s->commits++;
    return 0;
}

void store_rollback(struct store *s)
{
    if (s->changing && sqlite3_get_autocommit(s->sql.db) == 0)
        (void)sql_do(&s->sql, "ROLLBACK");
    s->changing = false;
    s->sql.failed = 0;
    s->events.known = false;
    s->distrust_written = false;
}

int store_sync(struct store *s)
{
    /* Not through the connection: that is the agent's, who may be using it. */
    return s->wal != NULL ? sql_errno(NULL, s->wal->pMethods->xSync(s->wal, SQLITE_SYNC_NORMAL)) : 0;
}

int store_heal(struct store *s)
{
    if (s->wal == NULL)
        return 0;
    return sql_errno(s->sql.db, sqlite3_wal_checkpoint_v2(s->sql.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

void store_distrust(struct store *s)
{
    s->distrusted = true;
    s->distrust_written = boot_distrust(s) == 0;
}

/* ---- the rest ---- */

int store_space(struct store *s, struct statvfs *ret) { return s->disk->space(s->disk, s->dir, ret); }
struct disk *store_disk(const struct store *s) { return s->disk; }
