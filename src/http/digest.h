/* digest.h - whole-object digests in header fields (RFC 9530, RFC 3230, RFC 1864).  Pure; any thread. */
#ifndef HTTP_DIGEST_H
#define HTTP_DIGEST_H

#include "http/facts.h"
#include "http/field.h"

/* Bytes of a digest; 0 for HTTP_DIGEST_NONE. */
size_t digest_size(enum http_digest digest);
/* Keep the strongest of what f has and the value says; a member that is malformed or unknown is passed over. */
void digest_repr(struct http_facts *f, struct piece value);   /* Repr-Digest: sha-256=:BASE64:, ... */
void digest_legacy(struct http_facts *f, struct piece value); /* Digest: SHA-256=BASE64,md5=BASE64 */
void digest_md5(struct http_facts *f, struct piece value);    /* Content-MD5: BASE64 */

#endif
