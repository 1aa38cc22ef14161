/* xml.h - well-formed XML to elements with their text and line; everything else about XML is settled in here. */
#ifndef DESCRIPTOR_XML_H
#define DESCRIPTOR_XML_H

#include <stdbool.h>

#include "descriptor/offer.h"

struct xml_element {
    const char *name;              /* without prefix */
    const char *space;             /* namespace; "" none; "p:" when the prefix p is not declared */
    const char *const *attributes; /* name, value, ..., NULL */
    unsigned line, depth;          /* of the start tag; the root's depth is 1 */
};

/* Told of each element; a negative value (with the fault filled in) ends the parse. */
struct xml_handler {
    int (*start)(void *arg, const struct xml_element *e, struct dd_fault *fault);
    /* text: the element's own, without its children's; n bytes and a NUL; line: of the end tag. */
    int (*end)(void *arg, const char *text, size_t n, unsigned depth, unsigned line, struct dd_fault *fault);
};

/* Could these bytes be XML: is the first character '<', in any encoding that XML 1.0 must know? */
bool xml_sniff(const struct dd_input *in);
/* Refuses document type declarations (entity bombs, external entities) and nesting beyond LIMIT_XML_DEPTH. The
 * encoding is the byte order mark's, else that of a charset in in->media_type (RFC 7303 3), else the document's. */
int xml_parse(const struct dd_input *in, const dd_memory *memory, const struct xml_handler *handler, void *arg,
              struct dd_fault *fault);

#endif
