/* libcurl's multi interface on an epoll of its own. */
#include "http/http.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "http/request.h"

/* What one run() does at most: a turn of the agent must not last (about 1 ms per MiB with writing it out). */
enum { RUN_SOCKETS = 64, RUN_BYTES = 4 * 1024 * 1024 };

static int64_t monotonic(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void http_todo(struct http_exchange *x)
{
    if (!x->in_todo)
        TAILQ_INSERT_TAIL(&x->h->todo, x, todo);
    x->in_todo = true;
}

void http_untime(struct http_exchange *x)
{
    if (x->in_timed)
        TAILQ_REMOVE(&x->h->timed, x, timed);
    x->in_timed = false;
}

void http_touch(struct http_exchange *x)
{
    if (x->in_timed && x->active == x->h->now)
        return;
    http_untime(x);
    x->active = x->h->now;
    if (x->held)
        return;
    TAILQ_INSERT_TAIL(&x->h->timed, x, timed);
    x->in_timed = true;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    const struct http *h = arg;
    (void)easy;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    /* A failure is left to the clock of the exchange: -1 here would end every exchange there is. */
    if (!known) {
        if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno == EEXIST)
            (void)epoll_ctl(h->epoll, EPOLL_CTL_MOD, fd, &event);
        (void)curl_multi_assign(h->multi, fd, arg);
    } else if (epoll_ctl(h->epoll, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT) {
        (void)epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct http *h = arg;
    (void)multi;
    h->due = ms < 0 ? -1 : monotonic() + ms;
    return 0;
}

static int network_start(struct http *h, const struct http_ask *ask, const struct http_sink *sink, void *arg,
                         struct http_exchange **ret)
{
    if (h->closing)
        return -ESHUTDOWN;
    int rc = request_new(h, ask, sink, arg, ret);
    if (rc == 0)
        http_todo(*ret);
    return rc;
}

static void network_stop(struct http *h, struct http_exchange *x)
{
    if (x->dead)
        return;
    if (!h->in_curl)
        h->now = monotonic();
    request_stop(x);
}

static void network_hold(struct http *h, struct http_exchange *x, bool held)
{
    if (x->dead || x->held == held)
        return;
    x->held = held;
    if (held) {
        http_untime(x); /* libcurl is told when its next piece comes */
        return;
    }
    if (!h->in_curl)
        h->now = monotonic();
    if (x->connected && x->in_multi)
        http_touch(x);
    if (x->paused)
        http_todo(x);
}

static void do_todo(struct http *h)
{
    struct http_exchange *x;
    size_t n = 0;
    TAILQ_FOREACH(x, &h->todo, todo)
    n++;
    /* What comes to the list meanwhile is for the next run: a sink that asks again and again must not hold us here. */
    while (n-- > 0 && (x = TAILQ_FIRST(&h->todo))) {
        TAILQ_REMOVE(&h->todo, x, todo);
        x->in_todo = false;
        if (x->dead)
            request_release(x);
        else if (!x->in_multi)
            request_begin(x);
        else if (x->paused && !x->held)
            request_resume(x);
    }
}

static void act(struct http *h, curl_socket_t fd, int mask)
{
    int running;
    h->now = monotonic();
    h->in_curl = true;
    (void)curl_multi_socket_action(h->multi, fd, mask, &running);
    h->in_curl = false;
}

static void take_messages(struct http *h)
{
    const CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(h->multi, &left))) {
        struct http_exchange *x = NULL;
        CURLcode code = m->data.result;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        if (x && !x->dead)
            request_done(x, code);
    }
}

static void take_silent(struct http *h)
{
    struct http_exchange *x;
    while ((x = TAILQ_FIRST(&h->timed)) && h->now - x->active >= h->timeout_ms)
        request_done(x, CURLE_OPERATION_TIMEDOUT);
}

