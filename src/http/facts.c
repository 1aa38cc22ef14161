#include "http/facts.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "http/digest.h"
#include "http/field.h"

void facts_begin(struct http_facts *f, unsigned status, const char *reason, int64_t now_s)
{
    *f = (struct http_facts){.status = status, .retry_after_s = -1, .seen.now_s = now_s};
    size_t n = 0;
    for (; *reason && n < sizeof f->reason - 1; reason++)
        if (*reason >= ' ' && *reason <= '~')
            f->reason[n++] = *reason;
}

/* RFC 9110 8.6: one value, or the same one repeated.  Anything else leaves the end of the content unknown. */
static void content_length(struct http_facts *f, struct piece value)
{
    struct piece one;
    uint64_t n;
    f->garbled = f->garbled || value.n == 0;
    while (piece_next(&value, &one)) {
        if (!piece_number(one, &n) || (f->seen.length && n != f->length)) {
            f->garbled = true;
            return;
        }
        f->seen.length = true;
        f->length = n;
    }
}

static void transfer_encoding(struct http_facts *f, struct piece value)
{
    struct piece coding;
    while (piece_next(&value, &coding))
        f->seen.chunked = piece_is(coding, "chunked"); /* frames only as the last one (RFC 9112 6.3) */
}

/* token "/" token, without what follows ";". */
static bool media_type(struct piece p)
{
    const char *slash = NULL;
    for (size_t i = 0; i < p.n; i++) {
        if (p.s[i] == '/' && !slash)
            slash = p.s + i;
        else if (p.s[i] <= ' ' || p.s[i] > '~' || strchr("/\"(),:;<=>?@[\\]{}", p.s[i]))
            return false;
    }
    return slash && slash > p.s && slash + 1 < p.s + p.n;
}

