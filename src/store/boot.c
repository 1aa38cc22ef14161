/* boot.c - may unflushed bytes of the last run still be in the page cache (I3)?  Only under the same boot, on the same
 * device, seen through the same mount, and when no I/O error was met. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/inner.h"

static int recorded(struct store *s, const char *key, int64_t want, bool *same)
{
    int64_t value;
    int rc = store_meta_get(s, key, &value);
    if (rc == -ENOENT || (rc == 0 && value != want))
        *same = false;
    return rc == -ENOENT ? 0 : rc;
}

static int mount_of(struct store *s, struct stat *st, int64_t *mount)
{
    /* Unknown (0) on both sides leaves it to the other two. */
    *mount = 0;
    if (s->disk->mount_id(s->disk, s->dir, mount) < 0)
        *mount = 0;
    return s->disk->stat(s->disk, s->dir, st);
}

int boot_compare(struct store *s, const char *boot_id)
{
    struct stat st;
    int64_t mount;
    char last[sizeof(s->boot_id)];
    int rc = mount_of(s, &st, &mount);
    if (rc == 0)
        rc = text_copy(s->boot_id, sizeof(s->boot_id), boot_id);
    if (rc == 0)
        rc = meta_text_get(s, "boot", last, sizeof(last));
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    bool same = boot_id[0] != '\0' && strcmp(last, boot_id) == 0;
    rc = recorded(s, "device", (int64_t)st.st_dev, &same);
    if (rc == 0)
        rc = recorded(s, "mount", mount, &same);
    s->same_boot = rc == 0 && same;
    return rc;
}

int store_trust(struct store *s)
{
    struct stat st;
    int64_t mount;
    int rc = mount_of(s, &st, &mount);
    if (rc == 0 && !s->distrusted)
        rc = meta_text_put(s, "boot", s->boot_id);
    if (rc == 0)
        rc = store_meta_put(s, "device", (int64_t)st.st_dev);
    return rc == 0 ? store_meta_put(s, "mount", mount) : rc;
}

int boot_distrust(struct store *s) { return meta_text_put(s, "boot", ""); }

bool store_same_boot(const struct store *s) { return s->same_boot; }
