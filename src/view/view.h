/* view.h - what a person reads: rows and descriptors -> text.  Pure: no I/O, no clock, no globals; any thread. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <dlota/descriptor.h>
#include <dlota/object.h>
#include "base/text.h"

/* Everything a status text is made from. */
struct view_facts {
    const struct dlota_object *object; /* live counters joined in */
    const struct dd_offer *offer;      /* parsed from what was dropped; NULL when it cannot be parsed */
    unsigned part;                     /* its media object */
    const char *descriptor;            /* name it was dropped under */
    const char *descriptor_uri;        /* where it was fetched, "" */
    const char *product;               /* name of the product directory, "" */
    int64_t report_due;                /* wall ms of the next try of its report; 0: none */
    unsigned updated_code;             /* 957 or 955 */
    bool unpinned_resume;              /* an object without a pin is resumed all the same */
    int64_t now;                       /* wall ms */
};

/* Keys of status/ in their order (one table; xattrs, man page and tests read it), NULL-terminated, static. */
const char *const *view_keys(void);
/* One value, raw (not escaped); false: absent or no such key. */
bool view_value(const struct view_facts *f, const char *key, struct text *ret);
/* "Key:<TAB>value" lines, values escaped and cut at LIMIT_VALUE. */
void view_status(const struct view_facts *f, struct text *ret);
/* One JSON object and a newline, the keys of status/; numbers as numbers. */
void view_line(const struct view_facts *f, struct text *ret);
/* The reason in one line (I9): "network lost: connection reset by peer, next try in 12 s"; raw; nothing when there is
 * none. */
void view_reason(const struct view_facts *f, struct text *ret);
/* A URI with its password as "***"; raw otherwise. */
void view_uri(const char *uri, struct text *ret);

/* The file `summary`: at most 80 columns, a bar per alive object, totals. */
struct view_summary {
    const struct view_facts *alive; /* as reader_alive() orders them */
    unsigned n_alive;               /* given */
    uint64_t all_alive;             /* there are */
    const struct view_facts *ended; /* the last few, newest first */
    unsigned n_ended;
    uint64_t n[16], bytes[16];      /* per enum dlota_state */
    uint64_t reports;               /* not yet answered */
    uint64_t rate;                  /* bytes per second, all transfers */
    uint64_t disk_free, disk_total; /* bytes of the store's disk */
    bool network;                   /* false: there is none just now */
    int64_t now;
};
void view_summary_text(const struct view_summary *s, struct text *ret);

#endif
