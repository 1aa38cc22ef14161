/* download.h - the policy of a retrieval: PURE.  (object, event) -> (object', actions); no I/O, no clock, no
 * allocation.
 *
 * policy.md in code: the ladder of a resume, the counting of attempts, what each verb means in each state.
 * turn.c writes object' and carries the actions out in their order (perform.c); each action knows whether it waits for
 * the commit or for the flush. Any thread; the agent's in practice. */
#ifndef AGENT_DOWNLOAD_H
#define AGENT_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/object.h>
#include <dlota/options.h>
#include "http/facts.h"
#include "http/http.h"

/* What the descriptor asks of this object. */
struct terms {
    const char *const *types; /* NULL-terminated; NULL for a descriptor being fetched */
    bool notify;              /* there is an installNotifyURI */
};

enum event_kind {
    EVENT_CHECKED = 1, /* a new row (state 0), or a fetched descriptor's: checks are done.  cause, detail: why not (or
                          DLOTA_NO_CAUSE); flag: ask the user.  Also after a `retry`, before its turn: cause */
    EVENT_START,       /* the agent came up and the row was alive; object.have is what could be settled */
    EVENT_TURN,        /* a slot is free and its due time has come */
    EVENT_HEAD,        /* facts; asked: first byte asked for, 0 for a plain GET */
    EVENT_OVERRUN,     /* more bytes came than action.limit allows */
    EVENT_ENDED,       /* the content ended cleanly; got; framed; flag: it was a part (TAKE_MORE) */
    EVENT_BROKE,       /* failure, detail; got */
    EVENT_DISK,        /* a disk call failed: rc (-ENOSPC, -EDQUOT: no room; else device); got */
    EVENT_SEALED,      /* rc: 0, or -errno of the flush, or -EBADMSG: a digest does not agree */
    EVENT_ANSWER,      /* of the deciding report: verdict, detail */
    EVENT_PUBLISHED,   /* the tree shows it where it belongs */
    EVENT_VERB,        /* verb */
};

enum verdict { VERDICT_TAKEN = 1, VERDICT_REFUSED, VERDICT_LOST /* report_tries used up, no verdict */ };

struct event {
    enum event_kind kind;
    int64_t now;     /* wall ms */
    uint32_t random; /* for jitter */
    uint64_t got;    /* bytes held now, flushed or not: HEAD, OVERRUN, ENDED, BROKE, DISK and VERB while downloading */
    const struct http_facts *facts;
    uint64_t asked;
    bool framed, flag;
    enum http_failure failure;
    enum dlota_cause cause;
    enum verdict verdict;
    enum dlota_verb verb;
    int rc;
    const char *detail; /* may be NULL */
};

enum action_kind {
    ACTION_GET = 1,    /* start a GET; from object'.have on, with the pin, when that is > 0 */
    ACTION_TAKE_NEW,   /* the content is generation object'.gen from byte 0; limit: most bytes it may have */
    ACTION_TAKE_MORE,  /* the content goes on at object'.have (the live count); limit likewise */
    ACTION_SKIP_TAKE,  /* the content repeats what is held: skip that much, then take more; limit likewise */
    ACTION_HANG_UP,    /* nothing more is wanted from the exchange under way */
    ACTION_MARK,       /* flush what is held, then record it in object.have; the transfer is over */
    ACTION_DROP,       /* generation `gen` is not wanted any more: unlink after the flush */
    ACTION_SEAL,       /* flush, directory too, compare digests; answer: EVENT_SEALED */
    ACTION_ADOPT,      /* the fetched descriptor is complete: judge it (intake.c) */
    ACTION_REPORT,     /* put a report with `cause`'s code in the queue; decides: its answer is awaited */
    ACTION_REPORT_NOW, /* end the wait of the report in the queue */
    ACTION_WITHDRAW,   /* take back reports of this object that were never tried */
    ACTION_DETACH,  /* the report in the queue decides nothing any more (the object went, or was released unanswered) */
    ACTION_PUBLISH, /* show it in folder `to`; answer: EVENT_PUBLISHED */
    ACTION_REMOVE,  /* delete the row: the name is free */
    ACTION_FRESH,   /* with ACTION_GET's successor: the next GET uses a connection of its own (421) */
};

struct action {
    enum action_kind kind;
    enum dlota_cause cause; /* REPORT */
    bool decides;           /* REPORT */
    uint32_t gen;           /* DROP */
    uint64_t limit;         /* TAKE_*: UINT64_MAX none */
    enum dlota_folder to;   /* PUBLISH */
};

enum { STEP_ACTIONS = 8 };
struct step {
    int rc; /* for a verb: 0, -EINVAL never applies, -EOPNOTSUPP; for other events 0, or -EINVAL: does not belong in
               this state, nothing changed */
    struct dlota_object next;
    unsigned n;
    struct action act[STEP_ACTIONS];
};

/* options: the agent's; terms: of this object. */
void download_step(const struct dlota_options *options, const struct terms *terms, const struct dlota_object *object,
                   const struct event *event, struct step *ret);

/* Can it go on from what it holds (policy.md 3)? */
bool download_resumable(const struct dlota_options *options, const struct dlota_object *object);
/* Which folder a row that is not yet published belongs in: pending or partial. */
enum dlota_folder download_folder(const struct dlota_object *object);

#endif
