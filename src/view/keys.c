/* keys.c - one table of keys: order, kind and source of every line of a status text. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "view/keys.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- what the keys need to be computed ---- */

const struct dd_object *view_object(const struct view_facts *facts)
{
    const struct dd_offer *offer = facts->offer;
    return offer && facts->part < offer->n_objects ? &offer->objects[facts->part] : NULL;
}

static bool is_descriptor_only(const struct view_facts *f) { return f->object->part == DLOTA_PART_BAD; }

static bool is_complete(enum dlota_state state)
{
    return state == DLOTA_INSTALLING || state == DLOTA_REPORTING || state == DLOTA_RELEASED || state == DLOTA_INSTALLED;
}

uint64_t view_size(const struct dlota_object *object)
{
    if (is_complete(object->state) && object->have)
        return object->have;
    return object->total ? object->total : object->size;
}

int64_t view_eta(const struct dlota_object *object)
{
    uint64_t size = view_size(object);
    if (object->state != DLOTA_DOWNLOADING || object->rate == 0 || size == 0)
        return -1;
    uint64_t left = size > object->have ? size - object->have : 0;
    uint64_t seconds = left / object->rate + (left % object->rate != 0);
    return seconds > INT64_MAX ? -1 : (int64_t)seconds;
}

unsigned view_code(const struct view_facts *facts)
{
    const struct dlota_object *o = facts->object;
    switch (o->state) {
    case DLOTA_REPORTING:
    case DLOTA_RELEASED:
    case DLOTA_INSTALLED:
        return dlota_cause_code(DLOTA_SUCCESS, facts->updated_code);
    case DLOTA_FAILED:
        return o->cause == DLOTA_NO_CAUSE ? 0 : dlota_cause_code(o->cause, facts->updated_code);
    default:
        return 0;
    }
}

/* ---- computed values ---- */

static void add_number(struct text *v, uint64_t n) { text_printf(v, "%" PRIu64, n); }

static void id(const struct view_facts *f, struct text *v) { text_printf(v, "%" PRId64, f->object->id); }
static void state(const struct view_facts *f, struct text *v) { text_puts(v, dlota_state_word(f->object->state)); }

static void code(const struct view_facts *f, struct text *v)
{
    unsigned c = view_code(f);
    if (c)
        text_printf(v, "%u %s", c, dlota_code_phrase(c));
}

static void size(const struct view_facts *f, struct text *v)
{
    uint64_t n = view_size(f->object);
    if (n)
        add_number(v, n);
}

static void received(const struct view_facts *f, struct text *v)
{
    if (!is_descriptor_only(f))
        add_number(v, f->object->have);
}

static void rate(const struct view_facts *f, struct text *v)
{
    if (f->object->state == DLOTA_DOWNLOADING)
        add_number(v, f->object->rate);
}

static void eta(const struct view_facts *f, struct text *v)
{
    int64_t seconds = view_eta(f->object);
    if (seconds >= 0)
        text_printf(v, "%" PRId64, seconds);
}

static void types(const struct view_facts *f, struct text *v)
{
    const struct dd_object *object = view_object(f);
    for (unsigned i = 0; object && object->types && object->types[i]; i++) {
        if (i)
            text_puts(v, " ");
        text_puts(v, object->types[i]);
    }
}

/* A URL is no descriptor: it has no version. */
static void version(const struct view_facts *f, struct text *v)
{
    if (f->offer && f->offer->kind == DD_KIND_DD1)
        text_puts(v, f->offer->version);
}

/* DLOTA 2.0: an agent must not resume what the server did not offer ranges for; and a range is worth nothing without a
 * validator that pins it (RFC 9110 13.1.1, 13.1.4). */
static void resumable(const struct view_facts *f, struct text *v)
{
    const struct dlota_object *o = f->object;
    bool weak = (o->etag[0] == 'W' || o->etag[0] == 'w') && o->etag[1] == '/';

    if (is_descriptor_only(f))
        return;
    if (o->ranges == DLOTA_RANGES_UNKNOWN)
        text_puts(v, "unknown");
    else if (o->ranges == DLOTA_RANGES_NO)
        text_puts(v, "no: the server offers no byte ranges");
    else if (o->pin != DLOTA_UNPINNED || f->unpinned_resume)
        text_puts(v, "yes");
    else if (o->modified[0])
        text_printf(v, "no: %s, and Last-Modified is too recent to tell versions apart",
                    weak ? "weak ETag" : "no ETag");
    else
        text_printf(v, "no: %s and no Last-Modified", weak ? "weak ETag" : "no ETag");
}

static void attempts(const struct view_facts *f, struct text *v)
{
    if (!is_descriptor_only(f))
        add_number(v, f->object->attempts);
}

static void report(const struct view_facts *f, struct text *v)
{
    const struct dlota_object *o = f->object;
    switch (o->report) {
    case DLOTA_REPORT_NONE:
        text_puts(v, "none");
        break;
    case DLOTA_REPORT_QUEUED:
        text_puts(v, "queued");
        break;
    case DLOTA_REPORT_SENT:
        text_printf(v, "sent %" PRIu32 " of %" PRIu32, o->report_tries, o->report_tries_max);
        break;
    case DLOTA_REPORT_UNANSWERED:
        text_puts(v, "unanswered");
        break;
    case DLOTA_REPORT_ANSWERED:
        text_puts(v, o->report_answer[0] ? o->report_answer : "answered");
        break;
    case DLOTA_REPORT_IS_REFUSED:
        text_puts(v, o->report_answer[0] ? "refused " : "refused");
        text_puts(v, o->report_answer);
        break;
    }
}

/* ---- the table ---- */

