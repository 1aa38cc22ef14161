#include "sim/fake_world.h"

#include <stdio.h>

enum { HOUR = 3600 * 1000 };

static int64_t fake_monotonic(struct world *w) { return ((struct fake_world *)w)->mono; }

static int64_t fake_wall(struct world *w) { return ((struct fake_world *)w)->wall; }

static uint32_t fake_random(struct world *world)
{
    struct fake_world *w = (struct fake_world *)world;

    w->seed = w->seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(w->seed >> 32);
}

static void fake_boot_id(struct world *w, char *ret, size_t n)
{
    (void)snprintf(ret, n, "%s", ((struct fake_world *)w)->boot);
}

void fake_world_begin(struct fake_world *w)
{
    *w = (struct fake_world){
        .world = {fake_monotonic, fake_wall, fake_random, fake_boot_id},
        .mono = HOUR,
        .wall = 1795165200000, /* 2026-11-20T09:00:00Z */
        .seed = 1,
        .boot = "boot-1",
    };
}

void fake_world_pass(struct fake_world *w, int64_t ms)
{
    w->mono += ms;
    w->wall += ms;
}

void fake_world_set(struct fake_world *w, int64_t wall) { w->wall = wall; }

void fake_world_reboot(struct fake_world *w)
{
    unsigned n = 0;

    (void)sscanf(w->boot, "boot-%u", &n);
    (void)snprintf(w->boot, sizeof(w->boot), "boot-%u", n + 1);
    w->mono = 1000;
}
