/* daemon.h - leave the foreground, but not before it is known whether the agent came up. */
#ifndef CMD_DAEMON_H
#define CMD_DAEMON_H

/* Fork.  The parent does not return: it waits for one of the two words below, prints the line, exits 0 or 1.  The child
 * returns 0 in a session of its own, in /, its standard files on /dev/null; *ret_fd is for the words.  -errno: no fork.
 * Call with one thread, before anything is opened. */
int daemon_fork(int *ret_fd);
/* The agent is up; closes fd.  When nobody waits any more for that (Ctrl-C), the process gets SIGTERM. */
void daemon_ready(int fd);
/* It could not start: one line, without newline; closes fd. */
void daemon_failed(int fd, const char *line);

#endif
