#include "fs/park.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "fs/clock.h"

enum { GRACE_MS = 1000 };

struct parked {
    struct park *park;
    struct parked *before, *after; /* on the list while the request waits */
    fuse_req_t req;                /* NULL: nobody waits, or it was answered */
    enum park_kind kind;
    size_t n;
    park_told *told;
    void *arg;
    bool arming, interrupted, busy; /* busy: another thread than the agent's is about to answer it */
    int64_t due;                    /* when an interrupted request of a turn is answered; 0: not interrupted */
};

struct park {
    pthread_mutex_t lock;
    pthread_cond_t quiet;
    struct parked *first;
    unsigned waiting, answering, asks;
    bool ended;
    void (*kick)(void *arg);
    void *arg;
};

int park_new(void (*kick)(void *arg), void *arg, struct park **ret)
{
    struct park *p = calloc(1, sizeof *p);
    pthread_condattr_t attr;

    if (!p)
        return -ENOMEM;
    p->kick = kick;
    p->arg = arg;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->quiet, &attr);
    (void)pthread_condattr_destroy(&attr);
    *ret = p;
    return 0;
}

struct park *park_free(struct park *p)
{
    if (!p)
        return NULL;
    (void)pthread_cond_destroy(&p->quiet);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

/* Under the lock: the request is the caller's to answer, who then calls answered(). */
static fuse_req_t take(struct parked *e)
{
    struct park *p = e->park;
    fuse_req_t req = e->req;

    if (!req)
        return NULL;
    *(e->before ? &e->before->after : &p->first) = e->after;
    if (e->after)
        e->after->before = e->before;
    e->req = NULL;
    p->waiting--;
    p->answering++;
    return req;
}

static void answered(struct park *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->answering--;
    (void)pthread_cond_broadcast(&p->quiet);
    (void)pthread_mutex_unlock(&p->lock);
}

/* The interrupt function goes first: that waits for one that is running, which still looks at the entry. */
static void answer(struct park *p, fuse_req_t req, int rc, size_t n)
{
    fuse_req_interrupt_func(req, NULL, NULL);
    if (rc == 0 && n > 0)
        (void)fuse_reply_write(req, n);
    else
        (void)fuse_reply_err(req, -rc);
    answered(p);
}

/* The same for a thread that is not the agent's; called and returns with the lock held.  The entry lives meanwhile. */
static void answer_early(struct parked *e, int rc)
{
    struct park *p = e->park;
    fuse_req_t mine = take(e);

    e->busy = true;
    (void)pthread_mutex_unlock(&p->lock);
    answer(p, mine, rc, 0);
    (void)pthread_mutex_lock(&p->lock);
    e->busy = false;
    (void)pthread_cond_broadcast(&p->quiet);
}

/* libfuse calls this with the request held, in a worker; or from within fuse_req_interrupt_func(), when the request
 * must not be answered because libfuse still uses it. */
static void on_interrupt(fuse_req_t req, void *data)
{
    struct parked *e = data;
    struct park *p = e->park;
    fuse_req_t mine = NULL;

    (void)pthread_mutex_lock(&p->lock);
    e->interrupted = true;
    if (e->req && !e->arming && e->kind == PARK_CLOSE)
        mine = take(e);
    else if (e->req && !e->arming && e->due == 0)
        e->due = clock_ms() + GRACE_MS;
    (void)pthread_mutex_unlock(&p->lock);
    if (mine) {
        (void)fuse_reply_err(req, EINTR);
        answered(p);
    } else {
        p->kick(p->arg);
    }
}

int park_begin(struct park *p, fuse_req_t req, enum park_kind kind, size_t n, park_told *told, void *arg,
               struct parked **ret)
{
    struct parked *e = calloc(1, sizeof *e);

    if (!e)
        return -ENOMEM;
    *e = (struct parked){.park = p, .kind = kind, .n = n, .told = told, .arg = arg, .req = req, .arming = true};
    if (req)
        fuse_req_interrupt_func(req, on_interrupt, e);

    (void)pthread_mutex_lock(&p->lock);
    p->asks++;
    e->arming = false;
    if (req) {
        e->after = p->first;
        if (p->first)
            p->first->before = e;
        p->first = e;
        p->waiting++;
        if (p->ended)
            answer_early(e, -EIO);
        else if (e->interrupted && kind == PARK_CLOSE)
            answer_early(e, -EINTR);
        else if (e->interrupted)
            e->due = clock_ms() + GRACE_MS;
    }
    (void)pthread_mutex_unlock(&p->lock);
    *ret = e;
    return 0;
}

void park_done(void *parked, int rc)
{
    struct parked *e = parked;
    struct park *p = e->park;
    const size_t n = e->n;
    fuse_req_t mine;

    if (e->told)
        e->told(e->arg, rc);
    (void)pthread_mutex_lock(&p->lock);
    mine = take(e);
    while (e->busy)
        (void)pthread_cond_wait(&p->quiet, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
    if (mine)
        answer(p, mine, rc, n);
    free(e);
    (void)pthread_mutex_lock(&p->lock);
    p->asks--;
    (void)pthread_cond_broadcast(&p->quiet);
    (void)pthread_mutex_unlock(&p->lock);
}

int park_due(struct park *p, int64_t now)
{
    struct parked *e;
    int64_t next;

    (void)pthread_mutex_lock(&p->lock);
    do {
        next = -1;
        for (e = p->first; e; e = e->after) {
            if (e->due == 0)
                continue;
            if (e->due <= now)
                break;
            if (next < 0 || e->due - now < next)
                next = e->due - now;
        }
        if (e)
            answer_early(e, -EINTR);
    } while (e);
    (void)pthread_mutex_unlock(&p->lock);
    return (int)next;
}

unsigned park_waiting(struct park *p)
{
    unsigned n;

    (void)pthread_mutex_lock(&p->lock);
    n = p->waiting;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

void park_end(struct park *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->ended = true;
    while (p->first)
        answer_early(p->first, -EIO);
    while (p->answering > 0)
        (void)pthread_cond_wait(&p->quiet, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
}

bool park_quiet(struct park *p, int ms)
{
    struct timespec until;
    bool quiet;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    (void)pthread_mutex_lock(&p->lock);
    while (p->asks > 0 && pthread_cond_timedwait(&p->quiet, &p->lock, &until) == 0)
        ;
    quiet = p->asks == 0;
    (void)pthread_mutex_unlock(&p->lock);
    return quiet;
}
