/* park.h - requests that wait for the agent.  No thread is held, and a signal ends the waiting.
 *
 * Every ask goes through here, with or without a request, so that the room knows when the agent will call it no more.
 * Whoever takes a request off answers it: the agent's done(), INTERRUPT (EINTR) or park_end() (EIO). */
#ifndef FS_PARK_H
#define FS_PARK_H

#include "fs/fuse.h"

#include <stdbool.h>
#include <stdint.h>

struct park;
struct parked;

enum park_kind {
    PARK_CLOSE, /* FLUSH, FSYNC: INTERRUPT is answered at once, the flush may take a second */
    PARK_TURN,  /* a verb, rm, rename: done within a turn, so an INTERRUPT is answered only when that fails to happen */
    PARK_ASK    /* nobody waits */
};

/* kick: some thread should call park_due() soon. */
int park_new(void (*kick)(void *arg), void *arg, struct park **ret);
/* All asks must have been answered.  Returns NULL. */
struct park *park_free(struct park *p);

/* Before the ask: *ret is to be handed to it as the argument of park_done.  told (may be NULL) runs on the agent's
 * thread before the request is answered; n: what a successful write answers, else 0.  On -ENOMEM the request is still
 * the caller's. */
typedef void park_told(void *arg, int rc);
int park_begin(struct park *p, fuse_req_t req, enum park_kind kind, size_t n, park_told *told, void *arg,
               struct parked **ret);
/* A dlota_done. */
void park_done(void *parked, int rc);

/* Answer interrupted requests whose time has come; ms until the next one, -1 when there is none. */
int park_due(struct park *p, int64_t now);
/* Requests that wait. */
unsigned park_waiting(struct park *p);
/* Answer all that wait with EIO, and those that come from now on; returns when no answer is being sent any more. */
void park_end(struct park *p);
/* Wait until the agent owes no answer: false after `ms`. */
bool park_quiet(struct park *p, int ms);

#endif
