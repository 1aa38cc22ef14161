/* arena.h - many small allocations with one owner.  One thread at a time; nothing blocks. */
#ifndef DESCRIPTOR_ARENA_H
#define DESCRIPTOR_ARENA_H

#include <stddef.h>

#include <expat.h>

/* Where memory comes from: the C library's, or a test's that fails on demand.  Must outlive what it gave. */
typedef XML_Memory_Handling_Suite dd_memory;
extern const dd_memory dd_memory_libc;

/* Starts as {.memory = ...}. */
struct arena {
    const dd_memory *memory;
    struct arena_chunk *chunks;
    char *at;
    size_t left;
};
/* n bytes, zeroed and aligned for anything; NULL: no memory.  Lives until arena_free(). */
void *arena_alloc(struct arena *a, size_t n);
/* The n bytes at s and a NUL. */
char *arena_copy(struct arena *a, const char *s, size_t n);
void arena_free(struct arena *a);

#endif
