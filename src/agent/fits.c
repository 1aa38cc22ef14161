/* Can an answer be the descriptor's object at all?  See policy.md 2. */
#include <inttypes.h>

#include <dlota/descriptor.h>

#include "agent/move.h"
#include "base/limits.h"

enum { TOLERANCE_LEAST = 10 * 1024 };

bool fits_type(struct move *m, const struct http_facts *facts)
{
    const char *const *types = m->terms->types;

    if (!types || dd_type_acceptable(types, facts->type))
        return true;
    move_say(m, "%s instead of %s", facts->type, types[0] ? types[0] : "?");
    return false;
}

/* max(1.4 x size, 10 KiB): what shipped agents let pass (policy.md 2). */
static uint64_t tolerated(uint64_t size)
{
    const uint64_t more = size / 5 * 2 + size % 5 * 2 / 5;

    if (more > UINT64_MAX - size)
        return UINT64_MAX;
    return size + more < TOLERANCE_LEAST ? TOLERANCE_LEAST : size + more;
}

/* By the descriptor alone. */
static uint64_t described(const struct dlota_options *options, const struct dlota_object *object)
{
    if (object->part == DLOTA_PART_DESCRIPTOR)
        return LIMIT_DESCRIPTOR;
    if (!object->size)
        return UINT64_MAX;
    return options->size_tolerant ? tolerated(object->size) : object->size;
}

uint64_t fits_most(const struct dlota_options *options, const struct dlota_object *object)
{
    const uint64_t n = described(options, object);

    return object->total && object->total < n ? object->total : n;
}

uint64_t fits_limit(const struct dlota_options *options, const struct dlota_object *object)
{
    const uint64_t n = fits_most(options, object);

    if (object->part == DLOTA_PART_DESCRIPTOR || !options->max_size)
        return n;
    return options->max_size < n ? options->max_size : n;
}

enum dlota_cause fits_length(struct move *m, uint64_t n)
{
    const struct dlota_object *o = m->old;
    const bool exact = o->size && !m->options->size_tolerant;

    if (!n) {
        move_say(m, "the answer is empty");
        return move_misfit(m);
    }
    if (n > described(m->options, o) || (exact && n != o->size)) {
        move_say(m, "%" PRIu64 " bytes instead of %" PRIu64, n, o->size);
        return move_misfit(m);
    }
    if (m->options->max_size && n > m->options->max_size) {
        move_say(m, "%" PRIu64 " bytes, more than max_size", n);
        return DLOTA_NEVER_FITS;
    }
    return DLOTA_NO_CAUSE;
}
