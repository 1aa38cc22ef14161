/* herald.h - the thread that wakes pollers, tells the warden and minds the signals.
 *
 * The kernel may not be notified from inside a request, nor may the agent's thread wait for it: so both leave word
 * here. All functions: any thread, never block.  It sends no notification but poll and the invalidation of attributes
 * (offset -1): any other can leave a thread that SIGKILL does not end. */
#ifndef FS_HERALD_H
#define FS_HERALD_H

#include <signal.h>
#include <stdint.h>

#include "fs/mail.h"

struct fs;
struct herald;

/* It takes what it is told from now on. */
int herald_new(struct fs *fs, struct herald **ret);
/* Start its thread, once, in the calling thread's name: that one is woken (SIGUSR1) until herald_end() when a signal of
 * `leave`, which must be blocked everywhere, ends the session. */
int herald_start(struct herald *h, int warden_fd, const sigset_t *leave);
/* Stop and join.  The agent may still tell it something; nobody hears it. */
void herald_end(struct herald *h);
/* When nobody will tell it anything any more.  NULL is fine; returns NULL. */
struct herald *herald_free(struct herald *h);

void herald_kick(void *herald);
/* As dlota_face.changed. */
void herald_changed(struct herald *h, int64_t id, unsigned what);
/* To the warden; without one, the agent is told that it has been published. */
void herald_mail(struct herald *h, const struct warden_mail *mail);

#endif
