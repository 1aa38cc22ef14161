/* move.h - one step of the retrieval policy in the making, and what its parts share.  PURE; private to download.c's
 * parts.
 *
 * download.c    the table state x event, and what every step has in common
 * begin.c       CHECKED, START, TURN
 * answer.c      HEAD: the table of statuses, and the answer to a plain GET
 * resume.c      HEAD: the ladder of an answer to a GET with a range
 * version.c     pins: which version an answer is of
 * fits.c        can it be the descriptor's object at all?
 * ending.c      OVERRUN, ENDED, BROKE, DISK
 * outcome.c     complete, wait and try again, start over, fail
 * install.c     SEALED, ANSWER, PUBLISHED
 * steer.c       verbs */
#ifndef AGENT_MOVE_H
#define AGENT_MOVE_H

#include "agent/download.h"

struct move {
    const struct dlota_options *options;
    const struct terms *terms;
    const struct dlota_object *old;
    const struct event *event;
    struct dlota_object *next; /* begins as a copy of old */
    struct step *step;
};
typedef void move_handler(struct move *m);

/* ---- move.c: what every part needs ---- */

/* Add an action. */
struct action *move_act(struct move *m, enum action_kind kind);
/* The event does not apply: rc, and nothing changed. */
void move_refuse(struct move *m, int rc);
/* The few words to the cause; they may come from outside. */
void move_say(struct move *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All is well, nothing to say. */
void move_calm(struct move *m);
/* Bytes held when the event came: the live count while downloading. */
uint64_t move_held(const struct move *m);
/* They are not wanted any more. */
void move_drop(struct move *m);
/* Leave `downloading` with what is held: kept when it can be gone on from, else dropped. */
void move_keep_or_drop(struct move *m);
/* Got further than ever before?  Then failures are forgotten. */
bool move_progress(struct move *m);
/* Nothing is known any more of the version that was held. */
void move_forget_version(struct move *m);
/* A new transaction: all counters from the start. */
void move_anew(struct move *m);

/* ---- outcome.c: how a step can end ---- */

/* Waits for its turn, now. */
void move_queue(struct move *m);
/* All bytes are here, as far as the exchange tells. */
void move_complete(struct move *m);
/* An attempt that brought it no further: `interrupted`, or the end when the attempts are used up.  Say the detail
 * before. */
void move_again(struct move *m, enum dlota_cause cause, int64_t retry_after_s);
/* The server has another version: drop, and begin again with a plain GET; 957 when that happened too often. */
void move_start_over(struct move *m);
/* The end.  Say the detail before. */
void move_fail(struct move *m, enum dlota_cause cause);
/* The bytes cannot be the descriptor's object: 905, or 957 when they replaced others. */
enum dlota_cause move_misfit(const struct move *m);
/* Sealed, decided: to installed/. */
void move_release(struct move *m);
/* Put a report in the queue, when one is asked for. */
void move_report(struct move *m, enum dlota_cause cause, bool decides);

/* ---- fits.c ---- */

/* The type of an answer; says why not. */
bool fits_type(struct move *m, const struct http_facts *facts);
/* A length of the whole object: DLOTA_NO_CAUSE, or why not (said). */
enum dlota_cause fits_length(struct move *m, uint64_t n);
/* Most bytes the object may have: by descriptor and answer alone; with max_size, too. */
uint64_t fits_most(const struct dlota_options *options, const struct dlota_object *object);
uint64_t fits_limit(const struct dlota_options *options, const struct dlota_object *object);

/* ---- version.c ---- */

enum version_says { VERSION_SAME, VERSION_OTHER, VERSION_UNSAID };
/* Which version is this answer of, against what is held? Only what is the pin is compared. */
enum version_says version_compare(const struct dlota_object *object, const struct http_facts *facts);
/* Record what a first answer says of its version. */
void version_take(struct dlota_object *next, const struct http_facts *facts);

/* ---- handlers of download.c's table ---- */

move_handler begin_checked, begin_waits, begin_goes_on, begin_installs, begin_shows, begin_stays, begin_turn,
    answer_judge, ending_overrun, ending_ended, ending_broke, ending_disk, ending_disk_at_rest, install_sealed,
    install_answer, install_late_answer, install_published, steer_verb;

/* ---- answer.c and resume.c ---- */

/* "404 Not Found" as the detail. */
void answer_say_status(struct move *m);
/* The content of this answer is the object, from byte 0 on. */
void answer_take_new(struct move *m);
/* A status that waits (408, 425, 429, 5xx), that ends it, or that is not the server's own. */
move_handler answer_busy, answer_ends, answer_foreign, answer_unasked;
/* 200 and 203; 206; 412; 416 to a GET with a range. */
move_handler resume_whole, resume_part, resume_changed, resume_unsatisfied;

/* struct dlota_object.oddities: unusable 206 in a row, and what happens once only. */
enum { ODD_PARTS = 0xff, ODD_UNSATISFIED = 0x100, ODD_DIGEST = 0x200 };
/* Times a changed version is started over before it is called updated. */
enum { RESTARTS = 3 };

#endif
