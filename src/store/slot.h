/* slot.h - files of STORE/spool/ are slots: one per inbox file, used again and again, because making and unlinking a
 * file costs a file system far more than writing over one.
 *
 * File S (1..65535) is slot S; a spool number is sequence << 16 | S, so the file's name needs no map.  A header of 512
 * bytes says which number has the slot, and how much of what follows is its data: what an earlier life left stays
 * behind that.  Any thread, but for slots_init() and slots_free(). */
#ifndef STORE_SLOT_H
#define STORE_SLOT_H

#include "store/inner.h"

struct slot_header {
    char magic[8];
    uint32_t version;
    uint32_t closed;   /* this and the next two are written in one go */
    uint64_t size;     /* of the data */
    uint64_t checksum; /* of it when it was closed */
    char name[256];    /* under which it was dropped */
    char rest[216];
    uint64_t number; /* who has it; 0: nobody.  The last, so that a write that fails half-way gives it to nobody */
};

enum {
    SLOT_HEADER = 512,
    SLOT_NEW = 4096, /* a new file gets its first block at once */
    SLOT_BITS = 16,
    SLOT_N = 1 << SLOT_BITS, /* none is 0, so that no number is */
    /* Of the sequence: at a start it goes on behind what the run's number stands for.  A number has to fit into an
     * inode number with bits to spare. */
    SLOT_DROP_BITS = 28,
    SLOT_RUN_BITS = 15,
};

enum slot_state {
    SLOT_NONE,  /* no file */
    SLOT_FREE,  /* in the list */
    SLOT_USED,  /* has a number, or is about to get one */
    SLOT_WIPED, /* has none any more, but a power cut would give it back: not to be used */
    SLOT_ALIEN, /* something there that is none of ours */
};

struct slot {
    uint32_t birth; /* the n-th file made in this run; 0: an earlier run's */
    uint16_t next;  /* in the list of free ones */
    uint8_t state;  /* enum slot_state */
};

/* A slot's file, open; after slot_look() and slot_enter() also locked. */
struct slot_file {
    int fd;
    unsigned slot;
    struct slot_header h;
};

static inline unsigned slot_of(uint64_t number) { return (unsigned)(number & (SLOT_N - 1)); }
static inline uint64_t slot_sequence(uint64_t number) { return number >> SLOT_BITS; }

void slot_name(unsigned slot, char ret[static BYTES_NAME]);

int slots_init(struct store *s);
void slots_free(struct store *s);

/* ---- one file ---- */

/* Open and lock, read the header; one that cannot be understood is that of a free slot. */
int slot_look(struct store *s, unsigned slot, struct slot_file *ret);
/* slot_look(), but -ENOENT unless the slot is this number's. */
int slot_enter(struct store *s, uint64_t number, struct slot_file *ret);
void slot_lock(struct store *s, const struct slot_file *f);
void slot_unlock(struct store *s, const struct slot_file *f);
int slot_close(struct store *s, struct slot_file *f, ssize_t rc);
/* Unlock and close; 0, or rc when that is an error. */
int slot_leave(struct store *s, struct slot_file *f, ssize_t rc);

/* Write the header for a number: empty, not closed.  fresh: with the first block.  When it fails nobody has the slot.
 */
int slot_begin(struct store *s, struct slot_file *f, uint64_t number, const char *name, bool fresh);
int slot_put_state(struct store *s, const struct slot_file *f); /* closed, size, checksum */
int slot_put_nobody(struct store *s, struct slot_file *f);
int slot_zero(struct store *s, const struct slot_file *f, uint64_t from, uint64_t to);
/* All data, malloc'ed, with a NUL behind it.  -EUCLEAN: the file ends earlier. */
int slot_data(struct store *s, const struct slot_file *f, char **ret);
/* What h.checksum has to be for the data as it is. */
int slot_checksum(struct store *s, const struct slot_file *f, uint64_t *ret);
/* Was it closed, and is the data that which was? */
int slot_closed(struct store *s, const struct slot_file *f, bool *ret);

/* ---- which are free ---- */

/* One that is free, else a new one: open, not locked, no number in it yet.  -ENOSPC: all are in use. */
int slot_take(struct store *s, struct slot_file *ret, uint64_t *ret_number, bool *ret_fresh);
void slot_give(struct store *s, unsigned slot);
/* A number of this slot was taken back; once that is flushed it is free. */
void slot_wiped(struct store *s, unsigned slot);
void slot_flushed(struct store *s, unsigned slot);
/* The next after this slot that has a number; 0: none. */
unsigned slot_next_used(struct store *s, unsigned after);
/* Blocks: flush the name of the slot's file, once in its life and for all that were made before. */
int slot_sync_name(struct store *s, unsigned slot);

#endif
