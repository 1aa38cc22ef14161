/* drop.c - inbox/ as FUSE sees it; the rules are in inbox.c. */
#include "fs/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static int64_t ms_of(const struct timespec *ts) { return (int64_t)ts->tv_sec * 1000 + ts->tv_nsec / 1000000; }

static struct handle *handle_of(struct fs *fs, struct inbox_file *file, const struct fuse_file_info *fi)
{
    struct handle *h = handle_new(HANDLE_INBOX, &(struct node){NODE_INBOX, (int64_t)inbox_spool(file)});

    if (!h) {
        inbox_close(fs->inbox, file, (fi->flags & O_ACCMODE) != O_RDONLY, clock_ms());
        return NULL;
    }
    h->file = file;
    h->writer = (fi->flags & O_ACCMODE) != O_RDONLY;
    handle_add(&fs->handles, h);
    return h;
}

static void let_go(struct fs *fs, struct handle *h)
{
    fs_drop_release(fs, h);
    (void)handle_free(&fs->handles, h);
}

void fs_drop_release(struct fs *fs, struct handle *h) { inbox_close(fs->inbox, h->file, h->writer, clock_ms()); }

void fs_drop_create(fuse_req_t req, const char *name, mode_t mode, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct fuse_entry_param entry = {0};
    struct fs_attr attr = {0};
    struct inbox_stat in = {0};
    struct inbox_file *file;
    struct handle *h;
    int rc = inbox_create(fs->inbox, name, mode, fi->flags, clock_ms(), &file);

    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "inbox: create", rc));
        return;
    }
    h = handle_of(fs, file, fi);
    if (!h) {
        (void)fuse_reply_err(req, ENOMEM);
        return;
    }
    (void)inbox_stat(fs->inbox, inbox_spool(file), clock_ms(), &in);
    fs_attr_inbox(fs, &in, &attr);
    entry.ino = attr.st.st_ino;
    entry.generation = 1;
    entry.attr = attr.st;
    fi->fh = (uint64_t)(uintptr_t)h;
    fi->direct_io = 1;
    if (fuse_reply_create(req, &entry, fi) == -ENOENT)
        let_go(fs, h);
}

void fs_drop_open(fuse_req_t req, const struct node *n, struct fuse_file_info *fi)
{
    struct fs *fs = fs_of(req);
    struct fs_attr attr = {0};
    struct inbox_file *file = NULL;
    struct handle *h;
    int rc = fs_attr(fs, n, &attr);

    if (rc == -ENOENT)
        rc = -ESTALE; /* taken since the kernel looked the name up: it shall look again */
    if (rc == 0 && (fi->flags & O_ACCMODE) != O_WRONLY && fs_permits(fs, req, attr.st.st_mode, R_OK))
        rc = -EACCES;
    if (rc == 0)
        rc = inbox_open(fs->inbox, (uint64_t)n->id, fi->flags, clock_ms(), &file);
    if (rc < 0) {
        (void)fuse_reply_err(req, fs_errno(fs, "inbox: open", rc));
        return;
    }
    h = handle_of(fs, file, fi);
    if (!h) {
        (void)fuse_reply_err(req, ENOMEM);
        return;
    }
    fi->fh = (uint64_t)(uintptr_t)h;
    fi->direct_io = 1;
    if (fuse_reply_open(req, fi) == -ENOENT)
        let_go(fs, h);
}

void fs_drop_read(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
    struct fs *fs = fs_of(req);
    const size_t n = size < LIMIT_SPOOL ? size : LIMIT_SPOOL;
    char *buf = malloc(n ? n : 1);
    ssize_t got = buf ? inbox_read(fs->inbox, h->file, buf, n, (uint64_t)off) : -ENOMEM;

    if (got < 0)
        (void)fuse_reply_err(req, got == -ENOENT ? ESTALE : fs_errno(fs, "inbox: read", (int)got));
    else
        (void)fuse_reply_buf(req, buf, (size_t)got);
    free(buf);
}

void fs_drop_write(fuse_req_t req, struct handle *h, const char *buf, size_t size, off_t off)
{
    struct fs *fs = fs_of(req);
    const ssize_t put = inbox_write(fs->inbox, h->file, buf, size, (uint64_t)off);

    if (put < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "inbox: write", (int)put));
    else
        (void)fuse_reply_write(req, (size_t)put);
}

/* ---- close and fsync ---- */

/* A process that is being killed closes its files, too; PF_SIGNALED tells it from one that is done. */
static bool being_killed(pid_t pid)
{
    enum { SIGNALED = 0x400 };
    char path[64], line[1024];
    unsigned flags = 0;
    size_t n = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f = pid > 0 ? fopen(path, "re") : NULL;
    if (f) {
        n = fread(line, 1, sizeof line - 1, f);
        (void)fclose(f);
    }
    line[n] = '\0';
    /* After the command's name, which may hold anything: state ppid pgrp session tty tpgid flags. */
    const char *rest = strrchr(line, ')');
    return rest && sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & SIGNALED;
}

