#include "agent/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/agent.h"
#include "agent/fetch.h"
#include "agent/perform.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "descriptor/uri.h"
#include "store/spool.h"

/* What the checks before a retrieval found (policy.md 2 and 3). */
struct judged {
    enum dlota_cause cause;
    char detail[256];
    bool ask;
};

static void refuse(struct judged *j, enum dlota_cause cause, const char *detail)
{
    j->cause = cause;
    (void)text_copy(j->detail, sizeof(j->detail), detail);
}

/* -o accept: one listed type that this device can use is enough; DRM wrappers pass (policy.md 2). */
static bool accepted(const struct dlota_options *options, const char *const *types)
{
    if (!options->accept)
        return true;
    for (const char *const *t = types; t && *t; t++)
        for (const char *const *a = options->accept; *a; a++)
            if (dd_type_matches(*a, *t))
                return true;
    return false;
}

static bool can_never_fit(struct dlota *d, uint64_t size)
{
    struct statvfs vfs;

    return store_space(d->store, &vfs) >= 0 && vfs.f_blocks && size / vfs.f_frsize >= vfs.f_blocks;
}

static bool scheme_served(const char *uri)
{
    return !strncasecmp(uri, "http://", 7) || !strncasecmp(uri, "https://", 8);
}

static void judge_object(struct dlota *d, const struct dd_object *object, struct judged *j)
{
    if (!scheme_served(object->uri))
        refuse(j, DLOTA_NOT_LOADED, "objectURI: scheme is not http or https");
    else if (!accepted(&d->options, object->types))
        refuse(j, DLOTA_NOT_ACCEPTED, "no listed type is accepted here");
    else if (d->options.max_size && object->size > d->options.max_size)
        refuse(j, DLOTA_NEVER_FITS, "larger than max_size");
    else if (can_never_fit(d, object->size))
        refuse(j, DLOTA_NEVER_FITS, "larger than the store's disk");
}

static void judge_fault(const struct asked *a, struct judged *j)
{
    j->cause = a->rc == -EPROTONOSUPPORT ? DLOTA_BAD_VERSION : DLOTA_BAD_DESCRIPTOR;
    if (a->fault.line)
        (void)text_format(j->detail, sizeof(j->detail), "line %u: %s", a->fault.line, a->fault.reason);
    else
        (void)text_copy(j->detail, sizeof(j->detail), a->fault.reason);
}

/* Fill in the row of what `a` describes and find out whether it may begin. */
static void describe(struct dlota *d, const struct asked *a, const char *source, struct dlota_object *o,
                     struct judged *j)
{
    /* `dd` asks unless suppressUserConfirmation says not to; a DD 1.0 has no such word. */
    j->ask = d->options.confirm != DLOTA_CONFIRM_DROP;
    o->folder = DLOTA_IN_PENDING;
    o->added = d->now;
    dd_name_safe(source, o->name);
    if (a->rc < 0) {
        o->part = DLOTA_PART_BAD;
        judge_fault(a, j);
    } else if (a->offer->kind == DD_KIND_URL) {
        o->part = DLOTA_PART_DESCRIPTOR;
        j->ask = false; /* what it names is asked for once it is known */
    } else {
        o->part = 0;
        o->size = a->object->size;
        dd_name(a->offer, 0, o->name);
        judge_object(d, a->object, j);
    }
    if (a->object)
        uri_host_key(a->object->uri, o->host);
}

/* dd_name_nth without the array bound in its type, as the store calls it. */
static void name_nth(const char *name, unsigned n, char *ret) { dd_name_nth(name, n, ret); }

/* Rows for a descriptor that was parsed; the policy decides what becomes of it.  0 or -errno of the catalogue. */
static int enter(struct dlota *d, const struct asked *a)
{
    struct dlota_object o = {0};
    struct judged j = {0};
    int rc;

    describe(d, a, a->row.source, &o, &j);
    rc = store_offer_add(d->store, &a->row, &o.offer);
    if (rc >= 0)
        rc = store_object_add(d->store, &o, name_nth);
    /* A power cut may have taken the record of an object that had this number, and left its file. */
    if (rc >= 0 && !store_same_boot(d->store) && store_bytes_clear(d->store, o.id, 1) < 0)
        log_warning("object %lld: a file of a lost record stays", (long long)o.id);
    if (rc >= 0)
        rc = perform_step(d, &o, a,
                          &(struct event){.kind = EVENT_CHECKED, .cause = j.cause, .detail = j.detail, .flag = j.ask},
                          NULL);
    return rc;
}

static int enter_dropped(struct dlota *d, const struct store_offer *offer)
{
    struct asked asked;
    int rc;

    asked_parse(&asked, offer, 0);
    rc = enter(d, &asked);
    asked_clear(&asked);
    return rc;
}

