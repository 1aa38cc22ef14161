/* fake_world.h - a clock that stands still until the test moves it, and chance that repeats itself. */
#ifndef SIM_FAKE_WORLD_H
#define SIM_FAKE_WORLD_H

#include "agent/world.h"

struct fake_world {
    struct world world; /* first */
    int64_t mono, wall; /* ms */
    uint64_t seed;
    char boot[64];
};
/* Monotonic an hour, wall 2026-11-20, boot id "boot-1". */
void fake_world_begin(struct fake_world *w);
/* Both clocks go on. */
void fake_world_pass(struct fake_world *w, int64_t ms);
/* Somebody sets the wall clock. */
void fake_world_set(struct fake_world *w, int64_t wall);
/* The machine restarts: another boot id, and monotonic time begins anew. */
void fake_world_reboot(struct fake_world *w);

#endif
