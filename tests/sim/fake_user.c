#include "sim/fake_user.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "sim/fake_file.h"
#include "sim/fake_judge.h"
#include "sim/fake_worker.h"

enum { TURN_MS = 100, TURNS = 6000, TRIES = 300, RESTLESS = 300, AFTER_MS = 3 * 3600 * 1000 };

void user_fault(struct user *u, const char *format, ...)
{
    va_list ap;

    if (u->fault[0])
        return;
    va_start(ap, format);
    (void)vsnprintf(u->fault, sizeof(u->fault), format, ap);
    va_end(ap);
}

bool user_dead(const struct user *u) { return fake_disk_dead(u->disk) || fake_disk_stopped(u->disk) || u->fault[0]; }

void user_close(struct user *u)
{
    /* Real workers end what they have been given. */
    if (fake_worker_last())
        fake_worker_hold(fake_worker_last(), false);
    u->d = dlota_close(u->d);
    if (!u->fault[0] && fake_disk_open(u->disk))
        user_fault(u, "%u files are open after the end", fake_disk_open(u->disk));
}

/* ---- the network and the disk share one count of steps ---- */

static bool gate(void *arg) { return fake_disk_step(((struct user *)arg)->disk); }

static void before(void *arg, unsigned long n)
{
    (void)n;
    (void)fake_disk_step(((struct user *)arg)->disk);
}

void user_begin(struct user *u, const struct scene *scene, struct manner manner, uint64_t seed)
{
    *u = (struct user){.scene = scene, .manner = manner, .seed = seed};
    memcpy(u->drops, scene->drops, sizeof(u->drops));
    u->disk = fake_disk_new();
    if (fake_http_new(&u->http) < 0)
        abort();
    fake_http_keep(u->http);
    fake_http_gate(u->http, gate, u);
    fake_http_watch(u->http, before, u);
    fake_http_piece(u->http, 4000);
    fake_world_begin(&u->world);
    u->world.seed = seed;
    dlota_options_default(&u->options);
    u->options.give_up = 3600 * 1000;
    scene->prepare(u);
}

void user_end(struct user *u)
{
    user_close(u);
    fake_http_drop(u->http);
    u->disk = fake_disk_free(u->disk);
}

/* ---- the face ---- */

static void ignore(void *arg, int rc)
{
    (void)arg;
    (void)rc;
}

static void changed(void *arg, int64_t id, unsigned what)
{
    struct user *u = arg;

    (void)what;
    if (id && u->d && !user_dead(u))
        judge_installed(u, id);
}

static void publish(void *arg, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name)
{
    struct user *u = arg;

    (void)from;
    if (user_dead(u))
        return;
    if (to == DLOTA_IN_INSTALLED)
        judge_publish(u, name);
    if (!u->manner.deaf_face)
        dlota_published(u->d, id, ignore, NULL);
}

/* ---- time ---- */

static void some_jobs(struct user *u)
{
    struct fake_worker *w = fake_worker_last();
    unsigned n = w ? fake_worker_waiting(w) : 0;

    for (; n && fake_chance(&u->seed) % 2; n--)
        fake_worker_run(w, fake_chance(&u->seed) % n);
}

static bool idle(const struct user *u)
{
    struct fake_worker *w = fake_worker_last();

    return !u->d->fetches && !u->d->n_posts && !u->d->announced.head && !u->d->reload.at && !u->d->look_for_work &&
           !u->d->look_for_reports && !deeds_waiting(&u->d->deeds) && !(w && fake_worker_waiting(w));
}

/* Does it want another turn at once? */
static bool restless(const struct user *u)
{
    const dlota *d = u->d;

    return (d->look_for_work && d->on_wire < d->options.transfers) || (d->look_for_reports && d->n_posts < POSTS) ||
           d->fetch_due || d->letters || (d->work_at && d->work_at <= d->now) ||
           (d->reports_at && d->reports_at <= d->now) || (d->reload.at && d->reload.at <= d->mono) ||
           (d->deeds.flushing.head && !d->deeds.flush_running && d->flush_at <= d->mono);
}

static void turn(struct user *u, int64_t ms)
{
    struct fake_worker *w = fake_worker_last();

    fake_world_pass(&u->world, ms);
    (void)dlota_turn(u->d, 0);
    some_jobs(u);
    /* Time stands still and nothing comes from outside: soon it must have done all there is to do. */
    for (unsigned i = 0; i < RESTLESS && restless(u) && !user_dead(u); i++) {
        (void)dlota_turn(u->d, 0);
        fake_worker_run_all(w);
        if (i + 1 == RESTLESS)
            user_fault(u, "the agent spins");
    }
}

/* The next time something is due, at most so far ahead. */
static int64_t far(const struct user *u, int64_t most)
{
    const int64_t due[] = {u->d->work_at, u->d->reports_at};
    int64_t ms = most;

    for (unsigned i = 0; i < 2; i++)
        if (due[i] && due[i] - u->world.wall < ms)
            ms = due[i] - u->world.wall;
    return ms < TURN_MS ? TURN_MS : ms;
}

