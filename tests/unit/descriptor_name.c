/* descriptor_name.c - file names are safe whatever comes in; media types compare as they should. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include <dlota/descriptor.h>
#include "base/text.h"

static void name_of(const char *uri, const char *name, const char *const *types, char ret[static 256])
{
    static const char *const none[] = {NULL};
    struct dd_object o = {.uri = uri, .name = name, .types = types ? types : none};
    struct dd_offer offer = {.n_objects = 1, .objects = &o};
    dd_name(&offer, 0, ret);
}

static const char *const gif[] = {"image/gif", NULL};
static const char *const wrapped[] = {"application/vnd.oma.drm.message", "audio/mpeg", NULL};
static const char *const wrapper[] = {"application/vnd.oma.drm.message", NULL};
static const char *const strange[] = {"application/x-unheard-of", NULL};

static const struct {
    const char *uri, *name;
    const char *const *types;
    const char *file;
} names[] = {
    {"http://h/a/picture.gif", "Title", gif, "picture.gif"},
    {"http://h/a/picture", "Title", gif, "picture"},
    {"http://h/my%20song.mp3#x", "", NULL, "my song.mp3"},
    {"http://h/gr%C3%BC%C3%9f.txt", "", NULL, "gr\xc3\xbc\xc3\x9f.txt"},
    {"http://h/a%2Fb.txt", "", NULL, "a_b.txt"},
    {"http://h/..%2f..%2fetc%2fpasswd", "", NULL, "_.._etc_passwd"},
    {"http://h/a%00b", "", NULL, "a_b"},
    {"http://h/a%0ab%1b%7f", "", NULL, "a_b__"},
    {"http://h/%E2%80%AEgpj.exe", "", NULL, "_gpj.exe"},
    {"http://h/a%ffb%c3", "", NULL, "a_b_"},
    {"http://h/.bashrc", "", NULL, "bashrc"},
    {"http://h/...x", "", NULL, "x"},
    {"http://h/.product", "", NULL, "product"},
    {"http://h/.%20.x", "", NULL, "x"},
    {"http://h/%20%20x%20", "", NULL, "x"},
    {"http://h/..", "Title", gif, "Title.gif"},
    {"http://h/.", "", gif, "object"},
    {"http://h/%2e%2e", "", NULL, "object"},
    {"http://h/", "Title", gif, "Title.gif"},
    {"http://h", "Title", NULL, "Title"},
    {"http://h/dir/", "", gif, "object"},
    {"http://h/download.php?id=7", "Christmas cake", gif, "Christmas cake.gif"},
    {"http://h/download.php?id=7", "", gif, "object"},
    {"http://h/download.php?", "Title", gif, "Title.gif"},
    {"http://h/?x", "cake.gif", gif, "cake.gif"},
    {"http://h/?x", "cake.jpeg", gif, "cake.jpeg"},
    {"http://h/?x", "Version 1.2", gif, "Version 1.2.gif"},
    {"http://h/?x", "Mr. Smith", gif, "Mr. Smith.gif"},
    {"http://h/?x", "trailing.", gif, "trailing..gif"},
    {"http://h/?x", "../../up", gif, "_.._up.gif"},
    {"http://h/?x", "two\nlines/and\x1b[2J", gif, "two_lines_and_[2J.gif"},
    {"http://h/?x", "...", gif, "object"},
    {"http://h/?x", ".hidden", gif, "hidden.gif"},
    {"http://h/?x", "Song", wrapped, "Song.mp3"},
    {"http://h/?x", "Song", wrapper, "Song.dm"},
    {"http://h/?x", "Song", strange, "Song"},
};

START_TEST(object_names)
{
    char file[256];
    name_of(names[_i].uri, names[_i].name, names[_i].types, file);
    ck_assert_str_eq(file, names[_i].file);
}
END_TEST

START_TEST(no_such_part)
{
    struct dd_offer offer = {0};
    char file[256];
    dd_name(&offer, 0, file);
    ck_assert_str_eq(file, "object");
}
END_TEST

START_TEST(long_names_keep_their_extension)
{
    char uri[4000] = "http://h/", file[256], again[256];
    for (int i = 0; i < 200; i++)
        strcat(uri, "%C3%BC");
    strcat(uri, ".jpeg");
    name_of(uri, "", NULL, file);
    ck_assert_uint_eq(strlen(file), 255); /* 125 characters of two bytes and the extension */
    ck_assert(utf8_valid(file));
    ck_assert_str_eq(file + 250, ".jpeg");

    dd_name_nth(file, 12, again);
    ck_assert(utf8_valid(again));
    ck_assert_uint_le(strlen(again), 255);
    ck_assert_uint_ge(strlen(again), 254);
    ck_assert_str_eq(again + strlen(again) - 8, "-12.jpeg");
    dd_name_nth(file, 4294967295u, again);
    ck_assert_uint_le(strlen(again), 255);
    ck_assert_str_eq(again + strlen(again) - 16, "-4294967295.jpeg");

    memset(uri, 'a', 250);
    strcpy(uri + 250, "   x y z");
    dd_name_safe(uri, file); /* cut after a blank, it does not end with it */
    ck_assert_uint_eq(strlen(file), 254);
    ck_assert_int_eq(file[253], 'x');
    strcpy(uri + 250, "         x");
    dd_name_safe(uri, file);
    ck_assert_uint_eq(strlen(file), 250);

    memset(uri, 'a', 3000);
    uri[3000] = '\0';
    dd_name_safe(uri, file);
    ck_assert_uint_eq(strlen(file), 255);
    name_of("http://h/?", uri, gif, file);
    ck_assert_uint_eq(strlen(file), 255);
    ck_assert_str_eq(file + 251, ".gif");
    strcpy(uri + 2000, ".longextensionthatisnone");
    dd_name_safe(uri, file);
    ck_assert_uint_eq(strlen(file), 255);
}
END_TEST

