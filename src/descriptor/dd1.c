/* dd1.c - what the elements of a DD 1.0 mean.
 *
 * The whole document is read before it is judged: a descriptor of a later major version must end with 951 whatever else
 * in it looks wrong to us, and a fault is reported to the installNotifyURI wherever in the document that stands. */
#include "descriptor/dd1.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "descriptor/type.h"
#include "descriptor/uri.h"
#include "descriptor/xml.h"

/* An element (or attribute) that was there. */
struct found {
    const char *text; /* trimmed; NULL: it was not */
    unsigned line;
};

enum { TYPE, SIZE, OBJECT_URI, NOTIFY_URI, NEXT_URL, VERSION, NAME, DESCRIPTION, VENDOR, INFO_URL, ICON_URI, PARAM };
enum { FIELDS = PARAM + 1, NO_FIELD = -1 };

struct dd1 {
    const struct dd_input *in;
    struct draft *draft;
    struct dd_object *object;
    struct found found[FIELDS];
    struct found attribute; /* DDVersion of the root */
    const char *types[LIMIT_TYPES + 1];
    unsigned n_types;
    const char *space; /* the root's namespace */
    int current;       /* field whose element is open */
    unsigned current_line;
    struct found nested; /* first element inside a field; text is the field's name */
    unsigned product_line, end_line;
};

struct field {
    const char *element;
    int (*settle)(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                  struct dd_fault *fault);
    bool of_object; /* place is in dd_object, else in dd_offer */
    size_t place;
};

/* ---- values ---- */

static int keep(struct dd1 *p, const char *s, const char **ret)
{
    *ret = arena_copy(&p->draft->arena, s, strlen(s));
    return *ret ? 0 : -ENOMEM;
}

static int settle_text(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                       struct dd_fault *fault)
{
    (void)p, (void)f, (void)fault;
    if (found->text)
        *ret = found->text;
    return 0;
}

/* The absolute URI that a text stands for; false: *ret_why tells why there is none. */
static bool absolute_uri(const struct dd1 *p, const char *text, char ret[static LIMIT_URI + 1], const char **ret_why)
{
    int rc = uri_resolve(p->in->base, text, ret, LIMIT_URI + 1);
    if (rc == -ENAMETOOLONG)
        *ret_why = "longer than a URI may be";
    else if (rc < 0)
        *ret_why = "relative, and the descriptor's own address is not known";
    else
        rc = uri_check(ret, ret_why);
    return rc == 0;
}

static int settle_uri(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                      struct dd_fault *fault)
{
    char uri[LIMIT_URI + 1];
    const char *why = NULL;
    if (!found->text || !*found->text)
        return 0;
    if (!absolute_uri(p, found->text, uri, &why))
        return fault_at(fault, -EBADMSG, found->line, "%s: %s", f->element, why);
    return keep(p, uri, ret);
}

static int settle_notify(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                         struct dd_fault *fault)
{
    int rc = settle_uri(p, f, found, ret, fault);
    if (rc == 0 && **ret && !uri_is_http(*ret))
        return fault_at(fault, -EBADMSG, found->line, "%s: neither http nor https", f->element);
    return rc;
}

static int require(const struct dd1 *p, const struct field *f, const struct found *found, struct dd_fault *fault)
{
    if (!found->text)
        return fault_at(fault, -EBADMSG, p->end_line, "%s: missing", f->element);
    if (!*found->text)
        return fault_at(fault, -EBADMSG, found->line, "%s: empty", f->element);
    return 0;
}

static int settle_object_uri(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                             struct dd_fault *fault)
{
    int rc = require(p, f, found, fault);
    return rc < 0 ? rc : settle_uri(p, f, found, ret, fault);
}

/* Digits, also in groups of three: "1,000" was seen.  -EINVAL, -ERANGE. */
static int number(const char *s, uint64_t *ret)
{
    const char *first_comma = strchr(s, ',');
    uint64_t value = 0;
    int rc = 0;
    size_t group = 0; /* digits since the last comma */
    if (*s == ',' || (first_comma && first_comma - s > 3))
        return -EINVAL;
    for (; *s; s++) {
        if (*s == ',') {
            if (s != first_comma && group != 3)
                return -EINVAL;
            group = 0;
            continue;
        }
        if (*s < '0' || *s > '9')
            return -EINVAL;
        group++;
        if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (unsigned)(*s - '0'), &value))
            rc = -ERANGE;
    }
    if (first_comma && group != 3)
        return -EINVAL;
    *ret = value;
    return rc == 0 && value > INT64_MAX ? -ERANGE : rc; /* no file is larger */
}

