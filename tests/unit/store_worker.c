/* Workers: in order, each job once, all of them before the end. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/worker.h"
#include "unit/store_kit.h"

struct task {
    struct job job; /* first */
    int number, ran;
    atomic_int *order;
};

static void run(struct job *job)
{
    struct task *t = (struct task *)job;
    t->ran = 1 + atomic_fetch_add(t->order, 1);
}

static struct letter *wait_for(struct mailbox *box)
{
    struct letter *l;
    while ((l = mailbox_take(box)) == NULL) {
        struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
        (void)poll(&p, 1, -1);
    }
    return l;
}

START_TEST(one_thread_keeps_the_order)
{
    struct mailbox *box;
    struct worker *w;
    ok(mailbox_new(&box));
    ok(worker_new(1, box, &w));
    atomic_int order = 0;
    struct task task[200] = {0};
    for (int i = 0; i < 200; i++) {
        task[i] = (struct task){.job = {.run = run}, .number = i, .order = &order};
        w->submit(w, &task[i].job);
    }
    int next = 0;
    while (next < 200)
        for (struct letter *l = wait_for(box); l != NULL; l = l->next) {
            struct task *t = (struct task *)l;
            ck_assert_int_eq(t->number, next);
            ck_assert_int_eq(t->ran, ++next);
        }
    w->free(w);
    ck_assert_ptr_null(mailbox_take(box));
    mailbox_free(box);
}
END_TEST

START_TEST(free_runs_what_is_left)
{
    struct mailbox *box;
    struct worker *w;
    ok(mailbox_new(&box));
    ok(worker_new(3, box, &w));
    atomic_int order = 0;
    struct task task[500] = {0};
    for (int i = 0; i < 500; i++) {
        task[i] = (struct task){.job = {.run = run}, .order = &order};
        w->submit(w, &task[i].job);
    }
    w->free(w);
    ck_assert_int_eq(atomic_load(&order), 500);
    int posted = 0;
    for (struct letter *l = mailbox_take(box); l != NULL; l = l->next)
        posted++;
    ck_assert_int_eq(posted, 500);
    mailbox_free(box);
}
END_TEST

struct meeting {
    struct job job;
    pthread_barrier_t *place;
};
static void meet(struct job *job) { pthread_barrier_wait(((struct meeting *)job)->place); }

/* Would never end if jobs ran one after another. */
START_TEST(threads_run_side_by_side)
{
    struct mailbox *box;
    struct worker *w;
    pthread_barrier_t place;
    ok(mailbox_new(&box));
    ok(worker_new(2, box, &w));
    ok(pthread_barrier_init(&place, NULL, 2));
    struct meeting a = {.job.run = meet, .place = &place}, b = a;
    w->submit(w, &a.job);
    w->submit(w, &b.job);
    w->free(w);
    pthread_barrier_destroy(&place);
    mailbox_free(box);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("worker");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, one_thread_keeps_the_order);
    tcase_add_test(tc, free_runs_what_is_left);
    tcase_add_test(tc, threads_run_side_by_side);
    return kit_run("store_worker", tc);
}
