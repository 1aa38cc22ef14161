#include "fs/herald.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/clock.h"
#include "fs/fs.h"

enum {
    CHANGES = 1024,   /* remembered one by one; past that: anything may have changed */
    LETTERS = 8192,   /* waiting for the warden; past that the agent records the move by itself */
    LEAVE_MS = 10000, /* for closes under way after a signal */
    WAKE_MS = 20,     /* how often the main thread is told that the session has ended */
    WAKE_AT_ONCE = 64 /* pollers per round */
};

struct change {
    int64_t id;
    unsigned what;
};

struct letter_out {
    struct letter_out *next;
    struct warden_mail mail;
};

struct herald {
    struct fs *fs;
    pthread_t thread, main;
    bool runs;
    int event, signals, warden;
    pthread_mutex_t lock; /* over what follows */
    struct change change[CHANGES];
    unsigned changes;
    bool overflow, stop;
    struct letter_out *first, **last;
    unsigned letters;
    /* The thread's own. */
    int64_t leave_by; /* 0: no signal came */
    bool exited;
};

void herald_kick(void *herald)
{
    const struct herald *h = herald;
    const uint64_t one = 1;

    (void)!write(h->event, &one, sizeof one);
}

void herald_changed(struct herald *h, int64_t id, unsigned what)
{
    bool merged = false;

    (void)pthread_mutex_lock(&h->lock);
    if (h->changes > 0 && h->change[h->changes - 1].id == id) {
        h->change[h->changes - 1].what |= what;
        merged = true;
    } else if (h->changes < CHANGES) {
        h->change[h->changes++] = (struct change){.id = id, .what = what};
    } else {
        h->overflow = true;
    }
    (void)pthread_mutex_unlock(&h->lock);
    if (!merged)
        herald_kick(h);
}

void herald_mail(struct herald *h, const struct warden_mail *mail)
{
    struct letter_out *l = malloc(sizeof *l);

    if (!l)
        return;
    *l = (struct letter_out){.mail = *mail};
    (void)pthread_mutex_lock(&h->lock);
    if (h->letters < LETTERS) {
        *h->last = l;
        h->last = &l->next;
        h->letters++;
        l = NULL;
    }
    (void)pthread_mutex_unlock(&h->lock);
    free(l);
    herald_kick(h);
}

/* ---- the warden ---- */

static void publish_alone(struct fs *fs, const struct warden_mail *mail)
{
    struct parked *parked;

    if (mail->word == WARDEN_MOVE && park_begin(fs->park, NULL, PARK_ASK, 0, NULL, NULL, &parked) == 0)
        dlota_published(fs->d, mail->id, park_done, parked);
}

