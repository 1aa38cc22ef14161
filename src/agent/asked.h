/* asked.h - what the descriptor of an object asks: its stored bytes, parsed when needed (3 us for a usual one).
 *
 * The agent's thread and readers alike; nothing blocks but the read of the row. */
#ifndef AGENT_ASKED_H
#define AGENT_ASKED_H

#include <dlota/descriptor.h>
#include <dlota/object.h>
#include "agent/download.h"
#include "store/store.h"

struct asked {
    struct store_offer row;
    struct dd_offer *offer;         /* NULL: it cannot be parsed */
    struct dd_fault fault;          /* then why */
    int rc;                         /* then the error */
    const struct dd_object *object; /* the part; NULL: none */
    const char *uri;                /* what is retrieved; "" */
    const char *notify;             /* where reports go; "" */
    struct terms terms;
};

/* Parse row (which is taken over) for part. Always leaves a struct that asked_clear() releases. */
void asked_parse(struct asked *a, const struct store_offer *row, int part);
/* The same from the catalogue, on the agent's thread: 0 or -errno (then nothing is to be cleared). */
int asked_get(struct store *s, const struct dlota_object *o, struct asked *ret);
void asked_clear(struct asked *a);

#endif
