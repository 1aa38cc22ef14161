/* descriptor.h - read a Download Descriptor and say what is wrong with it.  Usable alone: no I/O, no clock, no globals.
 *
 * Any thread.  Nothing here blocks.  Errors are -errno: -EBADMSG (906), -EPROTONOSUPPORT (951), -ENOMEM. */
#ifndef DLOTA_DESCRIPTOR_H
#define DLOTA_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dd_kind { DD_KIND_DD1 = 1, DD_KIND_URL = 2 /* one URL, to be fetched */ };

/* One media object.  Strings are UTF-8, trimmed, never NULL ("" when absent); they live as long as the offer. */
struct dd_object {
    const char *uri;          /* absolute, as written; of any scheme: others than http and https end with 954 unasked */
    const char *const *types; /* NULL-terminated, at least one for DD 1.0 */
    uint64_t size;            /* bytes; 0 when the format does not say (URL) */
    const char *name, *description, *info_url, *icon_uri, *install_param, *install_notify_uri;
};

/* What a descriptor says, whatever its format. */
struct dd_offer {
    enum dd_kind kind;
    const char *version; /* "1.0" */
    const char *vendor, *next_url;
    const char *updated_dd_uri; /* "" in DD 1.0 */
    unsigned n_objects;
    const struct dd_object *objects;
};

/* Why it was not accepted.  notify: the installNotifyURI whose end tag was read before the error, "" if none;
 * the report still goes there (policy.md 5). */
struct dd_fault {
    unsigned line;    /* 1..; 0 only with -ENOMEM */
    char reason[256]; /* `size: not a number: "big"`; may quote the input: not safe to print raw */
    char notify[4096];
};

struct dd_input {
    const void *bytes;
    size_t n;
    const char *media_type; /* Content-Type it came with; NULL or generic: told by content */
    const char *base;       /* absolute URI it came from (after redirects), for relative ones; NULL: none */
};

/* Parse.  Bytes that are XML are a DD, a text of few lines is a URL file, whatever the name; DD 2.0 is
 * -EPROTONOSUPPORT.  Relative URIs are resolved against in->base; without it they are a fault. On 0 *ret is the
 * caller's, to be released with dd_offer_free(); on error fault is filled in. */
int dd_parse(const struct dd_input *in, struct dd_offer **ret, struct dd_fault *fault);
/* Release; NULL is fine; returns NULL. */
struct dd_offer *dd_offer_free(struct dd_offer *offer);

/* Media types (RFC 9110 8.3.1): without parameters, any case; image/jpg is image/jpeg.
 * pattern may be "image" "/" "*" or "*" "/" "*". */
bool dd_type_equal(const char *a, const char *b);
bool dd_type_matches(const char *pattern, const char *type);
/* OMA DRM wrappers: protected objects are taken as they are. */
bool dd_type_is_drm(const char *type);
/* Is this the Content-Type of a descriptor that dd_parse() reads (not of a URL file)? */
bool dd_type_is_descriptor(const char *type);
/* May an answer of this Content-Type ("" none) be the object with these listed types?  Octet-stream and DRM pass. */
bool dd_type_acceptable(const char *const *listed, const char *answer);
/* Usual extension with its dot, ".jpg"; "" when unknown. */
const char *dd_type_extension(const char *type);

/* The safe file name of an object (README, The tree), without "-2". ret: 256 bytes. */
void dd_name(const struct dd_offer *offer, unsigned part, char ret[static 256]);
/* The n-th choice of a taken name, n >= 2: picture-2.gif; cut so that it stays within 255 bytes. */
void dd_name_nth(const char *name, unsigned n, char ret[static 256]);
/* Make any bytes a safe file name (a descriptor's own name in failed/); "object" when nothing is left. */
void dd_name_safe(const char *raw, char ret[static 256]);

#endif