void intake_offer(struct dlota *d, uint64_t spool, const char *name, dlota_done *done, void *arg)
{
    struct store_offer offer = {.added = d->now};
    int rc = spool_load(d->store, spool, &offer.raw, &offer.raw_n);

    (void)text_copy(offer.source, sizeof(offer.source), name);
    if (rc >= 0)
        rc = enter_dropped(d, &offer);
    if (rc >= 0)
        rc = store_spool_forget(d->store, spool);
    if (rc >= 0)
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_SWEEP});
    if (rc >= 0)
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_REPLY, .done = done, .arg = arg});
    if (rc < 0) {
        log_error("descriptor \"%s\" not taken: %s", name, strerror(-rc));
        agent_break(d, 0, rc);
        done(arg, rc);
    }
}

/* ---- a descriptor that was fetched ---- */

static int load_fetched(struct dlota *d, const struct dlota_object *o, uint64_t n, void **ret)
{
    int fd = store_bytes_open(d->store, o->id, o->gen, false);
    char *p;
    ssize_t rc;

    if (fd < 0)
        return fd;
    p = malloc((size_t)n + 1);
    rc = p ? d->disk->pread(d->disk, fd, p, (size_t)n, 0) : -ENOMEM;
    d->disk->close(d->disk, fd);
    if (rc >= 0 && (uint64_t)rc != n)
        rc = -EIO;
    if (rc < 0) {
        free(p);
        return (int)rc;
    }
    *ret = p;
    return 0;
}

/* Answers to a URL are descriptors of objects: a second URL in a row would be an open-ended chase. */
static void forbid_url(struct asked *a)
{
    if (a->rc < 0 || a->offer->kind != DD_KIND_URL)
        return;
    a->offer = dd_offer_free(a->offer);
    a->object = NULL;
    a->rc = -EBADMSG;
    a->fault.line = 1;
    (void)text_copy(a->fault.reason, sizeof(a->fault.reason), "the answer is a URL, not a descriptor");
}

static int replace(struct dlota *d, const struct dlota_object *o, const struct asked *was, bool outside, void *raw,
                   uint64_t n)
{
    struct store_offer offer = {.added = was->row.added, .outside = outside, .raw = raw, .raw_n = (size_t)n};
    struct asked asked;
    int rc;

    (void)text_copy(offer.source, sizeof(offer.source), was->row.source);
    offer.base = strdup(o->effective[0] ? o->effective : was->uri);
    offer.media_type = o->type[0] ? strdup(o->type) : NULL;
    asked_parse(&asked, &offer, 0);
    forbid_url(&asked);
    rc = store_bytes_forget(d->store, o->id, o->gen);
    if (rc >= 0)
        rc = deed_on_flush(d, &(struct deed){.kind = DEED_SWEEP});
    if (rc >= 0)
        rc = store_object_remove(d->store, o);
    if (rc >= 0)
        rc = deed_on_commit(d, &(struct deed){.kind = DEED_CHANGED, .id = o->id, .what = DLOTA_CHANGED_GONE});
    if (rc >= 0)
        rc = enter(d, &asked);
    asked_clear(&asked);
    return rc;
}

void intake_adopt(struct dlota *d, int64_t id)
{
    struct fetch *f = fetch_find(d, id);
    struct dlota_object o;
    struct asked was;
    uint64_t n;
    void *raw = NULL;
    int rc = store_object_get(d->store, id, &o);

    if (rc >= 0)
        rc = asked_get(d->store, &o, &was);
    if (rc < 0) {
        if (rc != -ENOENT)
            agent_break(d, id, rc);
        return;
    }
    n = f ? f->written : o.have;
    rc = n > LIMIT_DESCRIPTOR ? -EFBIG : load_fetched(d, &o, n, &raw);
    if (rc < 0)
        (void)perform_step(d, &o, &was, &(struct event){.kind = EVENT_DISK, .rc = rc}, f);
    else if ((rc = replace(d, &o, &was, !f || !f->inside, raw, n)) < 0)
        agent_break(d, id, rc);
    if (f && rc >= 0)
        fetch_discard(f);
    asked_clear(&was);
}

void intake_check_again(struct dlota *d, int64_t id)
{
    struct dlota_object o;
    struct judged j = {0};
    struct asked asked;

    if (store_object_get(d->store, id, &o) < 0 || o.state != DLOTA_QUEUED || o.part < 0)
        return;
    if (asked_get(d->store, &o, &asked) < 0)
        return;
    if (asked.object)
        judge_object(d, asked.object, &j);
    if (j.cause)
        (void)perform_step(d, &o, &asked, &(struct event){.kind = EVENT_CHECKED, .cause = j.cause, .detail = j.detail},
                           NULL);
    asked_clear(&asked);
}
