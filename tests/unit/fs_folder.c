/* Names: lookup, pages of a directory while entries come and go, links. */
#include <stdio.h>

#include "unit/fs_kernel.h"

/* ---- reading a directory as the kernel does ---- */

struct entry {
    char name[256];
    uint64_t ino;
    unsigned type;
    off_t cookie;
};
static struct entry entries[2048];
static unsigned n_entries;

/* The kernel's struct fuse_dirent: ino, off, namelen, type, name, padded to 8. */
static void unpack(const char *p, size_t n)
{
    while (n > 0) {
        struct entry *e = &entries[n_entries++];
        uint32_t name_n, type;
        size_t size;

        ck_assert_uint_lt(n_entries, 2048);
        memcpy(&e->ino, p, 8);
        memcpy(&e->cookie, p + 8, 8);
        memcpy(&name_n, p + 16, 4);
        memcpy(&type, p + 20, 4);
        ck_assert_uint_lt(name_n, sizeof e->name);
        memcpy(e->name, p + 24, name_n);
        e->name[name_n] = '\0';
        e->type = type << 12;
        size = (24 + name_n + 7) & ~7U;
        ck_assert_uint_le(size, n);
        p += size;
        n -= size;
    }
}

/* One page from where the last one ended; false at the end. */
static bool page(uint64_t dir, size_t size)
{
    fs_ops.readdir(owner(), dir, size, n_entries ? entries[n_entries - 1].cookie : 0, NULL);
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_le(req->n, size);
    unpack(req->data, req->n);
    return req->n > 0;
}

static void list(uint64_t dir, size_t size)
{
    n_entries = 0;
    while (page(dir, size))
        ;
}

static unsigned count(const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < n_entries; i++)
        n += strcmp(entries[i].name, name) == 0;
    return n;
}

static int64_t add(int i, enum dlota_folder folder)
{
    char name[32];

    (void)snprintf(name, sizeof name, "object-%04d.bin", i);
    return fake_object(d, name, folder, "State:\tx\n", "bytes");
}

/* ---- directories ---- */

START_TEST(root)
{
    static const char *const names[] = {"inbox",  "pending",       "partial", "installed", "failed",
                                        "status", "by-descriptor", "summary", "list",      "events"};

    for (size_t size = 64; size <= 4096; size *= 4) {
        list(fixed(NODE_ROOT), size);
        ck_assert_uint_eq(n_entries, 12);
        ck_assert(count(".") == 1 && count("..") == 1);
        for (int i = 0; i < 10; i++)
            ck_assert_uint_eq(count(names[i]), 1);
    }
    for (unsigned i = 0; i < n_entries; i++) {
        const bool dir = entries[i].type == S_IFDIR;

        if (entries[i].name[0] == '.')
            continue;
        ck_assert_int_eq(lookup(fixed(NODE_ROOT), entries[i].name), 0);
        ck_assert_uint_eq(req->entry.ino, entries[i].ino);
        ck_assert(dir == !!S_ISDIR(req->entry.attr.st_mode));
    }
    ck_assert_int_eq(lookup(fixed(NODE_ROOT), "nothing"), ENOENT);
    ck_assert_int_eq(getattr(fixed(NODE_ROOT)), 0);
    ck_assert_uint_eq(req->st.st_nlink, 9); /* itself, its name, and ".." of seven directories */
}
END_TEST

/* More entries than a page holds, pages of any size: each one once, in order. */
START_TEST(pages)
{
    for (int i = 0; i < 450; i++)
        (void)add(i, i % 3 ? DLOTA_IN_PARTIAL : DLOTA_IN_FAILED);
    for (size_t size = 512; size <= 1 << 16; size *= 2) {
        list(fixed(NODE_PARTIAL), size);
        ck_assert_uint_eq(n_entries, 302);
        for (unsigned i = 3; i < n_entries; i++)
            ck_assert_str_lt(entries[i - 1].name, entries[i].name);
    }
    list(fixed(NODE_FAILED), 4096);
    ck_assert_uint_eq(n_entries, 152);
    list(fixed(NODE_STATUS_DIR), 4096);
    ck_assert_uint_eq(n_entries, 452);
    ck_assert_uint_eq(entries[2].ino, status_of(1));
    list(fixed(NODE_INSTALLED), 4096);
    ck_assert_uint_eq(n_entries, 2);
}
END_TEST

/* What stays is seen once, whatever comes and goes meanwhile; what comes later is seen. */
START_TEST(entries_come_and_go_between_pages)
{
    for (int i = 0; i < 100; i++)
        (void)add(i, DLOTA_IN_PARTIAL);
    n_entries = 0;
    for (int i = 0; page(fixed(NODE_PARTIAL), 512); i++) {
        (void)add(i, DLOTA_IN_INSTALLED);      /* behind us, or the one just read */
        (void)add(60 + i, DLOTA_IN_INSTALLED); /* maybe before us */
        if (i < 5)
            (void)add(200 + i, DLOTA_IN_PARTIAL);
    }
    for (int i = 40; i < 60; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "object-%04d.bin", i);
        ck_assert_uint_eq(count(name), 1);
    }
    for (unsigned i = 0; i < n_entries; i++)
        ck_assert_uint_eq(count(entries[i].name), 1);
    ck_assert_uint_eq(count("object-0204.bin"), 1);
}
END_TEST

