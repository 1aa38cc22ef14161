/* type.c - comparing media types and what is known of some. */
#include "descriptor/type.h"

#include <string.h>
#include <strings.h>

#include <dlota/descriptor.h>
#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Type and subtype without parameters and blanks around. */
struct essence {
    const char *p;
    size_t n;
};

static struct essence essence(const char *type)
{
    struct essence e;
    e.p = text_trim(type, strcspn(type, ";"), &e.n);
    return e;
}

static bool is(struct essence e, const char *s) { return strlen(s) == e.n && strncasecmp(e.p, s, e.n) == 0; }

/* The one alias that is common in descriptors. */
static struct essence canonical(const char *type)
{
    struct essence e = essence(type);
    return is(e, "image/jpg") ? essence("image/jpeg") : e;
}

bool dd_type_equal(const char *a, const char *b)
{
    struct essence x = canonical(a), y = canonical(b);
    return x.n == y.n && strncasecmp(x.p, y.p, x.n) == 0;
}

bool dd_type_matches(const char *pattern, const char *type)
{
    struct essence p = essence(pattern), t = canonical(type);
    if (is(p, "*/*"))
        return true;
    if (p.n >= 2 && strncmp(p.p + p.n - 2, "/*", 2) == 0)
        return t.n >= p.n && strncasecmp(p.p, t.p, p.n - 1) == 0;
    return dd_type_equal(pattern, type);
}

bool dd_type_is_drm(const char *type)
{
    static const char *const wrappers[] = {
        "application/vnd.oma.drm.message",
        "application/vnd.oma.drm.content",
        "application/vnd.oma.drm.dcf",
    };
    for (size_t i = 0; i < COUNT(wrappers); i++)
        if (dd_type_equal(type, wrappers[i]))
            return true;
    return false;
}

bool dd_type_acceptable(const char *const *listed, const char *answer)
{
    if (!listed || !*listed || essence(answer).n == 0 || dd_type_equal(answer, "application/octet-stream") ||
        dd_type_is_drm(answer))
        return true;
    for (; *listed; listed++)
        if (dd_type_matches(*listed, answer))
            return true;
    return false;
}

static bool is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] <= 0x20 || s[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", s[i]))
            return false;
    return n > 0;
}

bool type_valid(const char *type)
{
    struct essence e = essence(type);
    const char *slash = memchr(e.p, '/', e.n);
    if (!slash || !is_token(e.p, (size_t)(slash - e.p)) || !is_token(slash + 1, (size_t)(e.p + e.n - slash) - 1))
        return false;
    for (const char *s = e.p + e.n; *s; s++)
        if (*s < 0x20 || *s >= 0x7f)
            return false;
    return true;
}

const char *dd_type_extension(const char *type)
{
    static const struct {
        const char *type, *extension;
    } known[] = {
        {"application/epub+zip", ".epub"},
        {"application/gzip", ".gz"},
        {"application/java-archive", ".jar"},
        {"application/json", ".json"},
        {"application/pdf", ".pdf"},
        {"application/vnd.android.package-archive", ".apk"},
        {"application/vnd.debian.binary-package", ".deb"},
        {"application/vnd.oma.dd+xml", ".dd"},
        {"application/vnd.oma.dd2+xml", ".dd2"},
        {"application/vnd.oma.drm.content", ".dcf"},
        {"application/vnd.oma.drm.dcf", ".dcf"},
        {"application/vnd.oma.drm.message", ".dm"},
        {"application/vnd.symbian.install", ".sis"},
        {"application/x-7z-compressed", ".7z"},
        {"application/x-bzip2", ".bz2"},
        {"application/x-tar", ".tar"},
        {"application/x-xz", ".xz"},
        {"application/xml", ".xml"},
        {"application/zip", ".zip"},
        {"application/zstd", ".zst"},
        {"audio/aac", ".aac"},
        {"audio/amr", ".amr"},
        {"audio/flac", ".flac"},
        {"audio/midi", ".mid"},
        {"audio/mp3", ".mp3"},
        {"audio/mp4", ".m4a"},
        {"audio/mpeg", ".mp3"},
        {"audio/ogg", ".ogg"},
        {"audio/wav", ".wav"},
        {"audio/x-wav", ".wav"},
        {"image/bmp", ".bmp"},
        {"image/gif", ".gif"},
        {"image/jpeg", ".jpg"},
        {"image/png", ".png"},
        {"image/svg+xml", ".svg"},
        {"image/tiff", ".tif"},
        {"image/vnd.wap.wbmp", ".wbmp"},
        {"image/webp", ".webp"},
        {"text/csv", ".csv"},
        {"text/html", ".html"},
        {"text/plain", ".txt"},
        {"text/vnd.sun.j2me.app-descriptor", ".jad"},
        {"text/xml", ".xml"},
        {"video/3gpp", ".3gp"},
        {"video/mp4", ".mp4"},
        {"video/mpeg", ".mpg"},
        {"video/quicktime", ".mov"},
        {"video/webm", ".webm"},
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (dd_type_equal(type, known[i].type))
            return known[i].extension;
    return "";
}
