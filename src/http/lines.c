#include "http/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "http/field.h"

enum { LINES_FILE = 64 * 1024, LINES_MOST = 256 };

struct line {
    char *host; /* lower case, no brackets */
    unsigned port;
    char *text; /* as libcurl wants it */
};

struct http_lines {
    size_t n;
    struct line line[LINES_MOST];
};

/* Fields that say what is asked for and how the answer comes: the agent's own business. */
static const char *const own[] = {
    "host",          "range",          "if-range",          "if-match",     "if-none-match", "if-modified-since",
    "connection",    "content-length", "transfer-encoding", "te",           "trailer",       "if-unmodified-since",
    "upgrade",       "expect",         "accept-encoding",   "content-type", "accept",        "keep-alive",
    "cache-control", "user-agent",
};

static bool sendable(struct piece line)
{
    struct piece value = line, name;
    if (!piece_clean(line) || !piece_until(&value, ':', &name) || name.n == 0)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.s[i] <= ' ' || name.s[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", name.s[i]))
            return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (piece_is(name, own[i]))
            return false;
    return true;
}

static int add(struct http_lines *l, struct piece host, unsigned port, struct piece text)
{
    struct piece value = text, name;
    if (l->n == LINES_MOST)
        return -EFBIG;
    if (!sendable(text))
        return -EINVAL;
    struct line *line = &l->line[l->n++]; /* counted first, so that freeing sees it */
    *line = (struct line){.host = strndup(host.s, host.n), .port = port};
    (void)piece_until(&value, ':', &name);
    value = piece_trim(value);
    /* libcurl takes "Name:" for "leave it out" and "Name;" for an empty value. */
    if (asprintf(&line->text, value.n > 0 ? "%.*s: %.*s" : "%.*s;%.*s", (int)name.n, name.s, (int)value.n, value.s) < 0)
        line->text = NULL;
    if (!line->host || !line->text)
        return -ENOMEM;
    for (char *c = line->host; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return 0;
}

static int read_file(const char *path, char *ret, size_t n, size_t *ret_n)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return -errno;
    *ret_n = fread(ret, 1, n, f);
    int rc = ferror(f) ? -EIO : *ret_n == n ? -EFBIG : 0;
    (void)fclose(f);
    return rc;
}

static int add_file(struct http_lines *l, struct piece host, unsigned port, const char *path)
{
    _cleanup_free_ char *bytes = malloc(LINES_FILE);
    size_t n = 0;
    if (!bytes)
        return -ENOMEM;
    int rc = read_file(path, bytes, LINES_FILE, &n);
    struct piece rest = {bytes, n}, line;
    while (rc == 0 && rest.n > 0) {
        (void)piece_until(&rest, '\n', &line);
        if (line.n > 0 && line.s[line.n - 1] == '\r')
            line.n--;
        line = piece_trim(line);
        if (line.n > 0 && *line.s != '#')
            rc = add(l, host, port, line);
    }
    return rc;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT up to the colon before the line. */
static bool split(const char *setting, struct piece *host, unsigned *port, const char **line)
{
    *port = 0;
    if (*setting == '[') {
        size_t n = strcspn(setting, "]");
        *host = (struct piece){setting + 1, n > 0 ? n - 1 : 0};
        setting += n + (setting[n] == ']');
    } else {
        size_t n = strcspn(setting, ":");
        *host = (struct piece){setting, n};
        setting += n;
    }
    if (*setting != ':' || host->n == 0)
        return false;
    size_t digits = strspn(++setting, "0123456789");
    if (digits > 0 && digits < 6 && setting[digits] == ':') {
        *port = (unsigned)strtoul(setting, NULL, 10);
        setting += digits + 1;
    }
    *line = setting;
    return true;
}

static int add_setting(struct http_lines *l, const char *setting, char *why, size_t why_n)
{
    struct piece host;
    unsigned port;
    const char *line;
    int rc = -EINVAL;
    if (!split(setting, &host, &port, &line)) {
        (void)snprintf(why, why_n, "header: not HOST:LINE or HOST:@FILE");
        return rc;
    }
    rc = *line == '@' ? add_file(l, host, port, line + 1) : add(l, host, port, (struct piece){line, strlen(line)});
    if (rc == -EINVAL)
        (void)snprintf(why, why_n, "header for %.*s: not a field that can be added", (int)host.n, host.s);
    else if (rc)
        (void)snprintf(why, why_n, "header for %.*s: %s: %s", (int)host.n, host.s, *line == '@' ? line + 1 : "lines",
                       strerror(-rc));
    return rc;
}

int http_lines_new(const char *const *settings, struct http_lines **ret, char *why, size_t why_n)
{
    struct http_lines *l = calloc(1, sizeof *l);
    int rc = l ? 0 : -ENOMEM;
    for (size_t i = 0; rc == 0 && settings && settings[i]; i++)
        rc = add_setting(l, settings[i], why, why_n);
    if (rc)
        l = http_lines_free(l);
    *ret = l;
    return rc;
}

struct http_lines *http_lines_free(struct http_lines *l)
{
    for (size_t i = 0; l && i < l->n; i++) {
        free(l->line[i].host);
        free(l->line[i].text);
    }
    free(l);
    return NULL;
}

int http_lines_add(const struct http_lines *l, const char *host, unsigned port, struct curl_slist **list)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct line *line = &l->line[i];
        if (strcmp(line->host, host) != 0 || (line->port && line->port != port))
            continue;
        struct curl_slist *longer = curl_slist_append(*list, line->text);
        if (!longer)
            return -ENOMEM;
        *list = longer;
    }
    return 0;
}
