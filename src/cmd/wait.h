/* wait.h - clients of a mounted tree: --wait and --get.  They use its files only, as any script could. */
#ifndef CMD_WAIT_H
#define CMD_WAIT_H

#include <stdint.h>

#include "cmd/options.h"

/* An object ended; text: its status, NULL when it was removed. */
typedef void wait_ended(void *arg, const char *path, const char *text);
struct wait_settings {
    char *const *paths; /* below status/ or by-descriptor/ */
    int n;
    int64_t time_ms; /* -1: no end */
    bool dropped;    /* by us, just now: it will appear */
    int signals;     /* from wait_signals() */
    wait_ended *ended;
    void *arg;
};

/* SIGINT, SIGTERM and SIGHUP become readable: an fd, the caller's, or -errno. */
int wait_signals(void);
/* The exit status for a signal that has come; 0: none has. */
int wait_interrupted(int signals);
/* Wait until all have ended: CMD_FINE all installed, CMD_FAILED, CMD_TIME_OUT, CMD_USAGE not below status/, or 128 +
 * signal.  Complaints go to stderr. */
int wait_for(const struct wait_settings *s);
/* "954 Loader Error" on stdout for what did not install. */
void wait_print_failure(const char *text);

int wait_main(const struct cmd_options *o);
int get_main(const struct cmd_options *o);

#endif
