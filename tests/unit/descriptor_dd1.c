/* descriptor_dd1.c - what DD 1.0 documents mean, and the reason of each fault. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlota/descriptor.h>
#include "base/limits.h"

#define NS "xmlns=\"http://www.openmobilealliance.org/xmlns/dd\""
#define TYPE "<type>image/gif</type>"
#define SIZE "<size>1234</size>"
#define URI "<objectURI>http://h.example/pic.gif</objectURI>"
#define MINIMAL TYPE SIZE URI
#define MEDIA(inner) "<media " NS ">" inner "</media>"

static int parse(const char *s, const char *base, struct dd_offer **ret, struct dd_fault *fault)
{
    struct dd_input in = {.bytes = s, .n = strlen(s), .base = base};
    *ret = NULL;
    return dd_parse(&in, ret, fault);
}

static struct dd_offer *parse_ok(const char *s, const char *base)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    int rc = parse(s, base, &offer, &fault);
    ck_assert_msg(rc == 0, "%d line %u: %s", rc, fault.line, fault.reason);
    ck_assert_uint_eq(offer->n_objects, 1);
    return offer;
}

START_TEST(all_elements)
{
    struct dd_offer *offer = parse_ok("<?xml version=\"1.0\"?>\n"
                                      "<media " NS ">\n"
                                      "  <vendor> Vendor &amp; Sons </vendor>\n"
                                      "  <objectURI>\n http://h.example/a/b.jpg?x=1&amp;y=2 </objectURI>\n"
                                      "  <size> 18446 </size>\n"
                                      "  <type>image/jpeg</type><type> application/vnd.oma.drm.message </type>\n"
                                      "  <installNotifyURI>https://n.example/r?id=7</installNotifyURI>\n"
                                      "  <nextURL>http://h.example/next</nextURL>\n"
                                      "  <DDVersion>1.5</DDVersion>\n"
                                      "  <name>A <![CDATA[<picture>]]></name>\n"
                                      "  <description>Two\nlines</description>\n"
                                      "  <infoURL>http://h.example/info</infoURL>\n"
                                      "  <iconURI>http://h.example/icon.png</iconURI>\n"
                                      "  <installParam>k=v;k=w</installParam>\n"
                                      "</media>\n",
                                      NULL);
    const struct dd_object *o = &offer->objects[0];
    ck_assert_int_eq(offer->kind, DD_KIND_DD1);
    ck_assert_str_eq(offer->version, "1.5");
    ck_assert_str_eq(offer->vendor, "Vendor & Sons");
    ck_assert_str_eq(offer->next_url, "http://h.example/next");
    ck_assert_str_eq(offer->updated_dd_uri, "");
    ck_assert_str_eq(o->uri, "http://h.example/a/b.jpg?x=1&y=2");
    ck_assert_uint_eq(o->size, 18446);
    ck_assert_str_eq(o->types[0], "image/jpeg");
    ck_assert_str_eq(o->types[1], "application/vnd.oma.drm.message");
    ck_assert_ptr_null(o->types[2]);
    ck_assert_str_eq(o->install_notify_uri, "https://n.example/r?id=7");
    ck_assert_str_eq(o->name, "A <picture>");
    ck_assert_str_eq(o->description, "Two\nlines");
    ck_assert_str_eq(o->info_url, "http://h.example/info");
    ck_assert_str_eq(o->icon_uri, "http://h.example/icon.png");
    ck_assert_str_eq(o->install_param, "k=v;k=w");
    ck_assert_ptr_null(dd_offer_free(offer));
    ck_assert_ptr_null(dd_offer_free(NULL));
}
END_TEST

START_TEST(only_mandatory_elements)
{
    struct dd_offer *offer = parse_ok(MEDIA(MINIMAL), NULL);
    const struct dd_object *o = &offer->objects[0];
    ck_assert_str_eq(offer->version, "1.0");
    ck_assert_str_eq(offer->vendor, "");
    ck_assert_str_eq(offer->next_url, "");
    ck_assert_str_eq(o->name, "");
    ck_assert_str_eq(o->description, "");
    ck_assert_str_eq(o->info_url, "");
    ck_assert_str_eq(o->icon_uri, "");
    ck_assert_str_eq(o->install_param, "");
    ck_assert_str_eq(o->install_notify_uri, "");
    (void)dd_offer_free(offer);
}
END_TEST

START_TEST(empty_optional_elements_are_absent)
{
    struct dd_offer *offer = parse_ok(MEDIA(MINIMAL "<installNotifyURI> </installNotifyURI><nextURL/><infoURL/>"
                                                    "<iconURI></iconURI><name/><type/>"),
                                      NULL);
    ck_assert_str_eq(offer->objects[0].install_notify_uri, "");
    ck_assert_str_eq(offer->next_url, "");
    ck_assert_ptr_null(offer->objects[0].types[1]);
    (void)dd_offer_free(offer);
}
END_TEST

/* What must be accepted, and what name and size are then. */
static const struct {
    const char *document, *name;
    uint64_t size;
} accepted[] = {
    {MEDIA(MINIMAL "<name>one</name><name>two</name><size>99</size>"), "one", 1234},
    {MEDIA(MINIMAL "<size>bad</size><objectURI/>"), "", 1234},
    {MEDIA(TYPE URI "<size>1,000</size>"), "", 1000},
    {MEDIA(TYPE URI "<size>12,345,678</size>"), "", 12345678},
    {MEDIA(TYPE URI "<size>007</size>"), "", 7},
    {MEDIA(TYPE URI "<size>9223372036854775807</size>"), "", 9223372036854775807},
    {MEDIA(TYPE URI "<size>&#49;2<!-- c --><![CDATA[3]]></size>"), "", 123},
    {MEDIA(MINIMAL "<garbage>g</garbage><other><name>no</name><size>1</size><a><b/></a></other>"), "", 1234},
    {MEDIA("<message><en-us><name>no</name></en-us></message>" MINIMAL "<name>yes</name>"), "yes", 1234},
    {MEDIA(MINIMAL "<Name>no</Name><NAME>no</NAME>"), "", 1234},
    {"<media>" MINIMAL "<name>n</name></media>", "n", 1234},
    {"<media xmlns=\"urn:any\">" MINIMAL "<name>n</name></media>", "n", 1234},
    {"<d:media xmlns:d=\"urn:any\"><d:type>a/b</d:type><d:size>5</d:size><objectURI>http://h/</objectURI></d:media>",
     "", 5},
    {"<media xmlns=\"urn:a\">" MINIMAL "<name xmlns=\"\">n</name></media>", "n", 1234},
    {"<media xmlns=\"urn:a\" xmlns:p=\"urn:a\">" MINIMAL "<p:name>n</p:name></media>", "n", 1234},
    {"<media xmlns=\"urn:a\" xmlns:x=\"urn:b\"><x:name>no</x:name><x:size>bad</x:size>" MINIMAL "</media>", "", 1234},
    {"<media xmlns=\"urn:a\"><name xmlns=\"urn:b\">no</name>" MINIMAL "<name>yes</name></media>", "yes", 1234},
    {"<media xmlns=\"urn:a\"><un:name>no</un:name>" MINIMAL "<un:x y:z=\"1\"/></media>", "", 1234},
    {"<media>" MINIMAL "<un:name>no</un:name></media>", "", 1234},
    {"<media><x xmlns=\"urn:b\"/>" MINIMAL "<name>after</name></media>", "after", 1234},
    {"<un:media>" MINIMAL "<un:name>n</un:name></un:media>", "n", 1234},
    {MEDIA(MINIMAL "<DDVersion>1</DDVersion>"), "", 1234},
    {MEDIA(MINIMAL "<DDVersion> 1.0 </DDVersion>"), "", 1234},
    {MEDIA(MINIMAL "<DDVersion>01.99</DDVersion>"), "", 1234},
    {MEDIA(MINIMAL "<DDversion>1.2</DDversion>"), "", 1234},
    {MEDIA(MINIMAL "<x:DDVersion>2.0</x:DDVersion>"), "", 1234},
    {"<media DDVersion=\"1.0\">" MINIMAL "</media>", "", 1234},
    {"<media DDVersion=\"1.0\">" MINIMAL "<product><mediaObject/></product></media>", "", 1234},
    {MEDIA(MINIMAL "<x:product/>"), "", 1234},
    {MEDIA(MINIMAL "<name> \t\r\n </name>"), "", 1234},
    {MEDIA(MINIMAL "<name>gr\xc3\xbc\xc3\x9f&#x20AC;&lt;&gt;&quot;&apos;</name>"),
     "gr\xc3\xbc\xc3\x9f\xe2\x82\xac<>\"'", 1234},
    {"\xef\xbb\xbf" MEDIA(MINIMAL), "", 1234},
    {"  \n" MEDIA(MINIMAL) "\n<!-- end -->\n", "", 1234},
};

