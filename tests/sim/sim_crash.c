/* Crash at every step, lose power at every step, fail at every step: what policy.md promises must hold all the same.
 *
 * sim_crash [--all] [--stride N] [--scene NAME] [--seed N] [--trouble N] [--point N] [--verbose]: without arguments a
 * sample. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "sim/fake_judge.h"
#include "sim/fake_user.h"

#define HOST "http://host.example/"
#define DD(uri, size, notify)                                                                                          \
    "<media xmlns=\"http://www.openmobilealliance.org/xmlns/dd\"><type>image/gif</type><size>" size "</size>"          \
    "<objectURI>" HOST uri "</objectURI>" notify "</media>"
#define NOTIFY(t) "<installNotifyURI>" HOST "notify?t=" t "</installNotifyURI>"
#define OK "200 OK\nContent-Length: 0\n"

enum { SIZE = 50000, SMALL = 5000 };
static unsigned char body[SIZE], other[SIZE];

#define DROPS_(i)                                                                                                      \
    {                                                                                                                  \
        .kind = ACT_DROP, .drop = (i)                                                                                  \
    }
#define WAITS(t)                                                                                                       \
    {                                                                                                                  \
        .kind = ACT_WAIT, .ms = (t)                                                                                    \
    }
#define STEERS(i, v)                                                                                                   \
    {                                                                                                                  \
        .kind = ACT_STEER, .drop = (i), .verb = (v)                                                                    \
    }
#define CALLS(f)                                                                                                       \
    {                                                                                                                  \
        .kind = ACT_CALL, .call = (f)                                                                                  \
    }
#define ENDS                                                                                                           \
    {                                                                                                                  \
        .kind = ACT_END                                                                                                \
    }

/* ---- servers ---- */

static void serve(struct user *u, const char *uri, const void *bytes, size_t n, const char *etag)
{
    fake_http_serve(u->http, uri, &(struct fake_server){.body = bytes, .n = n, .type = "image/gif", .etag = etag});
}

static void says(struct user *u, const char *uri, const char *head)
{
    fake_http_serve(u->http, uri, &(struct fake_server){.body = "", .says = head});
}

/* The next answer of uri breaks off after n bytes. */
static void cut_once(struct user *u, const char *uri, size_t n)
{
    char head[256];

    (void)snprintf(head, sizeof(head),
                   "200 OK\nContent-Type: image/gif\nContent-Length: %d\nAccept-Ranges: bytes\nETag: \"v1\"\n", SIZE);
    fake_http_say(u->http, uri, &(struct fake_answer){.head = head, .body = body, .n = n, .failure = HTTP_LOST});
}

/* ---- scenes ---- */

static void plain_prepare(struct user *u)
{
    serve(u, HOST "a.gif", body, SIZE, "\"v1\"");
    serve(u, HOST "b.gif", other, SMALL, "\"v1\"");
    says(u, HOST "notify?t=a", OK);
}

static const struct act plain_acts[] = {
    DROPS_(0),
    DROPS_(1),
    ENDS,
};

static void broken_prepare(struct user *u)
{
    plain_prepare(u);
    cut_once(u, HOST "a.gif", 21000);
    cut_once(u, HOST "a.gif", 9000);
    /* One that cannot be resumed starts at zero. */
    fake_http_say(u->http, HOST "b.gif",
                  &(struct fake_answer){.head = "200 OK\nContent-Type: image/gif\nContent-Length: 5000\n",
                                        .body = other,
                                        .n = 3000,
                                        .failure = HTTP_LOST});
    fake_http_serve(u->http, HOST "b.gif",
                    &(struct fake_server){.body = other, .n = SMALL, .type = "image/gif", .no_ranges = true});
    says(u, HOST "notify?t=b", OK);
}

static const struct act broken_acts[] = {
    DROPS_(0),
    DROPS_(1),
    ENDS,
};

static void steered_prepare(struct user *u)
{
    plain_prepare(u);
    serve(u, HOST "c.gif", body, SIZE, "\"v1\"");
    says(u, HOST "notify?t=b", OK);
    says(u, HOST "notify?t=c", OK);
    fake_http_say(u->http, HOST "notify?t=c", &(struct fake_answer){.failure = HTTP_LOST});
}

