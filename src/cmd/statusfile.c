/* statusfile.c - reading a text of status/ back. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/statusfile.h"

static const char *find_value(const char *text, const char *key, size_t *ret_n)
{
    size_t key_n = strlen(key);
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > key_n + 1 && memcmp(line, key, key_n) == 0 && memcmp(line + key_n, ":\t", 2) == 0) {
            *ret_n = n - key_n - 2;
            return line + key_n + 2;
        }
        line += n + (line[n] == '\n');
    }
    return NULL;
}

int statusfile_value(const char *text, const char *key, char *ret, size_t n)
{
    size_t value_n, len = 0;
    const char *value = find_value(text, key, &value_n);
    if (!value)
        return -ENOENT;
    for (const char *end = value + value_n; value < end && len + 1 < n; len++) {
        if (end - value >= 4 && value[0] == '\\' && value[1] == 'x' && isxdigit((unsigned char)value[2]) &&
            isxdigit((unsigned char)value[3])) {
            char digits[3] = {value[2], value[3], '\0'};
            ret[len] = (char)strtoul(digits, NULL, 16);
            value += 4;
        } else {
            ret[len] = *value++;
        }
    }
    ret[len] = '\0';
    return 0;
}

int statusfile_read(int fd, struct text *ret)
{
    char buf[4096];
    size_t n;
    ssize_t got;

    ret->len = 0;
    while ((got = pread(fd, buf, sizeof buf, (off_t)ret->len)) != 0) {
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            text_add(ret, buf, (size_t)got);
        if (ret->failed)
            return -ENOMSG;
    }
    return ret->len && find_value(ret->data, "State", &n) ? 0 : -ENOMSG;
}
