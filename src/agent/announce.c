#include "agent/announce.h"

#include <errno.h>
#include <stdlib.h>

int announce_add(struct announced *a, int64_t id, int64_t until)
{
    struct announcement *x = malloc(sizeof(*x));

    if (!x)
        return -ENOMEM;
    *x = (struct announcement){.id = id, .until = until};
    if (a->last)
        a->last->next = x;
    else
        a->head = x;
    a->last = x;
    return 0;
}

bool announce_take(struct announced *a, int64_t id)
{
    struct announcement *before = NULL;

    /* Answers come in the order of the announcements, so this nearly always ends at the head. */
    for (struct announcement *x = a->head; x; before = x, x = x->next) {
        if (x->id != id)
            continue;
        if (before)
            before->next = x->next;
        else
            a->head = x->next;
        if (a->last == x)
            a->last = before;
        free(x);
        return true;
    }
    return false;
}

int64_t announce_late(struct announced *a, int64_t now)
{
    int64_t id;

    if (!a->head || a->head->until > now)
        return 0;
    id = a->head->id;
    (void)announce_take(a, id);
    return id;
}

int64_t announce_next(const struct announced *a) { return a->head ? a->head->until : 0; }

void announce_clear(struct announced *a)
{
    while (a->head)
        (void)announce_take(a, a->head->id);
}
