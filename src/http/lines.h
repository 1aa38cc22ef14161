/* lines.h - extra request header lines, each for one host (-o header=HOST:LINE, -o header=HOST:@FILE).
 *
 * HOST is a name, an address or [address], for every port of it, or with ":PORT" for that port only.  A file has one
 * line per field; empty ones and those that begin with # are left out. Read once; any thread after that. */
#ifndef HTTP_LINES_H
#define HTTP_LINES_H

#include <curl/curl.h>
#include <stddef.h>

struct http_lines;

/* settings: NULL-terminated, or NULL.  -EINVAL a line that cannot be sent or would change what the agent asks for,
 * -EFBIG, or what reading the file gave; why tells which.  The value of a line is never in it: it may be a secret. */
int http_lines_new(const char *const *settings, struct http_lines **ret, char *why, size_t why_n);
struct http_lines *http_lines_free(struct http_lines *l);
/* Append those of the host (lower case, no brackets) to *list; -ENOMEM leaves *list as it is so far. */
int http_lines_add(const struct http_lines *l, const char *host, unsigned port, struct curl_slist **list);

#endif
