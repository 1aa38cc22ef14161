#include "http/cause.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cause_say(struct http_end *ret, enum http_failure failure, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    ret->failure = failure;
    (void)vsnprintf(ret->words, sizeof ret->words, format, ap);
    va_end(ap);
}

void cause_time(int64_t ms, char ret[static 32])
{
    if (ms % 1000)
        (void)snprintf(ret, 32, "%" PRId64 " ms", ms);
    else
        (void)snprintf(ret, 32, "%" PRId64 " s", ms / 1000);
}

/* The system's words, or libcurl's, as the middle of a sentence.  CURLINFO_OS_ERRNO may be that of an address tried
 * before the one that failed now: it counts when libcurl's own words quote it. */
static void say_plainly(struct http_end *ret, enum http_failure failure, const struct cause_of *c)
{
    const char *words = *c->detail ? c->detail : curl_easy_strerror(c->code);
    if (c->os_errno && (c->code == CURLE_COULDNT_CONNECT || strstr(words, strerror(c->os_errno))))
        words = strerror(c->os_errno);
    cause_say(ret, failure, "%s", words);
    if (isupper((unsigned char)ret->words[0]) && !isupper((unsigned char)ret->words[1]))
        ret->words[0] = (char)tolower((unsigned char)ret->words[0]);
}

static void unresolved(const struct cause_of *c, struct http_end *ret)
{
    if (c->resolver_routed)
        cause_say(ret, HTTP_LOST, "cannot resolve host %s", c->host);
    else
        cause_say(ret, HTTP_NO_NETWORK, "no network: nobody to resolve host %s", c->host);
}

static bool no_route(const struct cause_of *c)
{
    switch (c->os_errno) {
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
        /* A host with two families of addresses: the other one has a route and failed for another reason. */
        return !c->other_route;
    case EHOSTUNREACH:
        return true;
    default:
        return false;
    }
}

static void unconnected(const struct cause_of *c, struct http_end *ret)
{
    say_plainly(ret, no_route(c) ? HTTP_NO_NETWORK : HTTP_LOST, c);
}

static void timed_out(const struct cause_of *c, struct http_end *ret)
{
    char time[32];
    cause_time(c->timeout_ms, time);
    if (!c->resolved && !c->resolver_routed)
        unresolved(c, ret);
    else if (!c->resolved)
        cause_say(ret, HTTP_LOST, "host %s not resolved within %s", c->host, time);
    else if (!c->connected)
        cause_say(ret, HTTP_LOST, "no connection within %s", time);
    else
        cause_say(ret, HTTP_LOST, "no byte for %s", time);
}

static void cut_short(const struct cause_of *c, struct http_end *ret)
{
    if (!c->answered)
        cause_say(ret, HTTP_LOST, "connection closed in the header");
    else if (c->has_length)
        cause_say(ret, HTTP_LOST, "connection closed early (%" PRIu64 " of %" PRIu64 " bytes)", c->got, c->length);
    else
        cause_say(ret, HTTP_LOST, "connection closed early (after %" PRIu64 " bytes)", c->got);
}

static void closed(const struct cause_of *c, struct http_end *ret)
{
    (void)c;
    cause_say(ret, HTTP_LOST, "connection closed without an answer");
}

static void broken(const struct cause_of *c, struct http_end *ret)
{
    if (c->connected && strcasestr(c->detail, strerror(ECONNRESET)))
        cause_say(ret, HTTP_LOST, "connection reset by peer");
    else
        say_plainly(ret, HTTP_LOST, c);
}

/* A handshake that the network cut is the network's fault; libcurl says so in its words alone. */
static void handshake(const struct cause_of *c, struct http_end *ret)
{
    bool network = strstr(c->detail, "SSL_connect:") != NULL || strcasestr(c->detail, strerror(ECONNRESET));
    say_plainly(ret, network ? HTTP_LOST : HTTP_UNTRUSTED, c);
}

static void untrusted(const struct cause_of *c, struct http_end *ret) { say_plainly(ret, HTTP_UNTRUSTED, c); }
static void garbled(const struct cause_of *c, struct http_end *ret)
{
    cause_say(ret, HTTP_GARBLED, "not an HTTP answer%s%s", *c->detail ? ": " : "", c->detail);
}

/* libcurl 7.88 says "out of memory" when one header line outgrows its buffer. */
static void memory(const struct cause_of *c, struct http_end *ret)
{
    if (c->answering && !c->answered)
        cause_say(ret, HTTP_GARBLED, "header too large");
    else
        cause_say(ret, HTTP_NO_MEMORY, "out of memory");
}

static const struct {
    CURLcode code;
    void (*fill)(const struct cause_of *, struct http_end *);
} causes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, unresolved},
    {CURLE_COULDNT_RESOLVE_PROXY, unresolved},
    {CURLE_COULDNT_CONNECT, unconnected},
    {CURLE_OPERATION_TIMEDOUT, timed_out},
    {CURLE_PARTIAL_FILE, cut_short},
    {CURLE_GOT_NOTHING, closed},
    {CURLE_RECV_ERROR, broken},
    {CURLE_SEND_ERROR, broken},
    {CURLE_SSL_CONNECT_ERROR, handshake},
    {CURLE_PEER_FAILED_VERIFICATION, untrusted},
    {CURLE_SSL_CERTPROBLEM, untrusted},
    {CURLE_SSL_CIPHER, untrusted},
    {CURLE_SSL_CACERT_BADFILE, untrusted},
    {CURLE_SSL_CRL_BADFILE, untrusted},
    {CURLE_SSL_ISSUER_ERROR, untrusted},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, untrusted},
    {CURLE_SSL_INVALIDCERTSTATUS, untrusted},
    {CURLE_USE_SSL_FAILED, untrusted},
    {CURLE_WEIRD_SERVER_REPLY, garbled},
    {CURLE_UNSUPPORTED_PROTOCOL, garbled}, /* HTTP/0.9: other schemes never get here */
    {CURLE_BAD_CONTENT_ENCODING, garbled},
    {CURLE_OUT_OF_MEMORY, memory},
};

void cause_fill(const struct cause_of *c, struct http_end *ret)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (causes[i].code == c->code) {
            causes[i].fill(c, ret);
            return;
        }
    }
    broken(c, ret);
}
