/* offer.h - reading an offer, over the writer's connection or a reader's. */
#ifndef STORE_OFFER_H
#define STORE_OFFER_H

#include "store/sql.h"
#include "store/store.h"

int offer_get(struct sql *q, int64_t id, struct store_offer *ret); /* -ENOENT; caller: store_offer_clear() */

#endif
