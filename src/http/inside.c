#include "http/inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool inside4(const uint8_t b[static 4])
{
    return b[0] == 127 || b[0] == 0 || (b[0] == 169 && b[1] == 254); /* RFC 1122 3.2.1.3, RFC 3927 */
}

static bool inside6(const uint8_t b[static 16])
{
    static const uint8_t zero[16];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t loopback[16] = {[15] = 1};
    if (memcmp(b, mapped, sizeof mapped) == 0)
        return inside4(b + 12);
    if (memcmp(b, loopback, sizeof loopback) == 0)
        return true;
    if (memcmp(b, zero, 12) == 0)
        return inside4(b + 12); /* :: itself, and IPv4-compatible ones (RFC 4291 2.5.5.1) */
    return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

bool inside_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        uint8_t bytes[4];
        memcpy(&in, address, sizeof in);
        memcpy(bytes, &in.sin_addr, sizeof bytes);
        return inside4(bytes);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return inside6(in6.sin6_addr.s6_addr);
    }
    return true; /* no other kind of address is the network */
}

bool inside_literal(const char *text)
{
    char plain[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    size_t n = strcspn(text, "%");
    if (n >= sizeof plain)
        return false;
    memcpy(plain, text, n);
    plain[n] = '\0';
    if (inet_pton(AF_INET, plain, bytes) == 1)
        return inside4(bytes);
    return inet_pton(AF_INET6, plain, bytes) == 1 && inside6(bytes);
}

bool inside_host(const char *host)
{
    static const char name[] = "localhost";
    size_t n = strlen(host);
    n -= n > 0 && host[n - 1] == '.';
    size_t skip = n >= sizeof name - 1 ? n - (sizeof name - 1) : 0;
    bool local = strncasecmp(host + skip, name, n - skip) == 0 && n - skip == sizeof name - 1 &&
                 (!skip || host[skip - 1] == '.');
    return local || inside_literal(host);
}
