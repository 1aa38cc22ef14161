/* fuzz_facts.c - any lines as an answer's header: facts that do not contradict each other. */
#include "fuzz.h"

#include "http/facts.h"

static void require_facts(const struct http_facts *f)
{
    REQUIRE(memchr(f->reason, 0, sizeof f->reason) && memchr(f->type, 0, sizeof f->type));
    REQUIRE(memchr(f->etag, 0, sizeof f->etag) && memchr(f->modified, 0, sizeof f->modified));
    REQUIRE(!f->etag_strong || *f->etag);
    REQUIRE(!strpbrk(f->etag, "\r\n") && !strpbrk(f->modified, "\r\n") && !strpbrk(f->type, "\r\n"));
    REQUIRE(f->content_range != HTTP_RANGE_GIVEN || f->first <= f->last);
    REQUIRE(f->content_range != HTTP_RANGE_GIVEN || !f->range_total || f->last < f->range_total);
    REQUIRE(f->retry_after_s >= -1);
    (void)facts_date_strong(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const unsigned statuses[] = {200, 206, 416, 503};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct http_facts f;
        const uint8_t *at = data, *end = data + n;
        facts_begin(&f, statuses[i], "Some Reason", 1700000000);
        while (at < end) {
            const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
            size_t len = (size_t)((eol ? eol + 1 : end) - at);
            char *line = fuzz_string(at, len); /* a copy of its own: reading past the line is seen */
            facts_line(&f, line, len);
            free(line);
            at += len;
        }
        facts_end(&f, i == 1);
        require_facts(&f);
    }
    return 0;
}
