/* spool.c - inbox files before they are taken: STORE/spool/N.
 *
 * A header of 512 bytes, then the data.  "Closed" counts only if length and checksum agree with the data: then neither
 * a write that a power cut tore nor one that never reached the disk can pass for what was closed. */
#include "store/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/inner.h"

struct header {
    char magic[8];
    uint32_t version;
    uint32_t closed;
    uint64_t size;     /* of the data when it was closed */
    uint64_t checksum; /* likewise */
    char name[256];    /* under which it was dropped */
    char reserved[224];
};
static_assert(sizeof(struct header) == 512, "header");

static const char magic[8] = "DLOTAsp";
enum { VERSION = 1 };

/* ---- one file ---- */

void spool_name(uint64_t number, char ret[static BYTES_NAME]) { (void)snprintf(ret, BYTES_NAME, "%" PRIu64, number); }

static int open_file(struct store *s, uint64_t number, int flags)
{
    char name[BYTES_NAME];
    spool_name(number, name);
    return s->disk->open(s->disk, s->spool, name, flags, 0600);
}

static int close_file(struct store *s, int fd, ssize_t rc)
{
    (void)s->disk->close(s->disk, fd);
    return rc < 0 ? (int)rc : 0;
}

static int header_read(struct store *s, int fd, struct header *ret)
{
    ssize_t got = s->disk->pread(s->disk, fd, ret, sizeof(*ret), 0);
    if (got < 0)
        return (int)got;
    if (got != (ssize_t)sizeof(*ret) || memcmp(ret->magic, magic, sizeof(magic)) != 0 || ret->version != VERSION)
        return -EUCLEAN;
    ret->name[sizeof(ret->name) - 1] = '\0';
    return 0;
}

/* Before the data changes.  Most writes find it open already. */
static int mark_open(struct store *s, int fd)
{
    uint32_t closed = 0;
    ssize_t got = s->disk->pread(s->disk, fd, &closed, sizeof(closed), offsetof(struct header, closed));
    if (got < 0 || (got == (ssize_t)sizeof(closed) && closed == 0))
        return got < 0 ? (int)got : 0;
    closed = 0;
    ssize_t put = s->disk->pwrite(s->disk, fd, &closed, sizeof(closed), offsetof(struct header, closed));
    return put < 0 ? (int)put : 0;
}

static int data_size(struct store *s, int fd, uint64_t *ret)
{
    struct stat st;
    int rc = s->disk->stat(s->disk, fd, &st);
    if (rc < 0)
        return rc;
    if (st.st_size < (off_t)sizeof(struct header))
        return -EUCLEAN;
    *ret = (uint64_t)st.st_size - sizeof(struct header);
    return *ret <= LIMIT_SPOOL ? 0 : -EFBIG;
}

static int data_read(struct store *s, int fd, char **ret, size_t *ret_n)
{
    uint64_t size;
    int rc = data_size(s, fd, &size);
    if (rc < 0)
        return rc;
    char *data = malloc(size + 1);
    if (data == NULL)
        return -ENOMEM;
    ssize_t got = s->disk->pread(s->disk, fd, data, size, sizeof(struct header));
    if (got < 0) {
        free(data);
        return (int)got;
    }
    data[got] = '\0';
    *ret = data;
    *ret_n = (size_t)got;
    return 0;
}

/* FNV-1a: against torn writes, not against people. */
static int data_checksum(struct store *s, int fd, uint64_t *ret_sum, uint64_t *ret_size)
{
    _cleanup_free_ char *data = NULL;
    size_t n;
    int rc = data_read(s, fd, &data, &n);
    if (rc < 0)
        return rc;
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3u;
    *ret_sum = sum;
    *ret_size = n;
    return 0;
}

/* ---- asked by the file system's threads ---- */

int spool_create(struct store *s, const char *name, uint64_t *ret_number)
{
    struct header h = {.version = VERSION};
    memcpy(h.magic, magic, sizeof(magic));
    int rc = text_copy(h.name, sizeof(h.name), name);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&s->inbox.making);
    uint64_t number = ++s->inbox.last;
    int fd = open_file(s, number, O_RDWR | O_CREAT | O_EXCL);
    pthread_mutex_unlock(&s->inbox.making);
    if (fd < 0)
        return fd;
    rc = close_file(s, fd, s->disk->pwrite(s->disk, fd, &h, sizeof(h), 0));
    if (rc < 0) {
        (void)spool_drop(s, number);
        return rc;
    }
    *ret_number = number;
    return 0;
}

ssize_t spool_write(struct store *s, uint64_t number, const void *p, size_t n, uint64_t offset)
{
    if (offset > LIMIT_SPOOL || n > LIMIT_SPOOL - offset)
        return -EFBIG;
    int fd = open_file(s, number, O_RDWR);
    if (fd < 0)
        return fd;
    ssize_t rc = mark_open(s, fd);
    if (rc == 0)
        rc = s->disk->pwrite(s->disk, fd, p, n, offset + sizeof(struct header));
    (void)s->disk->close(s->disk, fd);
    return rc;
}

