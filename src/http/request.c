#include "http/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "http/cause.h"
#include "http/field.h"
#include "http/inside.h"
#include "http/route.h"

static bool clean(const char *s) { return !s || piece_clean((struct piece){s, strlen(s)}); }

static bool sendable(const struct http_ask *ask)
{
    return clean(ask->accept) && clean(ask->content_type) && clean(ask->if_match) && clean(ask->if_unmodified_since) &&
           !(ask->if_match && !*ask->if_match) && !(ask->if_unmodified_since && !*ask->if_unmodified_since) &&
           !(ask->ranged && (ask->method != HTTP_GET || ask->first > ask->last));
}

static void range_value(const struct http_ask *ask, char *ret, size_t n)
{
    ret[0] = '\0';
    if (ask->ranged && ask->last == UINT64_MAX)
        (void)snprintf(ret, n, "bytes=%" PRIu64 "-", ask->first);
    else if (ask->ranged)
        (void)snprintf(ret, n, "bytes=%" PRIu64 "-%" PRIu64, ask->first, ask->last);
}

static int copy_text(char **ret, const char *s)
{
    *ret = s && *s ? strdup(s) : NULL;
    return s && *s && !*ret ? -ENOMEM : 0;
}

static int copy_ask(struct http_exchange *x, const struct http_ask *ask)
{
    x->method = ask->method;
    x->redirects = ask->redirects;
    x->fresh = ask->fresh;
    x->outside = x->guarded = ask->outside;
    x->body_n = ask->body_n;
    range_value(ask, x->range, sizeof x->range);
    x->body = calloc(1, ask->body_n + 1);
    if (!x->body || copy_text(&x->accept, ask->accept) || copy_text(&x->content_type, ask->content_type) ||
        copy_text(&x->if_match, ask->if_match) || copy_text(&x->if_unmodified_since, ask->if_unmodified_since))
        return -ENOMEM;
    if (ask->body_n > 0)
        memcpy(x->body, ask->body, ask->body_n);
    return 0;
}

/* Where it goes first.  A scheme we do not speak is not the caller's mistake: the exchange ends with HTTP_BLOCKED. */
static int copy_url(struct http_exchange *x, const char *url)
{
    int rc = http_url_parse(url, &x->asked);
    if (rc == -EPROTONOSUPPORT) {
        cause_say(&x->fail, HTTP_BLOCKED, "a scheme other than http and https");
        return 0;
    }
    if (rc)
        return rc;
    x->at.text = strdup(x->asked.text);
    memcpy(x->at.host, x->asked.host, sizeof x->at.host);
    x->at.port = x->asked.port;
    x->at.https = x->asked.https;
    return x->at.text ? 0 : -ENOMEM;
}

int request_new(struct http *h, const struct http_ask *ask, const struct http_sink *sink, void *arg,
                struct http_exchange **ret)
{
    if (!sendable(ask))
        return -EINVAL;
    struct http_exchange *x = calloc(1, sizeof *x);
    if (!x)
        return -ENOMEM;
    x->h = h;
    x->sink = *sink;
    x->arg = arg;
    TAILQ_INSERT_TAIL(&h->all, x, all);
    x->easy = h->spares > 0 ? h->spare[--h->spares] : curl_easy_init();
    int rc = x->easy ? copy_ask(x, ask) : -ENOMEM;
    if (rc == 0)
        rc = copy_url(x, ask->url);
    if (rc) {
        request_release(x);
        return rc;
    }
    *ret = x;
    return 0;
}

static void leave_multi(struct http_exchange *x)
{
    http_untime(x);
    if (x->in_multi)
        (void)curl_multi_remove_handle(x->h->multi, x->easy);
    x->in_multi = false;
}

void request_release(struct http_exchange *x)
{
    struct http *h = x->h;
    x->dead = true;
    if (h->in_curl) {
        http_untime(x);
        http_todo(x);
        return;
    }
    leave_multi(x);
    TAILQ_REMOVE(&h->all, x, all);
    if (x->in_todo)
        TAILQ_REMOVE(&h->todo, x, todo);
    if (x->easy && h->spares < HTTP_SPARES) {
        curl_easy_reset(x->easy);
        h->spare[h->spares++] = x->easy;
    } else if (x->easy) {
        curl_easy_cleanup(x->easy);
    }
    char *texts[] = {x->accept, x->content_type, x->if_match, x->if_unmodified_since, x->body, x->location};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    curl_slist_free_all(x->headers);
    http_url_free(&x->asked);
    http_url_free(&x->at);
    http_url_free(&x->next);
    free(x);
}

static void finish(struct http_exchange *x, const struct http_end *end)
{
    x->dead = true;
    x->sink.end(x->arg, end);
    request_release(x);
}

void request_stop(struct http_exchange *x)
{
    struct http_end end;
    cause_say(&end, HTTP_STOPPED, "stopped");
    if (x->begun)
        answer_record(x, end.words);
    finish(x, &end);
}

