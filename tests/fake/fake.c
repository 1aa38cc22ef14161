#include "fake/fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { OBJECTS = 512, SPOOLS = 1 << 18, LOG = 1 << 20, TAKEN_KEEP = 300 * 1024 };

struct waiting {
    struct waiting *next;
    dlota_done *done;
    void *arg;
    void (*effect)(dlota *d, struct waiting *w);
    int64_t id;
    enum dlota_verb verb;
    int rc;
};

struct object {
    struct dlota_object row;
    char *text, *bytes;
    enum dlota_folder to; /* announced */
    bool gone;
};

struct spool {
    bool used;
    char name[256];
    char *data;
    size_t n;
};

struct dlota {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    bool started, stop, hold;
    struct waiting *first, **last;
    struct object object[OBJECTS];
    int64_t objects;
    struct spool spool[SPOOLS];
    uint64_t spools;
    char log[LOG], events[2][1 << 20]; /* by generation: the last two */
    size_t log_n, events_n[2];
    uint32_t gen;
    uint64_t version;
    const struct dlota_face *face;
};

static void note(dlota *d, const char *line)
{
    const size_t n = strlen(line);

    if (d->log_n + n + 2 < LOG) {
        memcpy(d->log + d->log_n, line, n);
        d->log_n += n;
        d->log[d->log_n++] = '\n';
        d->log[d->log_n] = '\0';
    }
}

static int64_t wall(void) { return (int64_t)time(NULL) * 1000; }

dlota *fake_new(void)
{
    dlota *d = calloc(1, sizeof *d);

    if (!d)
        abort();
    d->last = &d->first;
    d->gen = 1;
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->more, NULL);
    return d;
}

static void answer_all(dlota *d, int rc)
{
    for (;;) {
        struct waiting *w;

        (void)pthread_mutex_lock(&d->lock);
        w = d->first;
        if (w) {
            d->first = w->next;
            if (!d->first)
                d->last = &d->first;
            if (rc == 0 && w->rc == 0 && w->effect)
                w->effect(d, w);
        }
        (void)pthread_mutex_unlock(&d->lock);
        if (!w)
            return;
        w->done(w->arg, rc ? rc : w->rc);
        free(w);
    }
}

static void *agent(void *arg)
{
    dlota *d = arg;
    bool stop = false;

    while (!stop) {
        (void)pthread_mutex_lock(&d->lock);
        while ((!d->first || d->hold) && !d->stop)
            (void)pthread_cond_wait(&d->more, &d->lock);
        stop = d->stop;
        (void)pthread_mutex_unlock(&d->lock);
        if (!stop)
            answer_all(d, 0);
    }
    return NULL;
}

int dlota_start(dlota *d)
{
    d->started = true;
    return -pthread_create(&d->thread, NULL, agent, d);
}

dlota *fake_free(dlota *d)
{
    if (d->started) {
        (void)pthread_mutex_lock(&d->lock);
        d->stop = true;
        (void)pthread_cond_broadcast(&d->more);
        (void)pthread_mutex_unlock(&d->lock);
        (void)pthread_join(d->thread, NULL);
    }
    answer_all(d, -ESHUTDOWN);
    for (int64_t i = 0; i < d->objects; i++) {
        free(d->object[i].text);
        free(d->object[i].bytes);
    }
    for (uint64_t i = 0; i < d->spools; i++)
        free(d->spool[i].data);
    free(d);
    return NULL;
}

void fake_hold(dlota *d, bool hold)
{
    (void)pthread_mutex_lock(&d->lock);
    d->hold = hold;
    (void)pthread_cond_broadcast(&d->more);
    (void)pthread_mutex_unlock(&d->lock);
}

void fake_answer(dlota *d, int rc) { answer_all(d, rc); }

unsigned fake_waiting(dlota *d)
{
    unsigned n = 0;

    (void)pthread_mutex_lock(&d->lock);
    for (const struct waiting *w = d->first; w; w = w->next)
        n++;
    (void)pthread_mutex_unlock(&d->lock);
    return n;
}

