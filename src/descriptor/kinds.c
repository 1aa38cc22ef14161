/* kinds.c - which parser reads what; a new format is a row here. */
#include "descriptor/kinds.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "descriptor/dd1.h"
#include "descriptor/urlfile.h"
#include "descriptor/xml.h"

static const struct kind kinds[] = {
    {DD_KIND_DD1, "DD 1.0", "application/vnd.oma.dd+xml", xml_sniff, dd1_parse},
    {DD_KIND_URL, "URL file", "text/uri-list", urlfile_sniff, urlfile_parse},
};

static const struct kind *by_type(const char *media_type)
{
    for (size_t i = 0; media_type && i < sizeof kinds / sizeof *kinds; i++)
        if (dd_type_equal(kinds[i].media_type, media_type))
            return &kinds[i];
    return NULL;
}

const struct kind *kind_find(const struct dd_input *in)
{
    const struct kind *found = by_type(in->media_type);
    for (size_t i = 0; !found && i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].sniff(in))
            found = &kinds[i];
    return found;
}

bool dd_type_is_descriptor(const char *type)
{
    const struct kind *k = by_type(type);
    return k && k->kind != DD_KIND_URL;
}

/* What can be said without a parser. */
static int check_input(const struct dd_input *in, struct dd_fault *fault)
{
    if (in->n == 0)
        return fault_at(fault, -EBADMSG, 1, "empty");
    if (in->n > LIMIT_DESCRIPTOR)
        return fault_at(fault, -EBADMSG, 1, "longer than %d KiB", LIMIT_DESCRIPTOR / 1024);
    return 0;
}

int dd_parse_with(const struct dd_input *in, const dd_memory *memory, struct dd_offer **ret, struct dd_fault *fault)
{
    *fault = (struct dd_fault){0};
    int rc = check_input(in, fault);
    if (rc < 0)
        return rc;
    const struct kind *kind = kind_find(in);
    if (!kind)
        return fault_at(fault, -EBADMSG, 1, "neither a Download Descriptor (XML) nor a text with one URL");

    struct draft *d = memory->malloc_fcn(sizeof *d);
    if (d) {
        *d = (struct draft){
            .offer = {.kind = kind->kind, .version = "", .vendor = "", .next_url = "", .updated_dd_uri = ""},
            .arena = {.memory = memory},
        };
        rc = kind->parse(in, d, fault);
    } else
        rc = -ENOMEM;
    if (rc == -ENOMEM)
        (void)fault_at(fault, rc, 0, "out of memory");
    if (rc < 0) {
        if (d)
            (void)dd_offer_free(&d->offer);
        return rc;
    }
    *ret = &d->offer;
    return 0;
}

int dd_parse(const struct dd_input *in, struct dd_offer **ret, struct dd_fault *fault)
{
    return dd_parse_with(in, &dd_memory_libc, ret, fault);
}
