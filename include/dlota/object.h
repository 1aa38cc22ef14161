/* object.h - one object: the catalogue's row as plain values.
 *
 * The agent's thread writes rows (src/store/object.c), the policy (src/agent/download.c) computes the next one from
 * the last, every reader gets a copy (dlota_stat).  No pointers: a struct can be copied, compared and thrown away. */
#ifndef DLOTA_OBJECT_H
#define DLOTA_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/words.h>

/* object.part: which media object of its descriptor, or one of these. */
enum {
    DLOTA_PART_PRODUCT = -1,
    DLOTA_PART_DESCRIPTOR = -2 /* a descriptor that is being fetched from a URL */,
    DLOTA_PART_BAD = -3 /* a descriptor that could not be accepted: failed/ shows why */
};

/* What is given back on a resume so that the server can refuse (src/agent/policy.md 3). */
enum dlota_pin {
    DLOTA_UNPINNED = 0,
    DLOTA_PIN_ETAG = 1 /* strong ETag, If-Match */,
    DLOTA_PIN_DATE = 2 /* Last-Modified, If-Unmodified-Since */
};

/* How far the report has come; the words of `Report:`. */
enum dlota_report {
    DLOTA_REPORT_NONE = 0,
    DLOTA_REPORT_QUEUED = 1,
    DLOTA_REPORT_SENT = 2,
    DLOTA_REPORT_UNANSWERED = 3,
    DLOTA_REPORT_ANSWERED = 4,
    DLOTA_REPORT_IS_REFUSED = 5
};

/* Ranges the server offers (RFC 9110 14.3), from the first answer; see `Resumable:`. */
enum dlota_ranges { DLOTA_RANGES_UNKNOWN = 0, DLOTA_RANGES_NO = 1, DLOTA_RANGES_BYTES = 2 };

struct dlota_object {
    int64_t id;    /* never reused */
    int64_t offer; /* its descriptor */
    int64_t dir;   /* 0, or the id of its product */
    int32_t part;
    char name[256]; /* for life */
    enum dlota_folder folder;
    enum dlota_state state;
    enum dlota_cause cause; /* why it waits or ended; DLOTA_NO_CAUSE while all is well */
    char detail[256];       /* the few words to it, maybe from outside: never printed raw */

    uint64_t size;  /* bytes, as the descriptor says; 0: it does not say */
    uint64_t total; /* bytes, as the server says; 0: not yet known */
    uint64_t have;  /* bytes held of generation gen, from 0 on; in a row: those that are flushed */
    uint64_t best;  /* the furthest it has ever been, any generation */
    uint32_t gen;   /* which version of the bytes; 0: none yet */

    char type[128];     /* Content-Type of the answer that gave generation gen, without parameters */
    char etag[512];     /* as it came, weak ones too; "" none */
    char modified[64];  /* Last-Modified as it came */
    char digest[144];   /* of the whole object, as an answer gave it: "sha-256=" and hex digits; "" none */
    enum dlota_pin pin; /* which of the two pins generation gen */
    enum dlota_ranges ranges;
    char host[256];       /* of the object URI, lower case, with :port when it is not the scheme's */
    char effective[2048]; /* where the last answer came from, "" when it is the object URI itself */

    uint32_t attempts;  /* GETs begun */
    uint32_t fails;     /* attempts that counted against -o retries */
    uint32_t streak;    /* failures since the last new byte: drives the back-off */
    uint32_t restarts;  /* times it started over because the server changed its version */
    uint32_t oddities;  /* unusable 206 in a row; restarts at zero after 416 */
    uint64_t short_at;  /* length at which an unframed body ended last time; 0: none */
    int64_t idle;       /* ms spent trying without a new byte, with a network: drives -o give_up */
    int64_t idle_since; /* wall ms from which on idle has not yet been added up; 0: not running */
    int64_t due;        /* wall ms when it moves by itself; 0: only when told */

    enum dlota_report report;
    uint32_t report_tries;
    uint32_t report_tries_max;
    char report_answer[64]; /* "200 OK" */

    int64_t added, started, touched, ended; /* wall ms; 0: not yet.  touched: the last byte */

    /* Joined in by dlota_stat() from the live counters; not in the row. */
    uint64_t rate; /* bytes per second over the last few seconds */
};

#endif
