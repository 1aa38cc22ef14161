/* Whole-object digests against the published test vectors of "abc" and of a million times "a". */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/digest.h"

static int file_of(const char *piece, size_t times)
{
    char path[] = "/tmp/digestXXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    unlink(path);
    for (size_t i = 0; i < times; i++)
        ck_assert_int_eq(write(fd, piece, strlen(piece)), (ssize_t)strlen(piece));
    return fd;
}

static void unhex(const char *hex, unsigned char ret[static 64])
{
    memset(ret, 0, 64);
    for (size_t i = 0; hex[2 * i]; i++) {
        unsigned byte;

        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        ret[i] = (unsigned char)byte;
    }
}

static const struct {
    enum http_digest kind;
    const char *abc;
} vectors[] = {
    {HTTP_DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72"},
    {HTTP_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HTTP_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HTTP_DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

START_TEST(abc)
{
    unsigned char value[64];
    int fd = file_of("abc", 1);

    unhex(vectors[_i].abc, value);
    ck_assert_int_eq(digest_compare(&disk_linux, fd, 3, vectors[_i].kind, value), 0);
    value[5] ^= 1;
    ck_assert_int_eq(digest_compare(&disk_linux, fd, 3, vectors[_i].kind, value), -EBADMSG);
    value[5] ^= 1;
    ck_assert_int_eq(digest_compare(&disk_linux, fd, 2, vectors[_i].kind, value), -EBADMSG);
    close(fd);
}
END_TEST

START_TEST(million)
{
    unsigned char value[64];
    int fd = file_of("aaaaaaaaaaaaaaaaaaaa", 50000);

    unhex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", value);
    ck_assert_int_eq(digest_compare(&disk_linux, fd, 1000000, HTTP_DIGEST_SHA256, value), 0);
    close(fd);
}
END_TEST

START_TEST(short_file_is_an_io_error)
{
    unsigned char value[64] = {0};
    int fd = file_of("abc", 1);

    ck_assert_int_eq(digest_compare(&disk_linux, fd, 4, HTTP_DIGEST_SHA256, value), -EIO);
    close(fd);
}
END_TEST

START_TEST(none_reads_nothing)
{
    unsigned char value[64] = {0};

    ck_assert_int_eq(digest_compare(&disk_linux, -1, 4, HTTP_DIGEST_NONE, value), 0);
}
END_TEST

START_TEST(text_keeps_kind_and_value)
{
    unsigned char value[64], again[64];
    char text[144];
    int fd = file_of("abc", 1);

    unhex(vectors[_i].abc, value);
    digest_write(vectors[_i].kind, value, text);
    ck_assert_int_eq(digest_read(text, again), vectors[_i].kind);
    ck_assert_mem_eq(value, again, strlen(vectors[_i].abc) / 2);
    ck_assert_int_eq(digest_check(&disk_linux, fd, 3, text), 0);
    text[strlen(text) - 1] = text[strlen(text) - 1] == '0' ? '1' : '0';
    ck_assert_int_eq(digest_check(&disk_linux, fd, 3, text), -EBADMSG);
    text[strlen(text) - 1] = '\0'; /* not a digest any more: nothing to compare with */
    ck_assert_int_eq(digest_read(text, again), HTTP_DIGEST_NONE);
    ck_assert_int_eq(digest_check(&disk_linux, fd, 3, ""), 0);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("digest");
    TCase *t = tcase_create("digest");
    SRunner *r;
    int failed;

    tcase_add_loop_test(t, abc, 0, (int)(sizeof(vectors) / sizeof(vectors[0])));
    tcase_add_loop_test(t, text_keeps_kind_and_value, 0, (int)(sizeof(vectors) / sizeof(vectors[0])));
    tcase_add_test(t, million);
    tcase_add_test(t, short_file_is_an_io_error);
    tcase_add_test(t, none_reads_nothing);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
