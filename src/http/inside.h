/* inside.h - which addresses are the device's own: loopback, link-local, unspecified.  Pure; any thread. */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Addresses that carry an IPv4 address inside (mapped, compatible) are judged by that one. */
bool inside_address(const struct sockaddr *address);
/* A literal address, a zone behind "%" is fine.  Anything else, a name too, is not inside... */
bool inside_literal(const char *text);
/* ... but localhost and what lies below it (RFC 6761 6.3), for a proxy that resolves names itself. */
bool inside_host(const char *host);

#endif
