#include "agent/live.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct slot {
    atomic_int_fast64_t id; /* 0: free */
    atomic_uint_fast64_t got, rate;
    atomic_int_fast64_t touched;
};

struct live {
    unsigned n;
    struct slot slot[];
};

int live_new(unsigned slots, struct live **ret)
{
    struct live *l = calloc(1, sizeof(*l) + slots * sizeof(l->slot[0]));

    if (!l)
        return -ENOMEM;
    l->n = slots;
    *ret = l;
    return 0;
}

struct live *live_free(struct live *l)
{
    free(l);
    return NULL;
}

int live_add(struct live *l, int64_t id)
{
    for (unsigned i = 0; i < l->n; i++) {
        struct slot *s = &l->slot[i];

        if (atomic_load(&s->id))
            continue;
        atomic_store(&s->got, 0);
        atomic_store(&s->rate, 0);
        atomic_store(&s->touched, 0);
        atomic_store(&s->id, id);
        return (int)i;
    }
    return -1;
}

void live_drop(struct live *l, int slot)
{
    if (slot >= 0)
        atomic_store(&l->slot[slot].id, 0);
}

void live_put(struct live *l, int slot, uint64_t got, int64_t touched, uint64_t rate)
{
    if (slot < 0)
        return;
    atomic_store(&l->slot[slot].got, got);
    atomic_store(&l->slot[slot].touched, touched);
    atomic_store(&l->slot[slot].rate, rate);
}

void live_join(const struct live *l, struct dlota_object *o)
{
    o->rate = 0;
    for (unsigned i = 0; i < l->n; i++) {
        const struct slot *s = &l->slot[i];
        uint64_t got, rate;
        int64_t touched;

        if (atomic_load(&s->id) != o->id)
            continue;
        got = atomic_load(&s->got);
        rate = atomic_load(&s->rate);
        touched = atomic_load(&s->touched);
        /* The slot may have changed hands meanwhile: then it is no longer ours to read, and the row is right. */
        if (atomic_load(&s->id) != o->id)
            return;
        if (got > o->have)
            o->have = got;
        if (touched > o->touched)
            o->touched = touched;
        o->rate = rate;
        return;
    }
}

uint64_t live_rate(const struct live *l)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < l->n; i++)
        if (atomic_load(&l->slot[i].id))
            sum += atomic_load(&l->slot[i].rate);
    return sum;
}
