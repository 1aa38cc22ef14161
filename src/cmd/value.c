/* value.c - reading the value of one -o option. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/size.h"
#include "base/when.h"
#include "cmd/list.h"
#include "cmd/place.h"
#include "cmd/value.h"

static void *place_of(const struct value_row *row, struct cmd_options *o) { return (char *)o + row->at; }

static int read_number(const char *s, unsigned base, uint64_t most, uint64_t *ret)
{
    char *end;
    if (!isdigit((unsigned char)*s))
        return -EINVAL;
    errno = 0;
    uint64_t n = strtoull(s, &end, (int)base);
    if (*end || errno || n > most)
        return -EINVAL;
    *ret = n;
    return 0;
}

/* Which of the words "a|b|c" is it? */
static int read_word(const char *words, const char *s)
{
    size_t n = strlen(s);
    for (int i = 0;; i++) {
        size_t len = strcspn(words, "|");
        if (len == n && memcmp(words, s, n) == 0)
            return i;
        if (!words[len])
            return -EINVAL;
        words += len + 1;
    }
}

/* Control characters would end a header line, or a line of a log. */
static bool is_plain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

/* Owned by o; replaces nothing, so that what was handed out stays valid. */
static int keep(struct cmd_options *o, char *s, const char **ret)
{
    int rc = cmd_list_add(&o->owned, s);
    if (rc == 0)
        *ret = s;
    return rc;
}

static int read_file(const char *value, struct cmd_options *o, const char **ret)
{
    char *path;
    int rc = *value ? place_absolute(value, &path) : -EINVAL;
    return rc < 0 ? rc : keep(o, path, ret);
}

static bool is_type(const char *s, size_t n)
{
    const char *slash = memchr(s, '/', n);
    if (!slash || slash == s || slash == s + n - 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isgraph((unsigned char)s[i]) || strchr(",;\"", s[i]) || (s[i] == '/' && s + i != slash))
            return false;
    return true;
}

/* "image/jpeg:audio/ogg" */
static int read_types(const char *value, struct cmd_options *o)
{
    for (;;) {
        size_t n = strcspn(value, ":");
        int rc = is_type(value, n) ? cmd_list_add(&o->accept, strndup(value, n)) : -EINVAL;
        if (rc < 0)
            return rc;
        if (!value[n])
            break;
        value += n + 1;
    }
    o->agent.accept = (const char *const *)o->accept.item;
    return 0;
}

/* The end of HOST in "HOST:LINE" and "HOST:PORT:LINE"; NULL when there is none. */
static const char *host_end(const char *s)
{
    const char *end = *s == '[' ? strchr(s, ']') : s;
    end = end ? strchr(end, ':') : NULL;
    if (!end || end == s)
        return NULL;
    size_t digits = strspn(end + 1, "0123456789");
    return digits && end[1 + digits] == ':' ? end + 1 + digits : end;
}

/* "HOST:Name: value" or "HOST:@FILE"; the file is looked for from where the program was started. */
static int read_header(const char *value, struct cmd_options *o)
{
    const char *line = host_end(value);
    if (!line || !is_plain(value))
        return -EINVAL;
    line++;
    char *kept;
    if (*line == '@') {
        _cleanup_free_ char *path = NULL;
        int rc = line[1] ? place_absolute(line + 1, &path) : -EINVAL;
        if (rc < 0)
            return rc;
        if (asprintf(&kept, "%.*s@%s", (int)(line - value), value, path) < 0)
            return -ENOMEM;
    } else {
        const char *colon = strchr(line, ':');
        if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
            return -EINVAL;
        kept = strdup(value);
    }
    int rc = cmd_list_add(&o->headers, kept);
    if (rc == 0)
        o->agent.headers = (const char *const *)o->headers.item;
    return rc;
}

static int read_text(const char *value, struct cmd_options *o, const char **ret)
{
    return is_plain(value) ? keep(o, strdup(value), ret) : -EINVAL;
}

static int read_owner(const struct value_row *row, const char *value, struct cmd_options *o)
{
    uint64_t n;
    /* (uid_t)-1 means "none" to the kernel. */
    int rc = read_number(value, row->kind == VALUE_UMASK ? 8 : 10, row->kind == VALUE_UMASK ? 0777 : UINT_MAX - 1, &n);
    if (rc < 0)
        return rc;
    switch (row->kind) {
    case VALUE_UID:
        o->uid = (uid_t)n;
        o->has_uid = true;
        break;
    case VALUE_GID:
        o->gid = (gid_t)n;
        o->has_gid = true;
        break;
    default:
        o->umask = (mode_t)n;
        o->has_umask = true;
        break;
    }
    return 0;
}

static int read_count(const struct value_row *row, const char *value, unsigned *ret)
{
    uint64_t n;
    int rc = read_number(value, 10, row->most, &n);
    if (rc < 0 || n < row->least)
        return -EINVAL;
    *ret = (unsigned)n;
    return 0;
}

static int read_choice(const struct value_row *row, const char *value, void *place)
{
    int word = read_word(row->shown.form, value);
    uint64_t code = 0;
    if (word < 0)
        return word;
    switch (row->kind) {
    case VALUE_SECOND:
        *(bool *)place = word == 1;
        return 0;
    case VALUE_CODE:
        (void)read_number(value, 10, UINT_MAX, &code);
        *(unsigned *)place = (unsigned)code;
        return 0;
    default:
        *(enum dlota_confirm *)place = (enum dlota_confirm)word;
        return 0;
    }
}

static int read_any(const struct value_row *row, const char *value, struct cmd_options *o)
{
    void *place = place_of(row, o);
    switch (row->kind) {
    case VALUE_FLAG:
        *(bool *)place = true;
        return 0;
    case VALUE_SIZE:
        return size_parse(value, place);
    case VALUE_TIME:
        return when_duration(value, place);
    case VALUE_NUMBER:
        return read_count(row, value, place);
    case VALUE_ENUM:
    case VALUE_SECOND:
    case VALUE_CODE:
        return read_choice(row, value, place);
    case VALUE_TEXT:
        return read_text(value, o, place);
    case VALUE_FILE:
        return read_file(value, o, place);
    case VALUE_TYPES:
        return read_types(value, o);
    case VALUE_HEADER:
        return read_header(value, o);
    case VALUE_UID:
    case VALUE_GID:
    case VALUE_UMASK:
        return read_owner(row, value, o);
    }
    return -EINVAL;
}

int value_read(const struct value_row *row, const char *value, struct cmd_options *o, char *why, size_t why_n)
{
    const char *name = row->shown.name;
    if (row->kind == VALUE_FLAG && value) {
        (void)text_format(why, why_n, "option %s: takes no value", name);
        return -EINVAL;
    }
    if (row->kind != VALUE_FLAG && !value) {
        (void)text_format(why, why_n, "option %s: needs a value: %s=%s", name, name, row->shown.form);
        return -EINVAL;
    }
    int rc = read_any(row, value, o);
    if (rc == -ENOMEM) {
        (void)text_format(why, why_n, "out of memory");
    } else if (rc < 0 && row->kind == VALUE_NUMBER) {
        (void)text_format(why, why_n, "option %s: \"%s\" is not a number from %u to %u", name, value, row->least,
                          row->most);
        rc = -EINVAL;
    } else if (rc < 0) {
        (void)text_format(why, why_n, "option %s: \"%s\" is %s, expected %s=%s", name, value,
                          rc == -ERANGE ? "too large" : "malformed", name, row->shown.form);
        rc = -EINVAL;
    }
    return rc;
}
