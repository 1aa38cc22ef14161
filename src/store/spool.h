/* spool.h - inbox files on disk before they are taken, each in a slot of STORE/spool/ (slot.h), which is used again.
 *
 * A header keeps the number, the size, the inbox name (which may be 255 bytes, so it cannot be part of the file's own
 * name) and whether the last write was followed by a successful close; the data follows.  Any thread, also several with
 * one file.  Blocks on the page cache only, but for spool_sync().  -ENOENT: nobody has the number (any more). */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/store.h"

/* -ENOSPC: all slots are in use.  Numbers grow, and fit into 59 bits. */
int spool_create(struct store *s, const char *name, uint64_t *ret_number);
ssize_t spool_write(struct store *s, uint64_t number, const void *p, size_t n,
                    uint64_t offset); /* -EFBIG past LIMIT_SPOOL; clears "closed"; a gap reads as zeros */
ssize_t spool_read(struct store *s, uint64_t number, void *p, size_t n, uint64_t offset);
int spool_truncate(struct store *s, uint64_t number, uint64_t size);
int spool_rename(struct store *s, uint64_t number, const char *name); /* keeps "closed" */
/* Blocks: mark closed, fdatasync, and the directory's fsync when the slot's file is new.  Worker's thread. */
int spool_sync(struct store *s, uint64_t number);
int spool_drop(struct store *s, uint64_t number);
/* All data of a file, malloc'ed. */
int spool_load(struct store *s, uint64_t number, void **ret, size_t *ret_n);
/* Note in the current transaction (agent's thread) that this file was taken: from the commit on spool_list() does not
 * find it, and its slot is taken back with what table gone names.  So a power cut between the rows' flush and that does
 * not make a second transaction of one drop.  Numbers are never used twice, not even across starts. */
int store_spool_forget(struct store *s, uint64_t number);
/* What a former run left, by number; agent's thread, before others use the spool.  After a power cut a file that is not
 * closed is empty: nothing tells its bytes from those that the slot held before. */
typedef void spool_found(void *arg, uint64_t number, const char *name, uint64_t size, bool closed);
int spool_list(struct store *s, spool_found *found, void *arg);

#endif
