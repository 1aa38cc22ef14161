/* offer.h - an offer in the making, and faults. */
#ifndef DESCRIPTOR_OFFER_H
#define DESCRIPTOR_OFFER_H

#include <dlota/descriptor.h>

#include "base/text.h"
#include "descriptor/arena.h"

/* The public offer with the memory it lives in. */
struct draft {
    struct dd_offer offer; /* first: dd_offer_free() finds the draft by it */
    struct arena arena;    /* owns every string and array of the offer */
};

/* The one object of formats that have one: strings "", no types. */
struct dd_object *draft_single(struct draft *d);

/* dd_parse() with another source of memory. */
int dd_parse_with(const struct dd_input *in, const dd_memory *memory, struct dd_offer **ret, struct dd_fault *fault);

/* Fill in where and why; the value is rc. */
#define fault_at(fault, rc, at_line, ...)                                                                              \
    ((fault)->line = (at_line), (void)text_format((fault)->reason, sizeof(fault)->reason, __VA_ARGS__), (rc))

/* A value from outside as it is quoted in a reason: not longer than fits in there. */
struct quoted {
    char text[72];
};
struct quoted fault_quote(const char *s);

#endif
