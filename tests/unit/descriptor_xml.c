/* descriptor_xml.c - encodings, bounds, hostile documents, memory that runs out. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "descriptor/offer.h"
#include "descriptor/xml.h"

#define BODY                                                                                                           \
    "<media><type>a/b</type><size>5</size><objectURI>http://h/x</objectURI><name>gr\xc3\xbc\xc3\x9f \xe2\x82\xac "     \
    "\xf0\x9f\x98\x80</name></media>"
#define NAME "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"

static int parse(const void *p, size_t n, const char *type, struct dd_offer **ret, struct dd_fault *fault)
{
    struct dd_input in = {.bytes = p, .n = n, .media_type = type};
    *ret = NULL;
    return dd_parse(&in, ret, fault);
}

static void expect_name(const void *p, size_t n, const char *type, const char *name)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    int rc = parse(p, n, type, &offer, &fault);
    ck_assert_msg(rc == 0, "%d line %u: %s", rc, fault.line, fault.reason);
    ck_assert_str_eq(offer->objects[0].name, name);
    (void)dd_offer_free(offer);
}

static void expect_fault(const void *p, size_t n, const char *type, unsigned line, const char *reason)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    ck_assert_int_eq(parse(p, n, type, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, reason);
    ck_assert_uint_eq(fault.line, line);
}

/* UTF-8 to UTF-16 as written by a server with either byte order. */
static size_t wide(const char *s, bool big, bool mark, unsigned char *ret)
{
    size_t n = 0;
    uint32_t c = 0xfeff;
    int used = 0;
    if (!mark)
        used = utf8_next(s, &c);
    for (;; used = utf8_next(s, &c)) {
        uint16_t units[2] = {(uint16_t)c, 0};
        if (c > 0xffff) {
            units[0] = (uint16_t)(0xd800 | (c - 0x10000) >> 10);
            units[1] = (uint16_t)(0xdc00 | (c & 0x3ff));
        }
        for (int i = 0; i < (c > 0xffff ? 2 : 1); i++) {
            ret[n++] = (unsigned char)(big ? units[i] >> 8 : units[i]);
            ret[n++] = (unsigned char)(big ? units[i] : units[i] >> 8);
        }
        s += used;
        if (!*s)
            return n;
    }
}

START_TEST(encodings)
{
    unsigned char b[2000];
    expect_name(BODY, strlen(BODY), NULL, NAME);
    expect_name("\xef\xbb\xbf" BODY, strlen(BODY) + 3, NULL, NAME);
    for (int big = 0; big < 2; big++) {
        expect_name(b, wide(BODY, big, true, b), NULL, NAME);
        expect_name(b, wide(BODY, big, true, b), "application/vnd.oma.dd+xml; charset=utf-8", NAME); /* the mark wins */
        expect_name(b, wide(BODY, big, false, b), NULL, NAME);
        expect_name(b, wide("<?xml version='1.0' encoding='UTF-16'?>" BODY, big, true, b), NULL, NAME);
    }
#define LATIN "<media><type>a/b</type><size>5</size><objectURI>http://h/x</objectURI><name>\xfc</name></media>"
    expect_name("<?xml version='1.0' encoding='ISO-8859-1'?>" LATIN, strlen(LATIN) + 43, NULL, "\xc3\xbc");
    expect_name(LATIN, strlen(LATIN), "application/vnd.oma.dd+xml;charset=\"iso-8859-1\"", "\xc3\xbc");
    expect_name(LATIN, strlen(LATIN), "application/vnd.oma.dd+xml; CharSet=ISO-8859-1 ; x=y", "\xc3\xbc");
    expect_fault(LATIN, strlen(LATIN), NULL, 1, "not well-formed XML: not well-formed (invalid token)");
    expect_fault(LATIN, strlen(LATIN), "text/xml; xcharset=iso-8859-1", 1,
                 "not well-formed XML: not well-formed (invalid token)");
    expect_name(BODY, strlen(BODY), "application/vnd.oma.dd+xml; charset=us-ascii", NAME);
    expect_name("<?xml version='1.0' encoding='ISO-8859-1'?>" BODY, strlen(BODY) + 43, "text/xml; charset=utf-8", NAME);
    expect_fault("<?xml version='1.0' encoding='x-none'?>\n<a/>", 44, NULL, 1, "not well-formed XML: unknown encoding");
}
END_TEST

START_TEST(lines_are_counted_in_utf16)
{
    unsigned char b[2000];
    expect_fault(b, wide("<media>\r\n\n<size>x</size>\n<type>a/b</type></media>", true, true, b), NULL, 3,
                 "size: not a number: \"x\"");
}
END_TEST