START_TEST(accepted_documents)
{
    struct dd_offer *offer = parse_ok(accepted[_i].document, NULL);
    ck_assert_str_eq(offer->objects[0].name, accepted[_i].name);
    ck_assert_uint_eq(offer->objects[0].size, accepted[_i].size);
    (void)dd_offer_free(offer);
}
END_TEST

#define NOTIFY "<installNotifyURI>http://n/r</installNotifyURI>\n"
#define N "http://n/r"

/* What must not, and why. */
static const struct {
    const char *document;
    int rc;
    unsigned line;
    const char *reason, *notify;
} refused[] = {
    /* mandatory elements */
    {"<media>\n" SIZE URI "\n</media>", -EBADMSG, 3, "type: missing", ""},
    {"<media>\n" TYPE URI "\n\n</media>", -EBADMSG, 4, "size: missing", ""},
    {"<media>\n" TYPE SIZE "\n</media>", -EBADMSG, 3, "objectURI: missing", ""},
    {"<media/>", -EBADMSG, 1, "type: missing", ""},
    {"<media>\n" SIZE URI "\n<type> </type></media>", -EBADMSG, 3, "type: empty", ""},
    {"<media>\n" TYPE URI "\n<size/></media>", -EBADMSG, 3, "size: empty", ""},
    {"<media>\n" TYPE SIZE "\n<objectURI></objectURI></media>", -EBADMSG, 3, "objectURI: empty", ""},
    {"<media><x:type>a/b</x:type>" SIZE URI "</media>", -EBADMSG, 1, "type: missing", ""},
    /* size */
    {"<media>" TYPE URI "\n\n<size>big</size></media>", -EBADMSG, 3, "size: not a number: \"big\"", ""},
    {"<media>" TYPE URI "<size>\n0\n</size></media>", -EBADMSG, 1, "size: not positive: \"0\"", ""},
    {"<media>" TYPE URI "<size>-5</size></media>", -EBADMSG, 1, "size: not positive: \"-5\"", ""},
    {"<media>" TYPE URI "<size>-</size></media>", -EBADMSG, 1, "size: not a number: \"-\"", ""},
    {"<media>" TYPE URI "<size>+5</size></media>", -EBADMSG, 1, "size: not a number: \"+5\"", ""},
    {"<media>" TYPE URI "<size>12 k</size></media>", -EBADMSG, 1, "size: not a number: \"12 k\"", ""},
    {"<media>" TYPE URI "<size>1.5</size></media>", -EBADMSG, 1, "size: not a number: \"1.5\"", ""},
    {"<media>" TYPE URI "<size>0x10</size></media>", -EBADMSG, 1, "size: not a number: \"0x10\"", ""},
    {"<media>" TYPE URI "<size>1,00</size></media>", -EBADMSG, 1, "size: not a number: \"1,00\"", ""},
    {"<media>" TYPE URI "<size>1,000,00</size></media>", -EBADMSG, 1, "size: not a number: \"1,000,00\"", ""},
    {"<media>" TYPE URI "<size>1000,000</size></media>", -EBADMSG, 1, "size: not a number: \"1000,000\"", ""},
    {"<media>" TYPE URI "<size>,100</size></media>", -EBADMSG, 1, "size: not a number: \",100\"", ""},
    {"<media>" TYPE URI "<size>1,</size></media>", -EBADMSG, 1, "size: not a number: \"1,\"", ""},
    {"<media>" TYPE URI "<size>9223372036854775808</size></media>", -EBADMSG, 1,
     "size: too large: \"9223372036854775808\"", ""},
    {"<media>" TYPE URI "<size>99999999999999999999999</size></media>", -EBADMSG, 1,
     "size: too large: \"99999999999999999999999\"", ""},
    {"<media>" TYPE URI "<size>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xbc"
     "b</size></media>",
     -EBADMSG, 1, "size: not a number: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"", ""},
    /* types */
    {"<media>\n<type>jpeg</type>" SIZE URI "</media>", -EBADMSG, 2, "type: not a media type: \"jpeg\"", ""},
    {"<media><type>a/b/c</type>" SIZE URI "</media>", -EBADMSG, 1, "type: not a media type: \"a/b/c\"", ""},
    {"<media><type>a/b, c/d</type>" SIZE URI "</media>", -EBADMSG, 1, "type: not a media type: \"a/b, c/d\"", ""},
    {"<media><type>a/b;x=&#10;Evil: 1</type>" SIZE URI "</media>", -EBADMSG, 1,
     "type: not a media type: \"a/b;x=\nEvil: 1\"", ""},
    /* URIs */
    {"<media>" TYPE SIZE "\n<objectURI>pic.gif</objectURI></media>", -EBADMSG, 2,
     "objectURI: relative, and the descriptor's own address is not known", ""},
    {"<media>" TYPE SIZE "\n<objectURI>http://h/a b</objectURI></media>", -EBADMSG, 2, "objectURI: a blank in it", ""},
    {"<media>" TYPE SIZE "<objectURI>http://h/a&#13;&#10;b</objectURI></media>", -EBADMSG, 1,
     "objectURI: a control character in it", ""},
    {"<media>" TYPE SIZE "<objectURI>http://</objectURI></media>", -EBADMSG, 1, "objectURI: no host in it", ""},
    {"<media>" TYPE SIZE "<objectURI>http:/x/y</objectURI></media>", -EBADMSG, 1, "objectURI: no host in it", ""},
    {"<media>" TYPE SIZE "<objectURI>http://h:99999/</objectURI></media>", -EBADMSG, 1, "objectURI: malformed port",
     ""},
    {"<media>" MINIMAL "\n<iconURI>icon.png</iconURI></media>", -EBADMSG, 2,
     "iconURI: relative, and the descriptor's own address is not known", ""},
    {"<media>" MINIMAL "\n<infoURL>info</infoURL></media>", -EBADMSG, 2,
     "infoURL: relative, and the descriptor's own address is not known", ""},
    {"<media>" MINIMAL "\n<nextURL>//h/x</nextURL></media>", -EBADMSG, 2,
     "nextURL: relative, and the descriptor's own address is not known", ""},
    {"<media>" MINIMAL "\n<installNotifyURI>r</installNotifyURI></media>", -EBADMSG, 2,
     "installNotifyURI: relative, and the descriptor's own address is not known", ""},
    {"<media>" MINIMAL "\n<installNotifyURI>mailto:a@b</installNotifyURI></media>", -EBADMSG, 2,
     "installNotifyURI: neither http nor https", ""},
    /* an element inside a known one */
    {"<media>" MINIMAL "<name>\n<size/></name></media>", -EBADMSG, 2, "name: an element inside it", ""},
    {"<media>" MINIMAL "<name>x</name><name>\n\n<b>y</b></name></media>", -EBADMSG, 3, "name: an element inside it",
     ""},
    {"<media>" MINIMAL "<description>a <x:b>c</x:b></description></media>", -EBADMSG, 1,
     "description: an element inside it", ""},
    /* version: before everything else */
    {"<media>\n<DDVersion>2.0</DDVersion></media>", -EPROTONOSUPPORT, 2, "DDVersion: \"2.0\" is not supported", ""},
    {"<media>" NOTIFY "<DDVersion>2</DDVersion></media>", -EPROTONOSUPPORT, 2, "DDVersion: \"2\" is not supported", N},
    {"<media><size>big</size><name><b/></name>\n<DDVersion>3.1</DDVersion></media>", -EPROTONOSUPPORT, 2,
     "DDVersion: \"3.1\" is not supported", ""},
    {"<media>" MINIMAL "<DDVersion>0.9</DDVersion></media>", -EPROTONOSUPPORT, 1, "DDVersion: \"0.9\" is not supported",
     ""},
    {"<media>" MINIMAL "<DDVersion>11.0</DDVersion></media>", -EPROTONOSUPPORT, 1,
     "DDVersion: \"11.0\" is not supported", ""},
    {"<media>" MINIMAL "<DDVersion>99999999999999999999</DDVersion></media>", -EPROTONOSUPPORT, 1,
     "DDVersion: \"99999999999999999999\" is not supported", ""},
    {"<media>" MINIMAL "<DDversion>2.0</DDversion></media>", -EPROTONOSUPPORT, 1, "DDVersion: \"2.0\" is not supported",
     ""},
    {"<media\nDDVersion=\"2.0\"><product><mediaObject/></product></media>", -EPROTONOSUPPORT, 1,
     "DDVersion: \"2.0\" is not supported", ""},
    {"<media>\n<product><mediaObject/></product></media>", -EPROTONOSUPPORT, 2,
     "product: an element of DD 2.0, which is not supported", ""},
    {"<media>" MINIMAL "<DDVersion>one</DDVersion></media>", -EBADMSG, 1, "DDVersion: not a version: \"one\"", ""},
    {"<media>" MINIMAL "<DDVersion>1.</DDVersion></media>", -EBADMSG, 1, "DDVersion: not a version: \"1.\"", ""},
    {"<media>" MINIMAL "<DDVersion>.1</DDVersion></media>", -EBADMSG, 1, "DDVersion: not a version: \".1\"", ""},
    {"<media>" MINIMAL "<DDVersion>1.0.0</DDVersion></media>", -EBADMSG, 1, "DDVersion: not a version: \"1.0.0\"", ""},
    {"<media>" MINIMAL "<DDVersion>-1</DDVersion></media>", -EBADMSG, 1, "DDVersion: not a version: \"-1\"", ""},
    {"<media>" MINIMAL "<DDVersion/></media>", -EBADMSG, 1, "DDVersion: not a version: \"\"", ""},
    {"<media DDVersion=\"x\">" MINIMAL "</media>", -EBADMSG, 1, "DDVersion: not a version: \"x\"", ""},
    /* root */
    {"<html>\n</html>", -EBADMSG, 1, "the root element is \"html\", not media", ""},
    {"<!-- -->\n<Media>" MINIMAL "</Media>", -EBADMSG, 2, "the root element is \"Media\", not media", ""},
    /* not well-formed, and who hears of it */
    {"<media>\n" NOTIFY "<type>a/b</typ>", -EBADMSG, 3, "not well-formed XML: mismatched tag", N},
    {"<media>\n" NOTIFY, -EBADMSG, 3, "not well-formed XML: no element found", N},
    {"<media>\n<installNotifyURI>http://n/r</media>", -EBADMSG, 2, "not well-formed XML: mismatched tag", ""},
    {"<media>" MINIMAL "</media>\n<x/>", -EBADMSG, 2, "not well-formed XML: junk after document element", ""},
    {"<media>\n&nbsp;</media>", -EBADMSG, 2, "not well-formed XML: undefined entity", ""},
    {"<media>" NOTIFY "<size>big</size>" TYPE URI "</media>", -EBADMSG, 2, "size: not a number: \"big\"", N},
    {"<media>" TYPE URI "<size>big</size>\n" NOTIFY "</media>", -EBADMSG, 1, "size: not a number: \"big\"", N},
    {"<media>" NOTIFY "<installNotifyURI>http://second/</installNotifyURI></media>", -EBADMSG, 2, "type: missing", N},
    {"<media><installNotifyURI>relative</installNotifyURI></media>", -EBADMSG, 1, "type: missing", ""},
    {"<media><installNotifyURI>ftp://n/r</installNotifyURI></media>", -EBADMSG, 1, "type: missing", ""},
    {"<media><x:installNotifyURI>http://n/r</x:installNotifyURI></media>", -EBADMSG, 1, "type: missing", ""},
    {"<media><y><installNotifyURI>http://n/r</installNotifyURI></y></media>", -EBADMSG, 1, "type: missing", ""},
};

START_TEST(refused_documents)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    memset(&fault, 0xee, sizeof fault);
    int rc = parse(refused[_i].document, NULL, &offer, &fault);
    ck_assert_int_eq(rc, refused[_i].rc);
    ck_assert_str_eq(fault.reason, refused[_i].reason);
    ck_assert_uint_eq(fault.line, refused[_i].line);
    ck_assert_str_eq(fault.notify, refused[_i].notify);
    ck_assert_ptr_null(offer);
}
END_TEST

