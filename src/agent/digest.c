#include "agent/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { CHUNK = 128 * 1024 };

static const EVP_MD *algorithm(enum http_digest kind)
{
    static const EVP_MD *(*const table[])(void) = {
        [HTTP_DIGEST_MD5] = EVP_md5,
        [HTTP_DIGEST_SHA1] = EVP_sha1,
        [HTTP_DIGEST_SHA256] = EVP_sha256,
        [HTTP_DIGEST_SHA512] = EVP_sha512,
    };

    return table[kind]();
}

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
    if (!md || !EVP_DigestInit_ex(md, algorithm(kind), NULL)) {
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
