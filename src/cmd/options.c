/* options.c - the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/when.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/table.h"

enum { LONGEST = 128 * 1024 }; /* of all -o options: more than one argument of execve(2) can hold */

/* ---- -o ---- */

static int set(struct cmd_options *o, const struct value_row *row, const char *value, char *why, size_t why_n)
{
    return value_read(row, value, o, why, why_n);
}

int cmd_option_set(struct cmd_options *o, const char *name, const char *value, char *why, size_t why_n)
{
    const struct value_row *row = table_find(name, strlen(name));
    return row ? set(o, row, value, why, why_n) : -ENOENT;
}

/* What fstab says to mount(8), systemd and the boot scripts: nothing for us, and unknown to libfuse. */
static bool is_for_mount(const char *name, size_t n)
{
    static const char *const words[] = {"defaults", "auto",  "noauto", "user",  "nouser",
                                        "users",    "owner", "nofail", "group", "_netdev"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0)
            return true;
    return n > 2 && (memcmp(name, "x-", 2) == 0 || memcmp(name, "X-", 2) == 0);
}

/* Up to the next comma that is not escaped. */
static size_t option_length(const char *s)
{
    size_t n = 0;
    while (s[n] && s[n] != ',')
        n += s[n] == '\\' && s[n + 1] ? 2 : 1;
    return n;
}

/* "\," is a comma, "\\" a backslash; any other backslash is itself. */
static char *unescape(const char *s, size_t n)
{
    char *ret = malloc(n + 1), *out = ret;
    if (!ret)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\' && i + 1 < n && (s[i + 1] == ',' || s[i + 1] == '\\'))
            i++;
        *out++ = s[i];
    }
    *out = '\0';
    return ret;
}

static int take_option(struct cmd_options *o, const char *s, size_t n, char *why, size_t why_n)
{
    const char *equals = memchr(s, '=', n);
    size_t name_n = equals ? (size_t)(equals - s) : n;
    const struct value_row *row = table_find(s, name_n);

    if (n == 0 || (!row && is_for_mount(s, name_n)))
        return 0;
    if (!row) {
        text_puts(&o->fuse, o->fuse.len ? "," : "");
        text_add(&o->fuse, s, n);
        return 0;
    }
    _cleanup_free_ char *value = equals ? unescape(equals + 1, n - name_n - 1) : NULL;
    if (equals && !value) {
        (void)text_copy(why, why_n, "out of memory");
        return -ENOMEM;
    }
    return set(o, row, value, why, why_n);
}

static int take_options(struct cmd_options *o, const char *s, char *why, size_t why_n)
{
    for (;;) {
        size_t n = option_length(s);
        if (take_option(o, s, n, why, why_n) < 0)
            return CMD_FAILED;
        if (!s[n])
            return CMD_FINE;
        s += n + 1;
    }
}

/* ---- flags and operands ---- */

struct line {
    struct cmd_options *o;
    int argc, at;
    char **argv;
    char *why;
    size_t why_n;
};

static int bad_usage(const struct line *l, const char *what, const char *which)
{
    (void)text_format(l->why, l->why_n, "%s%s", what, which);
    return CMD_USAGE;
}

/* The argument of a flag: what follows it at once, or the next word. */
static const char *argument(struct line *l, const char *rest)
{
    if (*rest)
        return rest;
    return l->at + 1 < l->argc ? l->argv[++l->at] : NULL;
}

static int take_flags(struct line *l, const char *flags)
{
    struct cmd_options *o = l->o;
    for (; *flags; flags++) {
        const char *value;
        switch (*flags) {
        case 'd': /* messages need somebody who reads them */
        case 'f':
            o->foreground = true;
            o->debug |= *flags == 'd';
            break;
        case 's':
            o->single_thread = true;
            break;
        case 'h':
            o->mode = CMD_HELP;
            break;
        case 'V':
            o->mode = CMD_VERSION;
            break;
        case 'o':
            value = argument(l, flags + 1);
            return value ? take_options(o, value, l->why, l->why_n) : bad_usage(l, "-o needs a value", "");
        case 't':
            value = argument(l, flags + 1);
            if (!value || when_duration(value, &o->time_ms) < 0)
                return bad_usage(l, "-t needs a time such as 90s, 5m or 2h", "");
            return CMD_FINE;
        default:
            return bad_usage(l, "unknown flag: -", (char[]){*flags, '\0'});
        }
    }
    return CMD_FINE;
}

static int take_word(struct line *l, const char *word)
{
    static const struct {
        const char *word;
        enum cmd_mode mode;
    } words[] = {{"get", CMD_GET}, {"wait", CMD_WAIT}, {"help", CMD_HELP}, {"version", CMD_VERSION}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) {
            if (l->o->mode != CMD_AGENT && l->o->mode != words[i].mode)
                return bad_usage(l, "does not go with another mode: --", word);
            l->o->mode = words[i].mode;
            return CMD_FINE;
        }
    return bad_usage(l, "unknown option: --", word);
}

static int check_operands(const struct line *l)
{
    static const struct {
        int least, most;
        const char *wanted;
    } counts[] = {[CMD_AGENT] = {1, 2, "MOUNTPOINT is missing"},
                  [CMD_GET] = {2, 2, "--get needs MOUNTPOINT and a descriptor or URL"},
                  [CMD_WAIT] = {1, INT32_MAX, "--wait needs a path below status/ or by-descriptor/"},
                  [CMD_HELP] = {0, INT32_MAX, ""},
                  [CMD_VERSION] = {0, INT32_MAX, ""}};
    const struct cmd_options *o = l->o;
    if (o->n_operands < counts[o->mode].least)
        return bad_usage(l, counts[o->mode].wanted, "");
    if (o->n_operands > counts[o->mode].most)
        return bad_usage(l, "one operand too many: ", o->operands[counts[o->mode].most]);
    if (o->time_ms >= 0 && o->mode == CMD_AGENT)
        return bad_usage(l, "-t goes with --get and --wait only", "");
    return CMD_FINE;
}

int cmd_options_parse(struct cmd_options *o, int argc, char **argv, char *why, size_t why_n)
{
    *o = (struct cmd_options){.time_ms = -1, .fuse = {.max = LONGEST}};
    dlota_options_default(&o->agent);

    struct line l = {.o = o, .argc = argc, .at = 1, .argv = argv, .why = why, .why_n = why_n};
    int n = 0, rc = CMD_FINE;
    bool flags = true;
    o->operands = argv + 1;
    /* mount(8) puts the flags behind the operands. */
    for (; l.at < argc && rc == CMD_FINE; l.at++) {
        char *word = argv[l.at];
        if (flags && strcmp(word, "--") == 0)
            flags = false;
        else if (flags && word[0] == '-' && word[1] == '-')
            rc = take_word(&l, word + 2);
        else if (flags && word[0] == '-' && word[1])
            rc = take_flags(&l, word + 1);
        else
            argv[1 + n++] = word;
    }
    o->n_operands = n;
    if (rc == CMD_FINE && o->fuse.failed) {
        (void)text_copy(why, why_n, "the -o options are too long");
        rc = CMD_FAILED;
    }
    return rc == CMD_FINE ? check_operands(&l) : rc;
}

void cmd_options_clear(struct cmd_options *o)
{
    text_free(&o->fuse);
    cmd_list_clear(&o->accept);
    cmd_list_clear(&o->headers);
    cmd_list_clear(&o->owned);
}
