#include "sim/fake_server.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A Date that is later than any Last-Modified of a test. */
#define DATE "Fri, 20 Nov 2026 09:00:00 GMT"
enum { DATE_S = 1795165200 };

/* ---- replies ---- */

static void read_head(struct reply *r, const char *head)
{
    char reason[64] = "";
    unsigned status = 0;
    const char *line = strchr(head, '\n');

    (void)sscanf(head, "%u %63[^\n]", &status, reason);
    facts_begin(&r->facts, status, reason, DATE_S);
    while (line && line[1]) {
        const char *end = strchr(line + 1, '\n');
        const size_t n = end ? (size_t)(end - line - 1) : strlen(line + 1);

        if (n)
            facts_line(&r->facts, line + 1, n);
        line = end;
    }
    facts_end(&r->facts, false);
    r->has_head = true;
}

struct reply *reply_new(const struct fake_answer *a)
{
    struct reply *r = calloc(1, sizeof(*r));

    assert(r);
    r->failure = a->failure;
    r->stalls = a->stalls;
    r->n = a->n;
    (void)snprintf(r->words, sizeof(r->words), "%s",
                   a->words     ? a->words
                   : a->failure ? "connection reset by peer"
                                : "");
    if (a->head)
        read_head(r, a->head);
    r->facts.via_303 = a->via_303;
    if (a->effective)
        (void)snprintf(r->facts.effective, sizeof(r->facts.effective), "%s", a->effective);
    if (a->n) {
        r->body = malloc(a->n);
        assert(r->body);
        memcpy(r->body, a->body, a->n);
    }
    return r;
}

void reply_free(struct reply *r)
{
    if (!r)
        return;
    free(r->body);
    free(r);
}

/* ---- the server ---- */

static const char *copy(const char *s) { return s ? strdup(s) : NULL; }

struct fake_server *server_copy(const struct fake_server *s)
{
    struct fake_server *c = malloc(sizeof(*c));
    void *body = malloc(s->n + 1);

    assert(c && body);
    if (s->n)
        memcpy(body, s->body, s->n);
    *c = *s;
    c->body = body;
    c->type = copy(s->type);
    c->etag = copy(s->etag);
    c->modified = copy(s->modified);
    c->says = copy(s->says);
    return c;
}

struct fake_server *server_free(struct fake_server *s)
{
    if (!s)
        return NULL;
    free((void *)(uintptr_t)s->body);
    free((void *)(uintptr_t)s->type);
    free((void *)(uintptr_t)s->etag);
    free((void *)(uintptr_t)s->modified);
    free((void *)(uintptr_t)s->says);
    free(s);
    return NULL;
}

struct head {
    char text[2048];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct head *h, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    h->n += (size_t)vsnprintf(h->text + h->n, sizeof(h->text) - h->n, format, ap);
    va_end(ap);
    assert(h->n < sizeof(h->text));
}

static void add_fields(struct head *h, const struct fake_server *s)
{
    add(h, "Date: " DATE "\n");
    if (s->type)
        add(h, "Content-Type: %s\n", s->type);
    if (s->etag)
        add(h, "ETag: %s\n", s->etag);
    if (s->modified)
        add(h, "Last-Modified: %s\n", s->modified);
}

static bool precondition_fails(const struct fake_server *s, const struct fake_ask *ask)
{
    if (s->ignores_match)
        return false;
    if (ask->if_match[0])
        return !s->etag || strcmp(ask->if_match, s->etag) != 0;
    /* The dates of a test are compared as text: another one is a later one. */
    return ask->if_unmodified_since[0] && s->modified && strcmp(ask->if_unmodified_since, s->modified) != 0;
}

static struct reply *content(const struct fake_server *s, struct head *h, size_t first, size_t n)
{
    struct fake_answer a = {.head = h->text, .body = (const char *)s->body + first, .n = n};

    if (s->chunked)
        add(h, "Transfer-Encoding: chunked\n");
    else
        add(h, "Content-Length: %zu\n", n);
    if (s->cut_after && s->cut_after < n) {
        a.n = s->cut_after;
        a.failure = HTTP_LOST;
    }
    return reply_new(&a);
}

struct reply *server_reply(const struct fake_server *s, const struct fake_ask *ask)
{
    struct head h = {.n = 0};
    size_t last;

    if (s->says)
        return reply_new(&(struct fake_answer){.head = s->says});
    if (precondition_fails(s, ask)) {
        add(&h, "412 Precondition Failed\nContent-Length: 0\n");
        return reply_new(&(struct fake_answer){.head = h.text});
    }
    if (!ask->ranged || s->no_ranges) {
        add(&h, "200 OK\n%s", s->no_ranges ? "" : "Accept-Ranges: bytes\n");
        add_fields(&h, s);
        return content(s, &h, 0, s->n);
    }
    if (ask->first >= s->n) {
        add(&h, "416 Range Not Satisfiable\nContent-Length: 0\nContent-Range: bytes */%zu\n", s->n);
        return reply_new(&(struct fake_answer){.head = h.text});
    }
    last = ask->last < s->n ? (size_t)ask->last : s->n - 1;
    add(&h, "206 Partial Content\nContent-Range: bytes %zu-%zu/%zu\n", (size_t)ask->first, last, s->n);
    add_fields(&h, s);
    return content(s, &h, (size_t)ask->first, last - (size_t)ask->first + 1);
}
