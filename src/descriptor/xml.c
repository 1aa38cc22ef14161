/* xml.c - expat with bounds. */
#include "descriptor/xml.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

enum { BINDINGS = 64 };

struct binding {
    const char *prefix, *space;
    size_t prefix_n;
    unsigned depth; /* of the element that declares it */
};

struct xml {
    XML_Parser parser;
    const struct xml_handler *handler;
    void *arg;
    struct dd_fault *fault;
    int rc; /* negative: stopped, the fault is filled in */
    unsigned depth;
    /* Text of all open elements, outermost first; start[d] is where that of depth d begins, so that a child's text is
     * gone when its parent's goes on. */
    char *text;
    size_t text_n, text_max;
    size_t start[LIMIT_XML_DEPTH + 2];
    struct binding bindings[BINDINGS];
    unsigned n_bindings;
    struct arena names;
};

static unsigned line_now(const struct xml *x) { return (unsigned)XML_GetCurrentLineNumber(x->parser); }

static void stop(struct xml *x, int rc)
{
    x->rc = rc;
    (void)XML_StopParser(x->parser, XML_FALSE);
}

/* ---- namespaces ----
 * Not expat's: it refuses a document that uses an undeclared prefix, which real descriptors do in extensions. */

static void bind_space(struct xml *x, const char *prefix, const char *space)
{
    if (x->n_bindings == BINDINGS) {
        stop(x, fault_at(x->fault, -EBADMSG, line_now(x), "more than %d namespace declarations", BINDINGS));
        return;
    }
    struct binding b = {.prefix_n = strlen(prefix), .depth = x->depth};
    b.prefix = arena_copy(&x->names, prefix, b.prefix_n);
    b.space = arena_copy(&x->names, space, strlen(space));
    if (b.prefix && b.space)
        x->bindings[x->n_bindings++] = b;
    else
        stop(x, -ENOMEM);
}

static void bind_spaces(struct xml *x, const char **attributes)
{
    for (; *attributes && x->rc == 0; attributes += 2) {
        if (strcmp(attributes[0], "xmlns") == 0)
            bind_space(x, "", attributes[1]);
        else if (strncmp(attributes[0], "xmlns:", 6) == 0)
            bind_space(x, attributes[0] + 6, attributes[1]);
    }
}

static const char *find_space(struct xml *x, const char *prefix, size_t n)
{
    for (unsigned i = x->n_bindings; i-- > 0;)
        if (x->bindings[i].prefix_n == n && memcmp(x->bindings[i].prefix, prefix, n) == 0)
            return x->bindings[i].space;
    if (n == 0)
        return "";
    const char *undeclared = arena_copy(&x->names, prefix, n + 1);
    if (!undeclared)
        stop(x, -ENOMEM);
    return undeclared;
}

/* ---- expat's callbacks ---- */

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
    struct xml *x = arg;
    if (x->rc < 0)
        return;
    unsigned line = line_now(x);
    if (x->depth == LIMIT_XML_DEPTH) {
        stop(x, fault_at(x->fault, -EBADMSG, line, "elements nested deeper than %d", LIMIT_XML_DEPTH));
        return;
    }
    x->start[++x->depth] = x->text_n;
    bind_spaces(x, attributes);
    if (x->rc < 0)
        return;
    const char *colon = strchr(name, ':');
    struct xml_element e = {
        .name = colon ? colon + 1 : name,
        .space = find_space(x, name, colon ? (size_t)(colon - name) : 0),
        .attributes = (const char *const *)attributes,
        .line = line,
        .depth = x->depth,
    };
    int rc = x->rc < 0 ? x->rc : x->handler->start(x->arg, &e, x->fault);
    if (rc < 0)
        stop(x, rc);
}

