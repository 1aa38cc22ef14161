#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/digest.h"
#include "http/facts.h"
#include "http/field.h"

enum { NOW = 1000000000 };

static void read_status(struct http_facts *f, unsigned status, const char *lines)
{
    facts_begin(f, status, "OK", NOW);
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        n += lines[n] == '\n';
        facts_line(f, lines, n);
        lines += n;
    }
    facts_end(f, false);
}

static struct http_facts read_ok(const char *lines)
{
    struct http_facts f;
    read_status(&f, 200, lines);
    return f;
}

START_TEST(nothing_said)
{
    struct http_facts f = read_ok("");
    ck_assert_uint_eq(f.status, 200);
    ck_assert_str_eq(f.reason, "OK");
    ck_assert(!f.has_length && !f.framed && !f.coded && !f.garbled && !f.multipart_ranges && !f.etag_strong);
    ck_assert_str_eq(f.type, "");
    ck_assert_str_eq(f.etag, "");
    ck_assert_str_eq(f.modified, "");
    ck_assert_int_eq(f.accept_ranges, HTTP_RANGES_UNSAID);
    ck_assert_int_eq(f.content_range, HTTP_RANGE_ABSENT);
    ck_assert_int_eq(f.digest, HTTP_DIGEST_NONE);
    ck_assert_int_eq(f.retry_after_s, -1);
    ck_assert(!facts_date_strong(&f));
}
END_TEST

START_TEST(reason_is_visible_ascii)
{
    struct http_facts f;
    facts_begin(&f, 404, "Not\x1b[31m F\xc3\xa4und", 0);
    ck_assert_str_eq(f.reason, "Not[31m Fund");
    facts_begin(&f, 404, "", 0);
    ck_assert_str_eq(f.reason, "");
    char many[200];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    facts_begin(&f, 404, many, 0);
    ck_assert_uint_eq(strlen(f.reason), sizeof f.reason - 1);
}
END_TEST

START_TEST(line_forms)
{
    struct http_facts f = read_ok("ETag: \"a\"\r\n");
    ck_assert_str_eq(f.etag, "\"a\"");
    f = read_ok("eTAG:\t\"a\" \t\n");
    ck_assert_str_eq(f.etag, "\"a\"");
    f = read_ok("ETag:\"a\"");
    ck_assert_str_eq(f.etag, "\"a\"");
    f = read_ok("ETag : \"a\"\r\n");
    ck_assert_str_eq(f.etag, "");
    f = read_ok(" ETag: \"a\"\r\n");
    ck_assert_str_eq(f.etag, "");
    f = read_ok("ETag\r\n:\r\n: x\r\n\r\nETagg: x\r\nETa: x\r\n");
    ck_assert_str_eq(f.etag, "");
    /* Not NUL-terminated. */
    const char *part = "ETag: \"abc\"garbage";
    facts_begin(&f, 200, "", 0);
    facts_line(&f, part, 11);
    facts_line(&f, part, 0);
    facts_end(&f, false);
    ck_assert_str_eq(f.etag, "\"abc\"");
}
END_TEST

START_TEST(unclean_values)
{
    struct http_facts f;
    facts_begin(&f, 206, "", NOW);
    facts_line(&f, "ETag: \"a\0b\"\r\n", 13);
    facts_line(&f, "Content-Type: text/\x01plain\r\n", 26);
    facts_line(&f, "Content-Range: bytes 0-4/10\x7f\r\n", 30);
    facts_line(&f, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\x0b\r\n", 47);
    facts_end(&f, false);
    ck_assert_str_eq(f.etag, "");
    ck_assert(!f.etag_strong);
    ck_assert_str_eq(f.type, "");
    ck_assert_str_eq(f.modified, "");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_MALFORMED);
    ck_assert(!f.garbled);
    facts_begin(&f, 200, "", NOW);
    facts_line(&f, "Content-Length: 1\0002\r\n", 20);
    facts_end(&f, false);
    ck_assert(f.garbled && !f.has_length);
    /* A carriage return within the value. */
    f = read_ok("ETag: \"a\rb\"\r\n");
    ck_assert_str_eq(f.etag, "");
}
END_TEST