START_TEST(relative_uris)
{
    struct dd_offer *offer = parse_ok(MEDIA(TYPE SIZE "<objectURI>../o/x.gif?q</objectURI><nextURL>/n</nextURL>"
                                                      "<installNotifyURI>//n.example/r</installNotifyURI>"
                                                      "<iconURI>?icon</iconURI><infoURL>http://i/a/../b</infoURL>"),
                                      "https://h.example:8080/dd/deep/f.dd?s=1#frag");
    const struct dd_object *o = &offer->objects[0];
    ck_assert_str_eq(o->uri, "https://h.example:8080/dd/o/x.gif?q");
    ck_assert_str_eq(offer->next_url, "https://h.example:8080/n");
    ck_assert_str_eq(o->install_notify_uri, "https://n.example/r");
    ck_assert_str_eq(o->icon_uri, "https://h.example:8080/dd/deep/f.dd?icon");
    ck_assert_str_eq(o->info_url, "http://i/a/../b"); /* absolute: as written */
    (void)dd_offer_free(offer);

    struct dd_fault fault;
    ck_assert_int_eq(
        parse("<media><installNotifyURI>r?7</installNotifyURI></media>", "http://h/d/f.dd", &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.notify, "http://h/d/r?7");
}
END_TEST

START_TEST(other_schemes_are_left_to_the_agent)
{
    static const char *const uris[] = {"ftp://x/y", "cid:part1@x", "FTP://x", "file:///etc/passwd", "localhost:80/x"};
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        char s[300];
        (void)snprintf(s, sizeof s, MEDIA(TYPE SIZE "<objectURI>%s</objectURI>"), uris[i]);
        struct dd_offer *offer = parse_ok(s, NULL);
        ck_assert_str_eq(offer->objects[0].uri, uris[i]);
        (void)dd_offer_free(offer);
    }
}
END_TEST

