/* store.h - what survives: the catalogue (SQLite, WAL) and the files beside it.
 *
 * Writer functions: the agent's thread only.  Reader functions (reader.h): any thread.  All return 0/positive or
 * -errno. A change opens a transaction by itself; store_commit() ends it.  Commit: every reader sees it, process death
 * cannot undo it. store_sync(): it survives a power cut.  A failed change leaves the transaction to be rolled back by
 * the caller.
 *
 * STORE/  lock  catalogue[-wal,-shm]  spool/N  objects/00012/12345.1   (id / 1024, id . gen) */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dlota/object.h>
#include "store/disk.h"

struct store;

struct store_settings {
    const char *path;      /* made 0700 when missing */
    struct disk *disk;     /* NULL: disk_linux */
    const char *database;  /* NULL: "catalogue" in path; tests: a URI such as "file:/x?vfs=memdb"
                            * (readers then get -EBUSY while a transaction is open: no WAL) */
    const char *boot_id;   /* of this boot, or "" when unknown (then nothing unflushed is trusted) */
    int64_t lock_wait_ms;  /* how long to wait for an agent that is leaving */
    int64_t now;           /* wall ms */
    uint64_t events_limit; /* bytes of one generation of `events`; 0: LIMIT_EVENTS */
};

/* Lock, open or make, migrate.  -EBUSY: another agent has it (why names its pid); -EPROTO: a newer schema; why gets one
 * line. */
int store_open(const struct store_settings *settings, struct store **ret, char *why, size_t why_n);
/* Checkpoint, close, unlock.  Call when all readers are done.  Returns NULL. */
struct store *store_close(struct store *s);

/* Was the store last used under this boot, st_dev and mount id, so that unflushed bytes may still be there (I3)? */
bool store_same_boot(const struct store *s);

/* Recovery is over: record, in the current transaction, that from now on unflushed bytes of this boot may be counted.
 * Not earlier: a crash in the middle of a recovery after a power cut must find the old record again. */
int store_trust(struct store *s);

/* ---- transactions ---- */
bool store_changing(const struct store *s); /* a transaction is open */
int store_commit(struct store *s);          /* 0 also when none is open */
void store_rollback(struct store *s);
/* Flush all commits so far: xSync on the WAL's own file handle.  Blocks; a worker's thread (one at a time) or the
 * agent's. */
int store_sync(struct store *s);
/* After a flush that failed: Linux counts what it could not write as clean, so that the next fsync would succeed
 * without it.  Everything is written anew, into the database itself, and the WAL begins again; store_sync() makes that
 * last. No transaction may be open; blocks; the agent's thread.  -EBUSY: a reader is in the way. */
int store_heal(struct store *s);
/* Count of commits so far, to number what waits for a flush. */
uint64_t store_commits(const struct store *s);

/* ---- offers: descriptors as they came ---- */
struct store_offer {
    int64_t id;
    char source[256]; /* the name it was dropped under */
    char *base;       /* URI it was fetched from, malloc'ed, or NULL */
    char *media_type; /* malloc'ed, or NULL */
    int64_t added;    /* wall ms */
    bool outside;     /* it was fetched: what it names may not be inside addresses */
    void *raw;        /* malloc'ed */
    size_t raw_n;
};
/* Insert; becomes the latest of its source.  *ret_id is new. */
int store_offer_add(struct store *s, const struct store_offer *o, int64_t *ret_id);
/* Replace the bytes of an offer (a URL's answer takes the place of the URL): raw, base, media_type, outside. */
int store_offer_replace(struct store *s, const struct store_offer *o);
/* -ENOENT.  The caller frees with store_offer_clear(). */
int store_offer_get(struct store *s, int64_t id, struct store_offer *ret);
void store_offer_clear(struct store_offer *o);

/* ---- objects ---- */
/* Insert with o->id set to a new one and o->name made unique in o->dir ("picture-2.gif"); name_nth is dd_name_nth. */
int store_object_add(struct store *s, struct dlota_object *o, void (*name_nth)(const char *, unsigned, char *));
int store_object_get(struct store *s, int64_t id, struct dlota_object *ret); /* -ENOENT */
int store_object_put(struct store *s, const struct dlota_object *o);
/* Delete the row, its offer when no other object uses it; bytes of its generation go to the table gone. */
int store_object_remove(struct store *s, const struct dlota_object *o);
/* All alive (ended = 0, or not yet shown) objects with id > after, in order: for recovery. each() returns non-zero to
 * stop. */
typedef int store_each(void *arg, const struct dlota_object *o);
int store_object_alive(struct store *s, int64_t after, store_each *each, void *arg);
/* Objects that are due (state queued or interrupted, due <= now), oldest due first, but none of a host in `full` (n
 * hosts); at most limit. */
