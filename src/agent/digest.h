/* digest.h - compare a whole object with the digest its answer carried (RFC 9530, RFC 3230, RFC 1864). */
#ifndef AGENT_DIGEST_H
#define AGENT_DIGEST_H

#include <stdint.h>

#include "http/facts.h"
#include "store/disk.h"

/* Read n bytes of fd: 0 equal, -EBADMSG not, or -errno.  Blocks on the disk; a worker's thread. */
int digest_compare(struct disk *disk, int fd, uint64_t n, enum http_digest kind, const unsigned char value[static 64]);

/* A digest as the row keeps it, "sha-256=" and hex digits; ret: 144 bytes. */
void digest_write(enum http_digest kind, const unsigned char value[static 64], char ret[static 144]);
/* The kind and value of such a text; HTTP_DIGEST_NONE when it is none. */
enum http_digest digest_read(const char *text, unsigned char value[static 64]);
/* digest_compare with such a text; "" is equal to anything. */
int digest_check(struct disk *disk, int fd, uint64_t n, const char *text);

#endif