static void wait_ms(struct user *u, int64_t ms)
{
    for (unsigned i = 0; i < TURNS && ms > 0 && !user_dead(u); i++) {
        const int64_t step = idle(u) && i > 2 ? far(u, ms) : TURN_MS;

        turn(u, step);
        ms -= step;
        if (i + 1 == TURNS)
            user_fault(u, "the agent does not come to rest");
    }
}

static int alive(void *arg, int64_t id, const char *name)
{
    struct user *u = arg;
    struct dlota_object o;

    (void)name;
    if (dlota_stat(u->d, id, &o) == 0 && o.state != DLOTA_PAUSED && o.state != DLOTA_UNCONFIRMED &&
        (dlota_state_alive(o.state) || o.state == DLOTA_RELEASED || o.folder < DLOTA_IN_INSTALLED))
        u->alive = true;
    return 0;
}

static bool any_alive(struct user *u)
{
    u->alive = false;
    (void)dlota_list(u->d, DLOTA_NOWHERE, 0, 0, alive, u);
    return u->alive;
}

/* Until every object has ended or waits for the user, and then some. */
static void settle(struct user *u)
{
    for (unsigned i = 0; i < TURNS && any_alive(u) && !user_dead(u); i++) {
        wait_ms(u, idle(u) ? far(u, AFTER_MS) : TURN_MS);
        if (i + 1 == TURNS)
            user_fault(u, "objects do not end");
    }
    wait_ms(u, AFTER_MS);
}

/* ---- acts ---- */

struct answer {
    struct user *u;
    unsigned came;
    int rc;
};

/* What comes after its process's death nobody hears. */
static void done(void *arg, int rc)
{
    struct answer *a = arg;

    a->came++;
    a->rc = fake_disk_dead(a->u->disk) ? -ESHUTDOWN : rc;
}

static int wait_for(struct user *u, struct answer *a)
{
    for (unsigned i = 0; i < TURNS && !a->came && !user_dead(u); i++)
        turn(u, TURN_MS);
    /* So that an answer has somewhere to go. */
    if (user_dead(u))
        user_close(u);
    if (a->came != 1 && !u->fault[0])
        user_fault(u, "an ask was answered %u times", a->came);
    return a->rc;
}

static int offer(struct user *u, struct drop *p, uint64_t spool)
{
    struct answer a = {.u = u};
    int rc;

    dlota_offer(u->d, spool, p->file, done, &a);
    rc = wait_for(u, &a);
    if (rc == 0)
        p->promised = true;
    return rc;
}

static int write_spool(struct user *u, struct drop *p, uint64_t *ret)
{
    struct answer a = {.u = u};
    ssize_t rc = dlota_spool_create(u->d, p->file, ret);

    if (rc == 0)
        rc = dlota_spool_write(u->d, *ret, p->text, strlen(p->text), 0);
    if (rc < 0 || !u->manner.syncs)
        return rc < 0 ? (int)rc : 0;
    dlota_spool_sync(u->d, *ret, done, &a);
    rc = wait_for(u, &a);
    if (rc == 0)
        p->promised = true;
    return (int)rc;
}

static void act_drop(struct user *u, struct drop *p)
{
    uint64_t spool = 0;
    int rc = write_spool(u, p, &spool);

    for (unsigned i = 0; i < TRIES && rc < 0 && u->failing && !user_dead(u); i++) {
        for (unsigned try = 0; spool && try < TRIES && dlota_spool_drop(u->d, spool) < 0; try++)
            wait_ms(u, 2000);
        spool = 0;
        wait_ms(u, 2000);
        rc = user_dead(u) ? -ESHUTDOWN : write_spool(u, p, &spool);
    }
    if (user_dead(u))
        return;
    p->tried = true;
    rc = rc < 0 ? rc : offer(u, p, spool);
    for (unsigned i = 0; i < TRIES && rc < 0 && u->failing && !user_dead(u); i++) {
        wait_ms(u, 2000);
        rc = user_dead(u) ? -ESHUTDOWN : offer(u, p, spool);
    }
    if (rc < 0 && !user_dead(u))
        user_fault(u, "drop of %s: %d", p->file, rc);
}

static int find(struct user *u, const struct drop *p, struct dlota_object *ret)
{
    int rc = p->object ? dlota_find(u->d, 0, p->object, ret) : -ENOENT;

    return rc < 0 ? dlota_find(u->d, 0, p->file, ret) : rc;
}

static void act_steer(struct user *u, struct drop *p, enum dlota_verb verb)
{
    struct answer a = {.u = u};
    struct dlota_object o;
    int rc;

    if (find(u, p, &o) < 0)
        return;
    if (verb == DLOTA_REMOVE || verb == DLOTA_CANCEL)
        p->removed = true;
    dlota_steer(u->d, o.id, verb, done, &a);
    rc = wait_for(u, &a);
    for (unsigned i = 0; i < TRIES && u->failing && rc < 0 && rc != -ENOENT && rc != -EINVAL && !user_dead(u); i++) {
        a = (struct answer){.u = u};
        dlota_steer(u->d, o.id, verb, done, &a);
        rc = wait_for(u, &a);
    }
    if (rc == 0 && u->d && (verb == DLOTA_REMOVE || verb == DLOTA_CANCEL) && find(u, p, &o) == 0)
        user_fault(u, "%s is there after rm", o.name);
}

