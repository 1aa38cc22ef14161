/* options.h - the command line: one table drives parsing, --help and the tests of the man page. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <dlota/options.h>
#include "base/text.h"

enum cmd_mode { CMD_AGENT, CMD_GET, CMD_WAIT, CMD_HELP, CMD_VERSION };

struct cmd_list {
    char **item; /* NULL-terminated once it has one */
    size_t n;
};

/* What was asked for.  Owns its strings; the operands are argv's. */
struct cmd_options {
    enum cmd_mode mode;
    struct dlota_options agent; /* points into this struct */
    bool foreground, debug, single_thread;
    int64_t time_ms; /* -t; -1: none */
    bool has_uid, has_gid, has_umask;
    uid_t uid;
    gid_t gid;
    mode_t umask;
    struct text fuse;      /* what is not ours, for libfuse: "opt,opt=value", escapes as they came */
    char *const *operands; /* of argv */
    int n_operands;
    struct cmd_list accept, headers, owned;
};

/* Exit statuses: */
enum { CMD_FINE = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_TIME_OUT = 3 };

/* Parse; argv is reordered so that the operands stand together.  CMD_FINE; CMD_USAGE: show the usage line; CMD_FAILED:
 * a -o value is malformed.  why: one line in both cases.  Relative file names in values become absolute.  Call
 * cmd_options_clear() in every case. */
int cmd_options_parse(struct cmd_options *o, int argc, char **argv, char *why, size_t why_n);
void cmd_options_clear(struct cmd_options *o);

void cmd_usage(FILE *out);
void cmd_help(FILE *out);

/* A row of the table, for tests and the man page: NULL past the last. */
struct cmd_row {
    const char *name;    /* "max_size" */
    const char *form;    /* "SIZE", "drop|ask|dd"; NULL: takes no value */
    const char *initial; /* the default as one would write it; NULL: none */
    const char *help;
};
const struct cmd_row *cmd_row_at(unsigned i);
/* Set one option of the table, as -o name=value does: -ENOENT not ours, -EINVAL with why. */
int cmd_option_set(struct cmd_options *o, const char *name, const char *value, char *why, size_t why_n);

#endif