static void ask(dlota *d, dlota_done *done, void *arg, void (*effect)(dlota *, struct waiting *), int64_t id,
                enum dlota_verb verb, int rc)
{
    struct waiting *w = calloc(1, sizeof *w);

    if (!w)
        abort();
    *w = (struct waiting){.done = done, .arg = arg, .effect = effect, .id = id, .verb = verb, .rc = rc};
    *d->last = w;
    d->last = &w->next;
    (void)pthread_cond_broadcast(&d->more);
}

/* ---- objects ---- */

static struct object *object_of(dlota *d, int64_t id)
{
    return id >= 1 && id <= d->objects && !d->object[id - 1].gone ? &d->object[id - 1] : NULL;
}

static struct object *object_named(dlota *d, const char *name)
{
    for (int64_t i = 0; i < d->objects; i++)
        if (!d->object[i].gone && strcmp(d->object[i].row.name, name) == 0)
            return &d->object[i];
    return NULL;
}

static int64_t put_object(dlota *d, const char *name, enum dlota_folder folder, const char *text, const char *bytes)
{
    struct object *o = object_named(d, name);

    if (!o) {
        o = &d->object[d->objects++];
        if (d->objects == OBJECTS)
            abort();
        o->row.id = d->objects;
        o->row.added = wall();
        (void)snprintf(o->row.name, sizeof o->row.name, "%s", name);
    }
    free(o->text);
    free(o->bytes);
    o->text = strdup(text);
    o->bytes = strdup(bytes);
    o->row.folder = folder;
    o->row.gen = 1;
    o->row.size = 10000;
    o->row.total = folder == DLOTA_IN_INSTALLED ? strlen(bytes) : 10000;
    o->row.have = strlen(bytes);
    o->row.touched = o->row.ended = wall();
    d->version++;
    return o->row.id;
}

int64_t fake_object(dlota *d, const char *name, enum dlota_folder folder, const char *text, const char *bytes)
{
    int64_t id;

    (void)pthread_mutex_lock(&d->lock);
    id = put_object(d, name, folder, text, bytes);
    (void)pthread_mutex_unlock(&d->lock);
    return id;
}

void fake_changed(dlota *d, int64_t id, unsigned what)
{
    (void)pthread_mutex_lock(&d->lock);
    d->version++;
    (void)pthread_mutex_unlock(&d->lock);
    if (d->face && d->face->changed)
        d->face->changed(d->face->arg, id, what);
}

void fake_event(dlota *d, const char *line)
{
    const uint32_t i = d->gen % 2;

    (void)pthread_mutex_lock(&d->lock);
    d->events_n[i] +=
        (size_t)snprintf(d->events[i] + d->events_n[i], sizeof d->events[i] - d->events_n[i], "%s\n", line);
    (void)pthread_mutex_unlock(&d->lock);
    fake_changed(d, 0, DLOTA_CHANGED_EVENTS);
}

void fake_rotate(dlota *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->gen++;
    d->events_n[d->gen % 2] = 0;
    (void)pthread_mutex_unlock(&d->lock);
    fake_changed(d, 0, DLOTA_CHANGED_EVENTS);
}

void fake_publish(dlota *d, int64_t id, enum dlota_folder to)
{
    enum dlota_folder from;
    char name[256];

    (void)pthread_mutex_lock(&d->lock);
    from = d->object[id - 1].row.folder;
    d->object[id - 1].to = to;
    memcpy(name, d->object[id - 1].row.name, sizeof name);
    (void)pthread_mutex_unlock(&d->lock);
    if (d->face && d->face->publish)
        d->face->publish(d->face->arg, id, from, to, name);
}

const char *fake_log(dlota *d) { return d->log; }

/* ---- ask ---- */

static void drop(struct spool *s)
{
    free(s->data);
    s->data = NULL;
    s->used = false;
}

