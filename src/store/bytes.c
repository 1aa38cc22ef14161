/* bytes.c - files of objects: objects/00012/12345.1 (id / 1024, id . gen). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "store/inner.h"

enum { PER_SHARD = 1024 };

void bytes_shard(int64_t id, char ret[static BYTES_NAME])
{
    (void)snprintf(ret, BYTES_NAME, "%05" PRId64, id / PER_SHARD);
}

void bytes_name(int64_t id, uint32_t gen, char ret[static BYTES_NAME])
{
    (void)snprintf(ret, BYTES_NAME, "%05" PRId64 "/%" PRId64 ".%" PRIu32, id / PER_SHARD, id, gen);
}

int store_bytes_create(struct store *s, int64_t id, uint32_t gen)
{
    char name[BYTES_NAME], shard[BYTES_NAME];
    bytes_name(id, gen, name);
    int fd = s->disk->open(s->disk, s->objects, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd != -ENOENT)
        return fd;
    bytes_shard(id, shard);
    int rc = s->disk->mkdir(s->disk, s->objects, shard, 0700);
    if (rc < 0)
        return rc;
    /* Counted after it was made: a seal that sees the count finds the directory. */
    atomic_fetch_add(&s->shards_made, 1);
    return s->disk->open(s->disk, s->objects, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

int store_bytes_open(struct store *s, int64_t id, uint32_t gen, bool write)
{
    char name[BYTES_NAME];
    bytes_name(id, gen, name);
    return s->disk->open(s->disk, s->objects, name, write ? O_RDWR : O_RDONLY, 0);
}

/* Names of shards made in this run; those of earlier runs were flushed by store_open(). */
static int sync_shard_names(struct store *s)
{
    uint_fast64_t made = atomic_load(&s->shards_made);
    uint_fast64_t synced = atomic_load(&s->shards_synced);
    if (synced >= made)
        return 0;
    int rc = s->disk->sync(s->disk, s->objects);
    if (rc < 0)
        return rc;
    while (synced < made && !atomic_compare_exchange_weak(&s->shards_synced, &synced, made))
        ;
    return 0;
}

int store_bytes_seal(struct store *s, int64_t id, uint32_t gen, int fd)
{
    (void)gen;
    char shard[BYTES_NAME];
    bytes_shard(id, shard);
    int rc = s->disk->sync(s->disk, fd);
    if (rc >= 0)
        rc = store_sync_dir(s, s->objects, shard);
    return rc >= 0 ? sync_shard_names(s) : rc;
}

/* How much of an open file counts; it is cut to that. */
static int settle(struct store *s, int fd, uint64_t have, uint64_t *ret)
{
    struct stat st;
    int rc = s->disk->stat(s->disk, fd, &st);
    if (rc < 0)
        return rc;
    uint64_t size = (uint64_t)st.st_size;
    if (size > have && !(s->same_boot && s->disk->sync(s->disk, fd) >= 0)) {
        rc = s->disk->truncate(s->disk, fd, have);
        if (rc < 0)
            return rc;
        size = have;
    }
    *ret = size;
    return 0;
}

int store_bytes_settle(struct store *s, int64_t id, uint32_t gen, uint64_t have, uint64_t *ret)
{
    *ret = 0;
    int fd = store_bytes_open(s, id, gen, true);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    int rc = settle(s, fd, have, ret);
    (void)s->disk->close(s->disk, fd);
    return rc;
}

int store_bytes_clear(struct store *s, int64_t id, uint32_t gen)
{
    char name[BYTES_NAME], shard[BYTES_NAME];
    bytes_name(id, gen, name);
    bytes_shard(id, shard);
    int rc = s->disk->unlink(s->disk, s->objects, name);
    return rc < 0 ? (rc == -ENOENT ? 0 : rc) : store_sync_dir(s, s->objects, shard);
}
