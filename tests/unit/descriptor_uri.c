/* descriptor_uri.c - URIs taken apart, judged, resolved and shown; files that hold one. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dlota/descriptor.h>
#include "base/limits.h"
#include "descriptor/uri.h"

static void expect_part(struct uri_part p, const char *s)
{
    if (!s) {
        ck_assert_ptr_null(p.p);
        return;
    }
    ck_assert_ptr_nonnull(p.p);
    ck_assert_uint_eq(p.n, strlen(s));
    ck_assert_int_eq(strncmp(p.p, s, p.n), 0);
}

static const struct {
    const char *uri, *scheme, *userinfo, *host, *port, *path, *query, *fragment;
} splits[] = {
    {"http://u:p@h:80/a/b?q#f", "http", "u:p", "h", "80", "/a/b", "q", "f"},
    {"http://h", "http", NULL, "h", NULL, "", NULL, NULL},
    {"http://h:", "http", NULL, "h", "", "", NULL, NULL},
    {"http://h?q", "http", NULL, "h", NULL, "", "q", NULL},
    {"http://h#?x", "http", NULL, "h", NULL, "", NULL, "?x"},
    {"http://h/?", "http", NULL, "h", NULL, "/", "", NULL},
    {"http://h/a?b?c/d#e#f", "http", NULL, "h", NULL, "/a", "b?c/d", "e#f"},
    {"http://[::1]:8080/", "http", NULL, "[::1]", "8080", "/", NULL, NULL},
    {"http://[::1]/", "http", NULL, "[::1]", NULL, "/", NULL, NULL},
    {"http://[::1", "http", NULL, "[::1", NULL, "", NULL, NULL},
    {"http://@h/", "http", "", "h", NULL, "/", NULL, NULL},
    {"http://a@b@h/", "http", "a@b", "h", NULL, "/", NULL, NULL},
    {"cid:a@b", "cid", NULL, NULL, NULL, "a@b", NULL, NULL},
    {"//h/x", NULL, NULL, "h", NULL, "/x", NULL, NULL},
    {"/x:y", NULL, NULL, NULL, NULL, "/x:y", NULL, NULL},
    {"1a:b", NULL, NULL, NULL, NULL, "1a:b", NULL, NULL},
    {"", NULL, NULL, NULL, NULL, "", NULL, NULL},
    {"?q", NULL, NULL, NULL, NULL, "", "q", NULL},
};

START_TEST(parts)
{
    struct uri_parts u;
    uri_split(splits[_i].uri, &u);
    expect_part(u.scheme, splits[_i].scheme);
    expect_part(u.userinfo, splits[_i].userinfo);
    expect_part(u.host, splits[_i].host);
    expect_part(u.port, splits[_i].port);
    expect_part(u.path, splits[_i].path);
    expect_part(u.query, splits[_i].query);
    expect_part(u.fragment, splits[_i].fragment);
}
END_TEST

static const struct {
    const char *uri, *why;
} checks[] = {
    {"http://h/x", NULL},
    {"HTTPS://h", NULL},
    {"http://u:p@h.example:1/?x#y", NULL},
    {"http://h:/", NULL},
    {"http://[2001:db8::1]:443/", NULL},
    {"http://h/%zz|{}\"<>^`\\", NULL},
    {"http://\xc3\xbc.example/\xff", NULL},
    {"ftp://x/y", NULL},
    {"cid:x", NULL},
    {"x/y", "not an absolute URI"},
    {"", "not an absolute URI"},
    {"//h/x", "not an absolute URI"},
    {"cid:", "nothing after the scheme"},
    {"http:", "no host in it"},
    {"http://", "no host in it"},
    {"http:///x", "no host in it"},
    {"http://:80/", "no host in it"},
    {"http://u@/", "no host in it"},
    {"http:h/x", "no host in it"},
    {"http://h/ x", "a blank in it"},
    {" http://h/", "a blank in it"},
    {"http://h/\r\nX: y", "a control character in it"},
    {"http://h/\x7f", "a control character in it"},
    {"http://h/\t", "a control character in it"},
    {"ftp://h/\x01", "a control character in it"},
    {"http://h:0/", "malformed port"},
    {"http://h:65536/", "malformed port"},
    {"http://h:99999999999999999999/", "malformed port"},
    {"http://h:8a/", "malformed port"},
    {"http://::1/", "no host in it"},
    {"http://h:1:2/", "malformed port"},
    {"http://u:p/w@h/", "malformed port"},
    {"http://a@b@h/", "more than one @ before the host"},
    {"http://h\\@g/", "malformed host"},
    {"http://a\\b/", "malformed host"},
    {"http://[::1/", "malformed host"},
    {"http://[::1]x/", "malformed host"},
    {"http://[]/", "malformed host"},
    {"http://a[b]/", "malformed host"},
    {"http://<h>/", "malformed host"},
};

START_TEST(usable)
{
    const char *why = NULL;
    int rc = uri_check(checks[_i].uri, &why);
    ck_assert_int_eq(rc, checks[_i].why ? -EINVAL : 0);
    ck_assert_pstr_eq(why, checks[_i].why);
}
END_TEST

START_TEST(host_length)
{
    char uri[400] = "http://", key[256];
    const char *why = NULL;
    memset(uri + 7, 'h', 249);
    strcat(uri, ":65535/");
    ck_assert_int_eq(uri_check(uri, &why), 0);
    uri_host_key(uri, key);
    ck_assert_uint_eq(strlen(key), 255);
    memset(uri + 7, 'h', 300);
    uri[307] = '\0';
    ck_assert_int_eq(uri_check(uri, &why), -EINVAL);
    ck_assert_str_eq(why, "host name too long");
    uri_host_key(uri, key);
    ck_assert_uint_le(strlen(key), 255);
}
END_TEST

/* RFC 3986 5.4, against http://a/b/c/d;p?q */
static const struct {
    const char *ref, *target;
} rfc[] = {
    {"g:h", "g:h"},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q#s"},
    {"g#s", "http://a/b/c/g#s"},
    {"g?y#s", "http://a/b/c/g?y#s"},
    {";x", "http://a/b/c/;x"},
    {"g;x", "http://a/b/c/g;x"},
    {"g;x?y#s", "http://a/b/c/g;x?y#s"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"../../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"g..", "http://a/b/c/g.."},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {"g;x=1/../y", "http://a/b/c/y"},
    {"g?y/./x", "http://a/b/c/g?y/./x"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"g#s/../x", "http://a/b/c/g#s/../x"},
    {"http:g", "http:g"},
    {"http://x/a/../b/./c", "http://x/a/../b/./c"},
};

START_TEST(references)
{
    char uri[100];
    ck_assert_int_eq(uri_resolve("http://a/b/c/d;p?q", rfc[_i].ref, uri, sizeof uri), 0);
    ck_assert_str_eq(uri, rfc[_i].target);
    /* one byte less than it needs */
    ck_assert_int_eq(uri_resolve("http://a/b/c/d;p?q", rfc[_i].ref, uri, strlen(rfc[_i].target)), -ENAMETOOLONG);
}
END_TEST

START_TEST(references_without_path_or_base)
{
    char uri[100];
    ck_assert_int_eq(uri_resolve("http://a", "g", uri, sizeof uri), 0);
    ck_assert_str_eq(uri, "http://a/g");
    ck_assert_int_eq(uri_resolve("http://a?q", "../g", uri, sizeof uri), 0);
    ck_assert_str_eq(uri, "http://a/g");
    ck_assert_int_eq(uri_resolve("http://u:p@a:8/x", "/y//z/", uri, sizeof uri), 0);
    ck_assert_str_eq(uri, "http://u:p@a:8/y//z/");
    ck_assert_int_eq(uri_resolve(NULL, "g", uri, sizeof uri), -EINVAL);
    ck_assert_int_eq(uri_resolve("", "g", uri, sizeof uri), -EINVAL);
    ck_assert_int_eq(uri_resolve("/local/file.dd", "g", uri, sizeof uri), -EINVAL);
    ck_assert_int_eq(uri_resolve(NULL, "cid:x", uri, sizeof uri), 0);
    ck_assert_str_eq(uri, "cid:x");
}
END_TEST

START_TEST(host_keys)
{
    static const struct {
        const char *uri, *key;
    } keys[] = {
        {"http://H.Example/x", "h.example"},
        {"http://h:80/x", "h"},
        {"http://h:080/x", "h"},
        {"http://h:/x", "h"},
        {"http://h:443/x", "h:443"},
        {"https://h:443/x", "h"},
        {"HTTPS://h:80/x", "h:80"},
        {"http://u:p@H:8080", "h:8080"},
        {"http://[2001:DB8::1]:81/", "[2001:db8::1]:81"},
        {"ftp://h:21/", "h:21"},
        {"cid:x", ""},
        {"x", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[256];
        uri_host_key(keys[i].uri, key);
        ck_assert_str_eq(key, keys[i].key);
    }
}
END_TEST

START_TEST(shown_and_sent)
{
    static const struct {
        const char *uri, *masked, *bare;
    } uris[] = {
        {"http://u:secret@h:8/x?y#z", "http://u:***@h:8/x?y#z", "http://h:8/x?y"},
        {"http://u:@h/x", "http://u:***@h/x", "http://h/x"},
        {"http://:p@h/x", "http://:***@h/x", "http://h/x"},
        {"http://u@h/x", "http://u@h/x", "http://h/x"},
        {"http://u:a@b:c@h/", "http://u:***@h/", "http://h/"},
        {"http://h/u:p@x", "http://h/u:p@x", "http://h/u:p@x"},
        {"HTTP://H/a/../b#", "HTTP://H/a/../b#", "HTTP://H/a/../b"},
        {"cid:a:b@c", "cid:a:b@c", "cid:a:b@c"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct text t = {.max = 1000};
        char bare[100];
        uri_masked(uris[i].uri, &t);
        ck_assert_str_eq(t.data, uris[i].masked);
        text_free(&t);
        ck_assert_int_eq(uri_bare(uris[i].uri, bare, sizeof bare), 0);
        ck_assert_str_eq(bare, uris[i].bare);
        ck_assert_int_eq(uri_bare(uris[i].uri, bare, strlen(uris[i].bare)), -ENAMETOOLONG);
    }
    ck_assert(uri_is_http("hTTp://h/"));
    ck_assert(uri_is_http("https://h/"));
    ck_assert(!uri_is_http("httpx://h/"));
    ck_assert(!uri_is_http("ftp://h/"));
    ck_assert(!uri_is_http("//h/"));
}
END_TEST

START_TEST(last_segments)
{
    static const struct {
        const char *uri, *segment;
    } segments[] = {
        {"http://h/a/b.gif", "b.gif"},
        {"http://h/a%20b%C3%bc.gif#f", "a b\xc3\xbc.gif"},
        {"http://h/a%2fb", "a/b"},
        {"http://h/%00x", "\x01x"},
        {"http://h/100%", "100%"},
        {"http://h/a%2", "a%2"},
        {"http://h/a%zzb", "a%zzb"},
        {"http://h/a%252f", "a%2f"},
        {"cid:part", "part"},
        {"http://h/a/", NULL},
        {"http://h/", NULL},
        {"http://h", NULL},
        {"http://h/a.gif?x", NULL},
        {"http://h/a.gif?", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        char b[50];
        ck_assert_int_eq(uri_last_segment(segments[i].uri, b, sizeof b), segments[i].segment != NULL);
        if (segments[i].segment)
            ck_assert_str_eq(b, segments[i].segment);
    }
    char b[4];
    ck_assert(uri_last_segment("http://h/abcdef", b, sizeof b));
    ck_assert_str_eq(b, "abc");
    ck_assert(!uri_last_segment("http://h/abcdef", b, 0));
}
END_TEST

/* ---- files with one URL ---- */

static const struct {
    const char *text, *url; /* url NULL: a fault */
    unsigned line;
    const char *reason;
} files[] = {
    {"http://h/x", "http://h/x", 0, NULL},
    {"https://h/x?y#z\n", "https://h/x?y#z", 0, NULL},
    {"\xef\xbb\xbfhttp://h/x\r\n", "http://h/x", 0, NULL},
    {"\r\n\r\n  http://h/x  \r\n\r\n", "http://h/x", 0, NULL},
    {"\rhttp://h/x\r", "http://h/x", 0, NULL},
    {"# a comment with http://no/\n\n; another\nHTTP://h/x\n# end", "HTTP://h/x", 0, NULL},
    {"URL=http://h/x\n", "http://h/x", 0, NULL},
    {"[InternetShortcut]\r\nURL=http://h/x\r\nIconIndex=0\r\nIconFile=http://h/favicon.ico\r\n", "http://h/x", 0, NULL},
    {"[{000214A0-0000-0000-C000-000000000046}]\r\nURL=http://no/\nProp3=19,2\r\n[internetshortcut]\r\nIDList=\r\nURL = "
     "http://h/x\r\n",
     "http://h/x", 0, NULL},
    {"[Other]\nURL=http://no/\n", NULL, 1, "neither a Download Descriptor (XML) nor a text with one URL"},
    {"[InternetShortcut]\nurl = http://h/x\n[Other]\nURL=http://no/\n", "http://h/x", 0, NULL},
    {"[Desktop Entry]\nType=Link\nName=a://b\nURL[$e]=http://h/x\nIcon=i\n", "http://h/x", 0, NULL},
    {"[InternetShortcut]\nBASEURL=http://no/\nURLX=http://no/\nnonsense\nURL=http://h/x", "http://h/x", 0, NULL},
    {"http://h/x\n\nhttp://h/y\n", NULL, 3, "more than one URL"},
    {"http://h/x\nhttp://h/x\n", NULL, 2, "more than one URL"},
    {"[InternetShortcut]\nURL=http://h/x\nURL=http://h/x\n", NULL, 3, "more than one URL"},
    {"http://h/x y\n", NULL, 1, "URL: a blank in it"},
    {"http://h/x\nsome words\n", NULL, 2, "more than one URL"},
    {"\n\nftp://h/x\n", NULL, 3, "URL: neither http nor https"},
    {"[Desktop Entry]\nURL=file:///etc/passwd\n", NULL, 2, "URL: neither http nor https"},
    {"[InternetShortcut]\nURL=\n", NULL, 2, "URL: not an absolute URI"},
    {"[InternetShortcut]\nIcon=x\n", NULL, 2, "URL: missing"},
    {"http://\n", NULL, 1, "URL: no host in it"},
    {"http://h/\x01\n", NULL, 1, "URL: a control character in it"},
    {"see http://h/x\n", NULL, 1, "URL: a blank in it"},
    {"hello\n", NULL, 1, "neither a Download Descriptor (XML) nor a text with one URL"},
    {"# only a comment http://h/\n", NULL, 1, "neither a Download Descriptor (XML) nor a text with one URL"},
    {"\n\n", NULL, 1, "neither a Download Descriptor (XML) nor a text with one URL"},
};

START_TEST(url_files)
{
    struct dd_input in = {.bytes = files[_i].text, .n = strlen(files[_i].text)};
    struct dd_offer *offer = NULL;
    struct dd_fault fault;
    int rc = dd_parse(&in, &offer, &fault);
    if (!files[_i].url) {
        ck_assert_int_eq(rc, -EBADMSG);
        ck_assert_str_eq(fault.reason, files[_i].reason);
        ck_assert_uint_eq(fault.line, files[_i].line);
        ck_assert_str_eq(fault.notify, "");
        return;
    }
    ck_assert_msg(rc == 0, "%u: %s", fault.line, fault.reason);
    ck_assert_int_eq(offer->kind, DD_KIND_URL);
    ck_assert_uint_eq(offer->n_objects, 1);
    ck_assert_str_eq(offer->objects[0].uri, files[_i].url);
    ck_assert_uint_eq(offer->objects[0].size, 0);
    ck_assert_ptr_nonnull(offer->objects[0].types);
    ck_assert_ptr_null(offer->objects[0].types[0]);
    ck_assert_str_eq(offer->objects[0].install_notify_uri, "");
    (void)dd_offer_free(offer);
}
END_TEST

START_TEST(url_files_with_zeros_and_of_any_length)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    struct dd_input in = {.bytes = "http://h/\0x\n", .n = 12};
    ck_assert_int_eq(dd_parse(&in, &offer, &fault), -EBADMSG);
    in.media_type = "text/uri-list";
    ck_assert_int_eq(dd_parse(&in, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, "URL: a control character in it");
    in.bytes = "\n# nothing\n";
    in.n = 11;
    ck_assert_int_eq(dd_parse(&in, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, "URL: missing");
    ck_assert_uint_eq(fault.line, 2);

    char *s = malloc(LIMIT_URI + 2);
    ck_assert_ptr_nonnull(s);
    memset(s, 'x', LIMIT_URI + 1);
    memcpy(s, "http://h/", 9);
    in = (struct dd_input){.bytes = s, .n = LIMIT_URI};
    ck_assert_int_eq(dd_parse(&in, &offer, &fault), 0);
    ck_assert_uint_eq(strlen(offer->objects[0].uri), LIMIT_URI);
    (void)dd_offer_free(offer);
    in.n++;
    ck_assert_int_eq(dd_parse(&in, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, "URL: longer than a URI may be");
    free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor_uri");
    TCase *tc = tcase_create("uri");
    tcase_add_loop_test(tc, parts, 0, sizeof splits / sizeof *splits);
    tcase_add_loop_test(tc, usable, 0, sizeof checks / sizeof *checks);
    tcase_add_test(tc, host_length);
    tcase_add_loop_test(tc, references, 0, sizeof rfc / sizeof *rfc);
    tcase_add_test(tc, references_without_path_or_base);
    tcase_add_test(tc, host_keys);
    tcase_add_test(tc, shown_and_sent);
    tcase_add_test(tc, last_segments);
    tcase_add_loop_test(tc, url_files, 0, sizeof files / sizeof *files);
    tcase_add_test(tc, url_files_with_zeros_and_of_any_length);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
