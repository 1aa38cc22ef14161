/* inner.h - struct store, for the files of this room only. */
#ifndef STORE_INNER_H
#define STORE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/sql.h"
#include "store/store.h"

struct store {
    struct disk *disk;
    int dir, lock, objects, spool; /* directory descriptors, and the lock file */

    /* The catalogue: the agent's thread only, but for wal, database and uri, which do not change after store_open(). */
    struct sql sql;
    sqlite3_file *wal; /* NULL: the catalogue is in memory, there is nothing to flush */
    char *database;    /* what readers open */
    bool uri;
    bool changing;
    uint64_t commits;
    bool same_boot;
    char boot_id[64];
    bool distrusted, distrust_written; /* asked for; in this transaction or a committed one */

    uint64_t events_limit;
    struct {
        bool known; /* the rest agrees with the catalogue; false after a roll-back */
        bool stale; /* lines of dropped generations are still there */
        uint32_t gen;
        int64_t start, end, seq;
    } events;

    /* Shard directories made so far, and how many of them objects/ is known to hold on stable storage. */
    atomic_uint_fast64_t shards_made, shards_synced;

    struct {
        pthread_mutex_t lock[64]; /* of a slot's file, by its number; held while the file is read or written */
        pthread_mutex_t making;   /* all below; held while a file is made, so that all up to `made` exist */
        pthread_mutex_t syncing;  /* held during the directory's fsync: who waited finds it done */
        struct slot *slot;        /* slot.h; SLOT_N of them */
        uint16_t free;            /* the first in the list of free ones */
        unsigned next, top;       /* no slot below has no file; the last that has one */
        uint32_t made, synced;    /* files made in this run; how many of them the directory holds on stable storage */
        uint64_t sequence;        /* the last that was given away */
    } inbox;
};

/* Open a transaction unless one is open.  -ECANCELED: SQLite gave the last one up, store_rollback() is due. */
int store_begin(struct store *s);
/* store_begin() and one statement. */
int store_do_args(struct store *s, const char *text, const struct sql_arg *args);
#define store_do(s, text, ...) store_do_args(s, text, SQL_ARGS(__VA_ARGS__))
/* Rows that the last statement changed. */
int store_changes(const struct store *s);

/* schema.c: make or migrate; -EPROTO newer, -EUCLEAN not ours; why gets one line, path is named in it. */
int schema_open(struct sql *q, const char *path, char *why, size_t why_n);

/* meta.c: text values. */
int meta_text_get(struct store *s, const char *key, char *ret, size_t n); /* -ENOENT */
int meta_text_put(struct store *s, const char *key, const char *value);

/* boot.c: compare with where and when the store was last in use; store_trust() records it anew. */
int boot_compare(struct store *s, const char *boot_id);
/* Record that nothing unflushed is trusted. */
int boot_distrust(struct store *s);

/* left.c: look at every slot.  The directory has been flushed. */
int spool_start(struct store *s);
/* spool.c: blocks; take a number back for good.  -ENOENT: nobody has it any more. */
int spool_wipe(struct store *s, uint64_t number);
/* Names of files below objects/: "00012/12345.1".  ret: 64 bytes. */
enum { BYTES_NAME = 64 };
void bytes_name(int64_t id, uint32_t gen, char ret[static BYTES_NAME]);
void bytes_shard(int64_t id, char ret[static BYTES_NAME]);
/* fsync of a directory below `dirfd`. */
int store_sync_dir(struct store *s, int dirfd, const char *name);

#endif
