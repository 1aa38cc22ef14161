/* spooled.h - the files of inbox/ in memory: found by number and by name, listed by number.  Under the inbox's lock. */
#ifndef FS_SPOOLED_H
#define FS_SPOOLED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum spooled_state {
    SPOOLED_WAITS, /* has its name, is listed */
    SPOOLED_TAKEN, /* offered; a ghost while it has its name */
    SPOOLED_GONE   /* unlinked; dropped when the last handle is closed */
};

struct inbox_file {
    struct inbox_file *next_number, *next_name;    /* chains of the hash tables */
    struct inbox_file *before, *after;             /* by number: those that are listed */
    struct inbox_file *ghost_before, *ghost_after; /* ghosts, the oldest first */
    struct inbox_file *job;                        /* what is to be done once the lock is released */
    uint64_t number, size;
    char name[256];
    char offered[256]; /* the name it was taken under: a ghost may be renamed since */
    enum spooled_state state;
    bool named, listed, ghost;
    unsigned refs; /* being found by number; handles; an offer or a flush under way */
    unsigned handles, writers, writing, syncing;
    uint64_t writes, kept; /* count of changes to the data; that count when it last became complete */
    bool killed;           /* its writer was, since the last write */
    bool wanted;           /* renamed to a final name: taken whether complete or not */
    bool refused;          /* the agent could not take it: it is offered again */
    mode_t mode;
    int64_t mtime, ghost_until;
};

enum { SPOOLED_BUCKETS = 1024 };
struct spooled {
    struct inbox_file *by_number[SPOOLED_BUCKETS], *by_name[SPOOLED_BUCKETS];
    struct inbox_file *first, *last, *first_ghost, *last_ghost;
    unsigned n;
};

/* A file with one reference, to be found by its number from now on; NULL: no memory. */
struct inbox_file *spooled_add(struct spooled *t, uint64_t number);
/* Give one reference back; the last one frees. */
void spooled_unref(struct spooled *t, struct inbox_file *f);
struct inbox_file *spooled_number(struct spooled *t, uint64_t number);
struct inbox_file *spooled_name(struct spooled *t, const char *name);
/* The name must be free.  `list`: also in the listing. */
void spooled_set_name(struct spooled *t, struct inbox_file *f, const char *name, bool list);
/* Out of the names, the listing and the ghosts. */
void spooled_clear_name(struct spooled *t, struct inbox_file *f);
/* A listed file becomes a ghost. */
void spooled_set_ghost(struct spooled *t, struct inbox_file *f, int64_t until);

#endif