static void network_run(struct http *h)
{
    struct epoll_event events[RUN_SOCKETS];
    h->now = monotonic();
    h->budget = RUN_BYTES;
    do_todo(h);
    int n = epoll_wait(h->epoll, events, RUN_SOCKETS, 0);
    for (int i = 0; i < n && h->budget > 0; i++)
        act(h, events[i].data.fd,
            (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
    if (h->due >= 0 && monotonic() >= h->due) {
        h->due = -1;
        act(h, CURL_SOCKET_TIMEOUT, 0);
    }
    take_messages(h);
    take_silent(h);
}

static int network_fd(struct http *h) { return h->epoll; }

static int network_timeout(struct http *h)
{
    const struct http_exchange *silent = TAILQ_FIRST(&h->timed);
    int64_t due = h->due;
    if (!TAILQ_EMPTY(&h->todo))
        return 0;
    if (silent && (due < 0 || silent->active + h->timeout_ms < due))
        due = silent->active + h->timeout_ms;
    if (due < 0)
        return -1;
    int64_t ms = due - monotonic();
    return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void network_free(struct http *h)
{
    struct http_exchange *x;
    if (!h)
        return;
    h->closing = true;
    h->now = monotonic();
    while ((x = TAILQ_FIRST(&h->all))) {
        if (x->dead)
            request_release(x);
        else
            request_stop(x);
    }
    while (h->spares > 0)
        curl_easy_cleanup(h->spare[--h->spares]);
    if (h->multi)
        (void)curl_multi_cleanup(h->multi);
    if (h->epoll >= 0)
        (void)close(h->epoll);
    h->lines = http_lines_free(h->lines);
    h->proxy = http_proxy_free(h->proxy);
    free(h->cacert);
    free(h->netrc);
    free(h->user_agent);
    free(h);
    curl_global_cleanup();
}

/* A file that libcurl would only miss later, in the middle of a transfer. */
static int copy_path(char **ret, const char *path, const char *option, const char *needle, char *why, size_t why_n)
{
    if (!path || !*path)
        return 0;
    FILE *f = fopen(path, "re");
    int rc = f ? 0 : -errno;
    char line[256];
    bool found = !needle;
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, needle);
    if (f)
        (void)fclose(f);
    if (rc)
        (void)snprintf(why, why_n, "%s: %s: %s", option, path, strerror(-rc));
    else if (!found)
        (void)snprintf(why, why_n, "%s: %s: no PEM certificate in it", option, path);
    if (rc || !found)
        return rc ? rc : -EINVAL;
    *ret = strdup(path);
    return *ret ? 0 : -ENOMEM;
}

static int set_up(struct http *h, const struct http_settings *s, char *why, size_t why_n)
{
    const char *agent = s->user_agent ? s->user_agent : "dlotafs/" DLOTAFS_VERSION;
    size_t buffer = s->receive_buffer < LIMIT_RECEIVE_MIN   ? LIMIT_RECEIVE_MIN
                    : s->receive_buffer > LIMIT_RECEIVE_MAX ? LIMIT_RECEIVE_MAX
                                                            : s->receive_buffer;
    h->timeout_ms = s->timeout_ms > 0 && s->timeout_ms < LONG_MAX / 2 ? s->timeout_ms : 60 * 1000;
    h->receive_buffer = (long)buffer;
    h->insecure = s->insecure;
    for (const char *c = agent; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            (void)snprintf(why, why_n, "user_agent: control character");
            return -EINVAL;
        }
    }
    h->user_agent = strdup(agent);
    int rc = h->user_agent ? 0 : -ENOMEM;
    if (rc == 0)
        rc = copy_path(&h->cacert, s->cacert, "cacert", "-----BEGIN ", why, why_n);
    if (rc == 0)
        rc = copy_path(&h->netrc, s->netrc, "netrc", NULL, why, why_n);
    if (rc == 0)
        rc = http_lines_new(s->headers, &h->lines, why, why_n);
    return rc ? rc : http_proxy_new(s->proxy, &h->proxy);
}

static int set_up_multi(struct http *h, unsigned connections)
{
    h->epoll = epoll_create1(EPOLL_CLOEXEC);
    h->multi = curl_multi_init();
    if (h->epoll < 0 || !h->multi)
        return h->epoll < 0 ? -errno : -ENOMEM;
    CURLMcode code = curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    code = code ? code : curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    code = code ? code : curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    code = code ? code : curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    code = code ? code : curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)(connections ? connections : 1));
    /* One stream per connection: a transfer that is held must not stand in another's way. */
    code = code ? code : curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return code == CURLM_OK ? 0 : -ENOMEM;
}

int http_curl_new(const struct http_settings *settings, struct http **ret, char *why, size_t why_n)
{
    if (why_n > 0)
        why[0] = '\0';
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)snprintf(why, why_n, "libcurl cannot be used");
        return -ENOSYS;
    }
    struct http *h = calloc(1, sizeof *h);
    if (!h) {
        curl_global_cleanup();
        return -ENOMEM;
    }
    h->epoll = -1;
    h->due = -1;
    TAILQ_INIT(&h->all);
    TAILQ_INIT(&h->todo);
    TAILQ_INIT(&h->timed);
    int rc = set_up(h, settings, why, why_n);
    if (rc == 0)
        rc = set_up_multi(h, settings->connections);
    if (rc) {
        if (why_n > 0 && !why[0])
            (void)snprintf(why, why_n, "%s", strerror(-rc));
        network_free(h);
        return rc;
    }
    *ret = h;
    return 0;
}

const struct http_ops http_curl_ops = {
    .start = network_start,
    .stop = network_stop,
    .hold = network_hold,
    .run = network_run,
    .fd = network_fd,
    .timeout = network_timeout,
    .free = network_free,
};
