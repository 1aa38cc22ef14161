/* world.h - the seam to time and chance. */
#ifndef AGENT_WORLD_H
#define AGENT_WORLD_H

#include <stddef.h>
#include <stdint.h>

struct world {
    int64_t (*monotonic)(struct world *); /* ms; runs on while the clock is set */
    int64_t (*wall)(struct world *);      /* ms since 1970 */
    uint32_t (*random)(struct world *);
    void (*boot_id)(struct world *, char *ret, size_t n); /* "" when unknown */
};
extern struct world world_linux;

#endif