static const struct act steered_acts[] = {
    DROPS_(0),
    WAITS(600),
    STEERS(0, DLOTA_PAUSE),
    DROPS_(1),
    DROPS_(2),
    WAITS(400),
    STEERS(2, DLOTA_REMOVE),
    WAITS(500),
    STEERS(0, DLOTA_RESUME),
    WAITS(3000),
    ENDS,
};

static const struct act removed_acts[] = {
    DROPS_(0), WAITS(4000), STEERS(0, DLOTA_REMOVE), DROPS_(2), STEERS(2, DLOTA_REMOVE), ENDS,
};

static void reports_prepare(struct user *u)
{
    serve(u, HOST "a.gif", body, SMALL, "\"v1\"");
    serve(u, HOST "b.gif", body, SMALL, "\"v1\"");
    says(u, HOST "c.gif", "404 Not Found\nContent-Length: 0\n");
    says(u, HOST "notify?t=a", "404 Not Found\nContent-Length: 0\n");
    says(u, HOST "notify?t=c", "500 Oh\nContent-Length: 0\n");
}

static const struct act reports_acts[] = {
    DROPS_(0),
    DROPS_(1),
    DROPS_(2),
    ENDS,
};

static void url_prepare(struct user *u)
{
    static const char dd[] = DD("a.gif", "5000", NOTIFY("a"));

    serve(u, HOST "a.gif", body, SMALL, "\"v1\"");
    says(u, HOST "notify?t=a", OK);
    says(u, HOST "notify?t=c", OK);
    fake_http_serve(u->http, HOST "it.dd",
                    &(struct fake_server){.body = dd, .n = sizeof(dd) - 1, .type = "application/vnd.oma.dd+xml"});
    says(u, HOST "none.dd", "404 Not Found\nContent-Length: 0\n");
}

static const struct act url_acts[] = {
    DROPS_(0),
    DROPS_(1),
    DROPS_(2),
    ENDS,
};

static void new_version(struct user *u)
{
    serve(u, HOST "a.gif", other, SIZE, "\"v2\"");
    fake_http_serve(
        u->http, HOST "b.gif",
        &(struct fake_server){.body = other, .n = SIZE, .type = "image/gif", .etag = "\"v2\"", .ignores_match = true});
}

static void changed_prepare(struct user *u)
{
    broken_prepare(u);
    serve(u, HOST "b.gif", body, SIZE, "\"v1\"");
    cut_once(u, HOST "b.gif", 30000);
    fake_http_say(u->http, HOST "c.gif",
                  &(struct fake_answer){.head = "200 OK\nContent-Type: image/gif\nTransfer-Encoding: chunked\n",
                                        .body = body,
                                        .n = SIZE});
    says(u, HOST "c.gif", "404 Not Found\nContent-Length: 0\n");
    says(u, HOST "notify?t=c", OK);
}

static const struct act changed_acts[] = {
    DROPS_(0), DROPS_(1), DROPS_(2), WAITS(1200), CALLS(new_version), ENDS,
};

static void server_back(struct user *u) { serve(u, HOST "a.gif", body, SIZE, "\"v1\""); }

static void retried_prepare(struct user *u)
{
    u->options.give_up = 30 * 1000;
    cut_once(u, HOST "a.gif", 21000);
    says(u, HOST "b.gif", "503 Later\nRetry-After: 20\nContent-Length: 0\n");
    says(u, HOST "notify?t=a", OK);
    says(u, HOST "notify?t=b", OK);
}

static void b_found(struct user *u) { serve(u, HOST "b.gif", other, SMALL, "\"v1\""); }

static const struct act retried_acts[] = {
    DROPS_(0),
    DROPS_(1),
    WAITS(120 * 1000),
    CALLS(server_back),
    CALLS(b_found),
    STEERS(0, DLOTA_RETRY),
    WAITS(500),
    STEERS(1, DLOTA_RESUME),
    ENDS,
};

/* One slot, one host; the user is asked. */
static void asked_prepare(struct user *u)
{
    steered_prepare(u);
    u->options.confirm = DLOTA_CONFIRM_ASK;
    u->options.transfers = 1;
    u->options.per_host = 1;
    u->options.rate = 40000;
}

static const struct act asked_acts[] = {
    DROPS_(0),
    DROPS_(1),
    DROPS_(2),
    STEERS(0, DLOTA_CONFIRM),
    STEERS(1, DLOTA_CONFIRM),
    STEERS(2, DLOTA_CANCEL),
    WAITS(400),
    STEERS(0, DLOTA_PAUSE),
    WAITS(400),
    STEERS(0, DLOTA_RESUME),
    ENDS,
};