START_TEST(bytes_of_a_uri_stay)
{
    struct dd_offer *offer =
        parse_ok(MEDIA(TYPE SIZE "<objectURI>HTTP://H.Example:80/a/../%7eb/\xc3\xbc|{}?%zz#f</objectURI>"), NULL);
    ck_assert_str_eq(offer->objects[0].uri, "HTTP://H.Example:80/a/../%7eb/\xc3\xbc|{}?%zz#f");
    (void)dd_offer_free(offer);
}
END_TEST

/* before, n times `one`, after. */
static char *repeated(const char *before, const char *one, size_t n, const char *after)
{
    size_t len = strlen(one);
    char *s = malloc(strlen(before) + n * len + strlen(after) + 1), *p = s;
    ck_assert_ptr_nonnull(s);
    p = stpcpy(p, before);
    for (size_t i = 0; i < n; i++)
        p = stpcpy(p, one);
    (void)stpcpy(p, after);
    return s;
}

START_TEST(bounds)
{
    struct dd_offer *offer;
    struct dd_fault fault;
    char *s = repeated("<media>", TYPE, LIMIT_TYPES, SIZE URI "</media>");
    offer = parse_ok(s, NULL);
    ck_assert_str_eq(offer->objects[0].types[LIMIT_TYPES - 1], "image/gif");
    ck_assert_ptr_null(offer->objects[0].types[LIMIT_TYPES]);
    (void)dd_offer_free(offer);
    free(s);

    s = repeated("<media>", TYPE, LIMIT_TYPES + 1, SIZE URI "</media>");
    ck_assert_int_eq(parse(s, NULL, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, "type: more than 64 of them");
    free(s);

    s = repeated("<media>" TYPE SIZE "<objectURI>http://h/", "x", LIMIT_URI - 9, "</objectURI></media>");
    offer = parse_ok(s, NULL);
    ck_assert_uint_eq(strlen(offer->objects[0].uri), LIMIT_URI);
    (void)dd_offer_free(offer);
    free(s);

    s = repeated("<media>" TYPE SIZE "<objectURI>http://h/", "x", LIMIT_URI - 8, "</objectURI></media>");
    ck_assert_int_eq(parse(s, NULL, &offer, &fault), -EBADMSG);
    ck_assert_str_eq(fault.reason, "objectURI: longer than a URI may be");
    free(s);

    s = repeated("<media>" MINIMAL "<installParam>", "p", 100000, "</installParam></media>");
    offer = parse_ok(s, NULL);
    ck_assert_uint_eq(strlen(offer->objects[0].install_param), 100000);
    (void)dd_offer_free(offer);
    free(s);

    s = repeated("<", "r", 500, "/>");
    ck_assert_int_eq(parse(s, NULL, &offer, &fault), -EBADMSG);
    ck_assert_uint_lt(strlen(fault.reason), 120);
    free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor_dd1");
    TCase *tc = tcase_create("dd1");
    tcase_add_test(tc, all_elements);
    tcase_add_test(tc, only_mandatory_elements);
    tcase_add_test(tc, empty_optional_elements_are_absent);
    tcase_add_loop_test(tc, accepted_documents, 0, sizeof accepted / sizeof *accepted);
    tcase_add_loop_test(tc, refused_documents, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tc, relative_uris);
    tcase_add_test(tc, other_schemes_are_left_to_the_agent);
    tcase_add_test(tc, bytes_of_a_uri_stay);
    tcase_add_test(tc, bounds);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
