/* Readers: what they list and in which order, and that they go on beside a writer and a flush. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/worker.h"
#include "unit/store_kit.h"

static int64_t put(struct store *s, enum dlota_state state, enum dlota_folder folder, int64_t dir, int64_t ended)
{
    struct dlota_object o = kit_object("x");
    o.state = state;
    o.folder = folder;
    o.dir = dir;
    o.ended = ended;
    ok(store_object_add(s, &o, kit_nth));
    return o.id;
}

START_TEST(sees_what_is_committed_and_nothing_else)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    struct dlota_object o, a = kit_add(s, "a");
    ck_assert_int_eq(reader_object(r, a.id, &o), -ENOENT);
    ok(store_commit(s));
    ok(reader_object(r, a.id, &o));
    ck_assert_int_eq(memcmp(&o, &a, sizeof(o)), 0);
    ok(reader_find(r, 0, "a", &o));
    ck_assert_int_eq(o.id, a.id);
    ck_assert_int_eq(reader_find(r, 1, "a", &o), -ENOENT);
    ck_assert_int_eq(reader_find(r, 0, "A", &o), -ENOENT);
    a.size = 1234;
    ok(store_object_put(s, &a));
    ok(reader_object(r, a.id, &o));
    ck_assert_uint_eq(o.size, 100);
    store_rollback(s);
    ok(reader_object(r, a.id, &o));
    ck_assert_uint_eq(o.size, 100);
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(lists_folders_by_id)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    int64_t p1 = put(s, DLOTA_QUEUED, DLOTA_IN_PENDING, 0, 0), i1 = put(s, DLOTA_INSTALLED, DLOTA_IN_INSTALLED, 0, 5);
    int64_t p2 = put(s, DLOTA_QUEUED, DLOTA_IN_PENDING, 0, 0), sub = put(s, DLOTA_QUEUED, DLOTA_IN_PENDING, p1, 0);
    int64_t none = put(s, DLOTA_RELEASED, DLOTA_NOWHERE, 0, 0);
    ok(store_commit(s));
    struct kit_ids all = {0};
    ok(reader_list(r, DLOTA_IN_PENDING, 0, 0, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 2);
    ck_assert_int_eq(all.id[0], p1);
    ck_assert_int_eq(all.id[1], p2);
    all.n = 0;
    ok(reader_list(r, DLOTA_IN_PENDING, 0, p1, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 1);
    all.n = 0;
    ok(reader_list(r, DLOTA_IN_PENDING, p1, 0, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 1);
    ck_assert_int_eq(all.id[0], sub);
    all.n = 0;
    ok(reader_list(r, DLOTA_NOWHERE, p1, 0, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 1);
    ck_assert_int_eq(all.id[0], sub);
    all.n = 0;
    ok(reader_list(r, DLOTA_NOWHERE, 0, 0, kit_gather_name, &all));
    ck_assert_uint_eq(all.n, 4);
    ck_assert_int_eq(all.id[1], i1);
    ck_assert_int_eq(all.id[3], none);
    struct kit_ids two = {.stop = 2};
    ok(reader_list(r, DLOTA_NOWHERE, 0, p1, kit_gather_name, &two));
    ck_assert_uint_eq(two.n, 2);
    ck_assert_int_eq(two.id[0], i1);
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(alive_and_ended_in_their_order)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    /* As documented, each kind twice, added the wrong way round. */
    static const enum dlota_state order[] = {DLOTA_DOWNLOADING, DLOTA_INSTALLING, DLOTA_REPORTING,   DLOTA_RELEASED,
                                             DLOTA_INTERRUPTED, DLOTA_PAUSED,     DLOTA_UNCONFIRMED, DLOTA_QUEUED};
    int64_t id[8][2];
    for (int twice = 0; twice < 2; twice++)
        for (int i = 7; i >= 0; i--)
            id[i][twice] = put(s, order[i], DLOTA_IN_PARTIAL, 0, 0);
    put(s, DLOTA_INSTALLED, DLOTA_IN_PARTIAL, 0, 0); /* not yet shown, but not alive either */
    int64_t old = put(s, DLOTA_FAILED, DLOTA_IN_FAILED, 0, 10),
            last = put(s, DLOTA_INSTALLED, DLOTA_IN_INSTALLED, 0, 30);
    int64_t same = put(s, DLOTA_INSTALLED, DLOTA_IN_INSTALLED, 0, 30);
    ok(store_commit(s));
    struct kit_ids all = {0};
    ok(reader_alive(r, 100, kit_gather, &all));
    ck_assert_uint_eq(all.n, 16);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_int_eq(all.id[i], id[i / 2][i % 2]);
    struct kit_ids few = {0};
    ok(reader_alive(r, 5, kit_gather, &few));
    ck_assert_uint_eq(few.n, 5);
    struct kit_ids stopped = {.stop = 3};
    ok(reader_alive(r, 5, kit_gather, &stopped));
    ck_assert_uint_eq(stopped.n, 3);
    struct kit_ids ended = {0};
    ok(reader_ended(r, 100, kit_gather, &ended));
    ck_assert_uint_eq(ended.n, 3);
    ck_assert_int_eq(ended.id[0], same);
    ck_assert_int_eq(ended.id[1], last);
    ck_assert_int_eq(ended.id[2], old);
    ended.n = 0;
    ok(reader_ended(r, 1, kit_gather, &ended));
    ck_assert_uint_eq(ended.n, 1);
    reader_free(r);
    kit_free(&k);
}
END_TEST

