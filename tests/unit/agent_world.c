#include "agent/world.h"

#include <time.h>

#include "unit/policy.h"

START_TEST(clocks)
{
    struct world *w = &world_linux;
    const int64_t mono = w->monotonic(w), wall = w->wall(w);

    ck_assert_int_gt(mono, 0);
    ck_assert_int_ge(w->monotonic(w), mono);
    ck_assert_int_ge(wall / 1000, time(NULL) - 2);
    ck_assert_int_le(wall / 1000, time(NULL) + 2);
}
END_TEST

START_TEST(chance)
{
    struct world *w = &world_linux;
    uint32_t all = 0, none = UINT32_MAX;

    for (int i = 0; i < 64; i++) {
        uint32_t r = w->random(w);

        all |= r;
        none &= r;
    }
    ck_assert_uint_eq(all, UINT32_MAX);
    ck_assert_uint_eq(none, 0);
}
END_TEST

START_TEST(boot_id)
{
    struct world *w = &world_linux;
    char a[64], b[64], cut[9];

    w->boot_id(w, a, sizeof(a));
    w->boot_id(w, b, sizeof(b));
    ck_assert_str_eq(a, b);
    ck_assert_uint_eq(strlen(a), 36);
    ck_assert_ptr_null(strchr(a, '\n'));
    w->boot_id(w, cut, sizeof(cut));
    ck_assert_uint_eq(strlen(cut), 8);
    ck_assert_int_eq(memcmp(cut, a, 8), 0);
    b[0] = 'x';
    w->boot_id(w, b, 0);
    ck_assert_int_eq(b[0], 'x');
}
END_TEST

policy_main("agent_world", clocks, chance, boot_id)
