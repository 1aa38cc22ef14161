/* worker.c - a few threads, one queue. */
#include "store/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
    struct worker worker; /* first */
    struct mailbox *box;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *head, *tail;
    bool stop;
    unsigned n;
    pthread_t thread[];
};

/* NULL: stopped, and nothing is left. */
static struct job *next_job(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->head == NULL && !p->stop)
        pthread_cond_wait(&p->wake, &p->lock);
    struct job *job = p->head;
    if (job != NULL) {
        p->head = job->next;
        if (p->head == NULL)
            p->tail = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    return job;
}

static void *work(void *arg)
{
    struct pool *p = arg;
    for (struct job *job; (job = next_job(p)) != NULL;) {
        job->run(job);
        mailbox_post(p->box, &job->letter);
    }
    return NULL;
}

static void submit(struct worker *w, struct job *job)
{
    struct pool *p = (struct pool *)w;
    job->next = NULL;
    pthread_mutex_lock(&p->lock);
    if (p->tail != NULL)
        p->tail->next = job;
    else
        p->head = job;
    p->tail = job;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

static void pool_free(struct worker *w)
{
    if (w == NULL)
        return;
    struct pool *p = (struct pool *)w;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int worker_new(unsigned n, struct mailbox *box, struct worker **ret)
{
    struct pool *p = calloc(1, sizeof(*p) + n * sizeof(*p->thread));
    if (p == NULL)
        return -ENOMEM;
    p->worker = (struct worker){.submit = submit, .free = pool_free};
    p->box = box;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    /* Signals are the main thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = 0;
    while (rc == 0 && p->n < n) {
        rc = pthread_create(&p->thread[p->n], NULL, work, p);
        p->n += rc == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        pool_free(&p->worker);
        return -rc;
    }
    *ret = &p->worker;
    return 0;
}
