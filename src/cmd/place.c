/* place.c - paths of the command line. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/place.h"

int place_absolute(const char *path, char **ret)
{
    char here[PATH_MAX];
    if (*path == '/') {
        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
    }
    if (!getcwd(here, sizeof here))
        return -errno;
    return asprintf(ret, "%s/%s", strcmp(here, "/") == 0 ? "" : here, path) < 0 ? -ENOMEM : 0;
}

/* Append the components of rest to base (PATH_MAX), which is resolved: what does not exist holds no links. */
static int append(char *base, const char *rest)
{
    while (*rest) {
        size_t n = strcspn(rest, "/"), len = strlen(base);
        if (n == 2 && memcmp(rest, "..", 2) == 0) {
            char *slash = strrchr(base, '/');
            slash[slash == base] = '\0';
        } else if (n > 0 && !(n == 1 && *rest == '.')) {
            if (len + n + 2 > PATH_MAX)
                return -ENAMETOOLONG;
            (void)snprintf(base + len, PATH_MAX - len, "%s%.*s", len == 1 ? "" : "/", (int)n, rest);
        }
        rest += n + (rest[n] == '/');
    }
    return 0;
}

/* The longest beginning that exists is resolved, the rest is text. */
int place_resolve(const char *path, char **ret)
{
    _cleanup_free_ char *whole = NULL;
    char base[PATH_MAX];
    int rc = place_absolute(path, &whole);
    if (rc < 0 || !whole)
        return rc;

    size_t end = strlen(whole);
    for (;;) {
        char kept = whole[end];
        whole[end] = '\0';
        bool found = realpath(end ? whole : "/", base);
        rc = -errno;
        whole[end] = kept;
        if (found)
            break;
        if (rc != -ENOENT && rc != -ENOTDIR)
            return rc;
        while (end > 0 && whole[end - 1] == '/')
            end--;
        while (end > 0 && whole[end - 1] != '/')
            end--;
    }
    rc = append(base, whole + end);
    if (rc == 0 && !(*ret = strdup(base)))
        rc = -ENOMEM;
    return rc;
}

bool place_covers(const char *outer, const char *inner)
{
    size_t n = strlen(outer);
    if (strcmp(outer, "/") == 0)
        return true;
    return strncmp(outer, inner, n) == 0 && (inner[n] == '\0' || inner[n] == '/');
}

/* XDG Base Directory Specification: a relative value is to be ignored. */
int place_store(char **ret)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data == '/')
        return asprintf(ret, "%s/dlotafs", data) < 0 ? -ENOMEM : 0;
    if (!home || *home != '/') {
        const struct passwd *user = getpwuid(getuid());
        home = user ? user->pw_dir : NULL;
    }
    if (!home || *home != '/')
        return -ENOENT;
    return asprintf(ret, "%s/.local/share/dlotafs", home) < 0 ? -ENOMEM : 0;
}

int place_make_parents(const char *path)
{
    _cleanup_free_ char *parent = strdup(path);
    if (!parent)
        return -ENOMEM;
    for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parent, 0700) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}
