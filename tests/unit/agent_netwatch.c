/* A real kernel in a network namespace of its own: nothing is faked, nothing outside is touched. */
#include "agent/netwatch.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/policy.h"

/* Check forks for each test, so the namespace ends with it. */
static bool alone(const char *test)
{
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    fprintf(stderr, "SKIPPED: agent_netwatch:%s: no network namespace (%s); run as root\n", test, strerror(errno));
    return false;
}

static struct netwatch *watch(void)
{
    struct netwatch *w = NULL;

    ck_assert_int_eq(netwatch_new(&w), 0);
    ck_assert_int_ge(netwatch_fd(w), 0);
    return w;
}

/* What the kernel has to say by now; notifications are queued before the system call that caused them returns. */
static bool up(struct netwatch *w) { return netwatch_up(w); }

static void flags(const char *name, bool on)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = {0};

    words(r.ifr_name, sizeof(r.ifr_name), name);
    ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    r.ifr_flags = (short)(on ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
    close(fd);
}

static void address(const char *name, const char *text)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};

    words(r.ifr_name, sizeof(r.ifr_name), name);
    ck_assert_int_eq(inet_pton(AF_INET, text, &in.sin_addr), 1);
    memcpy(&r.ifr_addr, &in, sizeof(in));
    ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &r), 0);
    close(fd);
}

/* A pair of virtual links, or false (loud) on a kernel without them. */
static bool pair(const char *test)
{
    if (system("ip link add one type veth peer name two 2>/dev/null") == 0)
        return true;
    fprintf(stderr, "SKIPPED: agent_netwatch:%s: no virtual links (ip link add type veth)\n", test);
    return false;
}

START_TEST(silence_is_not_up)
{
    struct netwatch *w;
    struct pollfd p = {.events = POLLIN};

    if (!alone("silence_is_not_up"))
        return;
    w = watch();
    p.fd = netwatch_fd(w);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    ck_assert(!up(w));
    ck_assert_ptr_null(netwatch_free(w));
    ck_assert_ptr_null(netwatch_free(NULL));
}
END_TEST

START_TEST(an_address_comes)
{
    struct netwatch *w;
    struct pollfd p = {.events = POLLIN};

    if (!alone("an_address_comes") || !pair("an_address_comes"))
        return;
    w = watch();
    p.fd = netwatch_fd(w);
    ck_assert(!up(w));
    address("one", "192.0.2.1");
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    ck_assert(up(w));
    ck_assert(!up(w));
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    netwatch_free(w);
}
END_TEST

START_TEST(a_carrier_comes_and_goes)
{
    struct netwatch *w;
    struct pollfd p = {.events = POLLIN};
    bool came = false;

    if (!alone("a_carrier_comes_and_goes") || !pair("a_carrier_comes_and_goes"))
        return;
    w = watch();
    p.fd = netwatch_fd(w);
    flags("one", true); /* up, but the other end is not: no carrier; routes of IPv6 may come all the same */
    (void)up(w);
    flags("two", true);
    /* The carrier is told by the kernel's link watch, a moment later. */
    while (!came) {
        ck_assert_int_eq(poll(&p, 1, 60000), 1);
        came = up(w);
    }
    netwatch_free(w);
}
END_TEST

START_TEST(going_down_is_not_up)
{
    struct netwatch *w;

    if (!alone("going_down_is_not_up") || !pair("going_down_is_not_up"))
        return;
    ck_assert_int_eq(system("ip link set one addrgenmode none && ip link set two addrgenmode none"), 0);
    w = watch();
    /* A link without a carrier that is taken away. */
    ck_assert_int_eq(system("ip link del one"), 0);
    ck_assert(!up(w));
    netwatch_free(w);
}
END_TEST

START_TEST(loopback_leads_nowhere)
{
    struct netwatch *w;

    if (!alone("loopback_leads_nowhere"))
        return;
    ck_assert_int_eq(system("ip link set lo mtu 65535"), 0);
    flags("lo", true);
    w = watch();
    flags("lo", false); /* its addresses go, too */
    ck_assert(!up(w));
    ck_assert_int_eq(system("ip link set lo mtu 60000"), 0); /* a NEWLINK, not running */
    ck_assert(!up(w));
    netwatch_free(w);
}
END_TEST

START_TEST(a_route_comes)
{
    struct netwatch *w;

    if (!alone("a_route_comes") || !pair("a_route_comes"))
        return;
    ck_assert_int_eq(system("ip addr add 192.0.2.1/24 dev one && ip link set one up && ip link set two up"), 0);
    w = watch();
    while (up(w))
        ;
    ck_assert_int_eq(system("ip route add 198.51.100.0/24 via 192.0.2.2"), 0);
    ck_assert(up(w));
    netwatch_free(w);
}
END_TEST

START_TEST(lost_messages_count_as_up)
{
    struct netwatch *w;
    int least = 1;

    if (!alone("lost_messages_count_as_up") || !pair("lost_messages_count_as_up"))
        return;
    w = watch();
    ck_assert_int_eq(system("ip link set one mtu 1200"), 0);
    ck_assert(!up(w));
    ck_assert_int_eq(setsockopt(netwatch_fd(w), SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
    /* None of them says "up" by itself. */
    ck_assert_int_eq(system("for i in 1 2 3 4 5 6 7 8 9; do ip link set one mtu 1$i''00; done"), 0);
    ck_assert(up(w));
    netwatch_free(w);
}
END_TEST

policy_main("agent_netwatch", silence_is_not_up, an_address_comes, a_carrier_comes_and_goes, going_down_is_not_up,
            loopback_leads_nowhere, a_route_comes, lost_messages_count_as_up)