/* As if every descriptor were bad: it ends in failed/ under its own name. */
static void take(dlota *d, struct waiting *w)
{
    struct spool *s = &d->spool[w->id];
    char text[TAKEN_KEEP];

    (void)snprintf(text, sizeof text, "Name:\t%s\nState:\tfailed\nText:\t%.*s\n", s->name, (int)s->n,
                   s->data ? s->data : "");
    if (d->objects + 8 < OBJECTS)
        (void)put_object(d, s->name, DLOTA_IN_FAILED, text, "");
    drop(s);
}

void dlota_offer(dlota *d, uint64_t spool, const char *name, dlota_done *done, void *arg)
{
    char line[300];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(line, sizeof line, "offer %llu %s", (unsigned long long)spool, name);
    note(d, line);
    ask(d, done, arg, take, (int64_t)spool, 0, 0);
    (void)pthread_mutex_unlock(&d->lock);
}

static void steered(dlota *d, struct waiting *w)
{
    struct object *o = object_of(d, w->id);

    if (o && w->verb == DLOTA_REMOVE)
        o->gone = true;
    d->version++;
}

void dlota_steer(dlota *d, int64_t id, enum dlota_verb verb, dlota_done *done, void *arg)
{
    char line[64];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(line, sizeof line, "steer %lld %s", (long long)id, dlota_verb_word(verb));
    note(d, line);
    ask(d, done, arg, steered, id, verb, object_of(d, id) ? verb == DLOTA_RETRY ? -EINVAL : 0 : -ENOENT);
    (void)pthread_mutex_unlock(&d->lock);
}

static void published(dlota *d, struct waiting *w)
{
    struct object *o = object_of(d, w->id);

    o->row.folder = o->to;
    if (o->to == DLOTA_IN_INSTALLED)
        o->row.total = o->row.have;
    o->to = DLOTA_NOWHERE;
    d->version++;
}

void dlota_published(dlota *d, int64_t id, dlota_done *done, void *arg)
{
    const struct object *o;

    (void)pthread_mutex_lock(&d->lock);
    o = object_of(d, id);
    note(d, "published");
    ask(d, done, arg, published, id, 0, o && o->to != DLOTA_NOWHERE ? 0 : -ESTALE);
    (void)pthread_mutex_unlock(&d->lock);
}

void dlota_spool_sync(dlota *d, uint64_t spool, dlota_done *done, void *arg)
{
    char line[32];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(line, sizeof line, "sync %llu", (unsigned long long)spool);
    note(d, line);
    ask(d, done, arg, NULL, 0, 0, 0);
    (void)pthread_mutex_unlock(&d->lock);
}

/* ---- spool ---- */

int dlota_spool_create(dlota *d, const char *name, uint64_t *ret)
{
    struct spool *s;

    (void)pthread_mutex_lock(&d->lock);
    if (d->spools == SPOOLS)
        abort();
    *ret = d->spools++;
    s = &d->spool[*ret];
    s->used = true;
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    (void)pthread_mutex_unlock(&d->lock);
    return 0;
}

static int resize(struct spool *s, size_t n)
{
    char *data = realloc(s->data, n + 1);

    if (!data)
        abort();
    s->data = data;
    if (n > s->n)
        memset(data + s->n, 0, n - s->n);
    data[n] = '\0';
    s->n = n;
    return 0;
}

ssize_t dlota_spool_write(dlota *d, uint64_t spool, const void *p, size_t n, uint64_t offset)
{
    struct spool *s = &d->spool[spool];

    (void)pthread_mutex_lock(&d->lock);
    if (offset + n > s->n)
        (void)resize(s, offset + n);
    memcpy(s->data + offset, p, n);
    (void)pthread_mutex_unlock(&d->lock);
    return (ssize_t)n;
}

