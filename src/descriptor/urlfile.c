/* urlfile.c - files that hold one URL. */
#include "descriptor/urlfile.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "descriptor/uri.h"

/* The lines of a file: LF, CRLF or CR, less a byte order mark. */
struct lines {
    const char *at, *end;
    const char *line; /* trimmed, not NUL-terminated */
    size_t n;
    unsigned number;
};

static struct lines lines_of(const struct dd_input *in)
{
    struct lines l = {.at = in->bytes, .end = (const char *)in->bytes + in->n};
    if (in->n >= 3 && memcmp(l.at, "\xef\xbb\xbf", 3) == 0)
        l.at += 3;
    return l;
}

static bool next_line(struct lines *l)
{
    const char *from = l->at;
    if (from == l->end)
        return false;
    while (l->at < l->end && *l->at != '\n' && *l->at != '\r')
        l->at++;
    l->line = text_trim(from, (size_t)(l->at - from), &l->n);
    if (l->at < l->end) {
        bool both = *l->at == '\r' && l->end - l->at > 1 && l->at[1] == '\n';
        l->at += both ? 2 : 1;
    }
    l->number++;
    return true;
}

static bool is_comment(const struct lines *l) { return l->n == 0 || *l->line == '#' || *l->line == ';'; }
static bool is_section(const struct lines *l) { return l->n > 0 && *l->line == '['; }

/* "URL=..." or KDE's "URL[$e]=...": the value, else NULL. */
static const char *url_value(const struct lines *l, size_t *ret_n)
{
    const char *equals = memchr(l->line, '=', l->n);
    size_t n;
    if (!equals)
        return NULL;
    const char *key = text_trim(l->line, (size_t)(equals - l->line), &n);
    if (n < 3 || strncasecmp(key, "URL", 3) != 0 || (n > 3 && key[3] != '['))
        return NULL;
    return text_trim(equals + 1, (size_t)(l->line + l->n - equals) - 1, ret_n);
}

/* The sections of a .url and of a .desktop file that describe the file itself. */
static bool section_counts(const struct lines *l)
{
    static const char *const names[] = {"[InternetShortcut]", "[Desktop Entry]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (l->n == strlen(names[i]) && strncasecmp(l->line, names[i], l->n) == 0)
            return true;
    return false;
}

static bool has_scheme(const char *s, size_t n) { return memmem(s, n, "://", 3) != NULL; }

bool urlfile_sniff(const struct dd_input *in)
{
    if (memchr(in->bytes, 0, in->n))
        return false;
    bool sections = false; /* others may come before the one that counts */
    size_t n;
    for (struct lines l = lines_of(in); next_line(&l);) {
        if (is_comment(&l))
            continue;
        if (section_counts(&l))
            return true;
        if (is_section(&l))
            sections = true;
        else if (!sections)
            return url_value(&l, &n) || has_scheme(l.line, l.n);
    }
    return false;
}

struct urlfile {
    struct draft *draft;
    struct dd_object *object;
    bool sections; /* a section began: other lines are settings */
    bool counts;   /* in a section that describes the file */
};

static int take_url(struct urlfile *u, const char *s, size_t n, unsigned line, struct dd_fault *fault)
{
    const char *why = NULL;
    if (*u->object->uri)
        return fault_at(fault, -EBADMSG, line, "more than one URL");
    if (n > LIMIT_URI)
        return fault_at(fault, -EBADMSG, line, "URL: longer than a URI may be");
    char *uri = arena_copy(&u->draft->arena, s, n);
    if (!uri)
        return -ENOMEM;
    if (uri_check(uri, &why) < 0)
        return fault_at(fault, -EBADMSG, line, "URL: %s", why);
    if (!uri_is_http(uri))
        return fault_at(fault, -EBADMSG, line, "URL: neither http nor https");
    u->object->uri = uri;
    return 0;
}

static int take_line(struct urlfile *u, const struct lines *l, struct dd_fault *fault)
{
    size_t n = 0;
    if (is_comment(l))
        return 0;
    if (memchr(l->line, 0, l->n))
        return fault_at(fault, -EBADMSG, l->number, "URL: a control character in it");
    if (is_section(l)) {
        u->sections = true;
        u->counts = section_counts(l);
        return 0;
    }
    const char *value = url_value(l, &n);
    if (u->sections)
        return value && u->counts ? take_url(u, value, n, l->number, fault) : 0;
    return value ? take_url(u, value, n, l->number, fault) : take_url(u, l->line, l->n, l->number, fault);
}

int urlfile_parse(const struct dd_input *in, struct draft *d, struct dd_fault *fault)
{
    struct urlfile u = {.draft = d, .object = draft_single(d)};
    struct lines l = lines_of(in);
    if (!u.object)
        return -ENOMEM;
    while (next_line(&l)) {
        int rc = take_line(&u, &l, fault);
        if (rc < 0)
            return rc;
    }
    if (!*u.object->uri)
        return fault_at(fault, -EBADMSG, l.number ? l.number : 1, "URL: missing");
    return 0;
}
