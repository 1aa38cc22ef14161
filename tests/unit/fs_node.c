/* Inode numbers, the table of refusals, the announced moves and the table of mounts. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fs/mounted.h"
#include "fs/node.h"
#include "fs/publish.h"

START_TEST(numbers)
{
    struct node n;

    ck_assert_uint_eq(node_number(NODE_FIXED, NODE_ROOT), 1);
    for (int kind = NODE_FIXED; kind <= NODE_EVENTS; kind++)
        for (int64_t id = 0; id < 100000; id = id * 7 + 1) {
            const uint64_t number = node_number((enum node_kind)kind, id);

            if (kind == NODE_FIXED && id >= NODE_FIXED_N) {
                ck_assert(!node_of(number, &n));
                continue;
            }
            ck_assert(node_of(number, &n));
            ck_assert_int_eq(n.kind, kind);
            ck_assert_int_eq(n.id, id);
        }
    ck_assert(!node_of(0, &n));
    ck_assert(!node_of(15, &n));
    ck_assert(node_of(node_number(NODE_OBJECT, INT64_C(1) << 58), &n));
    ck_assert_int_eq(n.id, INT64_C(1) << 58);
}
END_TEST

START_TEST(fixed_names)
{
    for (int i = NODE_INBOX_DIR; i < NODE_FIXED_N; i++)
        ck_assert_int_eq(node_fixed_find(node_fixed_name((enum node_fixed)i)), i);
    ck_assert_int_eq(node_fixed_find(""), -1);
    ck_assert_int_eq(node_fixed_find("Inbox"), -1);
    for (int folder = DLOTA_IN_PENDING; folder <= DLOTA_IN_FAILED; folder++) {
        const struct node n = {NODE_FIXED, node_of_folder((enum dlota_folder)folder)};

        ck_assert_int_eq(node_folder(&n), folder);
        ck_assert(node_is_dir(&n));
        ck_assert_str_eq(node_fixed_name((enum node_fixed)n.id), dlota_folder_word((enum dlota_folder)folder));
    }
    ck_assert_int_eq(node_folder(&(struct node){NODE_OBJECT, 3}), DLOTA_NOWHERE);
    ck_assert(!node_is_dir(&(struct node){NODE_FIXED, NODE_SUMMARY}));
}
END_TEST

static const struct {
    struct node node;
    enum node_op op;
    int want;
} refusals[] = {
    {{NODE_FIXED, NODE_ROOT}, OP_CREATE, EPERM},
    {{NODE_FIXED, NODE_ROOT}, OP_UNLINK, EPERM},
    {{NODE_FIXED, NODE_ROOT}, OP_RMDIR, EPERM},
    {{NODE_FIXED, NODE_ROOT}, OP_RENAME, EPERM},
    {{NODE_FIXED, NODE_INBOX_DIR}, OP_CREATE, 0},
    {{NODE_FIXED, NODE_INBOX_DIR}, OP_UNLINK, 0},
    {{NODE_FIXED, NODE_INBOX_DIR}, OP_RENAME, 0},
    {{NODE_FIXED, NODE_INBOX_DIR}, OP_MAKE, EPERM},
    {{NODE_FIXED, NODE_INBOX_DIR}, OP_CHANGE, EPERM},
    {{NODE_FIXED, NODE_PENDING}, OP_UNLINK, 0},
    {{NODE_FIXED, NODE_FAILED}, OP_UNLINK, 0},
    {{NODE_FIXED, NODE_INSTALLED}, OP_CREATE, EPERM},
    {{NODE_FIXED, NODE_STATUS_DIR}, OP_CREATE, ENOENT},
    {{NODE_FIXED, NODE_STATUS_DIR}, OP_UNLINK, EPERM},
    {{NODE_FIXED, NODE_DROPS}, OP_UNLINK, EPERM},
    {{NODE_FIXED, NODE_SUMMARY}, OP_WRITE, EACCES},
    {{NODE_OBJECT, 1}, OP_WRITE, EACCES},
    {{NODE_OBJECT, 1}, OP_CHANGE, EPERM},
    {{NODE_OBJECT, 1}, OP_XATTR, EPERM},
    {{NODE_STATUS, 1}, OP_WRITE, 0},
    {{NODE_STATUS, 1}, OP_TRUNCATE, 0},
    {{NODE_STATUS, 1}, OP_CHANGE, EPERM},
    {{NODE_INBOX, 1}, OP_CHANGE, 0},
    {{NODE_INBOX, 1}, OP_XATTR, ENOTSUP},
    {{NODE_EVENTS, 1}, OP_WRITE, EACCES},
    {{NODE_DROP, 1}, OP_CHANGE, EPERM},
};

START_TEST(refused) { ck_assert_int_eq(node_refuses(&refusals[_i].node, refusals[_i].op), refusals[_i].want); }
END_TEST

/* Tools take these two for "copy instead". */
START_TEST(never_another_disk)
{
    for (int kind = NODE_FIXED; kind <= NODE_EVENTS; kind++)
        for (int64_t id = 0; id < (kind == NODE_FIXED ? NODE_FIXED_N : 1); id++)
            for (int op = 0; op < NODE_OPS; op++) {
                const int e = node_refuses(&(struct node){(enum node_kind)kind, id}, (enum node_op)op);

                ck_assert_int_ne(e, EROFS);
                ck_assert_int_ne(e, EXDEV);
            }
}
END_TEST

