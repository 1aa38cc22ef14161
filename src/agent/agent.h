/* agent.h - the inside of an agent: what its thread owns.  Only src/agent includes this (and tests of it).
 *
 * One thread decides: everything here, but what is marked otherwise, belongs to the thread that calls agent_turn(). */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <dlota/agent.h>
#include "agent/announce.h"
#include "agent/deed.h"
#include "agent/live.h"
#include "agent/netwatch.h"
#include "agent/rate.h"
#include "agent/world.h"
#include "base/mailbox.h"
#include "http/http.h"
#include "store/reader.h"
#include "store/store.h"
#include "store/worker.h"

struct fetch;
struct host;
struct post;

/* How long the face may take to show what was announced; then it is recorded as shown all the same. */
enum { PUBLISH_WAIT_MS = 1000, POSTS = 16, TICK_MS = 200, FLUSH_RETRY_MS = 1000 };

/* Ids whose turn was rolled back: they are loaded again the way a start does. */
struct reload {
    int64_t *id;
    unsigned n, cap;
    bool all;   /* no memory for the list: every row that is alive */
    int64_t at; /* monotonic ms of the next attempt; 0: nothing to do */
};

/* What an agent is made of; a test puts fakes in.  A NULL member: the real thing. */
struct agent_parts {
    struct world *world;
    struct disk *disk;
    const struct http_ops *net; /* with http */
    struct http *http;          /* the agent frees it */
    const char *database;       /* as in struct store_settings */
    int (*worker)(struct mailbox *box, struct worker **ret);
    bool deaf; /* no rtnetlink */
};

struct dlota {
    /* Set once, before any other thread sees it. */
    struct dlota_options options;
    struct world *world;
    struct disk *disk;
    struct store *store;
    struct reader *reader;
    struct mailbox *mail, *jobs; /* asks; finished work */
    struct worker *worker;
    struct live *live;
    struct dlota_face face;

    /* Any thread. */
    atomic_bool leaving;
    atomic_uint_fast64_t version;
    atomic_bool no_network; /* the last word of the network was that there is none */

    pthread_t thread;
    bool threaded;

    /* The agent's thread. */
    const struct http_ops *net;
    struct http *http;
    struct netwatch *watch; /* NULL: deaf */
    int64_t now;            /* wall ms at the beginning of the turn */
    int64_t mono;           /* monotonic ms likewise */
    int64_t offset;         /* wall - monotonic: when it jumps, the clock was set */

    struct fetch *fetches; /* retrievals that are on the wire or being flushed */
    unsigned on_wire;      /* of these, with an exchange */
    struct host *hosts;
    size_t buffers; /* bytes of write-out buffers in use */
    struct rate rate;
    bool held;
    int64_t held_until, tick_at; /* monotonic */

    struct post *posts; /* reports on the wire or waiting for the flush before */
    unsigned n_posts;

    bool look_for_work, look_for_reports; /* a slot came free, a row became due */
    int64_t work_at, reports_at;          /* wall ms of the next due row; 0: none */

    struct letter *letters; /* taken out of the mailbox, for the turns to come */
    struct deeds deeds;
    struct announced announced;
    struct reload reload;
    bool sweeping;    /* a worker unlinks what table gone names */
    int broken;       /* -errno of the call to the catalogue that failed in this turn */
    int64_t fresh;    /* object whose next GET wants a connection of its own (421); 0: none */
    int64_t flush_at; /* monotonic: not before, after a flush that failed */
    bool fetch_due;   /* a retrieval has work to hand over or is over */
    bool told_events; /* an event line was written in this turn */
};

int agent_open(const char *store, const struct dlota_options *options, const struct agent_parts *parts, dlota **ret,
               char *why, size_t why_n);

/* turn.c: one turn; waits at most max_ms (-1: as long as nothing is due).  0 or -errno of a commit that failed. */
int agent_turn(struct dlota *d, int max_ms);
/* End a transaction at an event boundary: what was written so far is committed.  Deeds stay queued until the turn's
 * end. */
int agent_commit(struct dlota *d);
/* Commit, carry out what waited for it, until nothing is left; ask for a flush if something waits for one.  -errno:
 * rolled back. */
int agent_settle_turn(struct dlota *d);
/* Was the last turn of this object rolled back, so that it has to be loaded again before anything else happens to it?
 */
bool agent_reloading(const struct dlota *d, int64_t id);
/* Then do that now. */
void agent_reload(struct dlota *d, int64_t id);
/* Settle what is held of an object and put EVENT_START to the policy (agent.c). */
int agent_start_object(struct dlota *d, int64_t id);
/* Wall and monotonic time of now; notices that the clock was set. */
void agent_clock(struct dlota *d);

/* Call done() of the jobs that workers finished. */
void agent_take_jobs(struct dlota *d);

/* An event line of the current transaction. */
void agent_event(struct dlota *d, const char *name, const struct store_field *fields, unsigned n);

/* The `http` line of one exchange with the wire. */
void agent_http_event(struct dlota *d, int64_t id, const struct http_record *r);

#endif
