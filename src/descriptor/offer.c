/* offer.c - the life of an offer. */
#include "descriptor/offer.h"

#include <string.h>

struct dd_object *draft_single(struct draft *d)
{
    static const char *const no_types[] = {NULL};
    struct dd_object *o = arena_alloc(&d->arena, sizeof *o);
    if (!o)
        return NULL;
    *o = (struct dd_object){
        .uri = "",
        .types = no_types,
        .name = "",
        .description = "",
        .info_url = "",
        .icon_uri = "",
        .install_param = "",
        .install_notify_uri = "",
    };
    d->offer.objects = o;
    d->offer.n_objects = 1;
    return o;
}

struct dd_offer *dd_offer_free(struct dd_offer *offer)
{
    if (!offer)
        return NULL;
    struct draft *d = (struct draft *)offer;
    const dd_memory *memory = d->arena.memory;
    arena_free(&d->arena);
    memory->free_fcn(d);
    return NULL;
}

struct quoted fault_quote(const char *s)
{
    enum { SHOWN = 60 };
    struct quoted q = {""};
    size_t n = utf8_cut(s, SHOWN);
    (void)text_format(q.text, sizeof q.text, "\"%.*s%s\"", (int)n, s, s[n] ? "..." : "");
    return q;
}
