/* A scripted server for http_curl.c: threads, 127.0.0.1, a port of its own; every request is kept as it came. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum server_then { THEN_KEEP, THEN_CLOSE, THEN_RESET, THEN_STALL };

/* What answers a request whose first line begins with this. */
struct server_route {
    const char *line; /* "GET /a " */
    const char *answer;
    size_t n; /* of answer; 0: strlen */
    enum server_then then;
    size_t filler; /* so many bytes 'x' behind it */
};

enum { SERVER_LINKS = 64, SERVER_LOG = 256 * 1024 };

struct server;
struct server_link {
    struct server *server;
    int fd;
    pthread_t thread;
};

struct server {
    int fd;
    unsigned port;
    const struct server_route *routes;
    size_t n_routes;
    pthread_t thread;
    pthread_mutex_t lock;
    unsigned n_links; /* connections accepted */
    struct server_link link[SERVER_LINKS];
    size_t log_n;
    char log[SERVER_LOG]; /* requests, one after the other */
};

static inline bool server_send(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

/* One request, with its content; its length, or 0 at the end. */
static inline size_t server_read(int fd, char *buf, size_t n)
{
    size_t got = 0, want = 0;
    while (got < n - 1 && (want == 0 || got < want)) {
        ssize_t k = recv(fd, buf + got, want ? want - got : 1, 0);
        if (k <= 0)
            return 0;
        got += (size_t)k;
        buf[got] = '\0';
        if (want == 0 && got >= 4 && memcmp(buf + got - 4, "\r\n\r\n", 4) == 0) {
            const char *length = strcasestr(buf, "\r\nContent-Length:");
            want = got + (length ? strtoul(length + 17, NULL, 10) : 0);
        }
    }
    return got;
}

static inline const struct server_route *server_route(const struct server *s, const char *request)
{
    static const struct server_route none = {"", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, THEN_KEEP,
                                             0};
    for (size_t i = 0; i < s->n_routes; i++)
        if (strncmp(request, s->routes[i].line, strlen(s->routes[i].line)) == 0)
            return &s->routes[i];
    return &none;
}

static inline bool server_answer(int fd, const struct server_route *r)
{
    static const char x[4096] = {[0 ... 4095] = 'x'};
    bool ok = server_send(fd, r->answer, r->n ? r->n : strlen(r->answer));
    for (size_t left = r->filler; ok && left > 0; left -= left < sizeof x ? left : sizeof x)
        ok = server_send(fd, x, left < sizeof x ? left : sizeof x);
    char byte;
    if (ok && r->then == THEN_STALL)
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    if (r->then == THEN_RESET) {
        const struct linger now = {.l_onoff = 1};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return ok && r->then == THEN_KEEP;
}

static inline void *server_link_main(void *arg)
{
    struct server_link *l = arg;
    struct server *s = l->server;
    static const size_t most = 64 * 1024;
    char *buf = malloc(most);
    size_t n;
    bool on = true;
    while (on && (n = server_read(l->fd, buf, most)) > 0) {
        pthread_mutex_lock(&s->lock);
        if (s->log_n + n < sizeof s->log) {
            memcpy(s->log + s->log_n, buf, n);
            s->log_n += n;
        }
        pthread_mutex_unlock(&s->lock);
        on = server_answer(l->fd, server_route(s, buf));
    }
    free(buf);
    pthread_mutex_lock(&s->lock);
    close(l->fd);
    l->fd = -1;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static inline void *server_main(void *arg)
{
    struct server *s = arg;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        pthread_mutex_lock(&s->lock);
        ck_assert_uint_lt(s->n_links, SERVER_LINKS);
        struct server_link *l = &s->link[s->n_links++];
        *l = (struct server_link){.server = s, .fd = fd};
        ck_assert_int_eq(pthread_create(&l->thread, NULL, server_link_main, l), 0);
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

static inline struct server *server_listen(void)
{
    struct server *s = calloc(1, sizeof *s);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(s->fd, 64), 0);
    ck_assert_int_eq(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
    s->port = ntohs(a.sin_port);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static inline void server_serve(struct server *s, const struct server_route *routes, size_t n)
{
    s->routes = routes;
    s->n_routes = n;
    ck_assert_int_eq(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline unsigned server_links(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = s->n_links;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* The requests so far; the caller's to free(). */
static inline char *server_log(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    char *copy = strndup(s->log, s->log_n);
    pthread_mutex_unlock(&s->lock);
    return copy;
}

static inline void server_stop(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (unsigned i = 0; i < s->n_links; i++) {
        pthread_mutex_lock(&s->lock);
        if (s->link[i].fd >= 0)
            shutdown(s->link[i].fd, SHUT_RDWR);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->link[i].thread, NULL);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

#endif