static int settle_size(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                       struct dd_fault *fault)
{
    (void)ret;
    int rc = require(p, f, found, fault);
    if (rc < 0)
        return rc;
    rc = number(found->text, &p->object->size);
    const char *why = rc == -ERANGE          ? "too large"
                      : rc < 0               ? "not a number"
                      : p->object->size == 0 ? "not positive"
                                             : "";
    if (found->text[0] == '-' && number(found->text + 1, &(uint64_t){0}) != -EINVAL && found->text[1])
        why = "not positive";
    if (!*why)
        return 0;
    return fault_at(fault, -EBADMSG, found->line, "%s: %s: %s", f->element, why, fault_quote(found->text).text);
}

static int settle_types(struct dd1 *p, const struct field *f, const struct found *found, const char **ret,
                        struct dd_fault *fault)
{
    (void)ret;
    if (p->n_types > 0) { /* an empty one beside others is no fault */
        size_t n = sizeof *p->types * (p->n_types + 1);
        const char **types = arena_alloc(&p->draft->arena, n);
        if (!types)
            return -ENOMEM;
        memcpy(types, p->types, n);
        p->object->types = types;
        return 0;
    }
    return require(p, f, found, fault);
}

#define OF_OBJECT(member) true, offsetof(struct dd_object, member)
#define OF_OFFER(member) false, offsetof(struct dd_offer, member)

/* The order is that in which faults are looked for. */
static const struct field fields[FIELDS] = {
    [TYPE] = {"type", settle_types, OF_OBJECT(types)},
    [SIZE] = {"size", settle_size, OF_OBJECT(size)},
    [OBJECT_URI] = {"objectURI", settle_object_uri, OF_OBJECT(uri)},
    [NOTIFY_URI] = {"installNotifyURI", settle_notify, OF_OBJECT(install_notify_uri)},
    [NEXT_URL] = {"nextURL", settle_uri, OF_OFFER(next_url)},
    [VERSION] = {"DDVersion", settle_text, OF_OFFER(version)},
    [NAME] = {"name", settle_text, OF_OBJECT(name)},
    [DESCRIPTION] = {"description", settle_text, OF_OBJECT(description)},
    [VENDOR] = {"vendor", settle_text, OF_OFFER(vendor)},
    [INFO_URL] = {"infoURL", settle_uri, OF_OBJECT(info_url)},
    [ICON_URI] = {"iconURI", settle_uri, OF_OBJECT(icon_uri)},
    [PARAM] = {"installParam", settle_text, OF_OBJECT(install_param)},
};

/* ---- reading ---- */

/* Servers are known to write it so. */
static bool is_version(const char *name) { return strcmp(name, "DDVersion") == 0 || strcmp(name, "DDversion") == 0; }

static int find_field(const char *name)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].element, name) == 0)
            return i;
    return is_version(name) ? VERSION : NO_FIELD;
}

static const char *keep_trimmed(struct dd1 *p, const char *s, size_t n)
{
    s = text_trim(s, n, &n);
    return arena_copy(&p->draft->arena, s, n);
}

static int begin_root(struct dd1 *p, const struct xml_element *e, struct dd_fault *fault)
{
    if (strcmp(e->name, "media") != 0)
        return fault_at(fault, -EBADMSG, e->line, "the root element is %s, not media", fault_quote(e->name).text);
    int rc = keep(p, e->space, &p->space);
    for (const char *const *a = e->attributes; rc == 0 && *a; a += 2) {
        if (!is_version(a[0]) || p->attribute.text)
            continue;
        p->attribute = (struct found){keep_trimmed(p, a[1], strlen(a[1])), e->line};
        rc = p->attribute.text ? 0 : -ENOMEM;
    }
    return rc;
}

/* Of another namespace than the root's: an extension, whatever its name. */
static bool is_foreign(const struct dd1 *p, const struct xml_element *e)
{
    return *e->space && strcmp(e->space, p->space) != 0;
}

static int on_start(void *arg, const struct xml_element *e, struct dd_fault *fault)
{
    struct dd1 *p = arg;
    if (e->depth == 1)
        return begin_root(p, e, fault);
    if (e->depth == 2) {
        p->current = is_foreign(p, e) ? NO_FIELD : find_field(e->name);
        p->current_line = e->line;
        if (p->product_line == 0 && !is_foreign(p, e) && strcmp(e->name, "product") == 0)
            p->product_line = e->line;
    } else if (p->current != NO_FIELD && !p->nested.text)
        p->nested = (struct found){fields[p->current].element, e->line};
    return 0;
}

