/* spool.h - inbox files on disk before they are taken: STORE/spool/N.
 *
 * A header of 512 bytes keeps the inbox name and whether the last write was followed by a successful close; the data
 * follows. (A name may be 255 bytes, so it cannot be part of the file's own name.)  Any thread, but one file is not
 * used by two at once except for read/write at different offsets.  Blocks on the page cache only, but spool_sync() and
 * spool_drop(). */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/store.h"

int spool_create(struct store *s, const char *name, uint64_t *ret_number);
ssize_t spool_write(struct store *s, uint64_t number, const void *p, size_t n,
                    uint64_t offset); /* -EFBIG past LIMIT_SPOOL; clears "closed" */
ssize_t spool_read(struct store *s, uint64_t number, void *p, size_t n, uint64_t offset);
int spool_truncate(struct store *s, uint64_t number, uint64_t size);
int spool_rename(struct store *s, uint64_t number, const char *name); /* keeps "closed" */
/* Blocks: mark closed, fdatasync, and the directory's fsync when the file is new.  Worker's thread. */
int spool_sync(struct store *s, uint64_t number);
int spool_drop(struct store *s, uint64_t number);
/* All data of a file, malloc'ed. */
int spool_load(struct store *s, uint64_t number, void **ret, size_t *ret_n);
/* Note in the current transaction (agent's thread) that this file was taken: from the commit on spool_list() does not
 * find it, and it is unlinked with what table gone names.  So a power cut between the rows' flush and the unlink does
 * not make a second transaction of one drop.  Numbers are never used twice, not even across starts. */
int store_spool_forget(struct store *s, uint64_t number);
/* What a former run left, by number; agent's thread, before others use the spool. */
typedef void spool_found(void *arg, uint64_t number, const char *name, uint64_t size, bool closed);
int spool_list(struct store *s, spool_found *found, void *arg);

#endif