START_TEST(long_line_is_not_looked_at)
{
    size_t n = 20000;
    char *line = malloc(n + 1);
    memset(line, 'a', n);
    line[n] = '\0';
    memcpy(line, "ETag: ", 6);
    struct http_facts f = read_ok(line);
    ck_assert_str_eq(f.etag, "");
    free(line);
}
END_TEST

static const struct {
    const char *lines;
    bool has, garbled, framed;
    uint64_t length;
} lengths[] = {
    {"Content-Length: 0\r\n", true, false, true, 0},
    {"Content-Length: 25432\r\n", true, false, true, 25432},
    {"Content-Length:  7 \r\n", true, false, true, 7},
    {"Content-Length: 007\r\n", true, false, true, 7},
    {"Content-Length: 9223372036854775807\r\n", true, false, true, INT64_MAX},
    {"Content-Length: 9223372036854775808\r\n", false, true, false, 0},
    {"Content-Length: 99999999999999999999999\r\n", false, true, false, 0},
    {"Content-Length: 5\r\nContent-Length: 5\r\n", true, false, true, 5},
    {"Content-Length: 5, 5\r\n", true, false, true, 5},
    {"Content-Length: 5\r\nContent-Length: 6\r\n", false, true, false, 0},
    {"Content-Length: 5\r\nContent-Length: 6\r\nContent-Length: 5\r\n", false, true, false, 0},
    {"Content-Length: 5, 6\r\n", false, true, false, 0},
    {"Content-Length: \r\n", false, true, false, 0},
    {"Content-Length: -5\r\n", false, true, false, 0},
    {"Content-Length: +5\r\n", false, true, false, 0},
    {"Content-Length: 5x\r\n", false, true, false, 0},
    {"Content-Length: 0x5\r\n", false, true, false, 0},
    {"Content-Length: 5 6\r\n", false, true, false, 0},
    {"Transfer-Encoding: chunked\r\n", false, false, true, 0},
    {"transfer-encoding: CHUNKED\r\n", false, false, true, 0},
    {"Transfer-Encoding: gzip, chunked\r\n", false, false, true, 0},
    {"Transfer-Encoding: chunked, gzip\r\n", false, false, false, 0},
    {"Transfer-Encoding: identity\r\n", false, false, false, 0},
    {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", false, false, true, 0},
    {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 6\r\n", false, false, true, 0},
};

START_TEST(content_length)
{
    struct http_facts f = read_ok(lengths[_i].lines);
    ck_assert_msg(f.has_length == lengths[_i].has, "%s", lengths[_i].lines);
    ck_assert_msg(f.garbled == lengths[_i].garbled, "%s", lengths[_i].lines);
    ck_assert_msg(f.framed == lengths[_i].framed, "%s", lengths[_i].lines);
    ck_assert_uint_eq(f.length, lengths[_i].length);
}
END_TEST

START_TEST(framed_otherwise)
{
    struct http_facts f;
    read_status(&f, 204, "");
    ck_assert(f.framed);
    read_status(&f, 304, "");
    ck_assert(f.framed);
    facts_begin(&f, 200, "", NOW);
    facts_end(&f, true);
    ck_assert(f.framed && !f.has_length);
}
END_TEST

static const struct {
    const char *value;
    enum http_content_range kind;
    uint64_t first, last, total;
} ranges[] = {
    {"bytes 0-4/10", HTTP_RANGE_GIVEN, 0, 4, 10},
    {"bytes 1034-25431/25432", HTTP_RANGE_GIVEN, 1034, 25431, 25432},
    {"BYTES 0-4/10", HTTP_RANGE_GIVEN, 0, 4, 10},
    {"bytes=0-4/10", HTTP_RANGE_GIVEN, 0, 4, 10},
    {"bytes\t0-4/10", HTTP_RANGE_GIVEN, 0, 4, 10},
    {"bytes  0 - 4 / 10", HTTP_RANGE_GIVEN, 0, 4, 10},
    {"0-4/10", HTTP_RANGE_GIVEN, 0, 4, 10}, /* as in the change request's example */
    {"bytes 0-4/*", HTTP_RANGE_GIVEN, 0, 4, 0},
    {"0-4/*", HTTP_RANGE_GIVEN, 0, 4, 0},
    {"bytes 9-9/10", HTTP_RANGE_GIVEN, 9, 9, 10},
    {"bytes 0-9223372036854775806/9223372036854775807", HTTP_RANGE_GIVEN, 0, INT64_MAX - 1, INT64_MAX},
    {"bytes */10", HTTP_RANGE_UNSATISFIED, 0, 0, 10},
    {"*/10", HTTP_RANGE_UNSATISFIED, 0, 0, 10},
    {"bytes=*/10", HTTP_RANGE_UNSATISFIED, 0, 0, 10},
    {"bytes */0", HTTP_RANGE_UNSATISFIED, 0, 0, 0},
    {"bytes */*", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 5-4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-10/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-0/0", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4/", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes /10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes -4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes ", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes0-4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"items 0-4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4/10 x", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4/10/11", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4-5/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4/10, bytes 5-9/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes +0-4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0x0-4/10", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-18446744073709551616/*", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 18446744073709551616-18446744073709551617/*", HTTP_RANGE_MALFORMED, 0, 0, 0},
    {"bytes 0-4/18446744073709551621", HTTP_RANGE_MALFORMED, 0, 0, 0},
};

START_TEST(content_range)
{
    char line[200];
    snprintf(line, sizeof line, "Content-Range: %s\r\n", ranges[_i].value);
    struct http_facts f = read_ok(line);
    ck_assert_msg(f.content_range == ranges[_i].kind, "%s: %d", line, f.content_range);
    ck_assert_uint_eq(f.first, ranges[_i].first);
    ck_assert_uint_eq(f.last, ranges[_i].last);
    ck_assert_uint_eq(f.range_total, ranges[_i].total);
}
END_TEST

START_TEST(content_range_again)
{
    struct http_facts f = read_ok("Content-Range: bytes 0-4/10\r\nContent-Range: bytes=0-4/10\r\n");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_GIVEN);
    f = read_ok("Content-Range: bytes 0-4/10\r\nContent-Range: bytes 0-4/11\r\n");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_MALFORMED);
    ck_assert_uint_eq(f.last, 0);
    f = read_ok("Content-Range: bytes 0-4/10\r\nContent-Range: bytes */10\r\n");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_MALFORMED);
    f = read_ok("Content-Range: junk\r\nContent-Range: bytes 0-4/10\r\n");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_MALFORMED);
    /* Once malformed it stays so, whatever follows. */
    f = read_ok("Content-Range: bytes 0-4/10\r\nContent-Range: bytes 1-4/10\r\nContent-Range: bytes 0-4/10\r\n");
    ck_assert_int_eq(f.content_range, HTTP_RANGE_MALFORMED);
}
END_TEST

static const struct {
    const char *value, *kept;
    bool strong;
} tags[] = {
    {"\"abc\"", "\"abc\"", true},
    {"abc", "abc", true},
    {"123-abc:def", "123-abc:def", true},
    {"\"a,b\"", "\"a,b\"", true},
    {"\"a b\"", "\"a b\"", true},
    {"\"\xe4\"", "\"\xe4\"", true},
    {"\"W/abc\"", "\"W/abc\"", true},
    {"Wabc", "Wabc", true},
    {"W/\"abc\"", "W/\"abc\"", false},
    {"w/\"abc\"", "w/\"abc\"", false},
    {"W/abc", "W/abc", false},
    {"W/", "", false},
    {"W/\"\"", "", false},
    {"W/*", "", false},
    {"*", "", false},
    {"\"*\"", "\"*\"", true},
    {"", "", false},
    {"\"\"", "", false},
    {"\"", "\"", false},
    {"\"abc", "\"abc", false},
    {"abc\"", "abc\"", false},
    {"\"a\"b\"", "\"a\"b\"", false},
    {"\"a\", \"b\"", "\"a\", \"b\"", false},
    {"a, b", "a, b", false},
    {"a b", "a b", false},
};

START_TEST(entity_tag)
{
    char line[200];
    snprintf(line, sizeof line, "ETag: %s\r\n", tags[_i].value);
    struct http_facts f = read_ok(line);
    ck_assert_str_eq(f.etag, tags[_i].kept);
    ck_assert_msg(f.etag_strong == tags[_i].strong, "%s", line);
}
END_TEST

START_TEST(entity_tag_length)
{
    char line[700];
    struct http_facts f;
    for (size_t n = 510; n < 514; n++) {
        size_t at = (size_t)snprintf(line, sizeof line, "ETag: ");
        memset(line + at, 'x', n);
        line[at] = '"';
        line[at + n - 1] = '"';
        line[at + n] = '\0';
        f = read_ok(line);
        ck_assert_uint_eq(strlen(f.etag), n < sizeof f.etag ? n : 0);
        ck_assert(f.etag_strong == (n < sizeof f.etag));
    }
    f = read_ok("ETag: \"a\"\r\nETag: \"b\"\r\n");
    ck_assert_str_eq(f.etag, "\"a\"");
    f = read_ok("ETag: *\r\nETag: \"b\"\r\n");
    ck_assert_str_eq(f.etag, "");
}
END_TEST

static const struct {
    const char *lines;
    enum http_accept_ranges said;
} accepted[] = {
    {"Accept-Ranges: bytes\r\n", HTTP_RANGES_BYTES},
    {"accept-ranges: BYTES\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: pages, bytes\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: ,, Bytes ,\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: none\r\n", HTTP_RANGES_NONE},
    {"Accept-Ranges: NONE\r\n", HTTP_RANGES_NONE},
    {"Accept-Ranges: none\r\nAccept-Ranges: bytes\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: bytes\r\nAccept-Ranges: none\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: pages\r\nAccept-Ranges: bytes\r\n", HTTP_RANGES_BYTES},
    {"Accept-Ranges: pages\r\n", HTTP_RANGES_UNSAID},
    {"Accept-Ranges: bytes;x\r\n", HTTP_RANGES_UNSAID},
    {"Accept-Ranges: bytes none\r\n", HTTP_RANGES_UNSAID},
    {"Accept-Ranges:\r\n", HTTP_RANGES_UNSAID},
    {"Accept-Ranges: \"bytes\"\r\n", HTTP_RANGES_UNSAID},
};

START_TEST(accept_ranges)
{
    struct http_facts f = read_ok(accepted[_i].lines);
    ck_assert_msg(f.accept_ranges == accepted[_i].said, "%s", accepted[_i].lines);
}
END_TEST

static const struct {
    const char *lines;
    int64_t wait;
} waits[] = {
    {"Retry-After: 120\r\n", 120},
    {"Retry-After: 0\r\n", 0},
    {"Retry-After: 99999999999999999999\r\n", INT64_MAX},
    {"Retry-After: -1\r\n", -1},
    {"Retry-After: 1.5\r\n", -1},
    {"Retry-After: soon\r\n", -1},
    {"Retry-After:\r\n", -1},
    {"Retry-After: 5\r\nRetry-After: 6\r\n", 5},
    {"Retry-After: Sun, 09 Sep 2001 01:46:50 GMT\r\n", 10}, /* NOW is 01:46:40 */
    {"Retry-After: Sun, 09 Sep 2001 01:46:30 GMT\r\n", 0},
    {"Date: Sun, 09 Sep 2001 01:46:45 GMT\r\nRetry-After: Sun, 09 Sep 2001 01:46:50 GMT\r\n", 5},
    {"Retry-After: Sun, 09 Sep 2001 01:46:50 GMT\r\nDate: Sun, 09 Sep 2001 01:46:45 GMT\r\n", 5},
    {"Retry-After: Sunday, 09-Sep-01 01:46:50 GMT\r\n", 10},
};

START_TEST(retry_after)
{
    struct http_facts f = read_ok(waits[_i].lines);
    ck_assert_msg(f.retry_after_s == waits[_i].wait, "%s: %ld", waits[_i].lines, (long)f.retry_after_s);
}
END_TEST

static const struct {
    const char *lines;
    bool modified, strong;
} dates[] = {
    {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true, false},
    {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true, false},
    {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n", true, true},
    {"Date: Sun, 06 Nov 1994 08:49:38 GMT\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true, true},
    {"Last-Modified: Sun, 06 Nov 1994 08:49:39 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n", true, false},
    {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: today\r\n", true, false},
    {"Last-Modified: yesterday\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n", false, false},
    {"Last-Modified:\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n", false, false},
    {"Last-Modified: Sun Nov  6 08:49:37 1994\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n", true, true},
};

START_TEST(last_modified)
{
    struct http_facts f = read_ok(dates[_i].lines);
    ck_assert_msg((f.modified[0] != '\0') == dates[_i].modified, "%s", dates[_i].lines);
    ck_assert_msg(facts_date_strong(&f) == dates[_i].strong, "%s", dates[_i].lines);
    if (dates[_i].modified)
        ck_assert(f.modified_s == 784111777 || f.modified_s == 784111779);
    else
        ck_assert_int_eq(f.modified_s, 0);
}
END_TEST

START_TEST(last_modified_as_it_came)
{
    struct http_facts f = read_ok("Last-Modified:  Sunday, 06-Nov-94 08:49:37 GMT \r\n");
    ck_assert_str_eq(f.modified, "Sunday, 06-Nov-94 08:49:37 GMT");
    f = read_ok("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
    ck_assert_int_eq(f.modified_s, 784111777);
}
END_TEST

static const struct {
    const char *lines, *type;
    bool ranges;
} types[] = {
    {"Content-Type: image/jpeg\r\n", "image/jpeg", false},
    {"Content-Type: Image/JPEG; charset=UTF-8; q=\";\"\r\n", "image/jpeg", false},
    {"Content-Type: application/vnd.oma.dd+xml ; x=y\r\n", "application/vnd.oma.dd+xml", false},
    {"Content-Type: multipart/ByteRanges; boundary=x\r\n", "multipart/byteranges", true},
    {"Content-Type: text/plain\r\nContent-Type: text/html\r\n", "text/plain", false},
    {"Content-Type:\r\n", "", false},
    {"Content-Type: ;charset=x\r\n", "", false},
    {"Content-Type: text\r\n", "", false},
    {"Content-Type: text/\r\n", "", false},
    {"Content-Type: /plain\r\n", "", false},
    {"Content-Type: a/b/c\r\n", "", false},
    {"Content-Type: text /plain\r\n", "", false},
    {"Content-Type: \"text/plain\"\r\n", "", false},
    {"Content-Type: text/pl\xc3\xa4in\r\n", "", false},
    {"Content-Type: junk\r\nContent-Type: text/html\r\n", "", false},
};

START_TEST(content_type)
{
    struct http_facts f = read_ok(types[_i].lines);
    ck_assert_str_eq(f.type, types[_i].type);
    ck_assert(f.multipart_ranges == types[_i].ranges);
}
END_TEST

START_TEST(content_type_too_long)
{
    char line[300] = "Content-Type: a/";
    memset(line + strlen(line), 'b', 200);
    struct http_facts f = read_ok(line);
    ck_assert_str_eq(f.type, "");
}
END_TEST

START_TEST(content_encoding)
{
    ck_assert(read_ok("Content-Encoding: gzip\r\n").coded);
    ck_assert(read_ok("Content-Encoding: identity, x-gzip\r\n").coded);
    ck_assert(read_ok("Content-Encoding: identity\r\nContent-Encoding: br\r\n").coded);
    ck_assert(!read_ok("Content-Encoding: Identity\r\n").coded);
    ck_assert(!read_ok("Content-Encoding:\r\n").coded);
}
END_TEST

#define MD5_ABC "kAFQmDzST7DWlj99KOF/cg=="
#define SHA1_ABC "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
#define SHA256_ABC "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define SHA512_ABC "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="

static const struct {
    unsigned status;
    const char *lines;
    enum http_digest digest;
} digests[] = {
    {200, "Repr-Digest: sha-256=:" SHA256_ABC ":\r\n", HTTP_DIGEST_SHA256},
    {200, "repr-digest: sha-512=:" SHA512_ABC ":, sha-256=:" SHA256_ABC ":\r\n", HTTP_DIGEST_SHA512},
    {200, "Repr-Digest: sha-256=:" SHA256_ABC ":, sha-512=:" SHA512_ABC ":\r\n", HTTP_DIGEST_SHA512},
    {206, "Repr-Digest: sha-256=:" SHA256_ABC ":;x=y\r\n", HTTP_DIGEST_SHA256},
    {200, "Repr-Digest: new-one=:AAAA:, md5=:" MD5_ABC ":\r\n", HTTP_DIGEST_MD5},
    {200, "Repr-Digest: sha-256=" SHA256_ABC "\r\n", HTTP_DIGEST_NONE},
    {200, "Repr-Digest: sha-256=:" SHA256_ABC "\r\n", HTTP_DIGEST_NONE},
    {200, "Repr-Digest: sha-256=:" SHA256_ABC ":x\r\n", HTTP_DIGEST_NONE},
    {200, "Repr-Digest: sha-256=:" MD5_ABC ":\r\n", HTTP_DIGEST_NONE},
    {200, "Repr-Digest: sha-256=::\r\n", HTTP_DIGEST_NONE},
    {200, "Repr-Digest: sha-256\r\n", HTTP_DIGEST_NONE},
    {200, "Digest: SHA-256=" SHA256_ABC "\r\n", HTTP_DIGEST_SHA256},
    {200, "Digest: md5=" MD5_ABC ",SHA=" SHA1_ABC "\r\n", HTTP_DIGEST_SHA1},
    {200, "Digest: unixsum=30637\r\n", HTTP_DIGEST_NONE},
    {206, "Digest: SHA-512=" SHA512_ABC "\r\n", HTTP_DIGEST_SHA512},
    {200, "Content-MD5: " MD5_ABC "\r\n", HTTP_DIGEST_MD5},
    {206, "Content-MD5: " MD5_ABC "\r\n", HTTP_DIGEST_NONE},
    {200, "Content-MD5: 900150983cd24fb0d6963f7d28e17f72\r\n", HTTP_DIGEST_NONE},
    {200, "Content-MD5: kAFQmDzST7DWlj99KOF/cg=\r\n", HTTP_DIGEST_NONE},
    {200, "Content-MD5: kAFQmDzST7DWlj99KOF/c===\r\n", HTTP_DIGEST_NONE},
    {200, "Content-MD5: kAFQ*DzST7DWlj99KOF/cg==\r\n", HTTP_DIGEST_NONE},
    {200, "Content-MD5: " MD5_ABC "\r\nDigest: sha-256=" SHA256_ABC "\r\n", HTTP_DIGEST_SHA256},
    {200, "Digest: sha-256=" SHA256_ABC "\r\nContent-MD5: " MD5_ABC "\r\n", HTTP_DIGEST_SHA256},
};

START_TEST(digest)
{
    /* Of "abc", as FIPS 180 and RFC 1321 print them. */
    static const unsigned char first[][4] = {
        [HTTP_DIGEST_MD5] = {0x90, 0x01, 0x50, 0x98},
        [HTTP_DIGEST_SHA1] = {0xa9, 0x99, 0x3e, 0x36},
        [HTTP_DIGEST_SHA256] = {0xba, 0x78, 0x16, 0xbf},
        [HTTP_DIGEST_SHA512] = {0xdd, 0xaf, 0x35, 0xa1},
    };
    static const unsigned char last[] = {
        [HTTP_DIGEST_MD5] = 0x72, [HTTP_DIGEST_SHA1] = 0x9d, [HTTP_DIGEST_SHA256] = 0xad, [HTTP_DIGEST_SHA512] = 0x9f};
    struct http_facts f;
    read_status(&f, digests[_i].status, digests[_i].lines);
    ck_assert_msg(f.digest == digests[_i].digest, "%s: %d", digests[_i].lines, f.digest);
    if (f.digest == HTTP_DIGEST_NONE)
        return;
    ck_assert_mem_eq(f.digest_value, first[f.digest], 4);
    ck_assert_uint_eq(f.digest_value[digest_size(f.digest) - 1], last[f.digest]);
}
END_TEST

START_TEST(any_bytes)
{
    /* Every prefix and every one-byte change of lines that mean something: nothing crashes, bounds hold. */
    static const char *const lines[] = {
        "Content-Range: bytes 0-4/10",
        "ETag: W/\"abc\"",
        "Repr-Digest: sha-256=:" SHA256_ABC ":",
        "Content-Length: 5, 5",
        "Retry-After: Sun, 09 Sep 2001 01:46:50 GMT",
        "Accept-Ranges: \"a\\\",b\", bytes",
        "Content-Type: a/b;c=d",
    };
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        size_t n = strlen(lines[l]);
        for (size_t cut = 0; cut <= n; cut++) {
            for (unsigned c = 0; c < 256; c++) {
                char *line = malloc(n ? n : 1); /* of exactly this size: a read past it is seen */
                memcpy(line, lines[l], n);
                if (cut < n)
                    line[cut] = (char)c;
                struct http_facts f;
                facts_begin(&f, 200, "", NOW);
                facts_line(&f, line, c == 0 ? cut : n);
                facts_line(&f, line, n);
                facts_end(&f, false);
                ck_assert_uint_lt(strlen(f.etag), sizeof f.etag);
                ck_assert_uint_lt(strlen(f.type), sizeof f.type);
                if (f.content_range == HTTP_RANGE_GIVEN)
                    ck_assert(f.first <= f.last && (f.range_total == 0 || f.last < f.range_total));
                free(line);
            }
        }
    }
}
END_TEST

START_TEST(pieces)
{
    struct piece rest = {"a, \"b,c\", ,d\\,e", 15}, one;
    ck_assert(piece_next(&rest, &one) && piece_is(one, "a"));
    ck_assert(piece_next(&rest, &one) && piece_is(one, "\"b,c\""));
    ck_assert(piece_next(&rest, &one) && piece_is(one, "d\\"));
    ck_assert(piece_next(&rest, &one) && piece_is(one, "e"));
    ck_assert(!piece_next(&rest, &one));
    uint64_t n;
    ck_assert(!piece_number((struct piece){"", 0}, &n));
    char small[4];
    ck_assert(piece_copy((struct piece){"abc", 3}, small, sizeof small));
    ck_assert_str_eq(small, "abc");
    ck_assert(!piece_copy((struct piece){"abcd", 4}, small, sizeof small));
    ck_assert_str_eq(small, "");
    unsigned char bytes[3];
    ck_assert(piece_base64((struct piece){"AQI=", 4}, bytes, 2) && bytes[0] == 1 && bytes[1] == 2);
    ck_assert(piece_base64((struct piece){"AQID", 4}, bytes, 3) && bytes[2] == 3);
    ck_assert(!piece_base64((struct piece){"AQI=", 4}, bytes, 3));
    ck_assert(!piece_base64((struct piece){"AQID", 4}, bytes, 2));
    ck_assert(piece_clean((struct piece){"a\tb\xff", 4}) && !piece_clean((struct piece){"a\nb", 3}));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *s = suite_create("http_facts");
    TCase *t = tcase_create("facts");
    tcase_add_test(t, nothing_said);
    tcase_add_test(t, reason_is_visible_ascii);
    tcase_add_test(t, line_forms);
    tcase_add_test(t, unclean_values);
    tcase_add_test(t, long_line_is_not_looked_at);
    tcase_add_loop_test(t, content_length, 0, COUNT(lengths));
    tcase_add_test(t, framed_otherwise);
    tcase_add_loop_test(t, content_range, 0, COUNT(ranges));
    tcase_add_test(t, content_range_again);
    tcase_add_loop_test(t, entity_tag, 0, COUNT(tags));
    tcase_add_test(t, entity_tag_length);
    tcase_add_loop_test(t, accept_ranges, 0, COUNT(accepted));
    tcase_add_loop_test(t, retry_after, 0, COUNT(waits));
    tcase_add_loop_test(t, last_modified, 0, COUNT(dates));
    tcase_add_test(t, last_modified_as_it_came);
    tcase_add_loop_test(t, content_type, 0, COUNT(types));
    tcase_add_test(t, content_type_too_long);
    tcase_add_test(t, content_encoding);
    tcase_add_loop_test(t, digest, 0, COUNT(digests));
    tcase_add_test(t, any_bytes);
    tcase_add_test(t, pieces);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