ssize_t dlota_spool_read(dlota *d, uint64_t spool, void *p, size_t n, uint64_t offset)
{
    const struct spool *s = &d->spool[spool];
    ssize_t rc = -ENOENT;

    (void)pthread_mutex_lock(&d->lock);
    if (s->used)
        rc = offset >= s->n ? 0 : (ssize_t)(n < s->n - offset ? n : s->n - offset);
    if (rc > 0)
        memcpy(p, s->data + offset, (size_t)rc);
    (void)pthread_mutex_unlock(&d->lock);
    return rc;
}

int dlota_spool_truncate(dlota *d, uint64_t spool, uint64_t size)
{
    int rc;

    (void)pthread_mutex_lock(&d->lock);
    rc = resize(&d->spool[spool], size);
    (void)pthread_mutex_unlock(&d->lock);
    return rc;
}

int dlota_spool_rename(dlota *d, uint64_t spool, const char *name)
{
    char line[300];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(line, sizeof line, "rename %llu %s", (unsigned long long)spool, name);
    note(d, line);
    (void)snprintf(d->spool[spool].name, sizeof d->spool[spool].name, "%s", name);
    (void)pthread_mutex_unlock(&d->lock);
    return 0;
}

int dlota_spool_drop(dlota *d, uint64_t spool)
{
    char line[32];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(line, sizeof line, "drop %llu", (unsigned long long)spool);
    note(d, line);
    drop(&d->spool[spool]);
    (void)pthread_mutex_unlock(&d->lock);
    return 0;
}

int dlota_spool_list(dlota *d, dlota_spool_found *found, void *arg)
{
    for (uint64_t i = 0; i < d->spools; i++)
        if (d->spool[i].used)
            found(arg, i, d->spool[i].name, d->spool[i].n, true);
    return 0;
}

const char *fake_spool(dlota *d, uint64_t spool) { return d->spool[spool].used ? d->spool[spool].data : NULL; }

/* ---- look ---- */

void dlota_set_face(dlota *d, const struct dlota_face *face) { d->face = face; }

int dlota_find(dlota *d, int64_t dir, const char *name, struct dlota_object *ret)
{
    struct object *o;

    (void)dir;
    (void)pthread_mutex_lock(&d->lock);
    o = object_named(d, name);
    if (o)
        *ret = o->row;
    (void)pthread_mutex_unlock(&d->lock);
    return o ? 0 : -ENOENT;
}

int dlota_stat(dlota *d, int64_t id, struct dlota_object *ret)
{
    const struct object *o;

    (void)pthread_mutex_lock(&d->lock);
    o = object_of(d, id);
    if (o)
        *ret = o->row;
    (void)pthread_mutex_unlock(&d->lock);
    return o ? 0 : -ENOENT;
}

