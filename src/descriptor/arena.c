/* arena.c - chunks, freed together. */
#include "descriptor/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4000 };

struct arena_chunk {
    struct arena_chunk *next;
    alignas(max_align_t) char bytes[];
};

const dd_memory dd_memory_libc = {malloc, realloc, free};

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (n > a->left) {
        size_t size = n > CHUNK ? n : CHUNK;
        struct arena_chunk *c = a->memory->malloc_fcn(sizeof *c + size);
        if (!c)
            return NULL;
        c->next = a->chunks;
        a->chunks = c;
        a->at = c->bytes;
        a->left = size;
    }
    void *p = a->at;
    a->at += n;
    a->left -= n;
    return memset(p, 0, n);
}

char *arena_copy(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

void arena_free(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *next = a->chunks->next;
        a->memory->free_fcn(a->chunks);
        a->chunks = next;
    }
    a->at = NULL;
    a->left = 0;
}