int store_object_ready(struct store *s, int64_t now, const char *const *full, unsigned n, unsigned limit,
                       store_each *each, void *arg);
/* Earliest due of such objects that is > now; 0: none. */
int store_object_next(struct store *s, int64_t now, int64_t *ret);
/* Make every wait whose cause is in the n causes due now (a network came back). */
int store_object_hurry(struct store *s, const enum dlota_cause *causes, unsigned n, int64_t now);
/* The wall clock was set: shift all due, idle_since and report times by ms. After a start, no wait is further than cap
 * from now. */
int store_shift(struct store *s, int64_t ms);
int store_cap(struct store *s, int64_t now, int64_t cap);

/* ---- reports: complete without their object ---- */
struct store_report {
    int64_t id, object; /* object may be gone */
    unsigned code;
    char *url;      /* malloc'ed */
    uint32_t tries; /* begun so far */
    bool decides;   /* a 900 whose answer releases the object */
    bool lost;      /* it waits because the network failed, so that a network that comes back ends the wait */
    bool outside;
    int64_t added, due; /* wall ms; due 0: not by itself, as with objects */
};
int store_report_add(struct store *s, const struct store_report *r, int64_t *ret_id);
int store_report_get(struct store *s, int64_t id, struct store_report *ret); /* caller: store_report_clear */
void store_report_clear(struct store_report *r);
int store_report_put(struct store *s, const struct store_report *r); /* tries, due, decides, lost */
int store_report_remove(struct store *s, int64_t id);
/* Withdraw those of an object that were never tried; returns how many. */
int store_report_withdraw(struct store *s, int64_t object);
/* Due ones, oldest first, one per object (reports of one object leave in order); each() gets the id. */
int store_report_ready(struct store *s, int64_t now, unsigned limit, int (*each)(void *arg, int64_t id), void *arg);
int store_report_next(struct store *s, int64_t now, int64_t *ret);
int store_report_of(struct store *s, int64_t object, int64_t *ret_id); /* the deciding one; -ENOENT */
/* Those of an object are due now; object 0: all that wait because the network failed. */
int store_report_hurry(struct store *s, int64_t object, int64_t now);

/* ---- events ---- */
/* One JSON line into `events`: {"seq":..,"time":..,"event":NAME, then the fields}.  Written in the current transaction.
 */
struct store_field {
    const char *key;
    enum { STORE_TEXT, STORE_NUMBER, STORE_BOOL } kind;
    const char *text; /* NULL: the field is left out */
    int64_t number;
};
int store_event(struct store *s, int64_t now, const char *name, const struct store_field *fields, unsigned n);

/* ---- bytes of objects ---- */
/* A new generation: its shard directory and an empty file, opened for writing.  Returns the fd. */
int store_bytes_create(struct store *s, int64_t id, uint32_t gen);
/* The file for appending (write) or reading.  Returns the fd; -ENOENT. */
int store_bytes_open(struct store *s, int64_t id, uint32_t gen, bool write);
/* Blocks: fdatasync of the file and fsync of its directory (and the parent, when the shard is new). Any thread. */
int store_bytes_seal(struct store *s, int64_t id, uint32_t gen, int fd);
/* What of a file counts after a start (I3): same boot and fdatasync fine: its size; else min(size, have); the file is
 * cut to that. */
int store_bytes_settle(struct store *s, int64_t id, uint32_t gen, uint64_t have, uint64_t *ret);
/* Unlink, at once and for good, a file that no record needs: a crash came before the record of it.  Blocks. */
int store_bytes_clear(struct store *s, int64_t id, uint32_t gen);
/* Note in the current transaction that this generation's bytes are to be unlinked (table gone). */
int store_bytes_forget(struct store *s, int64_t id, uint32_t gen);
/* Blocks: unlink what table gone names, at most n; a worker's thread.  Their rows go with store_gone_done() (agent's
 * thread). */
struct store_gone {
    unsigned n;
    struct {
        int64_t id;
        uint32_t gen;
    } file[64];
};
int store_gone_get(struct store *s, struct store_gone *ret);
int store_gone_unlink(struct store *s, const struct store_gone *g);
int store_gone_done(struct store *s, const struct store_gone *g);
/* An I/O error was seen: nothing unflushed is trusted at the next start. */
void store_distrust(struct store *s);

int store_space(struct store *s, struct statvfs *ret); /* any thread */
struct disk *store_disk(const struct store *s);

/* ---- settings kept in the catalogue ---- */
int store_meta_get(struct store *s, const char *key, int64_t *ret); /* -ENOENT */
int store_meta_put(struct store *s, const char *key, int64_t value);

#endif
