/* fuzz_dd.c - any bytes as a descriptor: an offer that can be used, or a fault that says where and why. */
#include "fuzz.h"

#include <errno.h>

#include <dlota/descriptor.h>
#include "base/limits.h"
#include "descriptor/uri.h"

static void require_uri(const char *uri, bool needed)
{
    const char *why;
    REQUIRE(strlen(uri) <= LIMIT_URI);
    REQUIRE(*uri ? uri_check(uri, &why) == 0 : !needed);
}

static void require_offer(const struct dd_offer *offer)
{
    char name[256], nth[256];
    REQUIRE(offer->n_objects == 1);
    const struct dd_object *o = &offer->objects[0];
    require_uri(o->uri, true);
    require_uri(offer->next_url, false);
    require_uri(o->info_url, false);
    require_uri(o->icon_uri, false);
    require_uri(o->install_notify_uri, false);
    REQUIRE(!*o->install_notify_uri || uri_is_http(o->install_notify_uri));
    REQUIRE(utf8_valid(o->name) && utf8_valid(o->description) && utf8_valid(offer->vendor));
    REQUIRE(offer->kind != DD_KIND_DD1 || (o->size > 0 && o->size <= INT64_MAX && o->types[0]));
    for (const char *const *type = o->types; *type; type++)
        REQUIRE(strchr(*type, '/') && !strpbrk(*type, "\r\n"));
    (void)dd_type_acceptable(o->types, "a/b");
    dd_name(offer, 0, name);
    require_safe_name(name);
    dd_name_nth(name, 2, nth);
    require_safe_name(nth);
}

static void parse(const void *data, size_t n, const char *base, const char *type)
{
    struct dd_input in = {.bytes = data, .n = n, .base = base, .media_type = type};
    struct dd_offer *offer = NULL;
    struct dd_fault fault;
    int rc = dd_parse(&in, &offer, &fault);
    if (rc == 0) {
        require_offer(offer);
        (void)dd_offer_free(offer);
        return;
    }
    REQUIRE(rc == -EBADMSG || rc == -EPROTONOSUPPORT);
    REQUIRE(fault.line > 0 && *fault.reason && memchr(fault.reason, 0, sizeof fault.reason));
    REQUIRE(!*fault.notify || uri_is_http(fault.notify));
    require_uri(fault.notify, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    parse(data, n, NULL, NULL);
    parse(data, n, "http://h.example/a/b?c", "application/vnd.oma.dd+xml; charset=iso-8859-1");
    return 0;
}
