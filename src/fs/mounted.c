#include "fs/mounted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/text.h"

/* "\040" and the like (proc(5)): in place. */
static void unescape(char *s)
{
    char *out = s;

    for (; *s; s++) {
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
            *out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 3;
        } else {
            *out++ = *s;
        }
    }
    *out = '\0';
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw */
static int parse(char *line, const char *path, struct mounted *ret)
{
    char *dash = strstr(line, " - "), *save = NULL, *field = NULL, *device = NULL;
    unsigned major, minor;

    if (!dash)
        return -EINVAL;
    *dash = '\0';
    for (int i = 0; i < 5; i++) {
        field = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (i == 2)
            device = field;
    }
    if (!field || !device || sscanf(device, "%u:%u", &major, &minor) != 2)
        return -EINVAL;
    unescape(field);
    if (strcmp(field, path) != 0)
        return -ENOENT;
    field = strtok_r(dash + strlen(" - "), " ", &save);
    ret->dev = makedev(major, minor);
    return text_copy(ret->type, sizeof ret->type, field ? field : "");
}

int mounted_in(FILE *table, const char *path, struct mounted *ret)
{
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;
    int rc = -ENOENT;

    while (getline(&line, &cap, table) > 0) {
        struct mounted m;

        if (parse(line, path, &m) == 0) { /* a later line is mounted over an earlier one */
            *ret = m;
            rc = 0;
        }
    }
    return rc;
}

int mounted_at(const char *path, struct mounted *ret)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    int rc;

    if (!f)
        return -errno;
    rc = mounted_in(f, path, ret);
    (void)fclose(f);
    return rc;
}
