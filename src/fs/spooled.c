#include "fs/spooled.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static unsigned bucket_of_name(const char *name)
{
    uint32_t h = 2166136261U; /* FNV-1a */

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619U;
    return h % SPOOLED_BUCKETS;
}

/* The low 16 bits of a number name a file that is used again and again. */
static uint64_t bucket_of(uint64_t number) { return (number ^ number >> 16) % SPOOLED_BUCKETS; }

struct inbox_file *spooled_add(struct spooled *t, uint64_t number)
{
    struct inbox_file *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->number = number;
    f->refs = 1;
    f->next_number = t->by_number[bucket_of(number)];
    t->by_number[bucket_of(number)] = f;
    t->n++;
    return f;
}

void spooled_unref(struct spooled *t, struct inbox_file *f)
{
    struct inbox_file **p = &t->by_number[bucket_of(f->number)];

    if (--f->refs > 0)
        return;
    spooled_clear_name(t, f);
    while (*p != f)
        p = &(*p)->next_number;
    *p = f->next_number;
    t->n--;
    free(f);
}

struct inbox_file *spooled_number(struct spooled *t, uint64_t number)
{
    struct inbox_file *f = t->by_number[bucket_of(number)];

    while (f && f->number != number)
        f = f->next_number;
    return f;
}

struct inbox_file *spooled_name(struct spooled *t, const char *name)
{
    struct inbox_file *f = t->by_name[bucket_of_name(name)];

    while (f && strcmp(f->name, name) != 0)
        f = f->next_name;
    return f;
}

/* Numbers grow, so the place is nearly always the end. */
static void list(struct spooled *t, struct inbox_file *f)
{
    struct inbox_file *before = t->last;

    while (before && before->number > f->number)
        before = before->before;
    f->before = before;
    f->after = before ? before->after : t->first;
    *(f->before ? &f->before->after : &t->first) = f;
    *(f->after ? &f->after->before : &t->last) = f;
    f->listed = true;
}

static void unlist(struct spooled *t, struct inbox_file *f)
{
    *(f->before ? &f->before->after : &t->first) = f->after;
    *(f->after ? &f->after->before : &t->last) = f->before;
    f->before = f->after = NULL;
    f->listed = false;
}

void spooled_set_name(struct spooled *t, struct inbox_file *f, const char *name, bool listed)
{
    const unsigned b = bucket_of_name(name);

    (void)text_copy(f->name, sizeof f->name, name);
    f->next_name = t->by_name[b];
    t->by_name[b] = f;
    f->named = true;
    if (listed)
        list(t, f);
}

void spooled_clear_name(struct spooled *t, struct inbox_file *f)
{
    struct inbox_file **p = &t->by_name[bucket_of_name(f->name)];

    if (f->listed)
        unlist(t, f);
    if (f->ghost) {
        *(f->ghost_before ? &f->ghost_before->ghost_after : &t->first_ghost) = f->ghost_after;
        *(f->ghost_after ? &f->ghost_after->ghost_before : &t->last_ghost) = f->ghost_before;
        f->ghost_before = f->ghost_after = NULL;
        f->ghost = false;
    }
    if (!f->named)
        return;
    while (*p != f)
        p = &(*p)->next_name;
    *p = f->next_name;
    f->next_name = NULL;
    f->named = false;
}

void spooled_set_ghost(struct spooled *t, struct inbox_file *f, int64_t until)
{
    if (f->listed)
        unlist(t, f);
    f->ghost = true;
    f->ghost_until = until;
    f->ghost_before = t->last_ghost;
    f->ghost_after = NULL;
    *(t->last_ghost ? &t->last_ghost->ghost_after : &t->first_ghost) = f;
    t->last_ghost = f;
}