static bool deliver(struct herald *h, const struct warden_mail *mail)
{
    if (h->warden >= 0 && send(h->warden, mail, sizeof *mail, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
            return false;
        log_warning("the helper process is gone: objects appear without an event");
        h->warden = -1;
    }
    if (h->warden < 0)
        publish_alone(h->fs, mail);
    return true;
}

/* Is the socket full? */
static bool deliver_all(struct herald *h)
{
    for (;;) {
        struct letter_out *l;

        (void)pthread_mutex_lock(&h->lock);
        l = h->first;
        (void)pthread_mutex_unlock(&h->lock);
        if (!l)
            return false;
        if (!deliver(h, &l->mail))
            return true;
        (void)pthread_mutex_lock(&h->lock);
        h->first = l->next;
        if (!h->first)
            h->last = &h->first;
        h->letters--;
        (void)pthread_mutex_unlock(&h->lock);
        free(l);
    }
}

/* ---- pollers ---- */

static bool concerns(const struct handle *x, const struct change *c)
{
    if (x->kind == HANDLE_EVENTS)
        return c->what & DLOTA_CHANGED_EVENTS;
    if (x->kind != HANDLE_TEXT)
        return false;
    if (x->node.kind == NODE_FIXED)
        return c->what & ~(unsigned)DLOTA_CHANGED_EVENTS;
    return c->id == x->node.id;
}

static void mark(struct fs *fs, const struct change *changes, unsigned n, bool all)
{
    (void)pthread_mutex_lock(&fs->handles.lock);
    for (struct handle *x = fs->handles.first; x; x = x->after) {
        x->dirty |= all;
        for (unsigned i = 0; i < n && !x->dirty; i++)
            x->dirty = concerns(x, &changes[i]);
    }
    (void)pthread_mutex_unlock(&fs->handles.lock);
}

/* Wake the pollers of what changed, each at most once a second; ms until the next is due, -1: none. */
static int wake(struct fs *fs, int64_t now)
{
    struct fuse_pollhandle *due[WAKE_AT_ONCE];
    unsigned n;
    int next;

    do {
        n = 0;
        next = -1;
        (void)pthread_mutex_lock(&fs->handles.lock);
        for (struct handle *x = fs->handles.first; x && n < WAKE_AT_ONCE; x = x->after) {
            if (!x->ph || !x->dirty || x->told)
                continue;
            if (x->not_before > now) {
                if (next < 0 || x->not_before - now < next)
                    next = (int)(x->not_before - now);
                continue;
            }
            if (x->kind == HANDLE_TEXT)
                handle_tell(x, now);
            due[n++] = x->ph;
            x->ph = NULL;
        }
        (void)pthread_mutex_unlock(&fs->handles.lock);
        for (unsigned i = 0; i < n; i++) {
            (void)fuse_lowlevel_notify_poll(due[i]);
            fuse_pollhandle_destroy(due[i]);
        }
    } while (n == WAKE_AT_ONCE);
    return next;
}

static void spread(struct herald *h)
{
    struct change changes[CHANGES];
    unsigned n;
    bool all;

    (void)pthread_mutex_lock(&h->lock);
    n = h->changes;
    all = h->overflow;
    for (unsigned i = 0; i < n; i++)
        changes[i] = h->change[i];
    h->changes = 0;
    h->overflow = false;
    (void)pthread_mutex_unlock(&h->lock);
    if (n == 0 && !all)
        return;
    mark(h->fs, changes, n, all);
    for (unsigned i = 0; i < n; i++)
        if (changes[i].id != 0 && changes[i].what & (DLOTA_CHANGED_STATE | DLOTA_CHANGED_GONE))
            (void)fuse_lowlevel_notify_inval_inode(h->fs->se, node_number(NODE_OBJECT, changes[i].id), -1, 0);
}

/* ---- leaving ---- */

static void take_signals(struct herald *h, int64_t now)
{
    struct signalfd_siginfo info;

    while (read(h->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (h->leave_by == 0) {
            log_info("signal %u: unmounting", info.ssi_signo);
            h->leave_by = now + LEAVE_MS;
        }
}

/* The session's loop looks at the flag only when its wait is broken off, and the signal may come just before it waits:
 * so again and again until it is heard. */
static int leave(struct herald *h, int64_t now)
{
    if (h->leave_by == 0)
        return -1;
    if (park_waiting(h->fs->park) == 0 || now >= h->leave_by)
        h->exited = true;
    if (h->exited) {
        fuse_session_exit(h->fs->se);
        (void)pthread_kill(h->main, SIGUSR1);
    }
    return WAKE_MS;
}

static int sooner(int a, int b) { return a < 0 ? b : b < 0 || a < b ? a : b; }

static void *run(void *arg)
{
    struct herald *h = arg;
    struct pollfd fds[3] = {{.fd = h->event, .events = POLLIN}, {.fd = h->signals, .events = POLLIN}, {.fd = -1}};
    int wait = -1;

    for (;;) {
        uint64_t count;
        bool stop;

        (void)poll(fds, 3, wait);
        (void)!read(h->event, &count, sizeof count);
        (void)pthread_mutex_lock(&h->lock);
        stop = h->stop;
        (void)pthread_mutex_unlock(&h->lock);
        if (stop)
            return NULL;
        take_signals(h, clock_ms());
        spread(h);
        fds[2] = (struct pollfd){.fd = deliver_all(h) ? h->warden : -1, .events = POLLOUT};
        wait = sooner(wake(h->fs, clock_ms()), park_due(h->fs->park, clock_ms()));
        if (h->leave_by == 0)
            wait = sooner(wait, inbox_again(h->fs->inbox, clock_ms()));
        wait = sooner(wait, leave(h, clock_ms()));
    }
}

/* ---- life ---- */

int herald_new(struct fs *fs, struct herald **ret)
{
    struct herald *h = calloc(1, sizeof *h);

    if (!h)
        return -ENOMEM;
    h->fs = fs;
    h->last = &h->first;
    h->signals = h->warden = -1;
    (void)pthread_mutex_init(&h->lock, NULL);
    h->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->event < 0) {
        const int rc = -errno;

        (void)herald_free(h);
        return rc;
    }
    *ret = h;
    return 0;
}

int herald_start(struct herald *h, int warden_fd, const sigset_t *leave_on)
{
    int rc;

    h->main = pthread_self();
    h->warden = warden_fd;
    h->signals = signalfd(-1, leave_on, SFD_CLOEXEC | SFD_NONBLOCK);
    if (h->signals < 0)
        return -errno;
    rc = pthread_create(&h->thread, NULL, run, h);
    h->runs = rc == 0;
    return -rc;
}

void herald_end(struct herald *h)
{
    if (!h->runs)
        return;
    (void)pthread_mutex_lock(&h->lock);
    h->stop = true;
    (void)pthread_mutex_unlock(&h->lock);
    herald_kick(h);
    (void)pthread_join(h->thread, NULL);
    h->runs = false;
}

struct herald *herald_free(struct herald *h)
{
    if (!h)
        return NULL;
    while (h->first) {
        struct letter_out *l = h->first;

        h->first = l->next;
        free(l);
    }
    if (h->event >= 0)
        (void)close(h->event);
    if (h->signals >= 0)
        (void)close(h->signals);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
    return NULL;
}