#define DROP_A(size, n_)                                                                                               \
    {                                                                                                                  \
        .file = "a.dd", .text = DD("a.gif", size, NOTIFY("a")), .object = "a.gif", .uri = HOST "a.gif",                \
        .notify = HOST "notify?t=a", .body = {body}, .n = (n_)                                                         \
    }

static const struct scene scenes[] = {
    {.name = "plain",
     .drops = {DROP_A("50000", SIZE),
               {.file = "b.dd",
                .text = DD("b.gif", "5000", ""),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .body = {other},
                .n = SMALL}},
     .acts = plain_acts,
     .prepare = plain_prepare},
    {.name = "broken",
     .drops = {DROP_A("50000", SIZE),
               {.file = "b.dd",
                .text = DD("b.gif", "5000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {other},
                .n = SMALL}},
     .acts = broken_acts,
     .prepare = broken_prepare},
    {.name = "steered",
     .drops = {DROP_A("50000", SIZE),
               {.file = "b.dd",
                .text = DD("b.gif", "5000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {other},
                .n = SMALL},
               {.file = "c.dd",
                .text = DD("c.gif", "50000", NOTIFY("c")),
                .object = "c.gif",
                .uri = HOST "c.gif",
                .notify = HOST "notify?t=c",
                .body = {body},
                .n = SIZE}},
     .acts = steered_acts,
     .prepare = steered_prepare},
    {.name = "retried",
     .drops = {{.file = "a.dd",
                .text = DD("a.gif", "50000", NOTIFY("a")),
                .object = "a.gif",
                .uri = HOST "a.gif",
                .notify = HOST "notify?t=a",
                .body = {body},
                .n = SIZE,
                .retried = true},
               {.file = "b.dd",
                .text = DD("b.gif", "5000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {other},
                .n = SMALL,
                .retried = true}},
     .acts = retried_acts,
     .prepare = retried_prepare},
    {.name = "asked",
     .drops = {DROP_A("50000", SIZE),
               {.file = "b.dd",
                .text = DD("b.gif", "5000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {other},
                .n = SMALL},
               {.file = "c.dd",
                .text = DD("c.gif", "50000", NOTIFY("c")),
                .object = "c.gif",
                .uri = HOST "c.gif",
                .notify = HOST "notify?t=c",
                .body = {body},
                .n = SIZE}},
     .acts = asked_acts,
     .prepare = asked_prepare},
    {.name = "removed",
     .drops = {DROP_A("50000", SIZE),
               {.file = "b.dd", .text = "", .object = "b.gif", .uri = HOST "b.gif"},
               {.file = "c.dd",
                .text = DD("c.gif", "50000", NOTIFY("c")),
                .object = "c.gif",
                .uri = HOST "c.gif",
                .notify = HOST "notify?t=c",
                .body = {body},
                .n = SIZE}},
     .acts = removed_acts,
     .prepare = steered_prepare},
    {.name = "reports",
     .drops = {{.file = "a.dd",
                .text = DD("a.gif", "5000", NOTIFY("a")),
                .object = "a.gif",
                .uri = HOST "a.gif",
                .notify = HOST "notify?t=a",
                .body = {body},
                .n = SMALL,
                .refused = true},
               {.file = "b.dd",
                .text = DD("b.gif", "5000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {body},
                .n = SMALL},
               {.file = "c.dd",
                .text = DD("c.gif", "5000", NOTIFY("c")),
                .object = "c.gif",
                .uri = HOST "c.gif",
                .notify = HOST "notify?t=c",
                .n = SMALL}},
     .acts = reports_acts,
     .prepare = reports_prepare},
    {.name = "url",
     .drops = {{.file = "it.url",
                .text = HOST "it.dd\n",
                .object = "a.gif",
                .uri = HOST "a.gif",
                .notify = HOST "notify?t=a",
                .body = {body},
                .n = SMALL,
                .fetched = true},
               {.file = "none.url", .text = HOST "none.dd\n", .uri = HOST "none.dd"},
               {.file = "bad.dd",
                .text = "<media>" NOTIFY("c") "<size>big</size></media>",
                .notify = HOST "notify?t=c"}},
     .acts = url_acts,
     .prepare = url_prepare},
    {.name = "changed",
     .drops = {{.file = "a.dd",
                .text = DD("a.gif", "50000", NOTIFY("a")),
                .object = "a.gif",
                .uri = HOST "a.gif",
                .notify = HOST "notify?t=a",
                .body = {body, other},
                .n = SIZE},
               {.file = "b.dd",
                .text = DD("b.gif", "50000", NOTIFY("b")),
                .object = "b.gif",
                .uri = HOST "b.gif",
                .notify = HOST "notify?t=b",
                .body = {body, other},
                .n = SIZE},
               {.file = "c.dd",
                .text = DD("c.gif", "49999", NOTIFY("c")),
                .object = "c.gif",
                .uri = HOST "c.gif",
                .notify = HOST "notify?t=c",
                .n = SIZE}},
     .acts = changed_acts,
     .prepare = changed_prepare},
};
enum { SCENES = sizeof(scenes) / sizeof(scenes[0]), SEEDS = 8, FAULTS = 40 };

/* ---- one point ---- */

enum trouble {
    DEATH,
    DEATH_TWICE,
    CUT_NONE,
    CUT_ALL,
    CUT_SOME,
    CUT_TWICE,
    FULL,
    BROKEN,
    BROKEN_LONG,
    STOP,
    STOP_CUT,
    BROKEN_LONGER,
    FULL_LONG,
    BROKEN_CUT,
    TROUBLES
};
static const struct kind {
    const char *name;
    int cut; /* -1: the process dies */
    bool twice;
    int error; /* a call fails instead */
    unsigned times;
    bool stop; /* the agent ends in good order; then cut */
} kinds[TROUBLES] = {
    [DEATH] = {.name = "death", .cut = -1},
    [DEATH_TWICE] = {.name = "death, twice", .cut = -1, .twice = true},
    [CUT_NONE] = {.name = "power cut", .cut = FAKE_CUT_NONE},
    [CUT_ALL] = {.name = "power cut, all kept", .cut = FAKE_CUT_ALL},
    [CUT_SOME] = {.name = "power cut, some kept", .cut = FAKE_CUT_SOME},
    [CUT_TWICE] = {.name = "power cut, twice", .cut = FAKE_CUT_SOME, .twice = true},
    [FULL] = {.name = "disk full", .cut = 0, .error = ENOSPC, .times = 1},
    [BROKEN] = {.name = "I/O error", .cut = 0, .error = EIO, .times = 1},
    [BROKEN_LONG] = {.name = "quota, 10 calls", .cut = 0, .error = EDQUOT, .times = 10},
    [BROKEN_CUT] = {.name = "I/O error, power cut at the end", .cut = FAKE_CUT_NONE, .error = EIO, .times = 1},
    [BROKEN_LONGER] = {.name = "I/O errors, 40 calls", .cut = 0, .error = EIO, .times = 40},
    [FULL_LONG] = {.name = "disk full, 150 calls", .cut = 0, .error = ENOSPC, .times = 150},
    [STOP] = {.name = "stop", .cut = -1, .stop = true},
    [STOP_CUT] = {.name = "stop, then power cut", .cut = FAKE_CUT_NONE, .stop = true},
};

struct tally {
    unsigned long points, faults;
};

static void begin_point(struct user *u, const struct scene *scene, unsigned seed)
{
    const struct manner manner = {.late_workers = seed & 1, .deaf_face = seed & 2, .syncs = !(seed & 4)};

    user_begin(u, scene, manner, seed + 1);
}

/* Once more from a good end: nothing is left to do, and nothing is left over. */
static void end_point(struct user *u)
{
    user_close(u);
    u->n_found = 0;
    fake_disk_crash_at(u->disk, 0);
    fake_disk_fail_at(u->disk, 0, 0, 0);
    if (!u->fault[0])
        (void)user_run(u);
    user_close(u);
    if (!u->fault[0])
        judge_store(u);
}

/* False: the run has no n-th step. */
static bool point(struct tally *t, const struct scene *scene, unsigned seed, enum trouble trouble, unsigned long n)
{
    const struct kind *kind = &kinds[trouble];
    struct user u;
    unsigned crashes = 0;
    bool reached;

    begin_point(&u, scene, seed);
    u.failing = kind->error != 0;
    if (kind->error)
        fake_disk_fail_at(u.disk, n, kind->times, kind->error);
    else if (kind->stop)
        fake_disk_stop_at(u.disk, n);
    else
        fake_disk_crash_at(u.disk, n);
    for (;;) {
        if (user_run(&u))
            user_close(&u);
        if (u.fault[0] || !(fake_disk_dead(u.disk) || fake_disk_stopped(u.disk)))
            break;
        user_crash(&u, kind->cut);
        fake_disk_stop_at(u.disk, 0);
        if (kind->twice && !crashes++)
            fake_disk_crash_at(u.disk, fake_disk_steps(u.disk) + 1 + n * 7919 % 60);
    }
    reached = fake_disk_steps(u.disk) >= n;
    if (trouble == BROKEN_CUT && !u.fault[0]) {
        user_crash(&u, kind->cut);
        u.failing = false;
        (void)user_run(&u);
    }
    if (!u.fault[0])
        end_point(&u);
    if (u.fault[0])
        printf("%s, seed %u, %s at step %lu: %s\n", scene->name, seed, kind->name, n, u.fault);
    t->faults += u.fault[0] != '\0';
    t->points++;
    user_end(&u);
    return reached;
}

/* How many steps a run without trouble takes. */
static unsigned long steps_of(struct tally *t, const struct scene *scene, unsigned seed)
{
    struct user u;
    unsigned long n;

    begin_point(&u, scene, seed);
    (void)user_run(&u);
    n = fake_disk_steps(u.disk);
    if (!u.fault[0])
        end_point(&u);
    if (u.fault[0])
        printf("%s, seed %u, no trouble: %s\n", scene->name, seed, u.fault);
    t->faults += u.fault[0] != '\0';
    user_end(&u);
    return n;
}

struct wish {
    unsigned long stride, point; /* point 0: all of them */
    int seed, trouble;           /* -1: all */
    const char *scene;           /* NULL: all */
    bool verbose;
};

static bool parse(int argc, char **argv, struct wish *w)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (!strcmp(argv[i], "--all"))
            w->stride = 1;
        else if (!strcmp(argv[i], "--verbose"))
            w->verbose = true;
        else if (!value)
            return false;
        else if (!strcmp(argv[i], "--stride"))
            w->stride = strtoul(value, NULL, 10);
        else if (!strcmp(argv[i], "--scene"))
            w->scene = value;
        else if (!strcmp(argv[i], "--seed"))
            w->seed = atoi(value);
        else if (!strcmp(argv[i], "--trouble"))
            w->trouble = atoi(value);
        else if (!strcmp(argv[i], "--point"))
            w->point = strtoul(value, NULL, 10);
        else
            return false;
        i += strcmp(argv[i], "--all") && strcmp(argv[i], "--verbose");
    }
    return w->stride > 0;
}

/* Each scene, manner and trouble begins somewhere else, so that a sample comes everywhere. */
static void play(const struct wish *w, struct tally *t, unsigned scene, unsigned seed)
{
    const unsigned long steps = steps_of(t, &scenes[scene], seed);

    for (unsigned k = 0; k < TROUBLES; k++) {
        unsigned long n = 1 + (((unsigned long)seed * TROUBLES + k) * 7919 + scene * 1299709UL) % w->stride;

        if (w->trouble >= 0 && (unsigned)w->trouble != k)
            continue;
        if (w->point)
            (void)point(t, &scenes[scene], seed, (enum trouble)k, w->point);
        for (; !w->point && n <= steps && t->faults < FAULTS; n += w->stride)
            (void)point(t, &scenes[scene], seed, (enum trouble)k, n);
    }
    printf("%s, seed %u: %lu steps; %lu points so far\n", scenes[scene].name, seed, steps, t->points);
}

int main(int argc, char **argv)
{
    struct wish w = {.stride = 1009, .seed = -1, .trouble = -1};
    struct tally t = {0, 0};

    if (!parse(argc, argv, &w))
        return 2;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    log_setup(w.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, !w.verbose);
    for (unsigned i = 0; i < SIZE; i++) {
        body[i] = (unsigned char)(i * 2654435761u >> 16);
        other[i] = (unsigned char)~body[i];
    }
    for (unsigned i = 0; i < SCENES; i++)
        for (unsigned seed = 0; seed < SEEDS; seed++)
            if ((!w.scene || !strcmp(w.scene, scenes[i].name)) && (w.seed < 0 || (unsigned)w.seed == seed))
                play(&w, &t, i, seed);
    printf("%lu points, %lu faults\n", t.points, t.faults);
    return t.faults != 0;
}
