/* uri.c - a URI without its secrets. */
#include <string.h>

#include "view/view.h"

/* RFC 3986 3.2: the authority ends at the first slash, question mark or hash; its user information at the last @ (what
 * clients take for the host begins there). */
void view_uri(const char *uri, struct text *ret)
{
    const char *authority = strstr(uri, "://");
    if (authority && authority < uri + strcspn(uri, "/?#@")) {
        authority += 3;
        const char *end = authority + strcspn(authority, "/?#");
        const char *at = memrchr(authority, '@', (size_t)(end - authority));
        const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
        if (colon) {
            text_add(ret, uri, (size_t)(colon + 1 - uri));
            text_puts(ret, "***");
            uri = at;
        }
    }
    text_puts(ret, uri);
}
