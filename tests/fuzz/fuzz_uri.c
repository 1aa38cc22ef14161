/* fuzz_uri.c - two lines, a base and a reference: no part outside of the text, nothing longer than its buffer. */
#include "fuzz.h"

#include "descriptor/uri.h"

static void require_inside(struct uri_part p, const char *s)
{
    REQUIRE(!p.p || (p.p >= s && p.p + p.n <= s + strlen(s)));
}

static void look_at(const char *uri)
{
    struct uri_parts u;
    char key[256], segment[64];
    const char *why = NULL;
    uri_split(uri, &u);
    require_inside(u.scheme, uri);
    require_inside(u.authority, uri);
    require_inside(u.userinfo, uri);
    require_inside(u.host, uri);
    require_inside(u.port, uri);
    require_inside(u.path, uri);
    require_inside(u.query, uri);
    require_inside(u.fragment, uri);
    uri_host_key(uri, key);
    REQUIRE(strlen(key) <= 255);
    if (uri_check(uri, &why) < 0)
        REQUIRE(why && *why);
    else
        REQUIRE(!uri_is_http(uri) || *key);
    (void)uri_last_segment(uri, segment, sizeof segment);

    char *bare = malloc(strlen(uri) + 1);
    REQUIRE(bare);
    REQUIRE(uri_bare(uri, bare, strlen(uri) + 1) == 0);
    REQUIRE(strlen(bare) <= strlen(uri));
    free(bare);

    struct text shown = {.max = strlen(uri) + 3};
    uri_masked(uri, &shown);
    REQUIRE(!shown.failed);
    text_free(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *base = fuzz_string(data, n), *end = strchr(base, '\n');
    const char *ref = end ? end + 1 : "../x";
    if (end)
        *end = '\0';
    look_at(base);
    look_at(ref);

    size_t room = strlen(base) + strlen(ref) + 4;
    char *target = malloc(room);
    REQUIRE(target);
    if (uri_resolve(base, ref, target, room) == 0) {
        struct uri_parts u;
        size_t len = strlen(target);
        REQUIRE(len < room);
        uri_split(target, &u);
        REQUIRE(u.scheme.p);
        char *exact = malloc(len + 1);
        REQUIRE(exact);
        REQUIRE(uri_resolve(base, ref, exact, len) < 0);
        free(exact);
    }
    free(target);
    free(base);
    return 0;
}