static void XMLCALL on_end(void *arg, const char *name)
{
    struct xml *x = arg;
    (void)name;
    if (x->rc < 0)
        return;
    size_t start = x->start[x->depth];
    x->text[x->text_n] = '\0';
    int rc = x->handler->end(x->arg, x->text + start, x->text_n - start, x->depth, line_now(x), x->fault);
    x->text_n = start;
    while (x->n_bindings > 0 && x->bindings[x->n_bindings - 1].depth == x->depth)
        x->n_bindings--;
    x->depth--;
    if (rc < 0)
        stop(x, rc);
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
    struct xml *x = arg;
    if (x->rc < 0)
        return;
    if ((size_t)n > x->text_max - x->text_n) {
        stop(x, fault_at(x->fault, -EBADMSG, line_now(x), "more text than the document can hold"));
        return;
    }
    memcpy(x->text + x->text_n, s, (size_t)n);
    x->text_n += (size_t)n;
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *system, const char *public, int internal)
{
    struct xml *x = arg;
    (void)name, (void)system, (void)public, (void)internal;
    if (x->rc == 0)
        stop(x, fault_at(x->fault, -EBADMSG, line_now(x), "a document type declaration is not allowed"));
}

/* ---- encoding ---- */

static bool starts_with(const struct dd_input *in, const char *s, size_t n)
{
    return in->n >= n && memcmp(in->bytes, s, n) == 0;
}

static bool has_mark(const struct dd_input *in)
{
    return starts_with(in, "\xef\xbb\xbf", 3) || starts_with(in, "\xff\xfe", 2) || starts_with(in, "\xfe\xff", 2);
}

/* A charset parameter that we let overrule the document: one that names what it can be, not the default of some server
 * (us-ascii), and that does not need the bytes' order guessed. */
static const char *outer_encoding(const struct dd_input *in)
{
    static const char *const known[] = {"UTF-8", "ISO-8859-1"};
    if (has_mark(in) || !in->media_type)
        return NULL;
    const char *p = strcasestr(in->media_type, "charset=");
    if (!p || p == in->media_type || !strchr("; \t", p[-1]))
        return NULL;
    p += strlen("charset=");
    p += *p == '"';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i]);
        if (strncasecmp(p, known[i], n) == 0 && (!p[n] || strchr("\"; \t", p[n])))
            return known[i];
    }
    return NULL;
}

bool xml_sniff(const struct dd_input *in)
{
    const char *s = in->bytes;
    size_t n = in->n;
    bool wide = n >= 2 && (has_mark(in) ? s[0] != '\xef' : !s[0] != !s[1]);
    if (has_mark(in)) {
        size_t mark = wide ? 2 : 3;
        s += mark;
        n -= mark;
    }
    size_t step = wide ? 2 : 1;
    for (size_t i = 0; i + step <= n; i += step) {
        char c = wide && !s[i] ? s[i + 1] : s[i];
        if (wide && s[i] && s[i + 1])
            return false;
        if (!strchr(" \t\r\n", c) || !c)
            return c == '<';
    }
    return false;
}

/* ---- */

static int judge(const struct xml *x, enum XML_Status status)
{
    if (x->rc < 0)
        return x->rc;
    if (status == XML_STATUS_OK)
        return 0;
    enum XML_Error error = XML_GetErrorCode(x->parser);
    if (error == XML_ERROR_NO_MEMORY)
        return -ENOMEM;
    return fault_at(x->fault, -EBADMSG, line_now(x), "not well-formed XML: %s", XML_ErrorString(error));
}

static int run(struct xml *x, const struct dd_input *in)
{
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    return judge(x, XML_Parse(x->parser, in->bytes, (int)in->n, 1));
}

int xml_parse(const struct dd_input *in, const dd_memory *memory, const struct xml_handler *handler, void *arg,
              struct dd_fault *fault)
{
    struct xml x = {.handler = handler, .arg = arg, .fault = fault, .names = {.memory = memory}};
    int rc = -ENOMEM;

    /* Without entities of its own a document's text is at most twice its bytes (ISO-8859-1 to UTF-8). */
    x.text_max = 2 * in->n;
    x.text = memory->malloc_fcn(x.text_max + 1);
    x.parser = XML_ParserCreate_MM(outer_encoding(in), memory, NULL);
    if (x.text && x.parser)
        rc = run(&x, in);
    if (x.parser)
        XML_ParserFree(x.parser);
    memory->free_fcn(x.text);
    arena_free(&x.names);
    return rc;
}