START_TEST(counts_reports)
{
    struct kit k;
    struct store *s = kit_begin(&k);
    struct reader *r;
    ok(reader_new(s, &r));
    struct store_report one = {.object = 1, .url = "u", .due = 10}, two = {.object = 1, .url = "u", .due = 20};
    struct store_report decides = {.object = 2, .url = "u", .due = 30, .decides = true},
                        other = {.object = 2, .url = "u"};
    int64_t id, due = 5;
    uint64_t n = 9;
    ok(reader_reports(r, &n));
    ck_assert_uint_eq(n, 0);
    ok(store_report_add(s, &one, &id));
    ok(store_report_add(s, &two, &id));
    ok(store_report_add(s, &decides, &id));
    ok(store_report_add(s, &other, &id));
    ok(store_commit(s));
    ok(reader_reports(r, &n));
    ck_assert_uint_eq(n, 4);
    ok(reader_report_due(r, 1, &due));
    ck_assert_int_eq(due, 20);
    ok(reader_report_due(r, 2, &due));
    ck_assert_int_eq(due, 30);
    ok(reader_report_due(r, 3, &due));
    ck_assert_int_eq(due, 0);
    reader_free(r);
    kit_free(&k);
}
END_TEST

/* ---- side by side ---- */

struct shared {
    struct store *s;
    struct reader *r;
    atomic_bool stop;
    atomic_int_fast64_t committed; /* `best` of object 1, at least */
    atomic_uint looks;
};

/* size == have in every row that was ever committed; what was committed is never unseen. */
static void *watch(void *arg)
{
    struct shared *sh = arg;
    static const char names[3][8] = {"x", "x-2", "x-3"};
    for (unsigned i = 0; !atomic_load(&sh->stop); i++) {
        int64_t least = atomic_load(&sh->committed);
        struct dlota_object o;
        ok(i % 2 ? reader_object(sh->r, 1 + i % 3, &o) : reader_find(sh->r, 0, names[i % 3], &o));
        ck_assert_uint_eq(o.have, o.size);
        ck_assert(o.id != 1 || (int64_t)o.best >= least);
        struct kit_ids all = {0};
        ok(reader_alive(sh->r, 10, kit_gather, &all));
        ck_assert_uint_eq(all.n, 3);
        struct reader_events e;
        ok(reader_events(sh->r, &e));
        char buf[200];
        ssize_t n = reader_events_read(sh->r, e.gen, 0, buf, sizeof(buf));
        ck_assert(n == -ESTALE || n > 0);
        struct reader_tally t;
        ok(reader_tally(sh->r, &t));
        ck_assert_uint_eq(t.n[DLOTA_QUEUED] + t.n[DLOTA_DOWNLOADING], 3);
        atomic_fetch_add(&sh->looks, 1);
    }
    return NULL;
}

