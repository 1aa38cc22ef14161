/* textfile.c - status files, summary, list, events and the reports in failed/: texts made when they are read. */
#include "fs/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"

enum {
    FRESH_MS = 200, /* how old a kept summary may be: it counts down seconds although nothing changed */
    EVENTS_READ = 1 << 20
};

static int copy_text(const struct fs_text *t, char **ret, size_t *ret_n)
{
    char *copy = malloc(t->n + 1);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, t->text, t->n);
    copy[t->n] = '\0';
    *ret = copy;
    *ret_n = t->n;
    return 0;
}

/* ret NULL: only the length is wanted. */
static int kept_text(struct fs *fs, struct fs_text *t, int (*build)(dlota *, char **, size_t *), char **ret,
                     size_t *ret_n)
{
    const int64_t now = clock_ms();
    uint64_t version;
    int rc = 0;

    (void)pthread_mutex_lock(&t->lock);
    version = dlota_version(fs->d);
    if (t->built == 0 || version != t->version || now - t->built > FRESH_MS) {
        char *text;
        size_t n;

        rc = build(fs->d, &text, &n);
        if (rc == 0) {
            free(t->text);
            t->text = text;
            t->n = n;
            t->version = version;
            t->built = now;
        }
    }
    if (rc == 0 && ret)
        rc = copy_text(t, ret, ret_n);
    else if (rc == 0)
        *ret_n = t->n;
    (void)pthread_mutex_unlock(&t->lock);
    return rc;
}

static int build(struct fs *fs, const struct node *n, char **ret, size_t *ret_n)
{
    if (n->kind != NODE_FIXED)
        return dlota_status(fs->d, n->id, ret, ret_n);
    return n->id == NODE_SUMMARY ? kept_text(fs, &fs->summary, dlota_summary, ret, ret_n)
                                 : kept_text(fs, &fs->list, dlota_lines, ret, ret_n);
}

int fs_text_size(struct fs *fs, const struct node *n, uint64_t *ret)
{
    size_t size = 0;
    char *text = NULL;
    int rc;

    if (n->kind == NODE_FIXED)
        rc = n->id == NODE_SUMMARY ? kept_text(fs, &fs->summary, dlota_summary, NULL, &size)
                                   : kept_text(fs, &fs->list, dlota_lines, NULL, &size);
    else
        rc = dlota_status(fs->d, n->id, &text, &size);
    free(text);
    *ret = size;
    return rc;
}

void fs_text_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct handle *h;
    struct fs_attr attr;
    int rc = fs_attr(fs, n, &attr);
    int e = rc < 0 ? fs_errno(fs, "open", rc) : 0;

    if (!e && (fi->flags & O_ACCMODE) != O_WRONLY)
        e = fs_permits(fs, req, attr.st.st_mode, R_OK);
    if (e) {
        (void)fuse_reply_err(req, e);
        return;
    }
    h = handle_new(n->kind == NODE_EVENTS ? HANDLE_EVENTS : HANDLE_TEXT, n);
    if (!h) {
        (void)fuse_reply_err(req, ENOMEM);
        return;
    }
    h->st = attr.st;
    handle_add(&fs->handles, h);
    fi->fh = (uint64_t)(uintptr_t)h;
    fi->direct_io = 1;
    if (fuse_reply_open(req, fi) == -ENOENT)
        (void)handle_free(&fs->handles, h);
}

/* Forget the change first, then build: a change in between is told once more, never lost. */
static int renew(struct fs *fs, struct handle *h)
{
    char *text = NULL;
    size_t n = 0;
    int rc;

    (void)pthread_mutex_lock(&fs->handles.lock);
    h->has_read = true;
    h->dirty = h->told = false;
    (void)pthread_mutex_unlock(&fs->handles.lock);
    rc = build(fs, &h->node, &text, &n);
    if (rc < 0)
        return rc == -ENOENT ? -ESTALE : rc;
    free(h->text);
    h->text = text;
    h->n = n;
    return 0;
}

