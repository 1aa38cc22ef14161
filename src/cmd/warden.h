/* warden.h - the helper process: it renames objects through the mount, and detaches the mount when the agent dies.
 *
 * Why a process: a thread that waits on its own mount when SIGKILL comes keeps /dev/fuse open and can never be ended.
 */
#ifndef CMD_WARDEN_H
#define CMD_WARDEN_H

#include <sys/types.h>

/* Fork it.  Call with one thread, before /dev/fuse and the store's lock are opened: it keeps no file of the parent's
 * open.  mountpoint must exist.  *ret_fd (the caller's, close-on-exec) goes into fs_settings; closing it, however that
 * comes about, ends the warden.  0 or -errno. */
int warden_fork(const char *mountpoint, int *ret_fd, pid_t *ret_pid);

#endif
