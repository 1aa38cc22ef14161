#include "http/digest.h"

#include <string.h>

/* By strength: a higher number of enum http_digest is the stronger one. */
static const struct {
    const char *name; /* of RFC 9530 7.2 and RFC 3230 4.1.1 alike, lower case */
    enum http_digest digest;
    size_t size;
} algorithms[] = {
    {"md5", HTTP_DIGEST_MD5, 16},        {"sha", HTTP_DIGEST_SHA1, 20},       {"sha-1", HTTP_DIGEST_SHA1, 20},
    {"sha-256", HTTP_DIGEST_SHA256, 32}, {"sha-512", HTTP_DIGEST_SHA512, 64},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

size_t digest_size(enum http_digest digest)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].digest == digest)
            return algorithms[i].size;
    return 0;
}

static void take(struct http_facts *f, struct piece name, struct piece base64)
{
    for (size_t i = 0; i < ALGORITHMS; i++) {
        unsigned char value[sizeof f->digest_value] = {0};
        if (!piece_is(name, algorithms[i].name) || algorithms[i].digest <= f->digest ||
            !piece_base64(base64, value, algorithms[i].size))
            continue;
        f->digest = algorithms[i].digest;
        memcpy(f->digest_value, value, sizeof value);
    }
}

void digest_repr(struct http_facts *f, struct piece value)
{
    struct piece member, name, colon, base64;
    while (piece_next(&value, &member)) {
        /* A byte sequence (RFC 8941 3.3.5), maybe with parameters behind it. */
        if (piece_until(&member, '=', &name) && piece_until(&member, ':', &colon) && colon.n == 0 &&
            piece_until(&member, ':', &base64) && (member.n == 0 || *member.s == ';'))
            take(f, name, base64);
    }
}

void digest_legacy(struct http_facts *f, struct piece value)
{
    struct piece member, name;
    while (piece_next(&value, &member))
        if (piece_until(&member, '=', &name))
            take(f, piece_trim(name), piece_trim(member));
}

void digest_md5(struct http_facts *f, struct piece value) { take(f, (struct piece){"md5", 3}, value); }