START_TEST(nth_names)
{
    static const struct {
        const char *name;
        unsigned n;
        const char *nth;
    } cases[] = {
        {"picture.gif", 2, "picture-2.gif"}, {"picture", 3, "picture-3"}, {"v1.2", 2, "v1.2-2"},
        {"a.b.mp3", 10, "a.b-10.mp3"},       {"x-2.gif", 3, "x-2-3.gif"}, {"object", 2, "object-2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char b[256];
        dd_name_nth(cases[i].name, cases[i].n, b);
        ck_assert_str_eq(b, cases[i].nth);
        (void)text_copy(b, sizeof b, cases[i].name);
        dd_name_nth(b, cases[i].n, b); /* in place */
        ck_assert_str_eq(b, cases[i].nth);
    }
}
END_TEST

/* Every byte and every pair of bytes, alone and before a name. */
START_TEST(any_bytes_make_a_safe_name)
{
    for (unsigned i = 1; i < 65536; i++) {
        char raw[8] = {(char)(i & 0xff), (char)(i >> 8), (i >> 8) ? '.' : '\0', 'x'}, file[256];
        dd_name_safe(raw, file);
        ck_assert(*file && *file != '.' && *file != ' ' && !strchr(file, '/') && utf8_valid(file));
        uint32_t c;
        int n;
        for (const char *s = file; (n = utf8_next(s, &c)) > 0; s += n)
            ck_assert(!utf8_unsafe(c));
        char again[256];
        dd_name_safe(file, again);
        ck_assert_str_eq(again, file);
    }
}
END_TEST

START_TEST(types_compare)
{
    ck_assert(dd_type_equal("image/gif", "IMAGE/Gif; x=y"));
    ck_assert(dd_type_equal(" image/gif ;q=1", "image/gif"));
    ck_assert(dd_type_equal("image/jpg", "image/jpeg"));
    ck_assert(dd_type_equal("image/JPEG", "Image/jpg;a"));
    ck_assert(!dd_type_equal("image/gif", "image/gift"));
    ck_assert(!dd_type_equal("image/gif", "image/png"));
    ck_assert(!dd_type_equal("image/gif", ""));
    ck_assert(!dd_type_equal("audio/jpg", "audio/jpeg"));

    ck_assert(dd_type_matches("image/*", "image/gif;x"));
    ck_assert(dd_type_matches("IMAGE/*", "image/gif"));
    ck_assert(dd_type_matches("*/*", "a/b"));
    ck_assert(dd_type_matches("image/jpg", "image/jpeg"));
    ck_assert(!dd_type_matches("image/*", "imagex/gif"));
    ck_assert(!dd_type_matches("image/*", "image"));
    ck_assert(!dd_type_matches("image/*", "audio/image"));
    ck_assert(!dd_type_matches("image/gif", "image/*"));

    ck_assert(dd_type_is_drm("application/vnd.oma.drm.message"));
    ck_assert(dd_type_is_drm("application/vnd.OMA.drm.content; x"));
    ck_assert(!dd_type_is_drm("application/vnd.oma.drm.rights+xml"));
    ck_assert(!dd_type_is_drm("image/gif"));

    ck_assert(dd_type_is_descriptor("application/vnd.oma.dd+xml; charset=utf-8"));
    ck_assert(!dd_type_is_descriptor("text/uri-list"));
    ck_assert(!dd_type_is_descriptor("text/xml"));
    ck_assert(!dd_type_is_descriptor(NULL));
}
END_TEST

START_TEST(answers_that_are_acceptable)
{
    static const char *const listed[] = {"image/jpeg", "application/x-tar", NULL}, *const none[] = {NULL};
    ck_assert(dd_type_acceptable(listed, "image/jpeg"));
    ck_assert(dd_type_acceptable(listed, "image/jpg; q"));
    ck_assert(dd_type_acceptable(listed, "APPLICATION/X-TAR"));
    ck_assert(dd_type_acceptable(listed, ""));
    ck_assert(dd_type_acceptable(listed, "application/octet-stream"));
    ck_assert(dd_type_acceptable(listed, "Application/Octet-Stream; x=y"));
    ck_assert(dd_type_acceptable(listed, "application/vnd.oma.drm.message"));
    ck_assert(!dd_type_acceptable(listed, "text/html"));
    ck_assert(!dd_type_acceptable(listed, "image/png"));
    ck_assert(!dd_type_acceptable(listed, "text/html; image/jpeg"));
    ck_assert(dd_type_acceptable(none, "text/html"));
    ck_assert(dd_type_acceptable(NULL, "text/html"));
    ck_assert_str_eq(dd_type_extension("image/jpg"), ".jpg");
    ck_assert_str_eq(dd_type_extension("AUDIO/MPEG; x"), ".mp3");
    ck_assert_str_eq(dd_type_extension("x/y"), "");
    ck_assert_str_eq(dd_type_extension(""), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor_name");
    TCase *tc = tcase_create("name");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, object_names, 0, sizeof names / sizeof *names);
    tcase_add_test(tc, no_such_part);
    tcase_add_test(tc, long_names_keep_their_extension);
    tcase_add_test(tc, nth_names);
    tcase_add_test(tc, any_bytes_make_a_safe_name);
    tcase_add_test(tc, types_compare);
    tcase_add_test(tc, answers_that_are_acceptable);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
