/* wait.c - --wait: until every object has ended. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <dlota/words.h>
#include "base/cleanup.h"
#include "cmd/place.h"
#include "cmd/statusfile.h"
#include "cmd/wait.h"

enum {
    ARRIVE_MS = 10000, /* how long a descriptor may stand in inbox/ and still count as about to be taken */
    GLANCE_MS = 20,    /* between looks for a name that is about to appear, and the first look again */
    RECHECK_MS = 5000, /* looks come further and further apart; a wake-up that got lost costs no more */
    TEXT_MOST = 1 << 20,
};

struct watched {
    const char *path;
    int fd; /* -1: not yet open, or done */
    bool done;
    char id[32];
};

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- signals ---- */

int wait_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int wait_interrupted(int signals)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == sizeof info ? 128 + (int)info.ssi_signo : 0;
}

/* ---- a descriptor that is about to be taken ---- */

/* TREE/inbox for TREE/by-descriptor/NAME; *ret_name: NAME.  -ENOENT: path is elsewhere. */
static int find_inbox(const char *path, char **ret_inbox, const char **ret_name)
{
    static const char folder[] = "/by-descriptor/";
    _cleanup_free_ char *whole = NULL;
    int rc = place_absolute(path, &whole);
    if (rc < 0)
        return rc;
    const char *end = strrchr(whole, '/') + 1;
    size_t tree = (size_t)(end - whole), folder_n = sizeof folder - 1;
    if (tree < folder_n || memcmp(end - folder_n, folder, folder_n) != 0)
        return -ENOENT;
    tree -= folder_n;
    *ret_name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    return asprintf(ret_inbox, "%.*s/inbox", (int)tree, whole) < 0 ? -ENOMEM : 0;
}

/* Closing a file and taking it are two steps: RELEASE is asynchronous.  A name that is listed is not yet taken. */
static bool stands_in_inbox(const char *path)
{
    _cleanup_free_ char *inbox = NULL;
    const char *name;
    if (find_inbox(path, &inbox, &name) < 0)
        return false;
    DIR *dir = opendir(inbox);
    bool found = false;
    const struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)))
        found = strcmp(entry->d_name, name) == 0;
    if (dir)
        closedir(dir);
    return found;
}

/* For a moment a taken name still resolves. */
static bool was_just_taken(const char *path)
{
    _cleanup_free_ char *inbox = NULL, *file = NULL;
    const char *name;
    struct stat st;
    return find_inbox(path, &inbox, &name) == 0 && asprintf(&file, "%s/%s", inbox, name) >= 0 && lstat(file, &st) == 0;
}

/* ---- one object ---- */

static void finish(const struct wait_settings *s, struct watched *w, const char *text)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    w->done = true;
    if (s->ended)
        s->ended(s->arg, w->path, text);
}

static int complain(const struct watched *w, int rc)
{
    const char *why = strerror(-rc);
    if (rc == -ENOMSG)
        why = "not a file below status/ or by-descriptor/";
    else if (rc == -ENOTCONN || rc == -ECONNABORTED)
        why = "the agent is gone";
    fprintf(stderr, "dlotafs: %s: %s\n", w->path, why);
    return rc == -ENOMSG ? CMD_USAGE : CMD_FAILED;
}

/* Open it: 0, -EAGAIN about to appear, -errno. */
static int begin(const struct wait_settings *s, struct watched *w, int64_t waited)
{
    if (waited < ARRIVE_MS && stands_in_inbox(w->path))
        return -EAGAIN;
    w->fd = open(w->path, O_RDONLY | O_CLOEXEC);
    if (w->fd >= 0)
        return 0;
    int rc = -errno;
    return rc == -ENOENT && waited < ARRIVE_MS && (s->dropped || was_just_taken(w->path)) ? -EAGAIN : rc;
}