START_TEST(announced_once)
{
    struct announced *a;
    int64_t id = 0;

    ck_assert_int_eq(announced_new(&a), 0);
    announced_add(a, 7, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, "x");
    announced_add(a, 8, DLOTA_IN_PARTIAL, DLOTA_IN_FAILED, "y");
    ck_assert(!announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_FAILED, "x", &id));
    ck_assert(!announced_take(a, DLOTA_IN_PENDING, DLOTA_IN_INSTALLED, "x", &id));
    ck_assert(!announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, "z", &id));
    ck_assert(announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, "x", &id));
    ck_assert_int_eq(id, 7);
    ck_assert(!announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, "x", &id));
    ck_assert(announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_FAILED, "y", &id));
    ck_assert_int_eq(id, 8);
    a = announced_free(a);
}
END_TEST

START_TEST(announced_is_bounded)
{
    struct announced *a;
    char name[32];
    int64_t id;
    int known = 0;

    ck_assert_int_eq(announced_new(&a), 0);
    for (int i = 1; i <= 100000; i++) {
        (void)snprintf(name, sizeof name, "object-%d", i);
        announced_add(a, i, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, name);
    }
    ck_assert(announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, name, &id)); /* the latest is always known */
    ck_assert_int_eq(id, 100000);
    for (int i = 1; i < 100000; i++) {
        (void)snprintf(name, sizeof name, "object-%d", i);
        known += announced_take(a, DLOTA_IN_PARTIAL, DLOTA_IN_INSTALLED, name, &id);
    }
    ck_assert_int_gt(known, 1000);
    ck_assert_int_lt(known, 5000);
    a = announced_free(a);
}
END_TEST

static const char table[] = "22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n"
                            "40 28 0:55 / /mnt/with\\040space rw,nosuid - fuse.dlotafs dlotafs rw,user_id=0\n"
                            "41 28 0:56 / /mnt/a rw - ext4 /dev/sda1 rw\n"
                            "42 28 0:57 / /mnt/a rw shared:1 master:2 - fuse.dlotafs dlotafs rw,user_id=0\n"
                            "broken line\n"
                            "43 28 8:1 / /mnt/ab rw - ext4 /dev/sda1 rw\n";

static const struct {
    const char *path;
    int rc;
    unsigned minor;
    const char *type;
} mounts[] = {
    {"/mnt/with space", 0, 55, "fuse.dlotafs"},
    {"/mnt/a", 0, 57, "fuse.dlotafs"}, /* the topmost */
    {"/sys", 0, 21, "sysfs"},
    {"/mnt", -ENOENT, 0, ""},
    {"", -ENOENT, 0, ""},
};

START_TEST(table_of_mounts)
{
    char copy[sizeof table];
    struct mounted m;
    FILE *f;

    memcpy(copy, table, sizeof table);
    f = fmemopen(copy, sizeof copy - 1, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(mounted_in(f, mounts[_i].path, &m), mounts[_i].rc);
    (void)fclose(f);
    if (mounts[_i].rc == 0) {
        ck_assert_uint_eq(m.dev, makedev(0, mounts[_i].minor));
        ck_assert_str_eq(m.type, mounts[_i].type);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_node");
    TCase *tc = tcase_create("node");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, numbers);
    tcase_add_test(tc, fixed_names);
    tcase_add_loop_test(tc, refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, never_another_disk);
    tcase_add_test(tc, announced_once);
    tcase_add_test(tc, announced_is_bounded);
    tcase_add_loop_test(tc, table_of_mounts, 0, sizeof mounts / sizeof *mounts);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
