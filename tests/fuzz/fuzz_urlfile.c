/* fuzz_urlfile.c - any bytes as a file with a URL: one that may be fetched, or a fault. */
#include "fuzz.h"

#include <dlota/descriptor.h>
#include "descriptor/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = fuzz_string(data, n);
    struct dd_input in = {.bytes = copy, .n = n, .media_type = "text/uri-list"};
    struct dd_offer *offer;
    struct dd_fault fault;
    const char *why;
    if (dd_parse(&in, &offer, &fault) == 0) {
        const char *uri = offer->objects[0].uri;
        REQUIRE(offer->kind == DD_KIND_URL && uri_is_http(uri) && uri_check(uri, &why) == 0);
        (void)dd_offer_free(offer);
    } else
        REQUIRE(fault.line > 0 && *fault.reason);
    free(copy);
    return 0;
}
