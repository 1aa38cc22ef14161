/* reader.h - look at what is committed: a pool of read-only connections.
 *
 * Any thread; each call borrows a connection (an open costs 0.5 ms), reads and gives it back: no transaction outlives a
 * call. Waits for no other thread. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include <dlota/object.h>
#include "store/store.h"

struct reader; /* the pool */

int reader_new(struct store *s, struct reader **ret);
struct reader *reader_free(struct reader *r);

int reader_object(struct reader *r, int64_t id, struct dlota_object *ret);                  /* -ENOENT */
int reader_find(struct reader *r, int64_t dir, const char *name, struct dlota_object *ret); /* -ENOENT */
typedef int reader_entry(void *arg, int64_t id, const char *name);
/* As dlota_list(). */
int reader_list(struct reader *r, enum dlota_folder folder, int64_t dir, int64_t after, reader_entry *entry, void *arg);
int reader_offer(struct reader *r, int64_t offer, struct store_offer *ret); /* caller: store_offer_clear */
/* by-descriptor/: key is the offer's id. */
int reader_drop_find(struct reader *r, const char *source, int64_t *ret_key, char ret_name[static 256]);
int reader_drop_stat(struct reader *r, int64_t key, char ret_name[static 256]);
int reader_drop_list(struct reader *r, int64_t after, reader_entry *entry, void *arg);
/* Alive objects, active ones first (downloading, installing, reporting, interrupted, paused, unconfirmed, queued), then
 * by id; at most limit. */
int reader_alive(struct reader *r, unsigned limit, store_each *each, void *arg);
/* Objects that ended last, newest first; at most limit. */
int reader_ended(struct reader *r, unsigned limit, store_each *each, void *arg);
/* Totals per state (index: enum dlota_state) without counting rows: from the table tally. */
struct reader_tally {
    uint64_t n[16], bytes[16];
};
int reader_tally(struct reader *r, struct reader_tally *ret);
/* Number of reports not yet answered. */
int reader_reports(struct reader *r, uint64_t *ret);
/* The deciding or last report's due time of an object, for Reason; 0: none. */
int reader_report_due(struct reader *r, int64_t object, int64_t *ret_due);

struct reader_events {
    uint32_t gen;
    uint64_t size;
    int64_t changed;
};
int reader_events(struct reader *r, struct reader_events *ret);
int reader_events_size(struct reader *r, uint32_t gen, uint64_t *ret);                            /* -ESTALE */
ssize_t reader_events_read(struct reader *r, uint32_t gen, uint64_t offset, char *buf, size_t n); /* -ESTALE */

#endif
