/* Pins (policy.md 3 and 4).
 *
 * RFC 9110 15.3.7.3: ranges may be combined only under the same strong validator.  So the pin is a strong ETag, else a
 * Last-Modified at least 1 s older than its answer's Date (8.8.2.2), and the second answer has to carry it again:
 * caches may ignore If-Match, some servers do, and If-Unmodified-Since lets an older file pass. */
#include <string.h>

#include "agent/move.h"
#include "base/text.h"

void version_take(struct dlota_object *next, const struct http_facts *facts)
{
    (void)text_copy(next->type, sizeof(next->type), facts->type);
    (void)text_copy(next->etag, sizeof(next->etag), facts->etag);
    (void)text_copy(next->modified, sizeof(next->modified), facts->modified);
    (void)text_copy(next->effective, sizeof(next->effective), facts->effective);
    next->total = facts->has_length ? facts->length : 0;
    next->ranges = facts->accept_ranges == HTTP_RANGES_BYTES ? DLOTA_RANGES_BYTES : DLOTA_RANGES_NO;
    next->pin = DLOTA_UNPINNED;
    /* 203: a transforming proxy speaks, its validators are not the origin's (RFC 9110 15.3.4). */
    if (facts->status == 203)
        return;
    if (facts->etag[0] && facts->etag_strong)
        next->pin = DLOTA_PIN_ETAG;
    else if (facts->modified[0] && facts_date_strong(facts))
        next->pin = DLOTA_PIN_DATE;
}

/* Servers of the change request's example write the tag bare; with or without quotes it is the same tag. */
static bool same_tag(const char *a, const char *b)
{
    size_t an = strlen(a), bn = strlen(b);

    if (an > 1 && a[0] == '"' && a[an - 1] == '"')
        a++, an -= 2;
    if (bn > 1 && b[0] == '"' && b[bn - 1] == '"')
        b++, bn -= 2;
    return an == bn && !memcmp(a, b, an);
}

static enum version_says compare_tag(const struct dlota_object *object, const struct http_facts *facts)
{
    /* A weak tag says nothing about a strong one: Apache's is weak for the first second of a file. */
    if (!facts->etag[0] || !facts->etag_strong)
        return VERSION_UNSAID;
    return same_tag(object->etag, facts->etag) ? VERSION_SAME : VERSION_OTHER;
}

static enum version_says compare_date(const struct dlota_object *object, const struct http_facts *facts)
{
    if (!facts->modified[0])
        return VERSION_UNSAID;
    return strcmp(object->modified, facts->modified) ? VERSION_OTHER : VERSION_SAME;
}

enum version_says version_compare(const struct dlota_object *object, const struct http_facts *facts)
{
    if (facts->status == 203)
        return VERSION_UNSAID;
    switch (object->pin) {
    case DLOTA_PIN_ETAG:
        return compare_tag(object, facts);
    case DLOTA_PIN_DATE:
        return compare_date(object, facts);
    case DLOTA_UNPINNED:
        break;
    }
    return VERSION_UNSAID;
}
