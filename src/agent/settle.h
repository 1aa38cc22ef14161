/* settle.h - make received bytes last: marks on the way, the last mark, the seal.  The agent's thread; the work is a
 * worker's. */
#ifndef AGENT_SETTLE_H
#define AGENT_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/worker.h"

struct dlota;
struct fetch;

/* A flush of one file.  Owned by the worker, then by its done(). */
struct settle_job {
    struct job job;
    struct dlota *d;
    struct fetch *f;
    int64_t id;
    int fd;
    uint32_t gen;
    uint64_t upto;
    bool seal, last;
    bool first;       /* of this file */
    bool orphan;      /* the retrieval went on with another file: close this one, tell nobody */
    char digest[144]; /* to compare with, as in the row; "" none */
    int rc;
};

/* Flush what is written so far and record it, while the transfer goes on (I3). */
void settle_mark(struct fetch *f);
/* The exchange is over: do what f->settle says. */
void settle_start(struct fetch *f);

#endif
