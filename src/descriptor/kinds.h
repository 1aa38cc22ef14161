/* kinds.h - the formats a descriptor can have: one table. */
#ifndef DESCRIPTOR_KINDS_H
#define DESCRIPTOR_KINDS_H

#include "descriptor/offer.h"

struct kind {
    enum dd_kind kind;
    const char *name;       /* for people */
    const char *media_type; /* that decides without a look at the content */
    bool (*sniff)(const struct dd_input *in);
    int (*parse)(const struct dd_input *in, struct draft *d, struct dd_fault *fault);
};

/* The row for this input, by media type, else by content; NULL: none. */
const struct kind *kind_find(const struct dd_input *in);

#endif
