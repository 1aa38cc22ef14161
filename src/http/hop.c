/* One hop as libcurl sees it: options and header fields. */
#include "http/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "http/answer.h"
#include "http/cause.h"
#include "http/inside.h"

/* Options are of many types; a failure to set one is out of memory, or a libcurl built without the feature. */
#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        if (*code == CURLE_OK)                                                                                         \
            *code = curl_easy_setopt(x->easy, option, value);                                                          \
    } while (0)

static int add(struct curl_slist **list, const char *name, const char *value)
{
    char *line = NULL;
    if (asprintf(&line, "%s:%s%s", name, value ? " " : "", value ? value : "") < 0)
        return -ENOMEM;
    struct curl_slist *longer = curl_slist_append(*list, line);
    free(line);
    if (!longer)
        return -ENOMEM;
    *list = longer;
    return 0;
}

/* Made anew for each hop: what one host may see is not for the next.  A field without a value keeps libcurl from
 * sending its own. */
static int header_fields(struct http_exchange *x)
{
    bool get = x->method == HTTP_GET;
    const struct {
        bool wanted;
        const char *name, *value;
    } fields[] = {
        {true, "Accept", x->accept},
        {get, "Accept-Encoding", "identity"},
        {get, "Cache-Control", "no-transform"},
        {get && x->range[0], "Range", x->range},
        {get && x->if_match, "If-Match", x->if_match},
        {get && x->if_unmodified_since, "If-Unmodified-Since", x->if_unmodified_since},
        {!get, "Content-Type", x->content_type},
        {!get, "Expect", NULL},
    };
    curl_slist_free_all(x->headers);
    x->headers = NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++)
        if (fields[i].wanted)
            rc = add(&x->headers, fields[i].name, fields[i].value);
    return rc ? rc : http_lines_add(x->h->lines, x->at.host, x->at.port, &x->headers);
}

/* The last word before the request goes out, on reused connections too: who is at the other end? */
static int on_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct http_exchange *x = arg;
    (void)local;
    (void)peer_port;
    (void)local_port;
    if (x->dead)
        return CURL_PREREQFUNC_ABORT;
    (void)snprintf(x->facts.peer, sizeof x->facts.peer, "%s", peer);
    x->connected = true;
    http_touch(x);
    if (!x->guarded || x->proxied || !inside_literal(peer))
        return CURL_PREREQFUNC_OK;
    cause_say(&x->fail, HTTP_BLOCKED, "address %s is the device's own", peer);
    return CURL_PREREQFUNC_ABORT;
}

/* Not even a connection is made to an address that may not be reached. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_exchange *x = arg;
    if (x->guarded && !x->proxied && purpose == CURLSOCKTYPE_IPCXN && inside_address(&address->addr)) {
        x->denied = true;
        return CURL_SOCKET_BAD;
    }
    if (x->n_tried < HTTP_TRIED && address->addrlen <= sizeof x->tried[0])
        memcpy(&x->tried[x->n_tried++], &address->addr, address->addrlen);
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_wire(struct http_exchange *x, CURLcode *code)
{
    const struct http *h = x->h;
    SET(CURLOPT_URL, x->at.text);
    SET(CURLOPT_PATH_AS_IS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* it would pass our header fields on to other hosts */
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(CURLOPT_HTTPHEADER, x->headers);
    SET(CURLOPT_USERAGENT, h->user_agent);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_BUFFERSIZE, h->receive_buffer);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)h->timeout_ms);
    SET(CURLOPT_FRESH_CONNECT, x->fresh ? 1L : 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* stop() and free() must not wait for a thread in getaddrinfo */
#endif
    if (x->method == HTTP_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_n);
        SET(CURLOPT_POSTFIELDS, x->body);
    }
}

static void set_callbacks(struct http_exchange *x, CURLcode *code)
{
    SET(CURLOPT_PRIVATE, x);
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_HEADERFUNCTION, answer_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, answer_bytes);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_PREREQFUNCTION, on_request);
    SET(CURLOPT_PREREQDATA, x);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, x);
}

/* Whom we trust, and who we are. */
static void set_trust(struct http_exchange *x, const char *proxy, CURLcode *code)
{
    const struct http *h = x->h;
    const struct http_url *login = x->at.user ? &x->at : http_url_same_origin(&x->asked, &x->at) ? &x->asked : NULL;
    SET(CURLOPT_PROXY, proxy);
    SET(CURLOPT_NOPROXY, ""); /* already decided */
    SET(CURLOPT_PROXYAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTPAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
    if (login && login->user) {
        SET(CURLOPT_USERNAME, login->user);
        SET(CURLOPT_PASSWORD, login->password);
    }
    if (h->netrc) {
        SET(CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
        SET(CURLOPT_NETRC_FILE, h->netrc);
    }
    if (h->cacert)
        SET(CURLOPT_CAINFO, h->cacert);
    if (h->insecure) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

int hop_prepare(struct http_exchange *x)
{
    const char *proxy = http_proxy_for(x->h->proxy, &x->at);
    CURLcode code = CURLE_OK;
    x->proxied = *proxy;
    x->error[0] = '\0';
    if (header_fields(x))
        return -ENOMEM;
    curl_easy_reset(x->easy);
    set_wire(x, &code);
    set_callbacks(x, &code);
    set_trust(x, proxy, &code);
    return code == CURLE_OK ? 0 : -ENOMEM;
}
