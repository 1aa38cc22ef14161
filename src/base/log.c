/* log.c - where messages go. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

/* The one piece of state that outlives main.c's wish to know: written before threads start, read by all. */
static enum log_level log_most = LOG_LEVEL_INFO;
static bool log_to_syslog;

static const struct {
    int priority;
    const char *prefix;
} levels[] = {
    [LOG_LEVEL_ERROR] = {LOG_ERR, "error: "},
    [LOG_LEVEL_WARNING] = {LOG_WARNING, "warning: "},
    [LOG_LEVEL_INFO] = {LOG_INFO, ""},
    [LOG_LEVEL_DEBUG] = {LOG_DEBUG, "debug: "},
};

void log_setup(enum log_level most, bool to_syslog)
{
    log_most = most;
    log_to_syslog = to_syslog;
    if (to_syslog)
        openlog("dlotafs", LOG_PID, LOG_DAEMON);
}

/* One write, so that lines of several threads do not mix; what stderr does not take is lost. */
static void to_stderr(const char *prefix, const char *message)
{
    char line[2300];
    int n = snprintf(line, sizeof line, "dlotafs: %s%s\n", prefix, message);
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level > log_most)
        return;
    int keep = errno;
    char raw[1024], message[2200];
    va_list args;
    va_start(args, format);
    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        (void)text_copy(raw, sizeof raw, format);
    va_end(args);
    text_escape(message, sizeof message, raw);
    if (log_to_syslog)
        syslog(levels[level].priority, "%s%s", levels[level].prefix, message);
    else
        to_stderr(levels[level].prefix, message);
    errno = keep;
}
