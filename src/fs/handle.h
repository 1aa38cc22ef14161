/* handle.h - what is open: one struct per open file, on one list. */
#ifndef FS_HANDLE_H
#define FS_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fs/node.h"

struct fuse_pollhandle;
struct inbox_file;

enum handle_kind { HANDLE_BYTES, HANDLE_TEXT, HANDLE_EVENTS, HANDLE_INBOX };

struct handle {
    enum handle_kind kind;
    struct node node;
    atomic_uint refs; /* the open file; each request about it */
    struct handle *before, *after;
    int fd;         /* BYTES */
    struct stat st; /* BYTES: what is shown once the object is removed */

    pthread_mutex_t lock; /* TEXT: over text and n */
    char *text;
    size_t n;
    /* Under the list's lock. */
    bool has_read;              /* TEXT, at offset 0 */
    bool dirty;                 /* changed since; EVENTS: grew since anyone looked */
    bool told;                  /* TEXT: the poller knows */
    int64_t not_before;         /* TEXT: when a poller may be woken again */
    uint64_t pos;               /* EVENTS: end of the last read */
    struct fuse_pollhandle *ph; /* somebody polls */

    struct inbox_file *file; /* INBOX */
    bool writer;
};

struct handles {
    pthread_mutex_t lock;
    struct handle *first;
};

void handles_init(struct handles *hs);
/* With one reference.  Not yet on the list: the caller's until handle_add(). */
struct handle *handle_new(enum handle_kind kind, const struct node *n);
void handle_add(struct handles *hs, struct handle *h);
/* A request about it begins and ends.  RELEASE gives the open file's reference back, maybe while another thread that
 * has just answered one is still on its way out. */
struct handle *handle_hold(struct handle *h);
void handle_put(struct handles *hs, struct handle *h);
/* Off the list, and freed with its fd, text and poll handle (not its inbox file).  Returns NULL. */
struct handle *handle_free(struct handles *hs, struct handle *h);
/* Under the list's lock: its poller is told of a change now, and of the next one a second later at the earliest. */
void handle_tell(struct handle *h, int64_t now);
/* What fstat(2) of a file that was removed while open shows; false: not open. */
bool handles_stat(struct handles *hs, const struct node *n, struct stat *ret);

#endif
