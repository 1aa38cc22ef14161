/* view_sample.h - one object with everything set, to be changed by each test. */
#ifndef TESTS_VIEW_SAMPLE_H
#define TESTS_VIEW_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "view/view.h"

#define NOW 1795165740000LL /* 2026-11-20T09:09:00Z */

struct sample {
    struct dlota_object row;
    const char *types[3];
    struct dd_object object;
    struct dd_offer offer;
    struct view_facts facts;
};

/* In place: the parts point at each other. */
static inline void sample_make(struct sample *s)
{
    *s = (struct sample){
        .row = {.id = 42,
                .offer = 7,
                .name = "picture.gif",
                .folder = DLOTA_IN_PARTIAL,
                .state = DLOTA_DOWNLOADING,
                .size = 1000,
                .total = 1000,
                .have = 250,
                .gen = 1,
                .type = "image/gif",
                .etag = "\"v1\"",
                .modified = "Fri, 20 Nov 2026 09:00:00 GMT",
                .pin = DLOTA_PIN_ETAG,
                .ranges = DLOTA_RANGES_BYTES,
                .host = "example.com",
                .effective = "http://user:secret@cdn.example.com/p.gif",
                .attempts = 2,
                .report_tries_max = 3,
                .added = NOW - 60000,
                .started = NOW - 30000,
                .rate = 100},
        .types = {"image/gif", "application/vnd.oma.drm.message", NULL},
        .object = {.uri = "http://joe:pw@example.com/picture.gif",
                   .size = 1000,
                   .name = "A picture",
                   .description = "of a cake",
                   .info_url = "http://example.com/info",
                   .icon_uri = "http://example.com/icon",
                   .install_param = "k=v;l=w",
                   .install_notify_uri = "http://example.com/notify?t=1"},
        .offer = {.kind = DD_KIND_DD1,
                  .version = "1.0",
                  .vendor = "SEC",
                  .next_url = "http://example.com/next",
                  .updated_dd_uri = "http://example.com/new.dd",
                  .n_objects = 1},
        .facts = {.descriptor = "cake.dd",
                  .descriptor_uri = "http://a:b@example.com/cake.dd",
                  .product = "Album",
                  .updated_code = 957,
                  .now = NOW},
    };
    s->object.types = s->types;
    s->offer.objects = &s->object;
    s->facts.object = &s->row;
    s->facts.offer = &s->offer;
}

/* The value of a key; "(absent)" when there is none.  ret: 8 KiB. */
static inline const char *sample_value(const struct sample *s, const char *key, char ret[static 8192])
{
    struct text t = {.max = 8191};
    if (view_value(&s->facts, key, &t))
        strcpy(ret, t.data);
    else
        strcpy(ret, "(absent)");
    text_free(&t);
    return ret;
}

#endif
