/* mount.h - may this be mounted there?  Before the agent exists; blocks on the file systems of the paths named. */
#ifndef CMD_MOUNT_H
#define CMD_MOUNT_H

#include <stddef.h>

#include "cmd/options.h"

/* All return 0 or -errno; on error why gets one line for the user. */

/* Take away what a dead agent left: "Transport endpoint is not connected". */
int mount_clear(const char *mountpoint, char *why, size_t why_n);
/* A directory, apart from store and from every file that the options name; these can be read; /dev/fuse is there.
 * store and mountpoint as place_resolve() gives them. */
int mount_check(const struct cmd_options *o, const char *store, const char *mountpoint, char *why, size_t why_n);
/* -EBUSY: something is mounted there (but for autofs, which waits for just that). */
int mount_free(const char *mountpoint, char *why, size_t why_n);

/* The type of what is mounted at path, as mountinfo (proc_pid_mountinfo(5)) tells; -ENOENT nothing. */
int mount_type(const char *mountinfo, const char *path, char *ret, size_t n);

#endif