/* A fetched descriptor makes way for the object it describes; by-descriptor/ leads there. */
static bool follow(struct watched *w)
{
    _cleanup_(text_free) struct text text = {.max = TEXT_MOST};
    struct stat st;
    char id[sizeof w->id];
    if (lstat(w->path, &st) < 0 || !S_ISLNK(st.st_mode))
        return false;
    int fd = open(w->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (statusfile_read(fd, &text) < 0 || statusfile_value(text.data, "ID", id, sizeof id) < 0 ||
        strcmp(id, w->id) == 0) {
        close(fd);
        return false;
    }
    close(w->fd);
    w->fd = fd;
    return true;
}

/* Look at its text.  CMD_FINE: goes on, or is done and well; else the exit status it makes. */
static int look(const struct wait_settings *s, struct watched *w)
{
    _cleanup_(text_free) struct text text = {.max = TEXT_MOST};
    char state[32];

    int rc = statusfile_read(w->fd, &text);
    if ((rc == -ENOENT || rc == -ESTALE) && follow(w))
        rc = statusfile_read(w->fd, &text);
    if (rc == -ENOENT || rc == -ESTALE) {
        finish(s, w, NULL);
        return CMD_FAILED;
    }
    if (rc < 0) {
        close(w->fd);
        w->fd = -1;
        w->done = true;
        return complain(w, rc);
    }
    (void)statusfile_value(text.data, "ID", w->id, sizeof w->id);
    (void)statusfile_value(text.data, "State", state, sizeof state);
    bool installed = strcmp(state, "installed") == 0, failed = strcmp(state, "failed") == 0;
    if (installed || failed)
        finish(s, w, text.data);
    return failed ? CMD_FAILED : CMD_FINE;
}

/* ---- all of them ---- */

struct waiting {
    const struct wait_settings *s;
    struct watched *w;
    struct pollfd *poll; /* one per watched, and the signals */
    int64_t start, checked;
    int64_t interval; /* ms from one look at everything to the next */
    int status;
    bool arriving; /* some name has yet to appear */
    int left;
};

static void worse(struct waiting *x, int status)
{
    if (status > x->status)
        x->status = status;
}

static void look_at_all(struct waiting *x)
{
    int64_t now = now_ms();
    bool check = now - x->checked >= x->interval;
    if (check) {
        x->checked = now;
        x->interval = 2 * x->interval < RECHECK_MS ? 2 * x->interval : RECHECK_MS;
    }
    x->arriving = false;
    x->left = 0;
    for (int i = 0; i < x->s->n; i++) {
        struct watched *w = &x->w[i];
        bool woken = x->poll[i].revents != 0;
        if (!w->done && w->fd < 0) {
            int rc = begin(x->s, w, now - x->start);
            x->arriving |= rc == -EAGAIN;
            if (rc < 0 && rc != -EAGAIN) {
                w->done = true;
                worse(x, complain(w, rc));
            }
            woken = true;
        }
        if (w->fd >= 0 && (woken || check))
            worse(x, look(x->s, w));
        x->left += !w->done;
        x->poll[i] = (struct pollfd){.fd = w->fd, .events = POLLPRI};
    }
}

static int pause_ms(const struct waiting *x)
{
    /* Changes are announced once a second at most: a small object would seem to take that long. */
    int64_t ms = x->arriving ? GLANCE_MS : x->interval;
    if (x->s->time_ms >= 0) {
        int64_t rest = x->start + x->s->time_ms - now_ms();
        if (rest < ms)
            ms = rest > 0 ? rest : 0;
    }
    return (int)ms;
}

static int wait_all(struct waiting *x)
{
    int n = x->s->n, rc;
    for (;;) {
        look_at_all(x);
        if (x->left == 0)
            return x->status;
        if (x->s->time_ms >= 0 && now_ms() - x->start >= x->s->time_ms)
            return CMD_TIME_OUT;
        x->poll[n] = (struct pollfd){.fd = x->s->signals, .events = POLLIN};
        if (poll(x->poll, (nfds_t)n + 1, pause_ms(x)) < 0 && errno != EINTR)
            return CMD_FAILED;
        if ((rc = wait_interrupted(x->s->signals)) > 0)
            return rc;
    }
}

int wait_for(const struct wait_settings *s)
{
    struct waiting x = {.s = s, .start = now_ms(), .interval = GLANCE_MS};
    x.checked = x.start;
    x.w = calloc((size_t)s->n, sizeof *x.w);
    x.poll = calloc((size_t)s->n + 1, sizeof *x.poll);
    int status = CMD_FAILED;
    if (!x.w || !x.poll) {
        fprintf(stderr, "dlotafs: out of memory\n");
        goto out;
    }
    for (int i = 0; i < s->n; i++)
        x.w[i] = (struct watched){.path = s->paths[i], .fd = -1};
    status = wait_all(&x);
    for (int i = 0; i < s->n; i++)
        if (x.w[i].fd >= 0)
            close(x.w[i].fd);
out:
    free(x.w);
    free(x.poll);
    return status;
}

/* ---- the mode ---- */

void wait_print_failure(const char *text)
{
    char state[32], code[128], shown[512];
    if (!text) {
        /* rm(1) on an object is a cancel. */
        printf("902 %s\n", dlota_code_phrase(902));
    } else if (statusfile_value(text, "State", state, sizeof state) == 0 && strcmp(state, "failed") == 0) {
        if (statusfile_value(text, "Code", code, sizeof code) < 0)
            (void)text_copy(code, sizeof code, "failed");
        text_escape(shown, sizeof shown, code);
        puts(shown);
    }
    fflush(stdout);
}

static void print_ended(void *arg, const char *path, const char *text)
{
    (void)arg;
    (void)path;
    wait_print_failure(text);
}

int wait_main(const struct cmd_options *o)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    _cleanup_close_ int signals = wait_signals();
    if (signals < 0)
        return CMD_FAILED;
    struct wait_settings s = {
        .paths = o->operands, .n = o->n_operands, .time_ms = o->time_ms, .signals = signals, .ended = print_ended};
    return wait_for(&s);
}
