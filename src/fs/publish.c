#include "fs/publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fs/fs.h"

enum { SLOTS = 2048, PROBES = 16 };

struct announcement {
    int64_t id; /* 0: free */
    uint64_t turn;
    enum dlota_folder from, to;
    char name[256];
};

struct announced {
    pthread_mutex_t lock;
    uint64_t turn;
    struct announcement slot[SLOTS];
};

int announced_new(struct announced **ret)
{
    struct announced *a = calloc(1, sizeof *a);

    if (!a)
        return -ENOMEM;
    (void)pthread_mutex_init(&a->lock, NULL);
    *ret = a;
    return 0;
}

struct announced *announced_free(struct announced *a)
{
    if (a)
        (void)pthread_mutex_destroy(&a->lock);
    free(a);
    return NULL;
}

static struct announcement *probe(struct announced *a, const char *name, unsigned i)
{
    uint32_t h = 2166136261U; /* FNV-1a */

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619U;
    return &a->slot[(h + i) % SLOTS];
}

void announced_add(struct announced *a, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name)
{
    struct announcement *best = NULL;

    (void)pthread_mutex_lock(&a->lock);
    for (unsigned i = 0; i < PROBES; i++) {
        struct announcement *s = probe(a, name, i);

        if (!best || (best->id != 0 && (s->id == 0 || s->turn < best->turn)))
            best = s;
    }
    best->id = id;
    best->turn = ++a->turn;
    best->from = from;
    best->to = to;
    (void)text_copy(best->name, sizeof best->name, name);
    (void)pthread_mutex_unlock(&a->lock);
}

bool announced_take(struct announced *a, enum dlota_folder from, enum dlota_folder to, const char *name,
                    int64_t *ret_id)
{
    bool found = false;

    (void)pthread_mutex_lock(&a->lock);
    for (unsigned i = 0; i < PROBES && !found; i++) {
        struct announcement *s = probe(a, name, i);

        if (s->id != 0 && s->from == from && s->to == to && strcmp(s->name, name) == 0) {
            *ret_id = s->id;
            s->id = 0;
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&a->lock);
    return found;
}

/* Only the warden moves objects, and only as announced.  In another pid name space its pid is 0 to us. */
void fs_publish_rename(fuse_req_t req, const struct node *from, const char *name, const struct node *to,
                       const char *new_name)
{
    struct fs *fs = fs_of(req);
    const pid_t pid = fuse_req_ctx(req)->pid;
    struct parked *parked;
    int64_t id;
    int rc;

    if ((pid != fs->settings.warden_pid && pid != 0) || strcmp(name, new_name) != 0 || !fs_owns(fs, req) ||
        !announced_take(fs->announced, node_folder(from), node_folder(to), name, &id)) {
        (void)fuse_reply_err(req, EPERM);
        return;
    }
    rc = park_begin(fs->park, req, PARK_TURN, 0, NULL, NULL, &parked);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "publish", rc));
    else
        dlota_published(fs->d, id, park_done, parked);
}