void request_begin(struct http_exchange *x)
{
    struct http_end end = x->fail;
    x->hop_began = x->h->now;
    x->connected = x->status_seen = x->answered = x->denied = false;
    x->header_n = x->got = x->n_tried = 0;
    if (!end.failure && hop_prepare(x) < 0)
        cause_say(&end, HTTP_NO_MEMORY, "out of memory");
    if (!end.failure && x->guarded && x->proxied && inside_host(x->at.host))
        cause_say(&end, HTTP_BLOCKED, "host %.80s is the device's own", x->at.host);
    if (!end.failure && curl_multi_add_handle(x->h->multi, x->easy) != CURLM_OK)
        cause_say(&end, HTTP_NO_MEMORY, "out of memory");
    if (end.failure) {
        finish(x, &end);
        return;
    }
    x->begun = x->in_multi = true;
}

void request_resume(struct http_exchange *x)
{
    x->paused = false;
    x->h->in_curl = true;
    CURLcode code = curl_easy_pause(x->easy, CURLPAUSE_CONT);
    x->h->in_curl = false;
    if (code != CURLE_OK && !x->dead)
        request_done(x, code); /* the held bytes came from within: libcurl itself makes nothing of their refusal */
}

bool request_inside(const struct http_exchange *x)
{
    return x->proxied ? inside_host(x->at.host) : inside_literal(x->facts.peer);
}

/* The next hop.  From outside the way leads no more inside; a server of the user's own may lead to another one. */
static void follow(struct http_exchange *x)
{
    x->guarded = x->outside || !request_inside(x);
    if (x->facts.status == 303 && x->method == HTTP_POST) {
        x->method = HTTP_GET;
        x->via_303 = true;
    }
    x->followed++;
    x->redirected = false;
    http_url_free(&x->at);
    x->at = x->next;
    x->next = (struct http_url){0};
    http_todo(x);
}

static bool any_route(const struct http_exchange *x)
{
    for (unsigned i = 0; i < x->n_tried; i++)
        if (route_to((const struct sockaddr *)&x->tried[i], sizeof x->tried[i]))
            return true;
    return false;
}

static void judge(struct http_exchange *x, CURLcode code, struct http_end *ret)
{
    long os_errno = 0;
    curl_off_t lookup = 0, first = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os_errno);
    (void)curl_easy_getinfo(x->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
    (void)curl_easy_getinfo(x->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    struct cause_of c = {
        .code = code,
        .os_errno = (int)os_errno,
        .detail = x->error,
        .host = code == CURLE_COULDNT_RESOLVE_PROXY ? "of the proxy" : x->at.host,
        .resolved = x->connected || x->n_tried > 0 || lookup > 0,
        .connected = x->connected,
        .answering = first > 0,
        .answered = x->answered,
        .has_length = x->facts.has_length,
        .length = x->facts.length,
        .got = x->got,
        .other_route = code == CURLE_COULDNT_CONNECT && any_route(x),
        .timeout_ms = x->h->timeout_ms,
    };
    c.resolver_routed = c.resolved || route_resolver("/etc/resolv.conf");
    cause_fill(&c, ret);
}

/* How this hop went. */
static void outcome(struct http_exchange *x, CURLcode code, struct http_end *ret)
{
    /* A byte count that libcurl is content with and the header is not. */
    bool empty = x->facts.status == 204 || x->facts.status == 304;
    bool short_body = x->answered && x->facts.has_length && x->got < x->facts.length && !empty;
    if (x->refused)
        cause_say(ret, HTTP_STOPPED, "stopped");
    else if (x->fail.failure)
        *ret = x->fail;
    else if (x->answered && x->redirected)
        *ret = (struct http_end){0}; /* all that matters came in the header */
    else if (x->denied && x->n_tried == 0 && !x->connected)
        cause_say(ret, HTTP_BLOCKED, "host %.80s is the device's own", x->at.host);
    else if (code == CURLE_OK && (short_body || !x->answered))
        judge(x, CURLE_PARTIAL_FILE, ret);
    else if (code == CURLE_OK)
        *ret = (struct http_end){0};
    else
        judge(x, code, ret);
}

/* The final answer's header, when no byte of content brought it along. */
static void head_at_end(struct http_exchange *x, struct http_end *end)
{
    /* After a failure a 401 may have been a round that was to be repeated with credentials. */
    bool final = x->answered && (!end->failure || (x->facts.status != 401 && x->facts.status != 407));
    if (final && end->failure != HTTP_STOPPED && !x->fail.failure && !answer_head(x))
        cause_say(end, HTTP_STOPPED, "stopped");
}

void request_done(struct http_exchange *x, CURLcode code)
{
    struct http_end end = {0};
    outcome(x, code, &end);
    leave_multi(x);
    if (!end.failure && x->redirected) {
        answer_record(x, NULL);
        follow(x);
        return;
    }
    head_at_end(x, &end);
    answer_record(x, end.failure ? end.words : NULL);
    finish(x, &end);
}
