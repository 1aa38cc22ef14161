/* fuzz_name.c - any bytes as a name, a title or the end of a URI: a safe file name, the same when made safe again. */
#include "fuzz.h"

#include <dlota/descriptor.h>

static void require_stable(const char *name)
{
    char again[256];
    require_safe_name(name);
    dd_name_safe(name, again);
    REQUIRE(strcmp(name, again) == 0);
}

static void as_part_of_offer(const char *s)
{
    static const char *const types[] = {"image/gif", NULL};
    char uri[5000], name[256];
    (void)text_format(uri, sizeof uri, "http://h/%s", s);
    struct dd_object o = {.uri = uri, .name = s, .types = types};
    struct dd_offer offer = {.n_objects = 1, .objects = &o};
    dd_name(&offer, 0, name);
    require_safe_name(name);
    o.uri = "http://h/?";
    dd_name(&offer, 0, name);
    require_safe_name(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *s = fuzz_string(data, n), name[256], nth[256];
    dd_name_safe(s, name);
    require_stable(name);
    dd_name_nth(name, 4294967295u, nth);
    require_safe_name(nth);
    REQUIRE(strstr(nth, "-4294967295"));
    as_part_of_offer(s);

    char escaped[100];
    text_escape(escaped, sizeof escaped, s);
    REQUIRE(utf8_valid(escaped));
    free(s);
    return 0;
}