static void act(struct user *u, const struct act *a)
{
    switch (a->kind) {
    case ACT_DROP:
        act_drop(u, &u->drops[a->drop]);
        break;
    case ACT_WAIT:
        wait_ms(u, a->ms);
        break;
    case ACT_STEER:
        act_steer(u, &u->drops[a->drop], a->verb);
        break;
    case ACT_CALL:
        a->call(u);
        break;
    case ACT_END:
        break;
    }
}

/* ---- runs ---- */

struct listed {
    struct user *u;
    struct {
        uint64_t spool;
        char name[256];
        bool closed;
    } file[16];
    unsigned n;
};

static void found(void *arg, uint64_t spool, const char *name, uint64_t size, bool closed)
{
    struct listed *l = arg;

    (void)size;
    if (l->n == 16)
        return;
    l->file[l->n].spool = spool;
    l->file[l->n].closed = closed;
    (void)snprintf(l->file[l->n++].name, 256, "%s", name);
}

/* As the file system's face does at a start: what was closed is taken, what was not waits for the user, who removes it.
 */
static void take_left(struct user *u)
{
    struct listed l = {.u = u};

    if (dlota_spool_list(u->d, found, &l) < 0 && !u->failing && !user_dead(u))
        user_fault(u, "the spool cannot be listed");
    for (unsigned i = 0; i < l.n && !user_dead(u); i++) {
        struct drop *p = u->drops;
        int rc = -EIO;

        while (p->file && strcmp(p->file, l.file[i].name) != 0)
            p++;
        if (!p->file)
            user_fault(u, "a file \"%s\" in the spool", l.file[i].name);
        else if (!l.file[i].closed)
            (void)dlota_spool_drop(u->d, l.file[i].spool);
        else
            for (unsigned try = 0; try < TRIES && rc < 0 && !user_dead(u); try++)
                rc = offer(u, p, l.file[i].spool);
    }
}

static bool start(struct user *u)
{
    const struct dlota_face face = {.changed = changed, .publish = publish, .arg = u};
    const struct agent_parts parts = {
        .world = &u->world.world,
        .disk = fake_disk_seam(u->disk),
        .net = &fake_http_ops,
        .http = fake_http_seam(u->http),
        .database = FAKE_DATABASE,
        .worker = fake_worker_new,
        .deaf = true,
    };
    char why[256] = "";
    int rc = -EIO;

    for (unsigned i = 0; i < (u->failing ? TRIES : 1) && rc < 0 && !user_dead(u); i++) {
        rc = agent_open(FAKE_STORE, &u->options, &parts, &u->d, why, sizeof(why));
        if (rc < 0 && !user_dead(u) && fake_disk_open(u->disk))
            user_fault(u, "%u files open after a failure to start", fake_disk_open(u->disk));
        fake_world_pass(&u->world, 1000);
    }
    if (rc < 0) {
        u->d = NULL;
        if (!user_dead(u))
            user_fault(u, "start %u: %d: %s", u->opens, rc, why);
        return false;
    }
    u->opens++;
    dlota_set_face(u->d, &face);
    if (u->manner.late_workers)
        fake_worker_hold(fake_worker_last(), true);
    return true;
}

bool user_run(struct user *u)
{
    if (!start(u))
        return false;
    if (u->n_found && !u->failing)
        judge_start(u);
    take_left(u);
    for (; !user_dead(u) && u->scene->acts[u->at].kind; u->at++)
        act(u, &u->scene->acts[u->at]);
    if (!user_dead(u))
        settle(u);
    if (!user_dead(u))
        judge_end(u);
    return !user_dead(u);
}

static void take_stock(void *arg, const char *name)
{
    struct user *u = arg;
    struct found *f = &u->found[u->n_found];

    if (u->n_found == FILES)
        return;
    (void)snprintf(f->path, sizeof(f->path), "/store/objects/00000/%.30s", name);
    f->size = fake_disk_size(u->disk, f->path);
    f->kept = fake_disk_kept(u->disk, f->path);
    u->n_found++;
}

void user_crash(struct user *u, int cut)
{
    user_close(u);
    u->n_found = 0;
    u->asks_before = fake_http_asks(u->http);
    u->power_cut = cut >= 0;
    u->stopped = fake_disk_stopped(u->disk);
    fake_disk_list(u->disk, "/store/objects/00000", take_stock, u);
    if (cut < 0) {
        fake_disk_revive(u->disk);
        return;
    }
    fake_disk_cut(u->disk, (enum fake_cut)cut, u->seed);
    fake_world_reboot(&u->world);
}
