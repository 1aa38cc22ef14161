#include "http/route.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/inside.h"

bool route_to(const struct sockaddr *address, socklen_t n)
{
    _cleanup_close_ int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && connect(fd, address, n) == 0;
}

static bool interface_up(void)
{
    struct ifaddrs *all = NULL;
    bool up = false;
    if (getifaddrs(&all) < 0)
        return true; /* cannot tell: let the failure count as one of the network */
    for (const struct ifaddrs *i = all; i && !up; i = i->ifa_next)
        up = i->ifa_addr && (i->ifa_flags & IFF_RUNNING) && !(i->ifa_flags & IFF_LOOPBACK) &&
             (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) && !inside_address(i->ifa_addr);
    freeifaddrs(all);
    return up;
}

static bool server_routed(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } a = {0};
    socklen_t n = 0;
    char plain[INET6_ADDRSTRLEN] = "";
    (void)snprintf(plain, sizeof plain, "%.*s", (int)strcspn(text, "%"), text);
    if (inet_pton(AF_INET, plain, &a.in.sin_addr) == 1) {
        a.in.sin_family = AF_INET;
        a.in.sin_port = htons(53);
        n = sizeof a.in;
    } else if (inet_pton(AF_INET6, plain, &a.in6.sin6_addr) == 1) {
        a.in6.sin6_family = AF_INET6;
        a.in6.sin6_port = htons(53);
        const char *zone = strchr(text, '%');
        a.in6.sin6_scope_id = zone ? if_nametoindex(zone + 1) : 0;
        n = sizeof a.in6;
    }
    if (n == 0)
        return false;
    return inside_address(&a.any) ? interface_up() : route_to(&a.any, n);
}

bool route_resolver(const char *resolv_conf)
{
    FILE *f = fopen(resolv_conf, "re");
    char line[512], server[128];
    bool named = false, routed = false;
    while (f && !routed && fgets(line, sizeof line, f)) {
        if (sscanf(line, " nameserver %127s", server) != 1)
            continue;
        named = true;
        routed = server_routed(server);
    }
    if (f)
        (void)fclose(f);
    /* Without a nameserver line the resolver asks the loopback (resolv.conf(5)). */
    return routed || (!named && interface_up());
}
