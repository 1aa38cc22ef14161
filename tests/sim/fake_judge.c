#include "sim/fake_judge.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

/* ---- who is who ---- */

static bool is_of(const struct drop *p, const char *name)
{
    return (p->object && !strcmp(p->object, name)) || !strcmp(p->file, name);
}

/* "a-2.gif" is of "a.gif". */
static bool is_copy_of(const char *base, const char *name)
{
    const size_t stem = base ? strcspn(base, ".") : 0;

    return base && !strncmp(base, name, stem) && name[stem] == '-';
}

static struct drop *drop_of(struct user *u, const char *name)
{
    for (struct drop *p = u->drops; p->file; p++)
        if (is_of(p, name) || is_copy_of(p->object, name) || is_copy_of(p->file, name))
            return p;
    user_fault(u, "whose object is %s?", name);
    return NULL;
}

/* Codes that a transaction told the server: how many times, and whether they differ. */
static unsigned told(struct user *u, const struct drop *p, unsigned *ret_code)
{
    unsigned n = 0, code = 0, changes = 0;

    for (unsigned i = 0; p->notify && i < fake_http_asks(u->http); i++) {
        const struct fake_ask *a = fake_http_ask(u->http, i);
        unsigned this;

        if (a->method != HTTP_POST || strcmp(a->url, p->notify) != 0)
            continue;
        this = (unsigned)strtoul(a->body, NULL, 10);
        if (n++ && this != code && ++changes > p->retried)
            user_fault(u, "I4: %s was told %u, then %u", p->notify, code, this);
        code = this;
    }
    *ret_code = code;
    return n;
}

/* ---- I1 ---- */

static void path_of(const struct dlota_object *o, char ret[static 64])
{
    (void)snprintf(ret, 64, "/store/objects/00000/%lld.%u", (long long)o->id, o->gen);
}

static bool holds_version(struct user *u, const struct drop *p, const struct dlota_object *o, bool kept, size_t n)
{
    char path[64];

    path_of(o, path);
    for (unsigned i = 0; i < 2; i++)
        if (p->body[i] && fake_disk_equal(u->disk, path, kept, p->body[i], n))
            return true;
    return false;
}

void judge_installed(struct user *u, int64_t id)
{
    struct dlota_object o;
    struct drop *p;
    char path[64];
    unsigned code;

    if (dlota_stat(u->d, id, &o) < 0 || o.folder != DLOTA_IN_INSTALLED || !(p = drop_of(u, o.name)))
        return;
    path_of(&o, path);
    p->shown = true;
    if (fake_disk_size(u->disk, path) != (int64_t)p->n || !holds_version(u, p, &o, false, p->n))
        user_fault(u, "I1: %s is in installed/ with other bytes", o.name);
    if (p->notify && (!told(u, p, &code) || code != 900))
        user_fault(u, "I1: %s is in installed/ without a 900", o.name);
    if (p->refused)
        user_fault(u, "I1: %s is in installed/ though it was refused", o.name);
}

void judge_publish(struct user *u, const char *name)
{
    struct drop *p = drop_of(u, name);
    struct dlota_object o;
    char path[64];

    if (!p || dlota_find(u->d, 0, name, &o) < 0)
        return;
    path_of(&o, path);
    if (fake_disk_kept(u->disk, path) != (int64_t)p->n || !holds_version(u, p, &o, true, p->n))
        user_fault(u, "I1: %s is shown before it is on stable storage", name);
    p->shown = true;
}

/* ---- I3 ---- */

static const struct found *found_of(const struct user *u, const char *path)
{
    for (unsigned i = 0; i < u->n_found; i++)
        if (!strcmp(u->found[i].path, path))
            return &u->found[i];
    return NULL;
}

static int check_held(void *arg, int64_t id, const char *name)
{
    struct user *u = arg;
    struct drop *p = drop_of(u, name);
    const struct found *f;
    struct dlota_object o;
    char path[64];

    if (!p || dlota_stat(u->d, id, &o) < 0 || !o.gen || o.part < 0 || !dlota_state_alive(o.state))
        return 0;
    path_of(&o, path);
    f = found_of(u, path);
    if (u->power_cut && o.have > (uint64_t)(f && f->kept > 0 ? f->kept : 0))
        user_fault(u, "I3: %s counts %llu bytes, %lld are flushed", name, (unsigned long long)o.have,
                   f ? (long long)f->kept : -1LL);
    if ((!u->power_cut || u->stopped) && o.ranges == DLOTA_RANGES_BYTES && o.pin && f && o.have != (uint64_t)f->size)
        user_fault(u, "I3: %s counts %llu bytes, %lld are written", name, (unsigned long long)o.have,
                   (long long)f->size);
    if (o.have && p->body[0] && !holds_version(u, p, &o, false, o.have))
        user_fault(u, "I3: what %s holds is of no version", name);
    return 0;
}

void judge_start(struct user *u)
{
    (void)dlota_list(u->d, DLOTA_NOWHERE, 0, 0, check_held, u);
    for (struct drop *p = u->drops; p->file; p++) {
        struct dlota_object o;

        if (p->shown && !p->removed && dlota_find(u->d, 0, p->object, &o) < 0)
            user_fault(u, "%s was in installed/ and has vanished", p->object);
        else if (p->shown && !p->removed && o.state != DLOTA_RELEASED && o.state != DLOTA_INSTALLED)
            user_fault(u, "%s was in installed/ and is %s again", p->object, dlota_state_word(o.state));
    }
}

/* ---- I2, I4 ---- */

