#include "sim/fake_file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t fake_chance(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*seed >> 33);
}

/* ---- entries ---- */

struct node *entry_find(const struct entry *list, const char *name)
{
    for (const struct entry *e = list; e; e = e->next)
        if (!strcmp(e->name, name))
            return e->node;
    return NULL;
}

void entry_add(struct entry **list, const char *name, struct node *node)
{
    struct entry *e = calloc(1, sizeof(*e));

    assert(e && strlen(name) < ENTRY_NAME);
    (void)snprintf(e->name, sizeof(e->name), "%s", name);
    e->node = node;
    while (*list)
        list = &(*list)->next;
    *list = e;
}

bool entry_remove(struct entry **list, const char *name)
{
    for (; *list; list = &(*list)->next) {
        struct entry *gone = *list;

        if (strcmp(gone->name, name) != 0)
            continue;
        *list = gone->next;
        free(gone);
        return true;
    }
    return false;
}

static void entries_free(struct entry **list)
{
    while (*list) {
        struct entry *e = *list;

        *list = e->next;
        free(e);
    }
}

static void entries_copy(struct entry **to, const struct entry *from)
{
    entries_free(to);
    for (; from; from = from->next)
        entry_add(to, from->name, from->node);
}

/* ---- life ---- */

struct node *node_new(bool dir, uint64_t number, struct node *parent)
{
    struct node *n = calloc(1, sizeof(*n));

    assert(n);
    n->dir = dir;
    n->number = number;
    n->parent = parent ? parent : n;
    return n;
}

void node_free(struct node *n)
{
    entries_free(&n->now);
    entries_free(&n->flushed);
    free(n->bytes);
    free(n->kept);
    free(n->dirty);
    free(n);
}

/* ---- data ---- */

static void *grown(void *p, size_t from, size_t to)
{
    unsigned char *more = realloc(p, to);

    assert(more);
    memset(more + from, 0, to - from);
    return more;
}

static void make_room(struct node *n, size_t size)
{
    size_t room = n->room ? n->room : PAGE;

    while (room < size)
        room *= 2;
    if (room == n->room)
        return;
    n->bytes = grown(n->bytes, n->room, room);
    n->kept = grown(n->kept, n->room, room);
    n->dirty = grown(n->dirty, n->room / PAGE, room / PAGE);
    n->room = room;
}

static void soil(struct node *n, size_t from, size_t to)
{
    for (size_t page = from / PAGE; page * PAGE < to; page++)
        n->dirty[page] = 1;
}

void node_write(struct node *n, const void *p, size_t len, uint64_t offset)
{
    const size_t end = (size_t)offset + len;

    if (!len)
        return;
    make_room(n, end);
    memcpy(n->bytes + offset, p, len);
    soil(n, (size_t)offset, end);
    if (end > n->size)
        n->size = end;
}

size_t node_read(const struct node *n, void *p, size_t len, uint64_t offset)
{
    size_t got = offset < n->size ? n->size - (size_t)offset : 0;

    if (got > len)
        got = len;
    if (got)
        memcpy(p, n->bytes + offset, got);
    return got;
}

void node_truncate(struct node *n, size_t size)
{
    make_room(n, size > n->size ? size : n->size);
    if (size < n->size) {
        memset(n->bytes + size, 0, n->size - size);
        soil(n, size, n->size);
    }
    n->size = size;
}

static void keep_page(struct node *n, size_t page) { memcpy(n->kept + page * PAGE, n->bytes + page * PAGE, PAGE); }

void node_flush(struct node *n)
{
    if (n->dir) {
        entries_copy(&n->flushed, n->now);
        return;
    }
    for (size_t page = 0; page < n->room / PAGE; page++) {
        if (n->dirty[page])
            keep_page(n, page);
        n->dirty[page] = 0;
    }
    n->kept_size = n->size;
}

void node_flush_failed(struct node *n)
{
    if (!n->dir && n->room)
        memset(n->dirty, 0, n->room / PAGE);
}

static bool chosen(enum fake_cut cut, uint64_t *seed)
{
    return cut == FAKE_CUT_ALL || (cut == FAKE_CUT_SOME && fake_chance(seed) % 2);
}

static void cut_dir(struct node *n, enum fake_cut cut, uint64_t *seed)
{
    struct entry *list = NULL;

    for (const struct entry *e = n->flushed; e; e = e->next)
        if (entry_find(n->now, e->name) == e->node || !chosen(cut, seed))
            entry_add(&list, e->name, e->node);
    for (const struct entry *e = n->now; e; e = e->next)
        if (!entry_find(list, e->name) && chosen(cut, seed))
            entry_add(&list, e->name, e->node);
    entries_free(&n->now);
    entries_free(&n->flushed);
    n->now = list;
    entries_copy(&n->flushed, list);
}

void node_cut(struct node *n, enum fake_cut cut, uint64_t *seed)
{
    n->locked_by = NULL;
    if (n->dir) {
        cut_dir(n, cut, seed);
        return;
    }
    for (size_t page = 0; page < n->room / PAGE; page++) {
        if (n->dirty[page] && chosen(cut, seed))
            keep_page(n, page);
        n->dirty[page] = 0;
    }
    if (n->size != n->kept_size && chosen(cut, seed))
        n->kept_size = n->size;
    if (!n->room)
        return;
    memset(n->kept + n->kept_size, 0, n->room - n->kept_size);
    memcpy(n->bytes, n->kept, n->room);
    n->size = n->kept_size;
}
