/* fetch.h - one retrieval that is on the wire or being flushed: head, bytes -> buffer -> file.
 *
 * Holds nothing that a restart would miss: a connection, a buffer, counters.  No pwrite happens while a transaction is
 * open, so that what the header said is recorded before the first byte counts.  The agent's thread. */
#ifndef AGENT_FETCH_H
#define AGENT_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/object.h>
#include "http/http.h"
#include "store/worker.h"

struct dlota;
struct host;

/* What becomes of the bytes when the exchange is over. */
enum settle { SETTLE_NOT, SETTLE_MARK, SETTLE_SEAL };

struct fetch {
    struct fetch *next;
    struct dlota *d;
    int64_t id;
    struct http_exchange *x; /* NULL: not on the wire */
    struct host *host;
    int slot;               /* in live.h */
    bool in_callback;       /* of this exchange: it may not be stopped but by the return value */
    bool framed;            /* the answer's end is marked */
    bool appended;          /* its content went on from what was held */
    bool inside;            /* the answer came from the device itself */
    bool over;              /* the policy wants nothing more of the exchange */
    bool waits;             /* held until bytes were flushed */
    struct settle_job *job; /* at work on the file; NULL: none */
    enum settle settle;
    bool stale; /* its turn was rolled back: bytes and events are forgotten */

    int disk_rc; /* what the disk said last when it failed */
    int fd;      /* -1: none */
    uint32_t gen;
    uint64_t asked;                    /* first byte asked for */
    uint64_t got;                      /* bytes held: flushed, written, in buf */
    uint64_t written, marked, hurried; /* pwritten; flushed and recorded; under write-back */
    uint64_t skip, limit;
    char *buf;
    size_t buf_n, buf_cap;
    int64_t marked_at; /* monotonic ms of the last mark's start */
    int64_t touched;   /* wall ms of the last byte */
    uint64_t tick_got, rate;
};

struct fetch *fetch_new(struct dlota *d, int64_t id);
/* pwrite what is buffered; an event boundary (commits first).  0 or -errno. */
int fetch_write_out(struct fetch *f);
/* The disk refused: tell the policy, with f->got bytes that can be relied on. */
void fetch_disk_failed(struct fetch *f, int rc);
/* Start the GET that the row of id asks for (state downloading); what goes wrong comes back as an event. */
void fetch_start(struct dlota *d, int64_t id, bool fresh);
struct fetch *fetch_find(struct dlota *d, int64_t id);

/* Actions of the policy.
 * Take the content: generation o->gen from byte `from` on (0: a new file), after `skip` bytes of it that are held
 * already, at most `limit` bytes in all.  What the disk refuses is kept in f->disk_rc and becomes an event once the
 * step is done. */
void fetch_take(struct fetch *f, const struct dlota_object *o, uint64_t from, uint64_t skip, uint64_t limit);
void fetch_hang_up(struct fetch *f);
void fetch_discard(struct fetch *f);
void fetch_settle(struct fetch *f, enum settle settle);
/* Seal an object of which nothing is on the wire (after a start). */
int fetch_seal_row(struct dlota *d, const struct dlota_object *o);

/* After the commit: hand work to the workers, free what is over. */
void fetch_work(struct dlota *d);
/* A few times a second: counters, marks that are due by time. */
void fetch_tick(struct dlota *d, int64_t elapsed_ms);
void fetch_hold_all(struct dlota *d, bool held);
/* The turn was rolled back: forget what is on the wire for id. */
void fetch_abandon(struct dlota *d, int64_t id);
/* The agent leaves: stop all exchanges; what is held is on its way to be flushed and recorded. */
void fetch_leave(struct dlota *d);
/* Is anything still being flushed? */
bool fetch_busy(const struct dlota *d);
void fetch_free_all(struct dlota *d);

#endif
