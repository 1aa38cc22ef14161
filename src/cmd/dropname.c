/* dropname.c - the name under which --get drops a descriptor. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cmd/dropname.h"

enum { STEM = 200 };

bool dropname_is_url(const char *what)
{
    return strncasecmp(what, "http://", 7) == 0 || strncasecmp(what, "https://", 8) == 0;
}

/* The last segment, without extension and without what a name may not hold. */
static void make_stem(const char *what, bool is_url, char ret[static STEM + 1])
{
    size_t end = is_url ? strcspn(what, "?#") : strlen(what), start = end, len = 0;
    while (start > 0 && what[start - 1] != '/')
        start--;
    while (start < end && what[start] == '.')
        start++;
    for (const char *p = what + start; p < what + end && len < STEM;) {
        uint32_t c;
        int n = utf8_next(p, &c);
        bool fine = n > 0 && !utf8_unsafe(c) && c != '\\';
        if (fine && len + (size_t)n > STEM)
            break;
        memcpy(ret + len, fine ? p : "_", fine ? (size_t)n : 1);
        len += fine ? (size_t)n : 1;
        p += n > 0 ? n : 1;
    }
    ret[len] = '\0';
    char *dot = strrchr(ret, '.');
    if (dot && dot > ret)
        *dot = '\0';
    if (!*ret)
        (void)text_copy(ret, STEM + 1, is_url ? "url" : "descriptor");
}

void dropname(const char *what, uint32_t number, char ret[static 256])
{
    char stem[STEM + 1];
    bool is_url = dropname_is_url(what);
    make_stem(what, is_url, stem);
    (void)text_format(ret, 256, "%s-%08" PRIx32 "%s", stem, number, is_url ? ".url" : ".dd");
}
