#include "fs/handle.h"

#include <stdlib.h>
#include <unistd.h>

#include "fs/fuse.h"

enum { POLL_MS = 1000 };

void handles_init(struct handles *hs)
{
    (void)pthread_mutex_init(&hs->lock, NULL);
    hs->first = NULL;
}

struct handle *handle_new(enum handle_kind kind, const struct node *n)
{
    struct handle *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->kind = kind;
    atomic_init(&h->refs, 1);
    h->node = *n;
    h->fd = -1;
    h->dirty = true;
    (void)pthread_mutex_init(&h->lock, NULL);
    return h;
}

void handle_add(struct handles *hs, struct handle *h)
{
    (void)pthread_mutex_lock(&hs->lock);
    h->after = hs->first;
    if (h->after)
        h->after->before = h;
    hs->first = h;
    (void)pthread_mutex_unlock(&hs->lock);
}

struct handle *handle_hold(struct handle *h)
{
    (void)atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
    return h;
}

void handle_put(struct handles *hs, struct handle *h)
{
    if (atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1)
        (void)handle_free(hs, h);
}

struct handle *handle_free(struct handles *hs, struct handle *h)
{
    if (!h)
        return NULL;
    (void)pthread_mutex_lock(&hs->lock);
    if (h->before || hs->first == h) {
        *(h->before ? &h->before->after : &hs->first) = h->after;
        if (h->after)
            h->after->before = h->before;
    }
    (void)pthread_mutex_unlock(&hs->lock);
    if (h->ph)
        fuse_pollhandle_destroy(h->ph);
    if (h->fd >= 0)
        (void)close(h->fd);
    free(h->text);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
    return NULL;
}

void handle_tell(struct handle *h, int64_t now)
{
    if (!h->told)
        h->not_before = now + POLL_MS;
    h->told = true;
}

bool handles_stat(struct handles *hs, const struct node *n, struct stat *ret)
{
    bool found = false;

    (void)pthread_mutex_lock(&hs->lock);
    for (const struct handle *h = hs->first; h && !found; h = h->after)
        if (h->node.kind == n->kind && h->node.id == n->id && h->st.st_mode != 0) {
            *ret = h->st;
            ret->st_nlink = 0;
            found = true;
        }
    (void)pthread_mutex_unlock(&hs->lock);
    return found;
}
