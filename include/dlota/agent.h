/* agent.h - libdlota: an OMA Download agent for any embedder.  Ask, look, be told.
 *
 * Three kinds of call, and no lock shared between them:
 *   ask      any thread, never blocks; done() comes exactly once, on the agent's thread, and must return at once.
 *            When the agent leaves before it got to it, done() comes with -ESHUTDOWN from dlota_close().
 *   look     any thread; reads what is committed over a read-only connection of its own; waits for no other thread
 *   be told  callbacks on the agent's thread after the commit; must return at once
 * Errors are 0 or -errno everywhere. */
#ifndef DLOTA_AGENT_H
#define DLOTA_AGENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <dlota/object.h>
#include <dlota/options.h>
#include <dlota/words.h>

typedef struct dlota dlota;

/* What changed, as bits for dlota_face.changed. */
enum { DLOTA_CHANGED_STATE = 1, DLOTA_CHANGED_BYTES = 2, DLOTA_CHANGED_GONE = 4, DLOTA_CHANGED_EVENTS = 8 };

/* Who is told.  Any member may be NULL. */
struct dlota_face {
    /* id's row (or its counters: BYTES, at most a few times a second) changed; id 0: only `what` matters. */
    void (*changed)(void *arg, int64_t id, unsigned what);
    /* id is to be shown in folder `to` (DLOTA_IN_INSTALLED or DLOTA_IN_FAILED) instead of `from`; name is its name.
     * Answer with dlota_published() once it has been; after 1 s without an answer the agent records it by itself. NULL:
     * shown at once. */
    void (*publish)(void *arg, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name);
    void *arg;
};

/* ---- life ---- */

/* Lock STORE (made with mode 0700 when missing), open the catalogue, recover.  Blocks on the disk; call before any
 * other thread uses it. Waits up to 10 s for an agent that is leaving.  On error why gets one line for the user.  *ret
 * is the caller's. */
int dlota_open(const char *store, const struct dlota_options *options, dlota **ret, char *why, size_t why_n);
/* Who is told; call between dlota_open and dlota_start (or dlota_turn).  The face must outlive the agent. */
void dlota_set_face(dlota *d, const struct dlota_face *face);
/* Start the agent's thread. */
int dlota_start(dlota *d);
/* Or, without dlota_start: one turn in this thread, waiting at most max_ms. */
int dlota_turn(dlota *d, int max_ms);
/* Stop: transfers end, what was received is recorded, the thread (if any) is joined, everything is freed.  Blocks at
 * most a few flushes.  Returns NULL. */
dlota *dlota_close(dlota *d);

/* ---- ask ---- */

typedef void dlota_done(void *arg, int rc);

/* Take a descriptor that was spooled (dlota_spool_*); file: its number, name: under which it was dropped (copied).
 * done after the rows are committed and flushed; the spool file is gone then.  rc 0 also for a bad descriptor: it
 * stands in failed/. */
void dlota_offer(dlota *d, uint64_t spool, const char *name, dlota_done *done, void *arg);
/* A verb, or rm.  done after the commit: -ENOENT no such object, -EINVAL never applies in this state, -EOPNOTSUPP the
 * server cannot resume. */
void dlota_steer(dlota *d, int64_t id, enum dlota_verb verb, dlota_done *done, void *arg);
/* The tree shows id in its new folder from now on.  done after the commit; -ESTALE when that was not announced (any
 * more). */
void dlota_published(dlota *d, int64_t id, dlota_done *done, void *arg);
/* Make a spool file durable (fdatasync, directory too): done after the flush; the file's state is recorded as closed
 * (see below). */
void dlota_spool_sync(dlota *d, uint64_t spool, dlota_done *done, void *arg);

/* ---- spool: files of inbox/ before they are taken.  Any thread; write and read block only on the page cache ---- */

/* One file per descriptor in STORE/spool, with its inbox name kept in a header, so that a start can judge what it
 * finds. Files are used again, numbers never. */
