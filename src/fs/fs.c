/* fs.c - the parts of one mount, and what the agent calls. */
#include "fs/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

/* ---- be told ---- */

static void on_changed(void *arg, int64_t id, unsigned what)
{
    const struct fs *fs = arg;

    herald_changed(fs->herald, id, what);
}

static void on_publish(void *arg, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name)
{
    const struct fs *fs = arg;
    struct warden_mail mail = {.word = WARDEN_MOVE, .from = from, .to = to, .id = id};

    (void)text_copy(mail.name, sizeof mail.name, name);
    announced_add(fs->announced, id, from, to, name);
    herald_mail(fs->herald, &mail);
}

static void kick(void *arg)
{
    const struct fs *fs = arg;

    herald_kick(fs->herald);
}

/* ---- life ---- */

static void found(void *arg, uint64_t spool, const char *name, uint64_t size, bool closed)
{
    const struct fs *fs = arg;

    if (inbox_found(fs->inbox, spool, name, size, closed) < 0)
        log_warning("inbox: no room for \"%s\": it is kept for the next start", name);
}

struct fs *fs_free(struct fs *fs)
{
    if (!fs)
        return NULL;
    fs->herald = herald_free(fs->herald);
    fs->inbox = inbox_free(fs->inbox);
    fs->park = park_free(fs->park);
    fs->announced = announced_free(fs->announced);
    free(fs->summary.text);
    free(fs->list.text);
    (void)pthread_mutex_destroy(&fs->summary.lock);
    (void)pthread_mutex_destroy(&fs->list.lock);
    (void)pthread_mutex_destroy(&fs->handles.lock);
    free(fs);
    return NULL;
}

static mode_t own_umask(void)
{
    const mode_t mask = umask(0);

    (void)umask(mask);
    return mask;
}

int fs_new(dlota *d, const struct fs_settings *s, struct fs **ret)
{
    struct fs *fs = calloc(1, sizeof *fs);
    int rc;

    if (!fs)
        return -ENOMEM;
    fs->d = d;
    fs->settings = *s;
    fs->self = geteuid();
    fs->uid = s->has_uid ? s->uid : geteuid();
    fs->gid = s->has_gid ? s->gid : getegid();
    fs->umask = (s->has_umask ? s->umask : own_umask()) & 0777;
    fs->born = clock_wall_ms() / 1000 * 1000;
    handles_init(&fs->handles);
    (void)pthread_mutex_init(&fs->summary.lock, NULL);
    (void)pthread_mutex_init(&fs->list.lock, NULL);
    rc = herald_new(fs, &fs->herald);
    if (rc == 0)
        rc = park_new(kick, fs, &fs->park);
    if (rc == 0)
        rc = inbox_new(d, fs_drop_offer, fs, &fs->inbox);
    if (rc == 0)
        rc = announced_new(&fs->announced);
    if (rc == 0)
        rc = dlota_spool_list(d, found, fs);
    if (rc < 0) {
        (void)fs_free(fs);
        return rc;
    }
    fs->face = (struct dlota_face){.changed = on_changed, .publish = on_publish, .arg = fs};
    dlota_set_face(d, &fs->face);
    *ret = fs;
    return 0;
}
