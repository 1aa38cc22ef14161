/* mailbox.c - a stack that any thread pushes on and one reader empties at once, beside an eventfd. */
#include "base/mailbox.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    _Atomic(struct letter *) top; /* newest first */
    int fd;
};

int mailbox_new(struct mailbox **ret)
{
    struct mailbox *m = calloc(1, sizeof *m);
    if (!m)
        return -ENOMEM;
    m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->fd < 0) {
        int rc = -errno;
        free(m);
        return rc;
    }
    atomic_init(&m->top, NULL);
    *ret = m;
    return 0;
}

struct mailbox *mailbox_free(struct mailbox *m)
{
    if (m) {
        (void)close(m->fd);
        free(m);
    }
    return NULL;
}

/* Only who finds it empty rings: the reader clears the bell before it takes all, so a letter on top of others is taken
 * with them, and one that comes after finds it empty again. */
void mailbox_post(struct mailbox *m, struct letter *l)
{
    struct letter *top = atomic_load_explicit(&m->top, memory_order_relaxed);
    do {
        l->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&m->top, &top, l, memory_order_acq_rel, memory_order_relaxed));
    if (!top) {
        /* Fails only when the counter is full, and then it is readable. */
        ssize_t n = write(m->fd, &(uint64_t){1}, sizeof(uint64_t));
        (void)n;
    }
}

struct letter *mailbox_take(struct mailbox *m)
{
    uint64_t rung;
    ssize_t n = read(m->fd, &rung, sizeof rung);
    (void)n;

    struct letter *l = atomic_exchange_explicit(&m->top, NULL, memory_order_acq_rel), *oldest = NULL;
    while (l) {
        struct letter *next = l->next;
        l->next = oldest;
        oldest = l;
        l = next;
    }
    return oldest;
}

int mailbox_fd(const struct mailbox *m) { return m->fd; }