int dlota_spool_create(dlota *d, const char *name, uint64_t *ret_spool);
/* Data of the file, from offset 0; returns bytes or -errno.  A write marks the file as not closed. */
ssize_t dlota_spool_write(dlota *d, uint64_t spool, const void *p, size_t n, uint64_t offset);
ssize_t dlota_spool_read(dlota *d, uint64_t spool, void *p, size_t n, uint64_t offset);
int dlota_spool_truncate(dlota *d, uint64_t spool, uint64_t size);
int dlota_spool_rename(dlota *d, uint64_t spool, const char *name);
int dlota_spool_drop(dlota *d, uint64_t spool);
/* What a former run left, one call per file, before dlota_start: closed says whether its last write was followed by a
 * successful close. */
typedef void dlota_spool_found(void *arg, uint64_t spool, const char *name, uint64_t size, bool closed);
int dlota_spool_list(dlota *d, dlota_spool_found *found, void *arg);

/* ---- look ---- */

/* The object of that name in directory dir (0: the folders themselves), whichever folder shows it. */
int dlota_find(dlota *d, int64_t dir, const char *name, struct dlota_object *ret);
/* The row of id joined with the live counters (have, rate). */
int dlota_stat(dlota *d, int64_t id, struct dlota_object *ret);
/* Entries of a folder (DLOTA_NOWHERE: every object, as in status/) with id > after, by id; entry() returns non-zero to
 * stop. */
typedef int dlota_entry(void *arg, int64_t id, const char *name);
int dlota_list(dlota *d, enum dlota_folder folder, int64_t dir, int64_t after, dlota_entry *entry, void *arg);
/* by-descriptor/: the name of the object that the latest drop under this descriptor name became (ret: 256 bytes); key:
 * a number for it, stable and never reused. */
int dlota_drop_find(dlota *d, const char *descriptor, int64_t *ret_key, char ret_name[static 256]);
int dlota_drop_stat(dlota *d, int64_t key, char ret_name[static 256]);
int dlota_drop_list(dlota *d, int64_t after, dlota_entry *entry, void *arg); /* id is the key, name the descriptor's */
/* Read-only descriptor of an installed object's bytes, the caller's to close.  -ESTALE: another generation. */
int dlota_bytes(dlota *d, int64_t id, uint32_t gen);

/* Generated texts: *ret is malloc'ed, the caller's to free(); *ret_n its length (a NUL follows). */
int dlota_status(dlota *d, int64_t id, char **ret, size_t *ret_n);
int dlota_summary(dlota *d, char **ret, size_t *ret_n);
int dlota_lines(dlota *d, char **ret, size_t *ret_n); /* the file `list` */
/* One value of status/, unescaped: what user.dlota.KEY holds.  -ENODATA: no such key, or absent. */
int dlota_value(dlota *d, int64_t id, const char *key, char **ret, size_t *ret_n);
/* All keys of status/, in order, NULL-terminated; static. */
const char *const *dlota_keys(void);

/* The event log.  Only grows; past 16 MiB a new generation begins empty and the one before stays readable. */
struct dlota_events {
    uint32_t gen;
    uint64_t size;
    int64_t changed; /* wall ms of the last line */
};
void dlota_events_now(dlota *d, struct dlota_events *ret);
/* Size of one generation: -ESTALE when it is gone. */
int dlota_events_size(dlota *d, uint32_t gen, uint64_t *ret_size);
/* Bytes from offset on, at most n; 0 at the end; or -errno. */
ssize_t dlota_events_read(dlota *d, uint32_t gen, uint64_t offset, char *buf, size_t n);

/* A number that grows whenever anything a generated text shows may have changed (bytes included). */
uint64_t dlota_version(dlota *d);
/* statvfs(3) of the store's disk. */
int dlota_statvfs(dlota *d, struct statvfs *ret);

#endif
