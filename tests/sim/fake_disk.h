/* fake_disk.h - a disk in memory that can lose power, die at the n-th call, or fail the n-th call.
 *
 * Every file has two images: what everybody sees, and what was flushed.  Data becomes durable by a sync of its file, a
 * name (made or removed) by a sync of its directory.  Two faces lead to it: struct disk for the store, and a VFS named
 * "sim" for SQLite, so that the catalogue's flushes are the disk's.  One thread; one disk at a time has the VFS. */
#ifndef SIM_FAKE_DISK_H
#define SIM_FAKE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/disk.h"

struct fake_disk; /* is a struct disk */

/* What becomes of pages, sizes and names that were not flushed. */
enum fake_cut { FAKE_CUT_NONE, FAKE_CUT_ALL, FAKE_CUT_SOME };

/* Path and catalogue for agent_open(). */
#define FAKE_STORE "/store"
#define FAKE_DATABASE "file:/store/catalogue?vfs=sim"

struct fake_disk *fake_disk_new(void);
struct fake_disk *fake_disk_free(struct fake_disk *d);
struct disk *fake_disk_seam(struct fake_disk *d);

/* Calls so far that change something. */
unsigned long fake_disk_steps(const struct fake_disk *d);
/* Count a step that is not the disk's (the network's).  False: the process is dead. */
bool fake_disk_step(struct fake_disk *d);
/* The n-th step from the first on never happens, nor does anything after it; 0: never. */
void fake_disk_crash_at(struct fake_disk *d, unsigned long n);
/* From the n-th step on somebody wants the process to end, in good order. */
void fake_disk_stop_at(struct fake_disk *d, unsigned long n);
bool fake_disk_stopped(const struct fake_disk *d);
bool fake_disk_dead(const struct fake_disk *d);
/* The steps n to n + times - 1 fail with error (ENOSPC ...). */
void fake_disk_fail_at(struct fake_disk *d, unsigned long n, unsigned long times, int error);
/* How many did. */
unsigned long fake_disk_failures(const struct fake_disk *d);

/* After a crash, or at any other moment when nobody has the disk open: the process died; or the power went. */
void fake_disk_revive(struct fake_disk *d);
void fake_disk_cut(struct fake_disk *d, enum fake_cut cut, uint64_t seed);
/* Files and connections open now: a leak when nobody is there. */
unsigned fake_disk_open(const struct fake_disk *d);

/* Looks, which are no steps.  -1: no such file. */
int64_t fake_disk_size(const struct fake_disk *d, const char *path);
/* Bytes of it that a power cut leaves for sure, and whether its name is; -1: the name is not. */
int64_t fake_disk_kept(const struct fake_disk *d, const char *path);
/* Does the file (kept: its durable image) begin with these bytes? */
bool fake_disk_equal(const struct fake_disk *d, const char *path, bool kept, const void *bytes, size_t n);
void fake_disk_list(const struct fake_disk *d, const char *path, void (*each)(void *arg, const char *name), void *arg);
/* A file opened by the store, read without a step. */
ssize_t fake_disk_peek(const struct fake_disk *d, int fd, void *p, size_t n);

#endif
