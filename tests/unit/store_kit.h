/* store_kit.h - what the tests of the store share: a directory of their own, a store in it, an object to begin with. */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/store.h"

#define ok(call) ck_assert_int_eq((call), 0)

struct kit {
    char root[64], path[128], why[512];
    struct store_settings set;
    struct store *s;
};

static inline void kit_make(struct kit *k)
{
    *k = (struct kit){.root = "/tmp/dlota-store-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(k->root));
    snprintf(k->path, sizeof(k->path), "%s/store", k->root);
    k->set = (struct store_settings){.path = k->path, .boot_id = "boot-1", .now = 1000};
}

static inline int kit_try(struct kit *k) { return store_open(&k->set, &k->s, k->why, sizeof(k->why)); }

static inline void kit_open(struct kit *k)
{
    int rc = kit_try(k);
    ck_assert_msg(rc == 0, "store_open: %d %s", rc, k->why);
}

/* As an agent does once its recovery is over. */
static inline void kit_trust(struct kit *k)
{
    ck_assert_int_eq(store_trust(k->s), 0);
    ck_assert_int_eq(store_commit(k->s), 0);
}

static inline void kit_reopen(struct kit *k)
{
    k->s = store_close(k->s);
    kit_open(k);
}

static inline int kit_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void kit_free(struct kit *k)
{
    k->s = store_close(k->s);
    nftw(k->root, kit_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* A store that is open. */
static inline struct store *kit_begin(struct kit *k)
{
    kit_make(k);
    kit_open(k);
    return k->s;
}

/* As dd_name_nth() makes them, near enough. */
static inline void kit_nth(const char *name, unsigned n, char *ret)
{
    const char *dot = strrchr(name, '.');
    int stem = dot != NULL ? (int)(dot - name) : (int)strlen(name);
    snprintf(ret, 256, "%.*s-%u%.60s", stem < 180 ? stem : 180, name, n, dot != NULL ? dot : "");
}

static inline struct dlota_object kit_object(const char *name)
{
    struct dlota_object o = {.offer = 1, .state = DLOTA_QUEUED, .folder = DLOTA_IN_PENDING, .size = 100, .due = 500};
    snprintf(o.name, sizeof(o.name), "%s", name);
    snprintf(o.host, sizeof(o.host), "a.example");
    return o;
}

static inline struct dlota_object kit_add(struct store *s, const char *name)
{
    struct dlota_object o = kit_object(name);
    ok(store_object_add(s, &o, kit_nth));
    return o;
}

/* Write bytes to a path below STORE. */
static inline void kit_write(struct kit *k, const char *name, const char *bytes)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", k->path, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(bytes, f);
    fclose(f);
}

static inline bool kit_exists(struct kit *k, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", k->path, name);
    return access(path, F_OK) == 0;
}

/* Gathers ids, by each(). */
struct kit_ids {
    unsigned n, stop; /* stop: after that many; 0: never */
    int64_t id[64];
};
static inline int kit_gather_id(void *arg, int64_t id)
{
    struct kit_ids *all = arg;
    if (all->n < 64)
        all->id[all->n] = id;
    all->n++;
    return all->stop != 0 && all->n == all->stop;
}
static inline int kit_gather(void *arg, const struct dlota_object *o) { return kit_gather_id(arg, o->id); }
static inline int kit_gather_name(void *arg, int64_t id, const char *name)
{
    (void)name;
    return kit_gather_id(arg, id);
}

static inline int kit_run(const char *name, TCase *tc)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
