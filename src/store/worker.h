/* worker.h - the seam for what may take long on the disk: flushes, large unlinks, digests.
 *
 * A job's run() is called on a worker (it may block, must not touch rows); then the job is posted to the agent's
 * mailbox as a letter, and the agent's thread calls done(), which owns the job from then on. */
#ifndef STORE_WORKER_H
#define STORE_WORKER_H

#include "base/mailbox.h"

struct job {
    struct letter letter; /* first */
    void (*run)(struct job *);
    void (*done)(struct job *);
    struct job *next;
};

struct worker {
    /* Agent's thread; never blocks. */
    void (*submit)(struct worker *, struct job *);
    /* Run what was submitted to the end (done() is not called: the letters are in the mailbox), stop the threads, free.
     */
    void (*free)(struct worker *);
};

/* n threads; finished jobs go to box. */
int worker_new(unsigned n, struct mailbox *box, struct worker **ret);

#endif
