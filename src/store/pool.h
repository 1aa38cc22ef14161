/* pool.h - a reader's connection, for the files of this room only. */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include "store/reader.h"
#include "store/sql.h"

/* One borrowed connection: struct sql, and the place it goes back to. */
struct look {
    struct sql sql;
    struct look *next;
    struct reader *home;
    bool snapshot;
};

/* Borrow; -errno when none can be opened. */
int look_begin(struct reader *r, struct look **ret);
/* All statements until look_end() see one state of the catalogue. */
int look_snapshot(struct look *l);
/* Give back; for _cleanup_(look_end). */
void look_end(struct look **l);

#endif