static int add_type(struct dd1 *p, const char *type, struct dd_fault *fault)
{
    if (!*type)
        return 0;
    if (p->n_types == LIMIT_TYPES)
        return fault_at(fault, -EBADMSG, p->current_line, "type: more than %d of them", LIMIT_TYPES);
    p->types[p->n_types++] = type;
    return 0;
}

static int on_end(void *arg, const char *text, size_t n, unsigned depth, unsigned line, struct dd_fault *fault)
{
    struct dd1 *p = arg;
    if (depth == 1)
        p->end_line = line;
    if (depth != 2 || p->current == NO_FIELD)
        return 0;
    struct found *found = &p->found[p->current];
    if (found->text && p->current != TYPE)
        return 0; /* the first one wins */
    const char *kept = keep_trimmed(p, text, n);
    if (!kept)
        return -ENOMEM;
    if (!found->text)
        *found = (struct found){kept, p->current_line};
    return p->current == TYPE ? add_type(p, kept, fault) : 0;
}

/* ---- judging ---- */

/* "1.0", "1.5", "1": only the major version decides. */
static int check_version(const struct found *found, struct dd_fault *fault)
{
    static const char digits[] = "0123456789";
    const char *s = found->text;
    if (!s)
        return 0;
    size_t major = strspn(s, digits), minor = s[major] == '.' ? strspn(s + major + 1, digits) : 0;
    size_t point = minor > 0;
    if (major == 0 || s[major + point + minor])
        return fault_at(fault, -EBADMSG, found->line, "DDVersion: not a version: %s", fault_quote(s).text);
    size_t zeros = strspn(s, "0");
    if (major - zeros == 1 && s[zeros] == '1')
        return 0;
    return fault_at(fault, -EPROTONOSUPPORT, found->line, "DDVersion: %s is not supported", fault_quote(s).text);
}

static int check_versions(struct dd1 *p, struct dd_fault *fault)
{
    int rc = check_version(&p->attribute, fault);
    if (rc == 0)
        rc = check_version(&p->found[VERSION], fault);
    if (rc < 0)
        return rc;
    if (!p->found[VERSION].text)
        p->found[VERSION] = p->attribute;
    if (!p->found[VERSION].text && p->product_line > 0)
        return fault_at(fault, -EPROTONOSUPPORT, p->product_line,
                        "product: an element of DD 2.0, which is not supported");
    return 0;
}

/* Parameters go out in no header line, but are shown; the type itself is sent in Accept. */
static int check_types(const struct dd1 *p, struct dd_fault *fault)
{
    for (unsigned i = 0; i < p->n_types; i++)
        if (!type_valid(p->types[i]))
            return fault_at(fault, -EBADMSG, p->found[TYPE].line, "type: not a media type: %s",
                            fault_quote(p->types[i]).text);
    return 0;
}

static int judge(struct dd1 *p, struct dd_fault *fault)
{
    int rc = check_versions(p, fault);
    if (rc < 0)
        return rc;
    if (p->nested.text)
        return fault_at(fault, -EBADMSG, p->nested.line, "%s: an element inside it", p->nested.text);
    p->draft->offer.version = "1.0";
    rc = check_types(p, fault);
    for (int i = 0; rc == 0 && i < FIELDS; i++) {
        const struct field *f = &fields[i];
        char *whole = f->of_object ? (char *)p->object : (char *)&p->draft->offer;
        rc = f->settle(p, f, &p->found[i], (const char **)(void *)(whole + f->place), fault);
    }
    return rc;
}

/* The report of a fault goes to the installNotifyURI, if it got that far and can be used. */
static void note_notify(const struct dd1 *p, struct dd_fault *fault)
{
    char uri[LIMIT_URI + 1];
    const char *why, *text = p->found[NOTIFY_URI].text;
    if (text && *text && absolute_uri(p, text, uri, &why) && uri_is_http(uri))
        (void)text_copy(fault->notify, sizeof fault->notify, uri);
}

int dd1_parse(const struct dd_input *in, struct draft *d, struct dd_fault *fault)
{
    static const struct xml_handler handler = {on_start, on_end};
    struct dd1 p = {.in = in, .draft = d, .object = draft_single(d), .space = "", .current = NO_FIELD};
    if (!p.object)
        return -ENOMEM;
    int rc = xml_parse(in, d->arena.memory, &handler, &p, fault);
    if (rc == 0)
        rc = judge(&p, fault);
    if (rc < 0)
        note_notify(&p, fault);
    return rc;
}
