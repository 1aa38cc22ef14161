/* inbox.h - the rules of inbox/: when a file is taken, and what its name means until then and for two seconds after.
 *
 * RELEASE comes late and FLUSH comes often, so neither alone says that a writer is done.  A file is
 *   complete  when its last write was followed by a FLUSH of a writer that was not being killed, or by an FSYNC, that
 *             succeeded
 *   promised  when it is complete, not empty and its name is final: close(2) said 0, so it will be taken
 *   taken     when it is promised and its last writer has been released; or when a waiting file is renamed to a final
 *             name; or when someone opens a promised name for writing, who gets -ESTALE: the kernel then looks the name
 *             up again, finds it free and makes a new file
 * For two seconds after, the taken name is a ghost: it resolves and takes any change without effect, but is not listed.
 * Someone who creates with O_EXCL gets EEXIST from the kernel for as long; open without it, or unlink first.
 *
 * Knows the spool (dlota_spool_*) and nothing of FUSE.  Any thread.  The lock inside is never held while asking or
 * flushing; nothing blocks but on the page cache.  now: monotonic ms.  Errors are -errno. */
#ifndef FS_INBOX_H
#define FS_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <dlota/agent.h>

enum { INBOX_GHOST_MS = 2000, INBOX_AGAIN_MS = 5000 };

struct inbox;
struct inbox_file; /* counted; a handle holds it from inbox_create/inbox_open to inbox_close */

/* Hand a spool file over; must answer with inbox_taken(). */
typedef void inbox_offer(void *arg, uint64_t spool, const char *name, struct inbox_file *file);

int inbox_new(dlota *d, inbox_offer *offer, void *arg, struct inbox **ret);
/* All handles must be closed and all offers answered.  Returns NULL. */
struct inbox *inbox_free(struct inbox *ib);

/* May a file of this name be taken?  Not dot files, nor what browsers, editors and rsync call unfinished ones. */
bool inbox_final_name(const char *name);

/* What an earlier run left; inbox_begin() then takes the complete ones of final name, the others wait. */
int inbox_found(struct inbox *ib, uint64_t spool, const char *name, uint64_t size, bool closed);
int inbox_begin(struct inbox *ib, int64_t now);

/* CREATE: the open(2) flags O_EXCL and O_TRUNC are looked at, and whether it is open for writing. */
int inbox_create(struct inbox *ib, const char *name, mode_t mode, int flags, int64_t now, struct inbox_file **ret);
int inbox_open(struct inbox *ib, uint64_t spool, int flags, int64_t now, struct inbox_file **ret);
/* writer: it was opened for writing.  The last use of file by its handle. */
void inbox_close(struct inbox *ib, struct inbox_file *file, bool writer, int64_t now);

ssize_t inbox_read(struct inbox *ib, struct inbox_file *file, void *p, size_t n, uint64_t offset);
ssize_t inbox_write(struct inbox *ib, struct inbox_file *file, const void *p, size_t n, uint64_t offset);
int inbox_truncate(struct inbox *ib, struct inbox_file *file, uint64_t size);
/* Without a handle, as truncate(2) comes. */
int inbox_truncate_path(struct inbox *ib, uint64_t spool, uint64_t size, int64_t now);

/* 0: nothing to wait for.  1: make the spool file durable, then call inbox_synced() with the mark. */
enum inbox_why { INBOX_FLUSH, INBOX_FLUSH_KILLED /* the closing process is being killed */, INBOX_FSYNC };
int inbox_sync(struct inbox *ib, struct inbox_file *file, enum inbox_why why, uint64_t *ret_mark);
void inbox_synced(struct inbox *ib, struct inbox_file *file, uint64_t mark, int rc, int64_t now);
/* The answer to an offer.  An error: it waits under its name again until inbox_again() offers it. */
void inbox_taken(struct inbox *ib, struct inbox_file *file, int rc, int64_t now);
/* Offer what was refused once more; ms until the next time, -1: nothing was. */
int inbox_again(struct inbox *ib, int64_t now);
uint64_t inbox_spool(const struct inbox_file *file);

struct inbox_stat {
    uint64_t spool, size;
    mode_t mode;
    int64_t mtime; /* wall ms */
    bool ghost, named;
};
int inbox_find(struct inbox *ib, const char *name, int64_t now, struct inbox_stat *ret);
int inbox_stat(struct inbox *ib, uint64_t spool, int64_t now, struct inbox_stat *ret);
/* chmod, utimens: kept in memory only.  NULL: stays. */
int inbox_change(struct inbox *ib, uint64_t spool, const mode_t *mode, const int64_t *mtime, int64_t now);
int inbox_unlink(struct inbox *ib, const char *name, int64_t now);
int inbox_rename(struct inbox *ib, const char *from, const char *to, bool no_replace, int64_t now);
/* Files that are listed, by number, from the first past `after`; entry returns non-zero to stop. */
void inbox_list(struct inbox *ib, int64_t after, dlota_entry *entry, void *arg);
/* Wall ms of the last change to the names. */
int64_t inbox_changed(struct inbox *ib);

#endif
