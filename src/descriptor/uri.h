/* uri.h - URIs (RFC 3986): take apart, judge, resolve, show.  Pure; any thread; nothing is allocated.
 *
 * A URI goes out as it was written, so nothing in here normalises one. */
#ifndef DESCRIPTOR_URI_H
#define DESCRIPTOR_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Part of a string: n bytes at p; p is NULL when the part is absent (a `?` without anything is present and empty). */
struct uri_part {
    const char *p;
    size_t n;
};
/* RFC 3986 appendix B; path is never absent.  authority is all of userinfo@host:port. */
struct uri_parts {
    struct uri_part scheme, authority, userinfo, host, port, path, query, fragment;
};
/* Always succeeds: any string is some reference. */
void uri_split(const char *uri, struct uri_parts *ret);

/* Can it be used: absolute, no control character or blank in it, for http and https a host and a sensible port.
 * 0 or -EINVAL; then *ret_why is a static text.  Bytes above 0x7f pass, they are sent as they are. */
int uri_check(const char *uri, const char **ret_why);
/* http or https, in any case. */
bool uri_is_http(const char *uri);
/* ref as seen from base (RFC 3986 5.2.2); a ref with a scheme is taken verbatim.  base NULL or not absolute: only such
 * a ref will do.  0, -EINVAL (relative, no base), -ENAMETOOLONG. */
int uri_resolve(const char *base, const char *ref, char *ret, size_t n);

/* Host in lower case, with :port when it is not the scheme's own: the key of limits per host; "" without a host. */
void uri_host_key(const char *uri, char ret[static 256]);
/* Less userinfo and fragment: what is asked of a server.  0 or -ENAMETOOLONG. */
int uri_bare(const char *uri, char *ret, size_t n);
/* With the password in it as ***; raw otherwise. */
void uri_masked(const char *uri, struct text *ret);
/* Last segment of the path, percent-decoded (a %00 becomes a control character); false: it is empty, or the URI has a
 * query, so that the path does not tell one object from another.  Cut at n. */
bool uri_last_segment(const char *uri, char *ret, size_t n);

#endif