struct syncing {
    struct fs *fs;
    struct inbox_file *file;
    uint64_t mark;
};

/* Before the close is answered: who opens the name right after it must find it promised. */
static void synced(void *arg, int rc)
{
    struct syncing *s = arg;

    inbox_synced(s->fs->inbox, s->file, s->mark, rc, clock_ms());
    free(s);
}

void fs_drop_sync(fuse_req_t req, struct handle *h, enum inbox_why why)
{
    struct fs *fs = fs_of(req);
    const uint64_t spool = (uint64_t)h->node.id;
    struct parked *parked;
    struct syncing *s;
    int rc;

    if (!h->writer) {
        (void)fuse_reply_err(req, 0);
        return;
    }
    if (why == INBOX_FLUSH && being_killed(fuse_req_ctx(req)->pid))
        why = INBOX_FLUSH_KILLED;
    s = calloc(1, sizeof *s);
    if (!s) {
        (void)fuse_reply_err(req, ENOMEM);
        return;
    }
    *s = (struct syncing){.fs = fs, .file = h->file};
    if (inbox_sync(fs->inbox, h->file, why, &s->mark) == 0) {
        free(s);
        (void)fuse_reply_err(req, 0);
        return;
    }
    rc = park_begin(fs->park, req, PARK_CLOSE, 0, synced, s, &parked);
    if (rc < 0) {
        synced(s, rc);
        (void)fuse_reply_err(req, fs_errno(fs, "inbox: close", rc));
        return;
    }
    dlota_spool_sync(fs->d, spool, park_done, parked);
}

/* ---- taking ---- */

struct offering {
    struct fs *fs;
    struct inbox_file *file;
};

static void taken(void *arg, int rc)
{
    struct offering *o = arg;

    inbox_taken(o->fs->inbox, o->file, rc, clock_ms());
    if (rc < 0) {
        (void)fs_errno(o->fs, "inbox: take", rc);
        herald_kick(o->fs->herald); /* to ask again */
    }
    free(o);
}

void fs_drop_offer(void *arg, uint64_t spool, const char *name, struct inbox_file *file)
{
    struct fs *fs = arg;
    struct offering *o = malloc(sizeof *o);
    struct parked *parked;

    if (o)
        *o = (struct offering){.fs = fs, .file = file};
    if (!o || park_begin(fs->park, NULL, PARK_ASK, 0, taken, o, &parked) < 0) {
        free(o);
        inbox_taken(fs->inbox, file, -ENOMEM, clock_ms());
        return;
    }
    dlota_offer(fs->d, spool, name, park_done, parked);
}

/* ---- names and attributes ---- */

static int change(struct fs *fs, const struct node *n, const struct stat *st, int set)
{
    int64_t mtime = 0;
    const bool touches = set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW);

    if (touches)
        mtime = set & FUSE_SET_ATTR_MTIME_NOW ? clock_wall_ms() : ms_of(&st->st_mtim);
    return inbox_change(fs->inbox, (uint64_t)n->id, set & FUSE_SET_ATTR_MODE ? &st->st_mode : NULL,
                        touches ? &mtime : NULL, clock_ms());
}

void fs_drop_setattr(fuse_req_t req, const struct node *n, const struct stat *st, int set, struct handle *h)
{
    struct fs *fs = fs_of(req);
    struct fs_attr attr = {0};
    int rc = 0;

    if (set & FUSE_SET_ATTR_SIZE)
        rc = h ? inbox_truncate(fs->inbox, h->file, (uint64_t)st->st_size)
               : inbox_truncate_path(fs->inbox, (uint64_t)n->id, (uint64_t)st->st_size, clock_ms());
    if (rc == 0)
        rc = change(fs, n, st, set);
    if (rc == 0)
        rc = fs_attr(fs, n, &attr);
    if (rc < 0)
        (void)fuse_reply_err(req, fs_errno(fs, "inbox: attributes", rc));
    else
        (void)fuse_reply_attr(req, &attr.st, attr.timeout);
}

void fs_drop_unlink(fuse_req_t req, const char *name)
{
    struct fs *fs = fs_of(req);
    const int rc = inbox_unlink(fs->inbox, name, clock_ms());

    (void)fuse_reply_err(req, rc < 0 ? fs_errno(fs, "inbox: rm", rc) : 0);
}

void fs_drop_rename(fuse_req_t req, const char *from, const char *to, unsigned flags)
{
    struct fs *fs = fs_of(req);
    int rc = -EINVAL;

    if (!(flags & ~(unsigned)RENAME_NOREPLACE))
        rc = inbox_rename(fs->inbox, from, to, flags & RENAME_NOREPLACE, clock_ms());
    (void)fuse_reply_err(req, rc < 0 ? fs_errno(fs, "inbox: rename", rc) : 0);
}