ssize_t spool_read(struct store *s, uint64_t number, void *p, size_t n, uint64_t offset)
{
    if (offset > LIMIT_SPOOL)
        return 0;
    int fd = open_file(s, number, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t rc = s->disk->pread(s->disk, fd, p, n, offset + sizeof(struct header));
    (void)s->disk->close(s->disk, fd);
    return rc;
}

int spool_truncate(struct store *s, uint64_t number, uint64_t size)
{
    if (size > LIMIT_SPOOL)
        return -EFBIG;
    int fd = open_file(s, number, O_RDWR);
    if (fd < 0)
        return fd;
    int rc = mark_open(s, fd);
    if (rc == 0)
        rc = s->disk->truncate(s->disk, fd, size + sizeof(struct header));
    return close_file(s, fd, rc);
}

int spool_rename(struct store *s, uint64_t number, const char *name)
{
    char copy[sizeof(((struct header *)0)->name)] = "";
    int rc = text_copy(copy, sizeof(copy), name);
    if (rc < 0)
        return rc;
    int fd = open_file(s, number, O_RDWR);
    if (fd < 0)
        return fd;
    return close_file(s, fd, s->disk->pwrite(s->disk, fd, copy, sizeof(copy), offsetof(struct header, name)));
}

int spool_drop(struct store *s, uint64_t number)
{
    char name[BYTES_NAME];
    spool_name(number, name);
    return s->disk->unlink(s->disk, s->spool, name);
}

int spool_load(struct store *s, uint64_t number, void **ret, size_t *ret_n)
{
    char *data = NULL;
    int fd = open_file(s, number, O_RDONLY);
    if (fd < 0)
        return fd;
    int rc = close_file(s, fd, data_read(s, fd, &data, ret_n));
    if (rc == 0)
        *ret = data;
    return rc;
}

/* ---- flush ---- */

/* Once per new file, and once for all that were made before it began. */
static int sync_names(struct store *s, uint64_t number)
{
    if (number <= atomic_load(&s->inbox.synced))
        return 0;
    int rc = 0;
    pthread_mutex_lock(&s->inbox.syncing);
    if (number > atomic_load(&s->inbox.synced)) {
        pthread_mutex_lock(&s->inbox.making);
        uint64_t last = s->inbox.last;
        pthread_mutex_unlock(&s->inbox.making);
        rc = s->disk->sync(s->disk, s->spool);
        if (rc >= 0)
            atomic_store(&s->inbox.synced, last);
    }
    pthread_mutex_unlock(&s->inbox.syncing);
    return rc < 0 ? rc : 0;
}

static int mark_closed(struct store *s, int fd)
{
    struct header h;
    int rc = header_read(s, fd, &h);
    if (rc == 0)
        rc = data_checksum(s, fd, &h.checksum, &h.size);
    if (rc < 0)
        return rc;
    h.closed = 1;
    const size_t from = offsetof(struct header, closed), to = offsetof(struct header, name);
    ssize_t put = s->disk->pwrite(s->disk, fd, (const char *)&h + from, to - from, from);
    return put < 0 ? (int)put : s->disk->sync(s->disk, fd);
}

int spool_sync(struct store *s, uint64_t number)
{
    int fd = open_file(s, number, O_RDWR);
    if (fd < 0)
        return fd;
    int rc = close_file(s, fd, mark_closed(s, fd));
    return rc == 0 ? sync_names(s, number) : rc;
}

/* ---- at a start ---- */

static bool number_of(const char *name, uint64_t *ret)
{
    if (name[0] < '1' || name[0] > '9' || strspn(name, "0123456789") != strlen(name) || strlen(name) > 19)
        return false;
    *ret = strtoull(name, NULL, 10);
    return true;
}

/* Numbers found in the directory. */
struct numbers {
    uint64_t *number;
    size_t n, room;
};

static int numbers_add(void *arg, const char *name)
{
    struct numbers *all = arg;
    uint64_t number;
    if (!number_of(name, &number))
        return 0;
    if (all->n == all->room) {
        size_t room = all->room > 0 ? all->room * 2 : 64;
        uint64_t *grown = reallocarray(all->number, room, sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        all->number = grown;
        all->room = room;
    }
    all->number[all->n++] = number;
    return 0;
}

static int higher(void *arg, const char *name)
{
    uint64_t *last = arg, number;
    if (number_of(name, &number) && number > *last)
        *last = number;
    return 0;
}

int spool_start(struct store *s)
{
    int rc = s->disk->list(s->disk, s->spool, higher, &s->inbox.last);
    /* store_open() has flushed the directory. */
    atomic_store(&s->inbox.synced, s->inbox.last);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int look_at(struct store *s, uint64_t number, struct header *h, uint64_t *ret_size, bool *ret_closed)
{
    uint64_t sum = 0;
    int fd = open_file(s, number, O_RDONLY);
    if (fd < 0)
        return fd;
    int rc = header_read(s, fd, h);
    if (rc == 0)
        rc = data_checksum(s, fd, &sum, ret_size);
    *ret_closed = rc == 0 && h->closed == 1 && h->size == *ret_size && h->checksum == sum;
    return close_file(s, fd, rc);
}

int spool_list(struct store *s, spool_found *found, void *arg)
{
    struct numbers all = {0};
    int rc = s->disk->list(s->disk, s->spool, numbers_add, &all);
    if (all.n > 0)
        qsort(all.number, all.n, sizeof(*all.number), by_number);
    for (size_t i = 0; rc == 0 && i < all.n; i++) {
        struct header h;
        uint64_t size = 0;
        int64_t taken;
        bool closed = false;
        rc = sql_number(&s->sql, "SELECT 1 FROM gone WHERE id = ? AND gen = 0", &taken, NUM(all.number[i]));
        if (rc != -ENOENT)
            continue;
        rc = look_at(s, all.number[i], &h, &size, &closed);
        if (rc == 0)
            found(arg, all.number[i], h.name, size, closed);
        else if (rc == -EUCLEAN || rc == -EFBIG)
            rc = spool_drop(s, all.number[i]); /* never got as far as its header: nothing was promised */
    }
    free(all.number);
    return rc;
}