static void content_type(struct http_facts *f, struct piece value)
{
    struct piece type;
    if (f->seen.type)
        return;
    f->seen.type = true;
    (void)piece_until(&value, ';', &type);
    type = piece_trim(type);
    if (!media_type(type) || !piece_copy(type, f->type, sizeof f->type))
        return;
    for (char *c = f->type; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    f->multipart_ranges = strcmp(f->type, "multipart/byteranges") == 0;
}

static void content_encoding(struct http_facts *f, struct piece value)
{
    struct piece coding;
    while (piece_next(&value, &coding))
        f->coded = f->coded || !piece_is(coding, "identity");
}

/* One tag that If-Match would carry as one tag: "..." or, as the change request's example has it, a bare word. */
static bool one_tag(struct piece p)
{
    bool quoted = p.n >= 2 && p.s[0] == '"' && p.s[p.n - 1] == '"';
    for (size_t i = quoted; i < p.n - quoted; i++)
        if (p.s[i] == '"' || (!quoted && (p.s[i] == ',' || p.s[i] == ' ' || p.s[i] == '\t')))
            return false;
    return true;
}

static void etag(struct http_facts *f, struct piece value)
{
    if (f->seen.etag)
        return;
    f->seen.etag = true;
    bool weak = value.n >= 2 && (value.s[0] == 'W' || value.s[0] == 'w') && value.s[1] == '/';
    struct piece tag = weak ? (struct piece){value.s + 2, value.n - 2} : value;
    if (tag.n == 0 || piece_is(tag, "*") || piece_is(tag, "\"\"") || !piece_copy(value, f->etag, sizeof f->etag))
        return;
    f->etag_strong = !weak && one_tag(tag);
}

static bool date_of(struct piece value, int64_t *ret)
{
    char s[64];
    return piece_copy(value, s, sizeof s) && when_http(s, ret) == 0;
}

static void last_modified(struct http_facts *f, struct piece value)
{
    if (f->seen.modified)
        return;
    f->seen.modified = true;
    int64_t s;
    if (date_of(value, &s) && piece_copy(value, f->modified, sizeof f->modified))
        f->modified_s = s;
}

static void date(struct http_facts *f, struct piece value)
{
    int64_t s;
    if (!f->seen.date && date_of(value, &s))
        f->date_s = s;
    f->seen.date = true;
}

static void accept_ranges(struct http_facts *f, struct piece value)
{
    struct piece unit;
    while (piece_next(&value, &unit)) {
        if (piece_is(unit, "bytes"))
            f->accept_ranges = HTTP_RANGES_BYTES;
        else if (piece_is(unit, "none") && f->accept_ranges == HTTP_RANGES_UNSAID)
            f->accept_ranges = HTTP_RANGES_NONE;
    }
}

struct content_range {
    enum http_content_range kind;
    uint64_t first, last, total;
};

/* "bytes 0-4/10"; the unit may be missing, or joined with "=" as in Range. */
static struct content_range read_range(struct piece p)
{
    struct content_range bad = {.kind = HTTP_RANGE_MALFORMED}, r = {.kind = HTTP_RANGE_GIVEN};
    if (p.n > 5 && piece_is((struct piece){p.s, 5}, "bytes") && (p.s[5] == ' ' || p.s[5] == '\t' || p.s[5] == '='))
        p = (struct piece){p.s + 6, p.n - 6};
    struct piece span, first;
    if (!piece_until(&p, '/', &span))
        return bad;
    struct piece total = piece_trim(p);
    span = piece_trim(span);
    bool open = piece_is(total, "*");
    if (!open && !piece_number(total, &r.total))
        return bad;
    if (piece_is(span, "*"))
        return open ? bad : (struct content_range){.kind = HTTP_RANGE_UNSATISFIED, .total = r.total};
    if (!piece_until(&span, '-', &first) || !piece_number(piece_trim(first), &r.first) ||
        !piece_number(piece_trim(span), &r.last) || r.first > r.last || (!open && r.last >= r.total))
        return bad;
    return r;
}

static void content_range(struct http_facts *f, struct piece value)
{
    struct content_range r = read_range(value);
    bool again = f->content_range != HTTP_RANGE_ABSENT;
    if (again && (r.kind != f->content_range || r.first != f->first || r.last != f->last || r.total != f->range_total))
        r = (struct content_range){.kind = HTTP_RANGE_MALFORMED};
    f->content_range = r.kind;
    f->first = r.first;
    f->last = r.last;
    f->range_total = r.total;
}

static void retry_after(struct http_facts *f, struct piece value)
{
    uint64_t n;
    if (f->seen.retry)
        return;
    f->seen.retry = true;
    size_t digits = 0;
    while (digits < value.n && value.s[digits] >= '0' && value.s[digits] <= '9')
        digits++;
    if (digits == value.n && value.n > 0)
        f->retry_after_s = piece_number(value, &n) ? (int64_t)n : INT64_MAX;
    else if (!date_of(value, &f->seen.retry_date_s))
        f->seen.retry_date_s = 0;
}

static void content_md5(struct http_facts *f, struct piece value)
{
    if (f->status == 200) /* of a 206 it is the part's, not the object's (RFC 2616 14.15) */
        digest_md5(f, value);
}

static const struct {
    const char *name;
    void (*read)(struct http_facts *, struct piece value);
} fields[] = {
    {"content-length", content_length}, {"transfer-encoding", transfer_encoding},
    {"content-type", content_type},     {"content-encoding", content_encoding},
    {"content-range", content_range},   {"etag", etag},
    {"last-modified", last_modified},   {"date", date},
    {"accept-ranges", accept_ranges},   {"retry-after", retry_after},
    {"repr-digest", digest_repr},       {"digest", digest_legacy},
    {"content-md5", content_md5},
};

/* A value with bytes that no value may have counts as one that says nothing, but where silence would be believed. */
static void unclean(struct http_facts *f, struct piece name)
{
    if (piece_is(name, "content-length"))
        f->garbled = true;
    else if (piece_is(name, "content-range"))
        content_range(f, (struct piece){"", 0});
}

void facts_line(struct http_facts *f, const char *line, size_t n)
{
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    struct piece value = {line, n}, name;
    /* A continuation line (obs-fold, RFC 9112 5.2) has no name of its own. */
    if (n == 0 || n > LIMIT_HEADER_LINE || *line == ' ' || *line == '\t' || !piece_until(&value, ':', &name))
        return;
    value = piece_trim(value);
    if (!piece_clean(value)) {
        unclean(f, name);
        return;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (piece_is(name, fields[i].name))
            fields[i].read(f, value);
}

void facts_end(struct http_facts *f, bool http2)
{
    /* Transfer-Encoding overrides Content-Length; 204 and 304 end with their header (RFC 9112 6.3). */
    if (f->seen.chunked)
        f->garbled = false;
    f->has_length = f->seen.length && !f->garbled && !f->seen.chunked;
    if (!f->has_length)
        f->length = 0;
    f->framed = http2 || f->has_length || f->seen.chunked || f->status == 204 || f->status == 304;
    if (f->seen.retry_date_s) {
        int64_t wait = f->seen.retry_date_s - (f->date_s ? f->date_s : f->seen.now_s);
        f->retry_after_s = wait > 0 ? wait : 0;
    }
}

bool facts_date_strong(const struct http_facts *f) { return f->modified[0] && f->date_s && f->modified_s < f->date_s; }
