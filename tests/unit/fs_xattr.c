/* Attributes of objects: what is listed, what can be read, and by whom. */
#include "unit/fs_kernel.h"

static int64_t id;

static void setup(void)
{
    mount_022();
    id = fake_object(d, "a.gif", DLOTA_IN_INSTALLED, "Name:\ta.gif\n", "GIF");
}

static int get(struct fuse_req *r, uint64_t ino, const char *name, size_t size)
{
    fs_ops.getxattr(r, ino, name, size);
    return answer();
}

START_TEST(value_and_its_size)
{
    ck_assert_int_eq(get(owner(), object(id), "user.mime_type", 0), 0);
    ck_assert_uint_eq(req->n, strlen("image/gif"));
    ck_assert_int_eq(get(owner(), object(id), "user.mime_type", 8), ERANGE);
    ck_assert_int_eq(get(owner(), object(id), "user.mime_type", 9), 0);
    ck_assert_str_eq(req->data, "image/gif");
    ck_assert_int_eq(get(owner(), object(id), "user.xdg.origin.url", 100), 0);
    ck_assert_str_eq(req->data, "http://example.com/x");
    ck_assert_int_eq(get(owner(), object(id), "user.dlota.Name", 100), 0);
    ck_assert_str_eq(req->data, "a.gif");
}
END_TEST

START_TEST(what_is_not_there)
{
    static const char *const names[] = {"user.dlota.Vendor", "user.dlota.name",  "user.dlota.",
                                        "user.other",        "security.selinux", "system.posix_acl_access"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(get(owner(), object(id), names[i], 0), ENODATA);
    ck_assert_int_eq(get(owner(), fixed(NODE_INSTALLED), "user.mime_type", 0), ENODATA);
    ck_assert_int_eq(get(owner(), status_of(id), "user.mime_type", 0), ENODATA);
    ck_assert_int_eq(get(owner(), object(999), "user.mime_type", 0), ENOENT);
    ck_assert_int_eq(get(owner(), 0, "user.mime_type", 0), ENODATA);
}
END_TEST

static bool lists(const char *name)
{
    for (const char *p = req->data; p < req->data + req->n; p += strlen(p) + 1)
        if (strcmp(p, name) == 0)
            return true;
    return false;
}

/* The description of 3 000 bytes would not fit an ext4 inode's block: it is not listed, but can be read. */
START_TEST(list_is_cut_values_are_not)
{
    size_t n;

    fs_ops.listxattr(owner(), object(id), 0);
    ck_assert_int_eq(answer(), 0);
    n = req->n;
    fs_ops.listxattr(owner(), object(id), n - 1);
    ck_assert_int_eq(answer(), ERANGE);
    fs_ops.listxattr(owner(), object(id), n);
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_eq(req->n, n);
    ck_assert(lists("user.mime_type") && lists("user.xdg.origin.url"));
    ck_assert(lists("user.dlota.Name") && lists("user.dlota.Type") && lists("user.dlota.ObjectURI"));
    ck_assert(!lists("user.dlota.Description"));
    ck_assert_int_eq(get(owner(), object(id), "user.dlota.Description", 4096), 0);
    ck_assert_uint_eq(req->n, 3000);
}
END_TEST

START_TEST(nothing_to_list)
{
    const uint64_t none[] = {fixed(NODE_ROOT), fixed(NODE_SUMMARY), status_of(id), object(999), 0};

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        fs_ops.listxattr(owner(), none[i], 100);
        ck_assert_int_eq(answer(), 0);
        ck_assert_uint_eq(req->n, 0);
    }
}
END_TEST

START_TEST(none_can_be_set)
{
    fs_ops.setxattr(owner(), object(id), "user.mime_type", "x", 1, 0);
    ck_assert_int_eq(answer(), EPERM);
    fs_ops.removexattr(owner(), object(id), "user.mime_type");
    ck_assert_int_eq(answer(), EPERM);
    fs_ops.setxattr(owner(), object(id), "security.selinux", "x", 1, 0);
    ck_assert_int_eq(answer(), ENOTSUP);
    fs_ops.setxattr(owner(), node_number(NODE_INBOX, 1), "user.x", "x", 1, 0); /* cp -a goes on without */
    ck_assert_int_eq(answer(), ENOTSUP);
}
END_TEST

/* A line of the status file is as secret as the file. */
START_TEST(umask_keeps_others_out)
{
    ck_assert_int_eq(get(stranger(), object(id), "user.mime_type", 100), 0);
    unmount();
    mount_with(077);
    id = fake_object(d, "a.gif", DLOTA_IN_INSTALLED, "", "GIF");
    ck_assert_int_eq(get(stranger(), object(id), "user.mime_type", 100), EACCES);
    ck_assert_int_eq(get(stranger(), object(id), "security.selinux", 100), ENODATA);
    fs_ops.listxattr(stranger(), object(id), 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_eq(req->n, 0);
    ck_assert_int_eq(get(owner(), object(id), "user.mime_type", 100), 0);
    ck_assert_int_eq(get(as(0, 0), object(id), "user.mime_type", 100), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {value_and_its_size,
                                  what_is_not_there,
                                  list_is_cut_values_are_not,
                                  nothing_to_list,
                                  none_can_be_set,
                                  umask_keeps_others_out,
                                  NULL};

    return run_cases("fs_xattr", tests, setup);
}