struct count {
    struct user *u;
    struct drop *drop;
    unsigned n;
    struct dlota_object last;
};

static int count(void *arg, int64_t id, const char *name)
{
    struct count *c = arg;

    if (drop_of(c->u, name) != c->drop)
        return 0;
    c->n++;
    if (dlota_stat(c->u->d, id, &c->last) < 0)
        user_fault(c->u, "%s is listed and not there", name);
    return 0;
}

static void check_ended(struct user *u, const struct drop *p, const struct dlota_object *o)
{
    const bool refused = o->cause == DLOTA_REPORT_REFUSED || o->cause == DLOTA_REPORT_LOST;
    const unsigned want = refused || o->state == DLOTA_INSTALLED ? 900 : dlota_cause_code(o->cause, 957);
    unsigned code, n = told(u, p, &code);

    if (o->state == DLOTA_PAUSED || o->state == DLOTA_UNCONFIRMED)
        return;
    if (o->state == DLOTA_INSTALLED && (o->folder != DLOTA_IN_INSTALLED || !p->body[0]))
        user_fault(u, "I2: %s is installed, folder %d", o->name, (int)o->folder);
    else if (o->state == DLOTA_FAILED && o->folder != DLOTA_IN_FAILED)
        user_fault(u, "I2: %s failed, folder %d", o->name, (int)o->folder);
    else if (o->state != DLOTA_INSTALLED && o->state != DLOTA_FAILED)
        user_fault(u, "I2: %s is left %s", o->name, dlota_state_word(o->state));
    else if (p->notify && (!n || code != want) && !(p->fetched && o->part < 0))
        user_fault(u, "I4: %s ended %u, told %u (%u times)", o->name, want, code, n);
    if (o->state == DLOTA_INSTALLED)
        judge_installed(u, o->id);
}

static void left_over(void *arg, uint64_t spool, const char *name, uint64_t size, bool closed)
{
    (void)spool;
    (void)size;
    (void)closed;
    user_fault(arg, "I2: \"%s\" is still in the spool", name);
}

void judge_end(struct user *u)
{
    (void)dlota_spool_list(u->d, left_over, u);
    for (struct drop *p = u->drops; p->file; p++) {
        struct count c = {.u = u, .drop = p};
        unsigned code, n;

        (void)dlota_list(u->d, DLOTA_NOWHERE, 0, 0, count, &c);
        n = told(u, p, &code);
        if (c.n > 1)
            user_fault(u, "I2: %s became %u objects", p->file, c.n);
        else if (!c.n && p->promised && !p->removed)
            user_fault(u, "I2: %s was promised and is gone", p->file);
        else if (!c.n && p->removed && p->notify && !n)
            user_fault(u, "I4: %s was removed, the server knows nothing", p->file);
        else if (c.n && n && code == 902)
            user_fault(u, "I4: %s is there after 902", p->file);
        else if (c.n)
            check_ended(u, p, &c.last);
    }
}

/* ---- leaks ---- */

struct files {
    struct user *u;
    sqlite3 *db;
};

static int64_t number(struct user *u, sqlite3 *db, const char *text, int64_t a, int64_t b)
{
    sqlite3_stmt *statement = NULL;
    int64_t ret = -1;

    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
        user_fault(u, "%s: %s", text, sqlite3_errmsg(db));
    (void)sqlite3_bind_int64(statement, 1, a);
    (void)sqlite3_bind_int64(statement, 2, b);
    if (sqlite3_step(statement) == SQLITE_ROW)
        ret = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return ret;
}

static void check_file(void *arg, const char *name)
{
    struct files *f = arg;
    char *end;
    const int64_t id = strtoll(name, &end, 10), gen = *end ? strtoll(end + 1, NULL, 10) : 0;

    /* Of a record that a power cut took: it is cut to nothing when that number comes again. */
    if (id > number(f->u, f->db, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'object'", 0, 0))
        return;
    if (number(f->u, f->db, "SELECT count(*) FROM object WHERE id = ? AND gen = ? AND have > 0", id, gen) != 1)
        user_fault(f->u, "objects/00000/%s is nobody's", name);
}

void judge_store(struct user *u)
{
    struct files f = {.u = u};

    if (sqlite3_open_v2(FAKE_DATABASE, &f.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
        user_fault(u, "catalogue: %s", sqlite3_errmsg(f.db));
        (void)sqlite3_close(f.db);
        return;
    }
    fake_disk_list(u->disk, "/store/objects/00000", check_file, &f);
    if (number(u, f.db, "SELECT count(*) FROM gone", 0, 0) != 0)
        user_fault(u, "%lld rows are left in table gone",
                   (long long)number(u, f.db, "SELECT count(*) FROM gone", 0, 0));
    if (number(u, f.db,
               "SELECT count(*) FROM tally WHERE n <> (SELECT count(*) FROM object WHERE object.state = tally.state)"
               " OR bytes <> (SELECT coalesce(sum(have), 0) FROM object WHERE object.state = tally.state)",
               0, 0) != 0)
        user_fault(u, "the tally disagrees");
    if (number(u, f.db, "SELECT count(*) FROM offer WHERE NOT EXISTS (SELECT 1 FROM object WHERE offer = offer.id)", 0,
               0) != 0)
        user_fault(u, "an offer without an object");
    if (number(u, f.db,
               "SELECT count(*) FROM (SELECT seq, row_number() OVER (ORDER BY pos) AS n FROM event) WHERE seq <> n", 0,
               0) != 0)
        user_fault(u, "the events have a hole");
    (void)sqlite3_close(f.db);
}
