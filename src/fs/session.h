/* session.h - serve the tree at a mount point until it is unmounted. */
#ifndef FS_SESSION_H
#define FS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <dlota/agent.h>

/* Strings belong to the caller and must outlive the mount. */
struct fs_settings {
    const char *mountpoint;   /* absolute */
    const char *fuse_options; /* "opt,opt=value" for libfuse; NULL or "": none.  nosuid,nodev,noexec come before it */
    bool debug, single_thread;
    uid_t uid; /* shown owner; he, the process's own uid and root may change things */
    gid_t gid;
    mode_t umask;                     /* taken off every shown mode */
    bool has_uid, has_gid, has_umask; /* otherwise the process's own */
    int warden_fd;                    /* see cmd/warden.h; -1: no warden, the tree publishes by itself */
    pid_t warden_pid;
    void (*ready)(void *arg); /* called once, when mounted and just before requests are served; may be NULL */
    void *arg;
};

struct fs;

/* The face of d, set by dlota_set_face().  *ret is the caller's; it must outlive the agent. */
int fs_new(dlota *d, const struct fs_settings *s, struct fs **ret);
/* After dlota_close().  NULL is fine; returns NULL. */
struct fs *fs_free(struct fs *fs);

/* Mount, start the agent (dlota_start), offer what an earlier run left closed in inbox/, serve.  Blocks until unmounted
 * or SIGINT, SIGTERM or SIGHUP; then closes under way are finished (10 s at most), what is still parked gets EIO, and
 * the mount is gone.  The caller closes the agent afterwards, and the warden's fd: that lets it go. Once, from the main
 * thread. 0: clean; 1: the connection was aborted (and is detached); -errno: could not start, why has one line. */
int fs_run(struct fs *fs, char *why, size_t why_n);

#endif
