#include "http/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/limits.h"
#include "http/cause.h"
#include "http/field.h"

enum { REDIRECT_BODY = 64 * 1024 /* of a redirect's content is read, so that the connection can be used again */ };

bool answer_head(struct http_exchange *x)
{
    if (x->headed)
        return true;
    x->headed = true;
    x->facts.via_303 = x->via_303;
    x->facts.inside = request_inside(x);
    if (strcmp(x->at.text, x->asked.text) != 0 && strlen(x->at.text) < sizeof x->facts.effective)
        memcpy(x->facts.effective, x->at.text, strlen(x->at.text) + 1);
    x->refused = x->sink.head && x->sink.head(x->arg, &x->facts) < 0;
    return !x->refused;
}

void answer_record(struct http_exchange *x, const char *words)
{
    bool get = x->method == HTTP_GET;
    const char *pin = x->if_match ? x->if_match : x->if_unmodified_since;
    const struct http_record record = {
        .method = x->method,
        .url = x->at.text,
        .range = get && x->range[0] ? x->range : NULL,
        .pin = get ? pin : NULL,
        .status = x->answered ? x->facts.status : 0,
        .bytes = x->got,
        .ms = x->h->now - x->hop_began,
        .words = words,
    };
    if (x->sink.record)
        x->sink.record(x->arg, &record);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200 " */
static void status_line(struct http_exchange *x, const char *line, size_t n)
{
    struct piece rest = {line, n}, version, code;
    char reason[sizeof x->facts.reason], peer[sizeof x->facts.peer];
    uint64_t status = 0;
    (void)piece_until(&rest, ' ', &version);
    rest = piece_trim(rest);
    (void)piece_until(&rest, ' ', &code);
    if (!piece_number(code, &status) || status > 999)
        status = 0;
    size_t kept = rest.n < sizeof reason ? rest.n : sizeof reason - 1;
    if (!piece_copy((struct piece){rest.s, kept}, reason, sizeof reason))
        reason[0] = '\0';
    memcpy(peer, x->facts.peer, sizeof peer);
    facts_begin(&x->facts, (unsigned)status, reason, (int64_t)time(NULL));
    memcpy(x->facts.peer, peer, sizeof peer);
    x->http2 = version.n > 5 && (version.s[5] == '2' || version.s[5] == '3');
    x->status_seen = true;
    x->answered = false;
    free(x->location);
    x->location = NULL;
}

static bool redirecting(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* RFC 9110 15.4.  A Location that means nothing leaves the answer a final one. */
static void redirect(struct http_exchange *x)
{
    int rc = http_url_redirect(&x->at, x->location, &x->next);
    if (rc == -EINVAL)
        return;
    x->redirected = true;
    if (rc == -ENOMEM)
        cause_say(&x->fail, HTTP_NO_MEMORY, "out of memory");
    else if (rc)
        cause_say(&x->fail, HTTP_BLOCKED, "redirect to another scheme than http and https");
    else if (x->at.https && !x->next.https && !x->h->insecure)
        cause_say(&x->fail, HTTP_BLOCKED, "redirect from https to http");
    else if (x->followed >= x->redirects)
        cause_say(&x->fail, HTTP_BLOCKED, "more than %u redirects", x->redirects);
}

static void header_end(struct http_exchange *x)
{
    x->status_seen = false;
    if (x->facts.status / 100 == 1)
        return; /* an interim answer; another one follows */
    facts_end(&x->facts, x->http2);
    x->answered = true;
    if (redirecting(x->facts.status) && x->location)
        redirect(x);
    else if (x->facts.garbled)
        cause_say(&x->fail, HTTP_GARBLED, "contradictory Content-Length");
}

static void field_line(struct http_exchange *x, const char *line, size_t n)
{
    struct piece value = {line, n}, name;
    facts_line(&x->facts, line, n);
    if (x->location || n > LIMIT_HEADER_LINE || !piece_until(&value, ':', &name) || !piece_is(name, "location"))
        return;
    while (value.n > 0 && (value.s[value.n - 1] == '\n' || value.s[value.n - 1] == '\r'))
        value.n--;
    value = piece_trim(value);
    if (value.n == 0 || !piece_clean(value))
        return;
    x->location = strndup(value.s, value.n);
    if (!x->location)
        cause_say(&x->fail, HTTP_NO_MEMORY, "out of memory");
}

/* libcurl asks again by itself when it has credentials: that answer was one request's, not the exchange's. */
static bool may_ask_again(const struct http_exchange *x)
{
    return x->answered && x->got == 0 && !x->headed && (x->facts.status == 401 || x->facts.status == 407);
}

size_t answer_header(char *line, size_t one, size_t n, void *arg)
{
    struct http_exchange *x = arg;
    (void)one;
    if (x->dead)
        return 0;
    http_touch(x);
    x->header_n += n;
    if (x->header_n > LIMIT_HEADERS) {
        cause_say(&x->fail, HTTP_GARBLED, "header larger than %d KiB", LIMIT_HEADERS / 1024);
        return 0;
    }
    if (x->status_seen) {
        if (n <= 2 && (line[0] == '\r' || line[0] == '\n'))
            header_end(x);
        else
            field_line(x, line, n);
    } else if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0 && (!x->answered || may_ask_again(x))) {
        if (x->answered) {
            answer_record(x, NULL);
            x->hop_began = x->h->now;
        }
        status_line(x, line, n);
    } /* else a trailer: nothing there counts (RFC 9110 6.5.1) */
    return x->fail.failure ? 0 : n;
}

size_t answer_bytes(char *p, size_t one, size_t n, void *arg)
{
    struct http_exchange *x = arg;
    (void)one;
    if (x->dead || !x->answered)
        return 0;
    http_touch(x);
    if (x->redirected) {
        x->got += n;
        return x->got > REDIRECT_BODY ? 0 : n;
    }
    if (x->h->budget <= 0 && !x->held) {
        /* libcurl reads on for as long as there is something: others, and the agent's turn, wait no longer. */
        x->paused = true;
        http_todo(x);
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!x->held && !answer_head(x))
        return 0;
    int rc = x->held ? HTTP_HOLD : x->sink.bytes(x->arg, p, n);
    if (rc == HTTP_HOLD) {
        x->held = true;
        x->paused = true;
        http_untime(x);
        return CURL_WRITEFUNC_PAUSE;
    }
    x->refused = rc < 0;
    if (rc < 0)
        return 0;
    x->got += n;
    x->h->budget -= (int64_t)n;
    return n;
}
