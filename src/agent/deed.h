/* deed.h - what is to be done once a record of it is committed, or flushed (policy.md 1).
 *
 * A turn queues deeds; its commit releases those that wait for the commit, a flush those that wait for the flush; a
 * rolled back turn cancels its own.  Group commit needs no timer: while a worker flushes, turns go on, and the next
 * flush covers them all.  The agent's thread. */
#ifndef AGENT_DEED_H
#define AGENT_DEED_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/agent.h>

struct dlota;

enum deed_kind {
    DEED_REPLY = 1, /* done(arg, rc) */
    DEED_GET,       /* start the retrieval of id */
    DEED_CHANGED,   /* tell the face: id, what */
    DEED_POST,      /* send report id */
    DEED_PUBLISH,   /* show id in folder `to` */
    DEED_SWEEP,     /* unlink what table gone names */
    DEED_ADOPT,     /* judge the descriptor that id fetched */
    DEED_RECORD,    /* nothing: only a flush is wanted */
};

struct deed {
    struct deed *next;
    enum deed_kind kind;
    int64_t id;
    dlota_done *done;
    void *arg;
    int rc;
    unsigned what;
    bool fresh;
    enum dlota_folder from, to;
    uint64_t commit; /* number of the commit it waits to see flushed */
};

struct deed_list {
    struct deed *head, **tail;
};

struct deeds {
    struct deed_list on_commit, on_flush; /* of this turn */
    struct deed_list ready;               /* committed: done at the end of the turn */
    struct deed_list flushing;            /* committed, in order of their commit */
    bool flush_running;
    bool flush_failed; /* the last one */
};

void deeds_begin(struct deeds *q);
/* Queue a copy of what; -ENOMEM. */
int deed_on_commit(struct dlota *d, const struct deed *what);
int deed_on_flush(struct dlota *d, const struct deed *what);
/* The transaction was committed (or rc < 0: rolled back: replies get rc, the rest is forgotten). */
void deeds_committed(struct dlota *d, int rc);
/* Carry out what waited for a commit. */
void deeds_run(struct dlota *d);
/* Start a flush when something waits for one and none is under way. */
void deeds_flush(struct dlota *d);
/* The agent leaves: replies get rc, the rest is forgotten (the catalogue has it). */
void deeds_abandon(struct dlota *d, int rc);
bool deeds_waiting(const struct deeds *q);

/* perform.c: carry one out. */
void deed_do(struct dlota *d, const struct deed *what);

#endif