START_TEST(readdirplus_tells_all_of_installed_only)
{
    const int64_t a = add(1, DLOTA_IN_INSTALLED);
    uint64_t ino;

    (void)add(2, DLOTA_IN_PARTIAL);
    fs_ops.readdirplus(owner(), fixed(NODE_INSTALLED), 4096, 2, NULL);
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_gt(req->n, 128);
    memcpy(&ino, req->data, 8); /* struct fuse_entry_out comes first: its node number */
    ck_assert_uint_eq(ino, object(a));
    fs_ops.readdirplus(owner(), fixed(NODE_PARTIAL), 4096, 2, NULL);
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_gt(req->n, 128);
    memcpy(&ino, req->data, 8);
    ck_assert_uint_eq(ino, 0);
    fs_ops.readdirplus(owner(), fixed(NODE_PARTIAL), 100, 2, NULL); /* no room for one */
    ck_assert_int_eq(answer(), 0);
    ck_assert_uint_eq(req->n, 0);
}
END_TEST

START_TEST(inbox_lists_what_waits)
{
    struct fuse_file_info fi = {.flags = O_WRONLY};

    fs_ops.create(owner(), fixed(NODE_INBOX_DIR), "x.part", 0644, &fi);
    ck_assert_int_eq(answer(), 0);
    fi = req->fi;
    list(fixed(NODE_INBOX_DIR), 4096);
    ck_assert_uint_eq(n_entries, 3);
    ck_assert_str_eq(entries[2].name, "x.part");
    release(&fi);
}
END_TEST

START_TEST(no_directory)
{
    fs_ops.readdir(owner(), object(1), 4096, 0, NULL);
    ck_assert_int_eq(answer(), ENOTDIR);
    ck_assert_int_eq(lookup(object(1), "x"), ENOTDIR);
    ck_assert_int_eq(lookup(0, "x"), ESTALE);
}
END_TEST

/* ---- lookup ---- */

START_TEST(an_object_is_in_one_folder)
{
    static const enum node_fixed dirs[] = {NODE_PENDING, NODE_PARTIAL, NODE_INSTALLED, NODE_FAILED};

    for (int in = 0; in < 4; in++) {
        const int64_t id = fake_object(d, "x.bin", DLOTA_IN_PENDING + (unsigned)in, "State:\tx\n", "12345");

        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(lookup(fixed(dirs[i]), "x.bin"), i == in ? 0 : ENOENT);
            if (i != in)
                continue;
            ck_assert_uint_eq(req->entry.ino, object(id));
            ck_assert(dirs[i] == NODE_INSTALLED ? req->entry.entry_timeout > 0 : req->entry.entry_timeout <= 0);
        }
        ck_assert_int_eq(lookup(fixed(NODE_STATUS_DIR), "x.bin"), 0);
        ck_assert_uint_eq(req->entry.ino, status_of(id));
    }
}
END_TEST

START_TEST(long_names)
{
    char name[300];

    memset(name, 'n', sizeof name);
    name[255] = '\0';
    (void)fake_object(d, name, DLOTA_IN_INSTALLED, "", "x");
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), name), 0);
    list(fixed(NODE_INSTALLED), 400);
    ck_assert_uint_eq(count(name), 1);
    name[255] = 'n';
    name[256] = '\0';
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), name), ENAMETOOLONG);
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), name), ENAMETOOLONG);
}
END_TEST

START_TEST(links)
{
    const int64_t id = add(7, DLOTA_IN_FAILED);
    const uint64_t ino = node_number(NODE_DROP, id);

    ck_assert_int_eq(lookup(fixed(NODE_DROPS), "object-0007.bin"), 0);
    ck_assert_uint_eq(req->entry.ino, ino);
    ck_assert(S_ISLNK(req->entry.attr.st_mode));
    ck_assert_int_eq(req->entry.attr.st_size, (off_t)strlen("../status/object-0007.bin"));
    fs_ops.readlink(owner(), ino);
    ck_assert_int_eq(answer(), 0);
    ck_assert_str_eq(req->data, "../status/object-0007.bin");
    fs_ops.readlink(owner(), object(id));
    ck_assert_int_eq(answer(), EINVAL);
    fs_ops.readlink(owner(), node_number(NODE_DROP, 999));
    ck_assert_int_eq(answer(), ENOENT);
    list(fixed(NODE_DROPS), 4096);
    ck_assert_uint_eq(n_entries, 3);
    ck_assert_uint_eq(entries[2].type, S_IFLNK);
}
END_TEST

/* ---- others ---- */

START_TEST(who_may_search)
{
    (void)add(1, DLOTA_IN_INSTALLED);
    fs_ops.lookup(stranger(), fixed(NODE_INSTALLED), "object-0001.bin");
    ck_assert_int_eq(answer(), 0);
    unmount();
    mount_with(077);
    (void)add(1, DLOTA_IN_INSTALLED);
    fs_ops.lookup(stranger(), fixed(NODE_INSTALLED), "object-0001.bin");
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.opendir(stranger(), fixed(NODE_INSTALLED), &(struct fuse_file_info){0});
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.opendir(owner(), fixed(NODE_INSTALLED), &(struct fuse_file_info){0});
    ck_assert_int_eq(answer(), 0);
    /* A name that the kernel remembered it would show to anybody. */
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), "object-0001.bin"), 0);
    ck_assert(req->entry.entry_timeout <= 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {root,
                                  pages,
                                  entries_come_and_go_between_pages,
                                  readdirplus_tells_all_of_installed_only,
                                  inbox_lists_what_waits,
                                  no_directory,
                                  an_object_is_in_one_folder,
                                  long_names,
                                  links,
                                  who_may_search,
                                  NULL};

    return run_cases("fs_folder", tests, mount_022);
}
