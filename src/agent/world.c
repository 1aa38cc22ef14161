#include "agent/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static int64_t milliseconds(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) < 0)
        abort(); /* only for a clock that does not exist */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* BOOTTIME, not MONOTONIC: a device that slept has waited. */
static int64_t linux_monotonic(struct world *w)
{
    (void)w;
    return milliseconds(CLOCK_BOOTTIME);
}

static int64_t linux_wall(struct world *w)
{
    (void)w;
    return milliseconds(CLOCK_REALTIME);
}

/* Jitter only: before the kernel's pool is ready the clock will do, waiting for it would not. */
static uint32_t linux_random(struct world *w)
{
    uint32_t r;
    struct timespec t;

    (void)w;
    if (getrandom(&r, sizeof(r), GRND_NONBLOCK) == (ssize_t)sizeof(r))
        return r;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)t.tv_nsec * 2654435761u;
}

static void linux_boot_id(struct world *w, char *ret, size_t n)
{
    _cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;

    (void)w;
    if (!n)
        return;
    if (fd >= 0)
        got = read(fd, ret, n - 1);
    ret[got > 0 ? got : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

struct world world_linux = {
    .monotonic = linux_monotonic,
    .wall = linux_wall,
    .random = linux_random,
    .boot_id = linux_boot_id,
};