struct flush {
    struct job job;
    struct store *s;
    int rc;
};
static void flush_it(struct job *job)
{
    struct flush *f = (struct flush *)job;
    f->rc = store_sync(f->s);
}

START_TEST(beside_a_writer_and_a_flush)
{
    struct kit k;
    kit_make(&k);
    k.set.events_limit = 20000;
    kit_open(&k);
    struct shared sh = {.s = k.s};
    struct mailbox *box;
    struct worker *w;
    ok(mailbox_new(&box));
    ok(worker_new(1, box, &w));
    ok(reader_new(k.s, &sh.r));
    struct dlota_object o[3];
    for (int i = 0; i < 3; i++) {
        o[i] = kit_object("x");
        o[i].have = o[i].size;
        ok(store_object_add(k.s, &o[i], kit_nth));
    }
    ok(store_event(k.s, 1, "begin", NULL, 0));
    ok(store_commit(k.s));
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        ok(pthread_create(&thread[i], NULL, watch, &sh));
    struct flush f = {.job.run = flush_it, .s = k.s};
    bool flushing = false;
    unsigned flushes = 0;
    /* Until everybody has had a turn, and the WAL has been through a few checkpoints. */
    for (uint64_t turn = 1; turn <= 3000 || atomic_load(&sh.looks) < 400 || flushes < 5; turn++) {
        for (int i = 0; i < 3; i++) {
            o[i].have = o[i].size = turn;
            o[i].best = turn;
            o[i].state = turn % 2 ? DLOTA_DOWNLOADING : DLOTA_QUEUED;
            ok(store_object_put(k.s, &o[i]));
            ok(store_event(k.s, (int64_t)turn, "turn", NULL, 0));
        }
        if (turn % 10 == 0) {
            store_rollback(k.s);
        } else {
            ok(store_commit(k.s));
            atomic_store(&sh.committed, (int64_t)turn);
        }
        if (flushing && mailbox_take(box) != NULL) {
            ok(f.rc);
            flushing = false;
            flushes++;
        }
        if (!flushing) {
            w->submit(w, &f.job);
            flushing = true;
        }
    }
    atomic_store(&sh.stop, true);
    for (int i = 0; i < 4; i++)
        ok(pthread_join(thread[i], NULL));
    w->free(w);
    mailbox_free(box);
    reader_free(sh.r);
    kit_free(&k);
}
END_TEST

struct deep {
    struct reader *r;
    int level;
};
static int deeper(void *arg, int64_t id, const char *name)
{
    (void)name;
    struct deep *d = arg;
    struct dlota_object o;
    ok(reader_object(d->r, id, &o));
    if (++d->level < 20)
        ok(reader_list(d->r, DLOTA_NOWHERE, 0, 0, deeper, d));
    return 1;
}

/* More connections at once than are kept: each callback looks again. */
START_TEST(more_at_once_than_are_kept)
{
    struct kit k;
    kit_begin(&k);
    kit_add(k.s, "x");
    ok(store_commit(k.s));
    struct deep d = {0};
    ok(reader_new(k.s, &d.r));
    ok(reader_list(d.r, DLOTA_NOWHERE, 0, 0, deeper, &d));
    ck_assert_int_eq(d.level, 20);
    d.level = 0;
    ok(reader_list(d.r, DLOTA_NOWHERE, 0, 0, deeper, &d));
    reader_free(d.r);
    kit_free(&k);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("reader");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, sees_what_is_committed_and_nothing_else);
    tcase_add_test(tc, lists_folders_by_id);
    tcase_add_test(tc, alive_and_ended_in_their_order);
    tcase_add_test(tc, counts_reports);
    tcase_add_test(tc, beside_a_writer_and_a_flush);
    tcase_add_test(tc, more_at_once_than_are_kept);
    return kit_run("store_reader", tc);
}
