/* digest.h - compare a whole object with the digest its answer carried (RFC 9530, RFC 3230, RFC 1864). */
#ifndef AGENT_DIGEST_H
#define AGENT_DIGEST_H

#include <stdint.h>

#include "http/facts.h"
#include "store/disk.h"

/* Read n bytes of fd: 0 equal, -EBADMSG not, or -errno.  Blocks on the disk; a worker's thread. */
int digest_compare(struct disk *disk, int fd, uint64_t n, enum http_digest kind, const unsigned char value[static 64]);

#endif
