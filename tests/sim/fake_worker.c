#include "sim/fake_worker.h"

#include <errno.h>
#include <stdlib.h>

struct fake_worker {
    struct worker worker; /* first */
    struct mailbox *box;
    struct job *head, **tail;
    bool held;
};

static struct fake_worker *last;

static void do_job(struct fake_worker *w, struct job *job)
{
    job->run(job);
    mailbox_post(w->box, &job->letter);
}

static void submit(struct worker *worker, struct job *job)
{
    struct fake_worker *w = (struct fake_worker *)worker;

    job->next = NULL;
    if (!w->held) {
        do_job(w, job);
        return;
    }
    *w->tail = job;
    w->tail = &job->next;
}

static void fake_free(struct worker *worker)
{
    struct fake_worker *w = (struct fake_worker *)worker;

    fake_worker_run_all(w);
    if (last == w)
        last = NULL;
    free(w);
}

int fake_worker_new(struct mailbox *box, struct worker **ret)
{
    struct fake_worker *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->worker = (struct worker){.submit = submit, .free = fake_free};
    w->box = box;
    w->tail = &w->head;
    last = w;
    *ret = &w->worker;
    return 0;
}

struct fake_worker *fake_worker_last(void) { return last; }

void fake_worker_hold(struct fake_worker *w, bool held)
{
    w->held = held;
    if (!held)
        fake_worker_run_all(w);
}

unsigned fake_worker_waiting(const struct fake_worker *w)
{
    unsigned n = 0;

    for (const struct job *j = w->head; j; j = j->next)
        n++;
    return n;
}

void fake_worker_run(struct fake_worker *w, unsigned i)
{
    struct job **at = &w->head;
    struct job *job;

    while (i-- && *at)
        at = &(*at)->next;
    job = *at;
    if (!job)
        return;
    *at = job->next;
    if (w->tail == &job->next)
        w->tail = at;
    do_job(w, job);
}

void fake_worker_run_all(struct fake_worker *w)
{
    while (w->head)
        fake_worker_run(w, 0);
}
