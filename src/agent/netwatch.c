#include "agent/netwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

struct netwatch {
    int fd;
};

enum { MESSAGES = 64, ROOM = 16 * 1024 };

/* Only the kernel (port 0) may speak here; the groups are the legacy bit mask that every kernel knows. */
int netwatch_new(struct netwatch **ret)
{
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
    };
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct netwatch *w;

    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->fd = TAKE_FD(fd);
    *ret = w;
    return 0;
}

struct netwatch *netwatch_free(struct netwatch *w)
{
    if (w) {
        (void)close(w->fd);
        free(w);
    }
    return NULL;
}

int netwatch_fd(const struct netwatch *w) { return w->fd; }

/* A link counts when it has a carrier and leads somewhere else than to this device. */
static bool link_up(const struct nlmsghdr *h)
{
    const struct ifinfomsg *info = NLMSG_DATA(h);

    return h->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)) && (info->ifi_flags & IFF_RUNNING) &&
           !(info->ifi_flags & IFF_LOOPBACK);
}

static bool says_up(const struct nlmsghdr *h)
{
    switch (h->nlmsg_type) {
    case RTM_NEWADDR:
    case RTM_NEWROUTE:
        return true;
    case RTM_NEWLINK:
        return link_up(h);
    default:
        return false;
    }
}

static bool any_up(const char *p, size_t n)
{
    while (n >= NLMSG_HDRLEN) {
        const struct nlmsghdr *h = (const void *)p;
        size_t step;

        if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > n)
            return false;
        if (says_up(h))
            return true;
        step = ((size_t)h->nlmsg_len + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
        if (step >= n)
            return false;
        p += step;
        n -= step;
    }
    return false;
}

/* Bounded per call, so that a storm of routes cannot hold the turn; what is left makes the fd readable again. */
bool netwatch_up(struct netwatch *w)
{
    bool up = false;

    for (int i = 0; i < MESSAGES; i++) {
        _Alignas(struct nlmsghdr) char buf[ROOM];
        struct sockaddr_nl from = {0};
        socklen_t from_n = sizeof(from);
        ssize_t n = recvfrom(w->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ENOBUFS) {
            up = true; /* messages were lost: one of them may have been it */
            continue;
        }
        if (n <= 0)
            return up;
        if (from.nl_pid == 0 && any_up(buf, (size_t)n))
            up = true;
    }
    return up;
}
