/* keys.h - the table of status keys and what the texts of this room share.  Private to src/view. */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

#include "view/view.h"

enum view_kind {
    VIEW_ROW_TEXT, /* char[] of the row */
    VIEW_ROW_URI,
    VIEW_ROW_TIME,    /* int64_t wall ms of the row; 0: absent */
    VIEW_OBJECT_TEXT, /* char * of the descriptor's media object */
    VIEW_OBJECT_URI,
    VIEW_OFFER_TEXT, /* char * of the descriptor */
    VIEW_OFFER_URI,
    VIEW_FACT_TEXT, /* char * of struct view_facts */
    VIEW_FACT_URI,
    VIEW_CALL, /* a function */
};

struct view_key {
    const char *name;
    bool number; /* bare in JSON */
    enum view_kind kind;
    size_t at;                                                        /* where, unless VIEW_CALL */
    void (*call)(const struct view_facts *facts, struct text *value); /* adds nothing when absent */
};

/* The i-th key, NULL past the last. */
const struct view_key *view_key_at(unsigned i);
/* As view_value(); the scratch text of a whole status. */
bool view_key_value(const struct view_facts *facts, const struct view_key *key, struct text *value);
/* A scratch text holds the longest value that a descriptor can carry. */
#define VIEW_SCRATCH ((struct text){.max = (size_t)4 * LIMIT_DESCRIPTOR})
/* A scratch text that failed makes the text that needed it fail. */
void view_carry_failure(const struct text *from, struct text *to);

/* The media object in the descriptor, NULL when there is none. */
const struct dd_object *view_object(const struct view_facts *facts);
/* Bytes the object has, as far as is known: what is held once it is complete, else the server's word, else the
 * descriptor's; 0: not known. */
uint64_t view_size(const struct dlota_object *object);
/* Seconds until it is complete at the rate of now, rounded up; -1: not known. */
int64_t view_eta(const struct dlota_object *object);
/* The status code that was or will be reported; 0: undecided. */
unsigned view_code(const struct view_facts *facts);

#endif
