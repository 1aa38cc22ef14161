/* boot.c - may unflushed bytes of the last run still be in the page cache (I3)?  Only under the same boot, on the same
 * device, seen through the same mount, and when no I/O error was met. */
#include <errno.h>
#include <string.h>

#include "store/inner.h"

static int recorded(struct store *s, const char *key, int64_t want, bool *same)
{
    int64_t value;
    int rc = store_meta_get(s, key, &value);
    if (rc == -ENOENT || (rc == 0 && value != want))
        *same = false;
    return rc == -ENOENT ? 0 : rc;
}

int boot_note(struct store *s, const char *boot_id)
{
    struct stat st;
    int64_t mount = 0;
    int rc = s->disk->stat(s->disk, s->dir, &st);
    if (rc < 0)
        return rc;
    /* Unknown (0) on both sides leaves it to the other two. */
    if (s->disk->mount_id(s->disk, s->dir, &mount) < 0)
        mount = 0;
    char last[256];
    rc = meta_text_get(s, "boot", last, sizeof(last));
    if (rc < 0 && rc != -ENOENT)
        return rc;
    bool same = rc == 0 && boot_id[0] != '\0' && strcmp(last, boot_id) == 0;
    rc = recorded(s, "device", (int64_t)st.st_dev, &same);
    if (rc == 0)
        rc = recorded(s, "mount", mount, &same);
    s->same_boot = rc == 0 && same;
    if (rc == 0)
        rc = meta_text_put(s, "boot", boot_id);
    if (rc == 0)
        rc = store_meta_put(s, "device", (int64_t)st.st_dev);
    return rc == 0 ? store_meta_put(s, "mount", mount) : rc;
}

int boot_distrust(struct store *s) { return meta_text_put(s, "boot", ""); }

bool store_same_boot(const struct store *s) { return s->same_boot; }