START_TEST(text_in_many_chunks)
{
    struct text t = {.max = LIMIT_DESCRIPTOR}, name = {.max = LIMIT_DESCRIPTOR};
    text_puts(&t, "<media><type>a/b</type><size>5</size><objectURI>http://h/x</objectURI>\n<name>");
    for (int i = 0; i < 2000; i++) {
        text_puts(&t, "a&amp;<![CDATA[<b>]]>\r\n<!-- no --><?no?>&#252;");
        text_puts(&name, "a&<b>\n\xc3\xbc");
    }
    text_puts(&t, "</name></media>");
    ck_assert(!t.failed && !name.failed);
    expect_name(t.data, t.len, NULL, name.data);
    text_free(&t);
    text_free(&name);
}
END_TEST

#define BOMB                                                                                                           \
    "<?xml version='1.0'?>\n<!DOCTYPE media [\n<!ENTITY a 'aaaaaaaaaaaaaaaaaaaa'>\n"                                   \
    "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\n<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>\n"                     \
    "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>\n<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>\n"                     \
    "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]>\n<media><name>&f;&f;&f;&f;&f;&f;</name></media>"

START_TEST(document_types_are_refused)
{
    static const struct {
        const char *document;
        unsigned line;
    } documents[] = {
        {BOMB, 2},
        {"<!DOCTYPE media SYSTEM 'file:///etc/passwd'>\n" BODY, 1},
        {"\n<!DOCTYPE media PUBLIC 'a' 'http://h/dtd'><media/>", 2},
        {"<!DOCTYPE media [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><media><name>&x;</name></media>", 1},
        {"<!DOCTYPE media [<!ATTLIST media DDVersion CDATA '2.0'>]>" BODY, 1},
        {"<!DOCTYPE media>" BODY, 1},
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        expect_fault(documents[i].document, strlen(documents[i].document), NULL, documents[i].line,
                     "a document type declaration is not allowed");
}
END_TEST

static void nested(struct text *t, int depth)
{
    text_puts(t, "<media><type>a/b</type><size>5</size><objectURI>http://h/x</objectURI><name>n</name>\n");
    for (int i = 1; i < depth; i++)
        text_puts(t, "<x>t");
    for (int i = 1; i < depth; i++)
        text_puts(t, "</x>");
    text_puts(t, "</media>");
}

START_TEST(depth_is_bounded)
{
    struct text t = {.max = LIMIT_DESCRIPTOR};
    nested(&t, LIMIT_XML_DEPTH);
    expect_name(t.data, t.len, NULL, "n");
    text_free(&t);
    nested(&t, LIMIT_XML_DEPTH + 1);
    expect_fault(t.data, t.len, NULL, 2, "elements nested deeper than 32");
    text_free(&t);
    for (int i = 0; i < LIMIT_DESCRIPTOR / 3; i++)
        text_puts(&t, "<a>");
    expect_fault(t.data, t.len, NULL, 1, "the root element is \"a\", not media");
    text_free(&t);
}
END_TEST

START_TEST(size_is_bounded)
{
    size_t n = LIMIT_DESCRIPTOR;
    char *s = malloc(n + 1);
    ck_assert_ptr_nonnull(s);
    memset(s, ' ', n + 1);
    memcpy(s, BODY, strlen(BODY));
    expect_name(s, n, NULL, NAME);
    expect_fault(s, n + 1, NULL, 1, "longer than 256 KiB");
    free(s);

    n = 1024 * 1024; /* one huge attribute */
    s = malloc(n);
    ck_assert_ptr_nonnull(s);
    memset(s, 'x', n);
    memcpy(s, "<media a='", 10);
    memcpy(s + n - 3, "'/>", 3);
    expect_fault(s, n, NULL, 1, "longer than 256 KiB");
    free(s);
}
END_TEST

START_TEST(namespaces_are_bounded_and_scoped)
{
    struct text t = {.max = LIMIT_DESCRIPTOR};
    text_puts(&t, "<media>\n");
    for (int i = 0; i < 500; i++)
        text_printf(&t, "<x xmlns:p%d='urn:%d'/>", i, i);
    text_puts(&t, &BODY[strlen("<media>")]);
    expect_name(t.data, t.len, NULL, NAME);
    text_free(&t);
    text_puts(&t, "<media>\n<x");
    for (int i = 0; i < 65; i++)
        text_printf(&t, " xmlns:p%d='urn:%d'", i, i);
    text_puts(&t, "/></media>");
    expect_fault(t.data, t.len, NULL, 2, "more than 64 namespace declarations");
    text_free(&t);
}
END_TEST

START_TEST(what_is_no_xml)
{
    static const struct {
        const char *s;
        size_t n;
        bool xml;
    } texts[] = {
        {"<", 1, true},           {" \t\r\n<a", 6, true},    {"\xef\xbb\xbf <", 5, true}, {"\xff\xfe<\0", 4, true},
        {"\xfe\xff\0<", 4, true}, {"\0<\0a", 4, true},       {"<\0a\0", 4, true},         {" \0<\0", 4, true},
        {"", 0, false},           {"a", 1, false},           {"   ", 3, false},           {"\xef\xbb\xbf", 3, false},
        {"\xff\xfe", 2, false},   {"\xfe\xff\0a", 4, false}, {"\xff\xfe<", 3, false},     {"\0\0\0\0", 4, false},
        {"PK\3\4", 4, false},     {"\0", 1, false},          {"\x1b<", 2, false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dd_input in = {.bytes = texts[i].s, .n = texts[i].n};
        ck_assert_msg(xml_sniff(&in) == texts[i].xml, "%zu", i);
    }
    static const char neither[] = "neither a Download Descriptor (XML) nor a text with one URL";
    expect_fault("PK\3\4\0\0", 6, NULL, 1, neither);
    expect_fault("hello\nworld", 11, NULL, 1, neither);
    expect_fault("GIF89a", 6, "image/gif", 1, neither);
    expect_fault(NULL, 0, NULL, 1, "empty");
    expect_fault("hello", 5, "application/vnd.oma.dd+xml", 1, "not well-formed XML: syntax error");
}
END_TEST

/* ---- memory that runs out ---- */

static int left; /* allocations until one fails; negative: none does */
static int live; /* allocations not yet freed */

static bool fails(void) { return left >= 0 && left-- == 0; }

static void *failing_malloc(size_t n)
{
    void *p = fails() ? NULL : malloc(n);
    live += p != NULL;
    return p;
}

static void *failing_realloc(void *old, size_t n)
{
    void *p = fails() ? NULL : realloc(old, n);
    live += p != NULL && !old;
    return p;
}

static void counting_free(void *p)
{
    live -= p != NULL;
    free(p);
}

static const dd_memory failing = {failing_malloc, failing_realloc, counting_free};

static const char *const documents[] = {
    "<?xml version='1.0' encoding='UTF-8'?><media xmlns='urn:a' DDVersion='1.0' xmlns:p='urn:b'><type>a/b</type>"
    "<type>c/d</type><size>5</size><objectURI>x</objectURI><installNotifyURI>n</installNotifyURI><p:e><f/></p:e>"
    "<un:g/><description>a&amp;<![CDATA[b]]></description><nextURL>n</nextURL></media>",
    "<media><installNotifyURI>http://n/</installNotifyURI><size>big</size></media>",
    "<media><type>a/b</typ></media>",
    "[InternetShortcut]\nURL=http://h/x\n",
};

START_TEST(every_allocation_may_fail)
{
    struct dd_input in = {.bytes = documents[_i], .n = strlen(documents[_i]), .base = "http://h/d/"};
    struct dd_offer *offer = NULL;
    struct dd_fault fault;
    left = -1;
    live = 0;
    int end = dd_parse_with(&in, &failing, &offer, &fault);
    if (end == 0)
        (void)dd_offer_free(offer);
    ck_assert_int_eq(live, 0);

    int failures = 0;
    for (int n = 0;; n++) {
        left = n;
        int rc = dd_parse_with(&in, &failing, &offer, &fault);
        bool failed = left < 0;
        if (rc == 0)
            (void)dd_offer_free(offer);
        ck_assert_int_eq(live, 0);
        if (!failed) { /* fewer than n were needed */
            ck_assert_int_eq(rc, end);
            break;
        }
        ck_assert_int_eq(rc, -ENOMEM);
        ck_assert_str_eq(fault.reason, "out of memory");
        ck_assert_uint_eq(fault.line, 0);
        failures++;
    }
    ck_assert_int_ge(failures, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor_xml");
    TCase *tc = tcase_create("xml");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, encodings);
    tcase_add_test(tc, lines_are_counted_in_utf16);
    tcase_add_test(tc, text_in_many_chunks);
    tcase_add_test(tc, document_types_are_refused);
    tcase_add_test(tc, depth_is_bounded);
    tcase_add_test(tc, size_is_bounded);
    tcase_add_test(tc, namespaces_are_bounded_and_scoped);
    tcase_add_test(tc, what_is_no_xml);
    tcase_add_loop_test(tc, every_allocation_may_fail, 0, sizeof documents / sizeof *documents);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
