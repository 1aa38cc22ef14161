#include "agent/digest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { CHUNK = 128 * 1024 };

static const struct {
    const char *name;
    size_t n;
    const EVP_MD *(*md)(void);
} algorithms[] = {
    [HTTP_DIGEST_MD5] = {"md5", 16, EVP_md5},
    [HTTP_DIGEST_SHA1] = {"sha", 20, EVP_sha1},
    [HTTP_DIGEST_SHA256] = {"sha-256", 32, EVP_sha256},
    [HTTP_DIGEST_SHA512] = {"sha-512", 64, EVP_sha512},
};
enum { ALGORITHMS = sizeof(algorithms) / sizeof(algorithms[0]) };

static int feed(EVP_MD_CTX *md, struct disk *disk, int fd, uint64_t n)
{
    char *buf = malloc(CHUNK);
    int rc = buf ? 0 : -ENOMEM;

    for (uint64_t at = 0; at < n && rc >= 0;) {
        ssize_t got = disk->pread(disk, fd, buf, n - at < CHUNK ? (size_t)(n - at) : CHUNK, at);

        if (got <= 0)
            rc = got < 0 ? (int)got : -EIO;
        else if (!EVP_DigestUpdate(md, buf, (size_t)got))
            rc = -ENOMEM;
        else
            at += (uint64_t)got;
    }
    free(buf);
    return rc;
}

int digest_compare(struct disk *disk, int fd, uint64_t n, enum http_digest kind, const unsigned char value[static 64])
{
    unsigned char own[EVP_MAX_MD_SIZE];
    unsigned int own_n = 0;
    EVP_MD_CTX *md;
    int rc;

    if (kind == HTTP_DIGEST_NONE)
        return 0;
    md = EVP_MD_CTX_new();
    /* A system in FIPS mode has no MD5: what cannot be computed is not compared. */
    if (!md || !EVP_DigestInit_ex(md, algorithms[kind].md(), NULL)) {
        rc = md ? 0 : -ENOMEM;
        EVP_MD_CTX_free(md);
        return rc;
    }
    rc = feed(md, disk, fd, n);
    if (rc >= 0 && !EVP_DigestFinal_ex(md, own, &own_n))
        rc = -ENOMEM;
    if (rc >= 0 && memcmp(own, value, own_n) != 0)
        rc = -EBADMSG;
    EVP_MD_CTX_free(md);
    return rc;
}

void digest_write(enum http_digest kind, const unsigned char value[static 64], char ret[static 144])
{
    int at = snprintf(ret, 144, "%s=", algorithms[kind].name);

    for (size_t i = 0; i < algorithms[kind].n; i++)
        at += snprintf(ret + at, 144 - (size_t)at, "%02x", value[i]);
}

static bool unhex(const char *hex, size_t n, unsigned char *ret)
{
    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        ret[i] = (unsigned char)byte;
    }
    return hex[2 * n] == '\0';
}

enum http_digest digest_read(const char *text, unsigned char value[static 64])
{
    for (int kind = HTTP_DIGEST_MD5; kind < ALGORITHMS; kind++) {
        const size_t n = strlen(algorithms[kind].name);

        if (strncmp(text, algorithms[kind].name, n) == 0 && text[n] == '=' &&
            strlen(text + n + 1) == 2 * algorithms[kind].n && unhex(text + n + 1, algorithms[kind].n, value))
            return (enum http_digest)kind;
    }
    return HTTP_DIGEST_NONE;
}

int digest_check(struct disk *disk, int fd, uint64_t n, const char *text)
{
    unsigned char value[64];
    const enum http_digest kind = digest_read(text, value);

    return digest_compare(disk, fd, n, kind, value);
}