int dlota_list(dlota *d, enum dlota_folder folder, int64_t dir, int64_t after, dlota_entry *entry, void *arg)
{
    (void)dir;
    (void)pthread_mutex_lock(&d->lock);
    for (int64_t id = after + 1; id <= d->objects; id++) {
        const struct object *o = object_of(d, id);

        if (o && (folder == DLOTA_NOWHERE || folder == o->row.folder) && entry(arg, id, o->row.name) != 0)
            break;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return 0;
}

int dlota_drop_find(dlota *d, const char *descriptor, int64_t *ret_key, char ret_name[static 256])
{
    struct dlota_object o;
    int rc = dlota_find(d, 0, descriptor, &o);

    if (rc == 0) {
        *ret_key = o.id;
        memcpy(ret_name, o.name, sizeof o.name);
    }
    return rc;
}

int dlota_drop_stat(dlota *d, int64_t key, char ret_name[static 256])
{
    struct dlota_object o;
    int rc = dlota_stat(d, key, &o);

    if (rc == 0)
        memcpy(ret_name, o.name, sizeof o.name);
    return rc;
}

int dlota_drop_list(dlota *d, int64_t after, dlota_entry *entry, void *arg)
{
    return dlota_list(d, DLOTA_NOWHERE, 0, after, entry, arg);
}

int dlota_bytes(dlota *d, int64_t id, uint32_t gen)
{
    const struct object *o;
    int fd = -ENOENT;

    (void)gen;
    (void)pthread_mutex_lock(&d->lock);
    o = object_of(d, id);
    if (o) {
        fd = memfd_create("bytes", MFD_CLOEXEC);
        if (write(fd, o->bytes, strlen(o->bytes)) < 0)
            abort();
    }
    (void)pthread_mutex_unlock(&d->lock);
    return fd;
}

static int give(const char *s, char **ret, size_t *ret_n)
{
    *ret = strdup(s);
    *ret_n = strlen(s);
    return *ret ? 0 : -ENOMEM;
}

int dlota_status(dlota *d, int64_t id, char **ret, size_t *ret_n)
{
    const struct object *o;
    int rc = -ENOENT;

    (void)pthread_mutex_lock(&d->lock);
    o = object_of(d, id);
    if (o)
        rc = give(o->text, ret, ret_n);
    (void)pthread_mutex_unlock(&d->lock);
    return rc;
}

int dlota_summary(dlota *d, char **ret, size_t *ret_n)
{
    char text[64];

    (void)pthread_mutex_lock(&d->lock);
    (void)snprintf(text, sizeof text, "%lld objects, version %llu\n", (long long)d->objects,
                   (unsigned long long)d->version);
    (void)pthread_mutex_unlock(&d->lock);
    return give(text, ret, ret_n);
}

int dlota_lines(dlota *d, char **ret, size_t *ret_n) { return dlota_summary(d, ret, ret_n); }

static const char *const keys[] = {"Name", "Type", "ObjectURI", "Description", NULL};

const char *const *dlota_keys(void) { return keys; }

int dlota_value(dlota *d, int64_t id, const char *key, char **ret, size_t *ret_n)
{
    struct dlota_object o;
    char long_text[3001];
    int rc = dlota_stat(d, id, &o);

    if (rc < 0)
        return rc;
    memset(long_text, 'd', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    if (strcmp(key, "Name") == 0)
        return give(o.name, ret, ret_n);
    if (strcmp(key, "Type") == 0)
        return give("image/gif", ret, ret_n);
    if (strcmp(key, "ObjectURI") == 0)
        return give("http://example.com/x", ret, ret_n);
    if (strcmp(key, "Description") == 0)
        return give(long_text, ret, ret_n);
    return -ENODATA;
}

void dlota_events_now(dlota *d, struct dlota_events *ret)
{
    (void)pthread_mutex_lock(&d->lock);
    *ret = (struct dlota_events){.gen = d->gen, .size = d->events_n[d->gen % 2], .changed = 1000};
    (void)pthread_mutex_unlock(&d->lock);
}

int dlota_events_size(dlota *d, uint32_t gen, uint64_t *ret_size)
{
    int rc = -ESTALE;

    (void)pthread_mutex_lock(&d->lock);
    if (gen == d->gen || gen + 1 == d->gen) {
        *ret_size = d->events_n[gen % 2];
        rc = 0;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return rc;
}

ssize_t dlota_events_read(dlota *d, uint32_t gen, uint64_t offset, char *buf, size_t n)
{
    uint64_t size;
    size_t got = 0;
    int rc = dlota_events_size(d, gen, &size);

    if (rc < 0)
        return rc;
    (void)pthread_mutex_lock(&d->lock);
    if (offset < size)
        got = n < size - offset ? n : size - offset;
    memcpy(buf, d->events[gen % 2] + offset, got);
    (void)pthread_mutex_unlock(&d->lock);
    return (ssize_t)got;
}

uint64_t dlota_version(dlota *d)
{
    uint64_t version;

    (void)pthread_mutex_lock(&d->lock);
    version = d->version;
    (void)pthread_mutex_unlock(&d->lock);
    return version;
}

int dlota_statvfs(dlota *d, struct statvfs *ret)
{
    (void)d;
    return statvfs("/tmp", ret) < 0 ? -errno : 0;
}
