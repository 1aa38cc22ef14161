#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

enum { TURNS = 100000 };
static const int64_t month = 30LL * 24 * 3600 * 1000;

/* ---- life ---- */

static void changed(void *arg, int64_t id, unsigned what)
{
    struct sim *s = arg;

    (void)id;
    (void)what;
    s->changed++;
}

static void ignore(void *arg, int rc)
{
    (void)arg;
    (void)rc;
}

static void publish(void *arg, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name)
{
    struct sim *s = arg;

    (void)from;
    (void)to;
    (void)name;
    s->published++;
    if (s->shows)
        dlota_published(s->d, id, ignore, NULL);
}

void sim_open(struct sim *s)
{
    static const struct agent_parts none;
    struct agent_parts parts = none;
    const struct dlota_face face = {.changed = changed, .publish = publish, .arg = s};
    char why[256] = "";
    int rc;

    if (!s->http)
        ck_assert_int_eq(fake_http_new(&s->http), 0);
    parts.world = &s->world.world;
    parts.net = &fake_http_ops;
    parts.http = fake_http_seam(s->http);
    parts.worker = fake_worker_new;
    parts.deaf = true;
    rc = agent_open(s->path, &s->options, &parts, &s->d, why, sizeof(why));
    ck_assert_msg(rc == 0, "open: %d: %s", rc, why);
    dlota_set_face(s->d, &face);
}

void sim_begin(struct sim *s)
{
    memset(s, 0, sizeof(*s));
    (void)snprintf(s->path, sizeof(s->path), "/tmp/dlota-sim-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(s->path));
    dlota_options_default(&s->options);
    fake_world_begin(&s->world);
    s->shows = true;
    ck_assert_int_eq(fake_http_new(&s->http), 0);
}

void sim_close(struct sim *s)
{
    s->d = dlota_close(s->d);
    s->http = NULL;
}

void sim_end(struct sim *s)
{
    char command[128];

    sim_close(s);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", s->path);
    ck_assert_int_eq(system(command), 0);
}

/* ---- time ---- */

static bool busy(const struct sim *s)
{
    struct fake_worker *w = fake_worker_last();

    return fake_http_ops.timeout(fake_http_seam(s->http)) == 0 || (w && fake_worker_waiting(w) > 0);
}

void sim_quiet(struct sim *s)
{
    unsigned still = 0;
    uint64_t seen = dlota_version(s->d);

    /* A few turns without any change: letters answered, jobs taken, deeds done. */
    for (unsigned i = 0; i < TURNS && still < 5; i++) {
        (void)dlota_turn(s->d, 0);
        if (dlota_version(s->d) == seen && !busy(s))
            still++;
        else
            still = 0;
        seen = dlota_version(s->d);
    }
    ck_assert_msg(still == 5, "the agent does not come to rest");
}

/* When something is due next, wall ms; 0: nothing. */
static int64_t next_due(const struct sim *s)
{
    const int64_t work = s->d->work_at, reports = s->d->reports_at;

    if (!work || (reports && reports < work))
        return reports;
    return work;
}

/* Things that happen by monotonic time alone need ticks of their own. */
static void pass_step(struct sim *s, int64_t left, int64_t *passed)
{
    const int64_t due = next_due(s) ? next_due(s) - s->world.wall : left;
    int64_t ms = due < 1 ? 1 : due;

    if (ms > left)
        ms = left;
    if (s->d->fetches && ms > TICK_MS)
        ms = TICK_MS;
    fake_world_pass(&s->world, ms);
    *passed += ms;
    sim_quiet(s);
}

void sim_pass(struct sim *s, int64_t ms)
{
    int64_t passed = 0;

    sim_quiet(s);
    while (passed < ms)
        pass_step(s, ms - passed, &passed);
}

void sim_settle(struct sim *s, const char *name)
{
    int64_t passed = 0;

    sim_quiet(s);
    while (sim_exists(s, name) && dlota_state_alive(sim_state(s, name)) && passed < month && next_due(s))
        pass_step(s, month - passed, &passed);
}

/* ---- asks ---- */

struct reply_to {
    bool came;
    int rc;
};

static void done(void *arg, int rc)
{
    struct reply_to *r = arg;

    ck_assert(!r->came);
    r->came = true;
    r->rc = rc;
}

static int wait_for(struct sim *s, const struct reply_to *r)
{
    for (unsigned i = 0; i < TURNS && !r->came; i++)
        (void)dlota_turn(s->d, 0);
    ck_assert_msg(r->came, "no answer from the agent");
    return r->rc;
}

void sim_drop(struct sim *s, const char *name, const char *text)
{
    struct reply_to r = {0};
    uint64_t spool;

    ck_assert_int_eq(dlota_spool_create(s->d, name, &spool), 0);
    ck_assert_int_eq((int)dlota_spool_write(s->d, spool, text, strlen(text), 0), (int)strlen(text));
    dlota_offer(s->d, spool, name, done, &r);
    ck_assert_int_eq(wait_for(s, &r), 0);
}

void sim_drop_dd(struct sim *s, const char *uri, size_t size, const char *notify)
{
    char text[2048];

    (void)snprintf(text, sizeof(text),
                   "<media xmlns=\"http://www.openmobilealliance.org/xmlns/dd\"><type>image/gif</type><size>%zu</size>"
                   "<objectURI>%s</objectURI>%s%s%s</media>",
                   size, uri, notify ? "<installNotifyURI>" : "", notify ? notify : "",
                   notify ? "</installNotifyURI>" : "");
    sim_drop(s, "it.dd", text);
}

int sim_steer(struct sim *s, const char *name, enum dlota_verb verb)
{
    struct reply_to r = {0};

    dlota_steer(s->d, sim_object(s, name).id, verb, done, &r);
    return wait_for(s, &r);
}

/* ---- looks ---- */

bool sim_exists(struct sim *s, const char *name)
{
    struct dlota_object o;

    return dlota_find(s->d, 0, name, &o) == 0;
}

struct dlota_object sim_object(struct sim *s, const char *name)
{
    struct dlota_object o;

    ck_assert_msg(dlota_find(s->d, 0, name, &o) == 0, "no object \"%s\"", name);
    return o;
}

bool sim_installed(struct sim *s, const char *name, const void *bytes, size_t n)
{
    const struct dlota_object o = sim_object(s, name);
    char *got = malloc(n + 1);
    ssize_t len = -1;
    bool same;
    int fd = o.state == DLOTA_INSTALLED ? dlota_bytes(s->d, o.id, o.gen) : -1;

    ck_assert_ptr_nonnull(got);
    if (fd >= 0)
        len = pread(fd, got, n + 1, 0);
    same = len == (ssize_t)n && !memcmp(got, bytes, n);
    if (fd >= 0)
        close(fd);
    free(got);
    return same;
}

const char *sim_reports(struct sim *s, const char *url)
{
    static char text[1024];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < fake_http_asks(s->http); i++) {
        const struct fake_ask *a = fake_http_ask(s->http, i);

        if (a->method == HTTP_POST && !strcmp(a->url, url) && n + 8 < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.3s", n ? " " : "", a->body);
    }
    return text;
}