#define ROW(member) offsetof(struct dlota_object, member)
#define OBJECT(member) offsetof(struct dd_object, member)
#define OFFER(member) offsetof(struct dd_offer, member)
#define FACT(member) offsetof(struct view_facts, member)

/* Order, as scripts rely on it. */
#define KEYS(X)                                                                                                        \
    X("Name", false, VIEW_ROW_TEXT, ROW(name), NULL)                                                                   \
    X("ID", true, VIEW_CALL, 0, id)                                                                                    \
    X("State", false, VIEW_CALL, 0, state)                                                                             \
    X("Reason", false, VIEW_CALL, 0, view_reason)                                                                      \
    X("Code", false, VIEW_CALL, 0, code)                                                                               \
    X("Size", true, VIEW_CALL, 0, size)                                                                                \
    X("Received", true, VIEW_CALL, 0, received)                                                                        \
    X("Rate", true, VIEW_CALL, 0, rate)                                                                                \
    X("ETA", true, VIEW_CALL, 0, eta)                                                                                  \
    X("Type", false, VIEW_ROW_TEXT, ROW(type), NULL)                                                                   \
    X("Types", false, VIEW_CALL, 0, types)                                                                             \
    X("Title", false, VIEW_OBJECT_TEXT, OBJECT(name), NULL)                                                            \
    X("Vendor", false, VIEW_OFFER_TEXT, OFFER(vendor), NULL)                                                           \
    X("Description", false, VIEW_OBJECT_TEXT, OBJECT(description), NULL)                                               \
    X("Descriptor", false, VIEW_FACT_TEXT, FACT(descriptor), NULL)                                                     \
    X("DescriptorURI", false, VIEW_FACT_URI, FACT(descriptor_uri), NULL)                                               \
    X("Product", false, VIEW_FACT_TEXT, FACT(product), NULL)                                                           \
    X("DDVersion", false, VIEW_CALL, 0, version)                                                                       \
    X("ObjectURI", false, VIEW_OBJECT_URI, OBJECT(uri), NULL)                                                          \
    X("EffectiveURI", false, VIEW_ROW_URI, ROW(effective), NULL)                                                       \
    X("Resumable", false, VIEW_CALL, 0, resumable)                                                                     \
    X("ETag", false, VIEW_ROW_TEXT, ROW(etag), NULL)                                                                   \
    X("LastModified", false, VIEW_ROW_TEXT, ROW(modified), NULL)                                                       \
    X("Attempts", true, VIEW_CALL, 0, attempts)                                                                        \
    X("InstallNotifyURI", false, VIEW_OBJECT_URI, OBJECT(install_notify_uri), NULL)                                    \
    X("Report", false, VIEW_CALL, 0, report)                                                                           \
    X("NextURL", false, VIEW_OFFER_URI, OFFER(next_url), NULL)                                                         \
    X("InfoURL", false, VIEW_OBJECT_URI, OBJECT(info_url), NULL)                                                       \
    X("IconURI", false, VIEW_OBJECT_URI, OBJECT(icon_uri), NULL)                                                       \
    X("InstallParam", false, VIEW_OBJECT_TEXT, OBJECT(install_param), NULL)                                            \
    X("UpdatedDDURI", false, VIEW_OFFER_URI, OFFER(updated_dd_uri), NULL)                                              \
    X("Added", false, VIEW_ROW_TIME, ROW(added), NULL)                                                                 \
    X("Started", false, VIEW_ROW_TIME, ROW(started), NULL)                                                             \
    X("Ended", false, VIEW_ROW_TIME, ROW(ended), NULL)

#define AS_ROW(...) {__VA_ARGS__},
#define AS_NAME(name, ...) name,

static const struct view_key table[] = {KEYS(AS_ROW)};
static const char *const names[] = {KEYS(AS_NAME) NULL};

const char *const *view_keys(void) { return names; }

const struct view_key *view_key_at(unsigned i) { return i < COUNT(table) ? &table[i] : NULL; }

static void add_time(int64_t wall_ms, struct text *v)
{
    char words[32];
    if (wall_ms == 0)
        return;
    when_rfc3339(wall_ms, words);
    text_puts(v, words);
}

/* A pointer to a string, in a struct that may be missing. */
static void add_string(const void *base, size_t at, bool is_uri, struct text *v)
{
    const char *s = NULL;
    if (base)
        memcpy(&s, (const char *)base + at, sizeof s);
    if (s && is_uri)
        view_uri(s, v);
    else if (s)
        text_puts(v, s);
}

bool view_key_value(const struct view_facts *facts, const struct view_key *key, struct text *value)
{
    const char *row = (const char *)facts->object + key->at;
    size_t before = value->len;
    int64_t time;

    switch (key->kind) {
    case VIEW_ROW_TEXT:
        text_puts(value, row);
        break;
    case VIEW_ROW_URI:
        view_uri(row, value);
        break;
    case VIEW_ROW_TIME:
        memcpy(&time, row, sizeof time);
        add_time(time, value);
        break;
    case VIEW_OBJECT_TEXT:
    case VIEW_OBJECT_URI:
        add_string(view_object(facts), key->at, key->kind == VIEW_OBJECT_URI, value);
        break;
    case VIEW_OFFER_TEXT:
    case VIEW_OFFER_URI:
        add_string(facts->offer, key->at, key->kind == VIEW_OFFER_URI, value);
        break;
    case VIEW_FACT_TEXT:
    case VIEW_FACT_URI:
        add_string(facts, key->at, key->kind == VIEW_FACT_URI, value);
        break;
    case VIEW_CALL:
        key->call(facts, value);
        break;
    }
    return value->len > before;
}

void view_carry_failure(const struct text *from, struct text *to)
{
    if (!from->failed || to->failed)
        return;
    to->failed = true;
    to->rc = from->rc;
}
