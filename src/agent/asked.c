#include "agent/asked.h"

void asked_parse(struct asked *a, const struct store_offer *row, int part)
{
    struct dd_input in = {
        .bytes = row->raw,
        .n = row->raw_n,
        .media_type = row->media_type,
        .base = row->base,
    };

    *a = (struct asked){.row = *row, .uri = "", .notify = ""};
    a->rc = dd_parse(&in, &a->offer, &a->fault);
    if (a->rc < 0) {
        a->offer = NULL;
        a->notify = a->fault.notify;
    } else if (part == DLOTA_PART_DESCRIPTOR) {
        a->object = &a->offer->objects[0];
        a->uri = a->object->uri;
    } else if (part >= 0 && (unsigned)part < a->offer->n_objects) {
        a->object = &a->offer->objects[part];
        a->uri = a->object->uri;
        a->notify = a->object->install_notify_uri;
        a->terms.types = a->object->types;
    }
    a->terms.notify = a->notify[0] != '\0';
}

int asked_get(struct store *s, const struct dlota_object *o, struct asked *ret)
{
    struct store_offer row;
    int rc = store_offer_get(s, o->offer, &row);

    if (rc < 0)
        return rc;
    asked_parse(ret, &row, o->part);
    return 0;
}

void asked_clear(struct asked *a)
{
    a->offer = dd_offer_free(a->offer);
    store_offer_clear(&a->row);
}
