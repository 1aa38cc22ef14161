/* route.h - is there a way out at all?  Asks the kernel only, sends nothing.  Any thread; never blocks. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Has the kernel a route to that address? */
bool route_to(const struct sockaddr *address, socklen_t n);
/* Is there a route to any server that resolv_conf (resolv.conf(5)) names?  A server on the loopback is a forwarder:
 * it counts when some other interface is up and has an address that reaches beyond its link.  That tells "no such
 * name" from "nobody to ask", which libcurl does not. */
bool route_resolver(const char *resolv_conf);

#endif