static void read_events(fuse_req_t req, struct handle *h, size_t size, uint64_t off)
{
    struct fs *fs = fs_of(req);
    const size_t n = size < EVENTS_READ ? size : EVENTS_READ;
    char *buf = malloc(n ? n : 1);
    ssize_t got = buf ? dlota_events_read(fs->d, (uint32_t)h->node.id, off, buf, n) : -ENOMEM;

    if (got < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "events", (int)got));
    } else {
        (void)pthread_mutex_lock(&fs->handles.lock);
        h->pos = off + (uint64_t)got;
        h->dirty = false;
        (void)pthread_mutex_unlock(&fs->handles.lock);
        (void)fuse_reply_buf(req, buf, (size_t)got);
    }
    free(buf);
}

/* At most size bytes of the handle's text from off on, malloc'ed. */
static int slice(struct fs *fs, struct handle *h, size_t size, off_t off, char **ret, size_t *ret_n)
{
    char *copy = NULL;
    size_t n = 0;
    int rc = 0;

    (void)pthread_mutex_lock(&h->lock);
    if (off == 0 || !h->text)
        rc = renew(fs, h);
    if (rc == 0 && (size_t)off < h->n)
        n = size < h->n - (size_t)off ? size : h->n - (size_t)off;
    if (n > 0) {
        copy = malloc(n);
        if (copy)
            memcpy(copy, h->text + off, n);
        else
            rc = -ENOMEM;
    }
    (void)pthread_mutex_unlock(&h->lock);
    *ret = copy;
    *ret_n = n;
    return rc;
}

void fs_text_read(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
    struct fs *fs = fs_of(req);
    _cleanup_free_ char *text = NULL;
    size_t n;
    int rc;

    if (h->kind == HANDLE_EVENTS) {
        read_events(req, h, size, (uint64_t)off);
        return;
    }
    rc = slice(fs, h, size, off, &text, &n);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "read", rc));
    else
        (void)fuse_reply_buf(req, text, n);
}

/* One write, one word. */
void fs_text_write(fuse_req_t req, struct handle *h, const char *buf, size_t size)
{
    struct fs *fs = fs_of(req);
    const int64_t id = h->node.id;
    struct parked *parked;
    enum dlota_verb verb = 0;
    size_t n = 0;
    int rc;

    if (size <= LIMIT_VERB) {
        const char *word = text_trim(buf, size, &n);

        verb = dlota_verb_find(word, n);
    }
    if (verb == 0 || verb == DLOTA_REMOVE) {
        (void)fuse_reply_err(req, EINVAL);
        return;
    }
    rc = park_begin(fs->park, req, PARK_TURN, size, NULL, NULL, &parked);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "verb", rc));
    else
        dlota_steer(fs->d, id, verb, park_done, parked);
}

/* As for files of /proc and /sys: always readable, and POLLPRI|POLLERR when it changed. */
void fs_text_poll(fuse_req_t req, struct handle *h, struct fuse_pollhandle *ph)
{
    struct fs *fs = fs_of(req);
    const int64_t now = clock_ms();
    struct fuse_pollhandle *old;
    unsigned revents = 0;
    uint64_t size = 0, pos;
    bool later;

    /* Register first, then look: an event between the two wakes. */
    (void)pthread_mutex_lock(&fs->handles.lock);
    old = h->ph;
    if (ph)
        h->ph = ph;
    later = h->dirty && !h->told && h->not_before > now;
    if (h->kind == HANDLE_EVENTS)
        h->dirty = later = false;
    else if (h->dirty && !later)
        handle_tell(h, now);
    if (h->kind == HANDLE_TEXT)
        revents = POLLIN | POLLRDNORM | (!h->has_read || h->told ? POLLPRI | POLLERR : 0U);
    pos = h->pos;
    (void)pthread_mutex_unlock(&fs->handles.lock);
    if (h->kind == HANDLE_EVENTS) {
        if (dlota_events_size(fs->d, (uint32_t)h->node.id, &size) == 0 && size > pos)
            revents = POLLIN | POLLRDNORM;
    }
    if (ph && old)
        fuse_pollhandle_destroy(old);
    if (later)
        herald_kick(fs->herald);
    (void)fuse_reply_poll(req, revents);
}
