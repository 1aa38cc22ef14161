/* words.h - the vocabulary that scripts rely on: states, folders, verbs, causes.
 *
 * Each enum has one const table (src/base/words.c); status text, help, man page and tests read that table.
 * Numbers are stored in the catalogue: append, never renumber.  All functions: any thread, never block, never fail
 * (an unknown number gives "?"); the strings returned are static. */
#ifndef DLOTA_WORDS_H
#define DLOTA_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* What an object is going through (README, The life of an object). */
enum dlota_state {
    DLOTA_UNCONFIRMED = 1,
    DLOTA_QUEUED = 2,
    DLOTA_DOWNLOADING = 3,
    DLOTA_PAUSED = 4,
    DLOTA_INTERRUPTED = 5,
    DLOTA_INSTALLING = 6, /* complete; being flushed, checked and sealed */
    DLOTA_REPORTING = 7,  /* sealed; the success report decides */
    DLOTA_RELEASED = 8,   /* decided, not yet shown in installed/: its word is "reporting" */
    DLOTA_INSTALLED = 9,
    DLOTA_FAILED = 10,
};

/* Where the tree shows it.  Changes last: see dlota_published(). */
enum dlota_folder {
    DLOTA_NOWHERE = 0,
    DLOTA_IN_PENDING = 1,
    DLOTA_IN_PARTIAL = 2,
    DLOTA_IN_INSTALLED = 3,
    DLOTA_IN_FAILED = 4,
};

enum dlota_verb {
    DLOTA_CONFIRM = 1,
    DLOTA_PAUSE = 2,
    DLOTA_RESUME = 3,
    DLOTA_CANCEL = 4,
    DLOTA_RETRY = 5,
    DLOTA_REMOVE = 6, /* rm(1): not a word that can be written */
};

/* Why an object waits or ended.  The policy speaks of causes; dlota_cause_code() turns them into DLOTA codes. */
enum dlota_cause {
    DLOTA_NO_CAUSE = 0,
    DLOTA_SUCCESS = 1,         /* 900 */
    DLOTA_NO_ROOM = 2,         /* 901 disk full for now */
    DLOTA_NEVER_FITS = 3,      /* 901 larger than the file system or max_size */
    DLOTA_USER = 4,            /* 902 */
    DLOTA_NETWORK_LOST = 5,    /* 903 connection lost, time-out, cannot connect */
    DLOTA_NO_NETWORK = 6,      /* 903 no route, no resolver: nothing is counted meanwhile */
    DLOTA_MISMATCH = 7,        /* 905 */
    DLOTA_BAD_DESCRIPTOR = 8,  /* 906 */
    DLOTA_BAD_VERSION = 9,     /* 951 */
    DLOTA_DEVICE = 10,         /* 952 EIO, EROFS */
    DLOTA_NOT_ACCEPTED = 11,   /* 953 */
    DLOTA_NOT_LOADED = 12,     /* 954 the server's last word, or an answer that cannot be used */
    DLOTA_SERVER_BUSY = 13,    /* 954 408, 425, 429, 5xx: an interruption, 954 at the end */
    DLOTA_FOREIGN = 14,        /* 954 an answer that is not the object (captive portal): an interruption */
    DLOTA_UPDATED = 15,        /* 957, or -o updated_code */
    DLOTA_REPORT_REFUSED = 16, /* 900 was sent and refused */
    DLOTA_REPORT_LOST = 17,    /* 900 was sent and never answered, report_lost=discard */
    DLOTA_NO_ANSWER = 18,      /* 954 an answer that cannot be used, or no trust in the peer: an interruption */
    DLOTA_CAUSES
};

/* Lower-case word as in `State:`. */
const char *dlota_state_word(enum dlota_state state);
/* True until the object is installed or failed. */
bool dlota_state_alive(enum dlota_state state);
/* Directory name: "pending", ... */
const char *dlota_folder_word(enum dlota_folder folder);
/* The verb for exactly these n bytes, less trailing white space; 0 when unknown. */
enum dlota_verb dlota_verb_find(const char *word, size_t n);
const char *dlota_verb_word(enum dlota_verb verb);
/* A few words for people: "network lost". */
const char *dlota_cause_words(enum dlota_cause cause);
/* DLOTA status code (DLOTA 5.2); updated_code is what DLOTA_UPDATED becomes: 957 or 955. */
unsigned dlota_cause_code(enum dlota_cause cause, unsigned updated_code);
/* Phrase of a status code: "Success"; "" when the code is not in the table. */
const char *dlota_code_phrase(unsigned code);

#endif
