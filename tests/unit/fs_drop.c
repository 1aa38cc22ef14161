/* inbox/ as the kernel asks for it: requests, answers and who may; the rules themselves are tested in fs_inbox.c. */
#include <signal.h>
#include <sys/wait.h>

#include "unit/fs_kernel.h"

static struct fuse_file_info fi;

static int create_as(struct fuse_req *r, const char *name, int flags)
{
    fi = (struct fuse_file_info){.flags = flags};
    fs_ops.create(r, fixed(NODE_INBOX_DIR), name, S_IFREG | 0640, &fi);
    fi = r->fi;
    return answer();
}

static int create(const char *name) { return create_as(owner(), name, O_WRONLY | O_CREAT); }

static int put(const char *text)
{
    fs_ops.write(owner(), 1, text, strlen(text), 0, &fi);
    return answer();
}

/* close(2): FLUSH, answered by the agent with rc; then RELEASE. */
static int flush(int rc)
{
    fs_ops.flush(owner(), 1, &fi);
    fake_answer(d, rc);
    return answer();
}

static void drop(const char *name)
{
    ck_assert_int_eq(create(name), 0);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(flush(0), 0);
    release(&fi);
}

/* ---- from create to taken ---- */

START_TEST(a_drop)
{
    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_uint_eq(req->entry.ino, node_number(NODE_INBOX, 0));
    ck_assert_uint_eq(req->entry.attr.st_mode, S_IFREG | 0640);
    ck_assert_uint_eq(req->entry.attr.st_uid, OWNER);
    ck_assert(fi.direct_io);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_uint_eq(req->n, 4);
    ck_assert_str_eq(fake_spool(d, 0), "text");
    fs_ops.flush(owner(), 1, &fi);
    ck_assert_int_eq(req->answers, 0); /* parked: no thread waits for the disk */
    ck_assert_uint_eq(park_waiting(fs->park), 1);
    fake_answer(d, 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_str_eq(fake_log(d), "sync 0\n");
    release(&fi);
    ck_assert_str_eq(fake_log(d), "sync 0\noffer 0 x.dd\n");
    fake_answer(d, 0);
    ck_assert_int_eq(lookup(fixed(NODE_FAILED), "x.dd"), 0); /* the fake knows no good descriptor */
}
END_TEST

START_TEST(a_failed_flush_is_told_and_not_taken)
{
    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(flush(-ENOSPC), ENOSPC);
    release(&fi);
    ck_assert_str_eq(fake_log(d), "sync 0\n");
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "x.dd"), 0);
    ck_assert_int_eq(req->entry.attr.st_size, 4);
}
END_TEST

START_TEST(nothing_to_flush)
{
    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_int_eq(flush(0), 0); /* what the shell's `>` does first */
    ck_assert_str_eq(fake_log(d), "");
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(flush(0), 0);
    ck_assert_int_eq(flush(0), 0); /* a duplicate's close */
    ck_assert_str_eq(fake_log(d), "sync 0\n");
    fs_ops.fsync(owner(), 1, 0, &fi);
    ck_assert_int_eq(answer(), 0);
    release(&fi);
}
END_TEST

START_TEST(readers_are_no_writers)
{
    struct fuse_file_info reader;

    ck_assert_int_eq(create("x.part"), 0);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(open_file(node_number(NODE_INBOX, 0), O_RDONLY, &reader), 0);
    ck_assert_str_eq(read_file(&reader, 100, 1), "ext");
    fs_ops.flush(owner(), 1, &reader);
    ck_assert_int_eq(answer(), 0);
    release(&reader);
    ck_assert_str_eq(fake_log(d), "");
    release(&fi);
}
END_TEST

/* FLUSH comes from a process that is being killed, too. */
START_TEST(a_killed_writer)
{
    const pid_t child = fork();
    siginfo_t info;

    if (child == 0) {
        for (;;)
            (void)pause();
    }
    ck_assert_int_gt(child, 0);
    (void)kill(child, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_int_eq(put("te"), 0);
    owner()->ctx.pid = child;
    fs_ops.flush(req, 1, &fi);
    ck_assert_int_eq(answer(), 0);
    release(&fi);
    (void)waitpid(child, NULL, 0);
    ck_assert_str_eq(fake_log(d), "");
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "x.dd"), 0);
}
END_TEST

/* ---- taken names ---- */

START_TEST(a_ghost_takes_everything)
{
    struct stat st = {.st_mode = 0600};

    drop("x.dd");
    fake_answer(d, 0);
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "x.dd"), 0);
    fs_ops.setattr(owner(), node_number(NODE_INBOX, 0), &st, FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID, NULL);
    ck_assert_int_eq(answer(), 0);
    fs_ops.setattr(owner(), node_number(NODE_INBOX, 0), &st, FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME, NULL);
    ck_assert_int_eq(answer(), 0);
    fs_ops.rename(owner(), fixed(NODE_INBOX_DIR), "x.dd", fixed(NODE_INBOX_DIR), "y.dd", 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "x.dd"), ENOENT);
    fs_ops.unlink(owner(), fixed(NODE_INBOX_DIR), "y.dd");
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "y.dd"), ENOENT);
    ck_assert_int_eq(open_file(node_number(NODE_INBOX, 0), O_WRONLY, &fi), ESTALE);
    ck_assert_str_eq(fake_log(d), "sync 0\noffer 0 x.dd\n");
}
END_TEST

/* The kernel knows the inode still, RELEASE is late: look the name up again, and create. */
START_TEST(the_next_writer_gets_a_file_of_his_own)
{
    struct fuse_file_info late;

    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_int_eq(put("one"), 0);
    ck_assert_int_eq(flush(0), 0);
    late = fi;
    ck_assert_int_eq(open_file(node_number(NODE_INBOX, 0), O_WRONLY | O_TRUNC, &fi), ESTALE);
    ck_assert_str_eq(fake_log(d), "sync 0\noffer 0 x.dd\n");
    ck_assert_str_eq(fake_spool(d, 0), "one");
    ck_assert_int_eq(create("x.dd"), 0);
    ck_assert_uint_eq(req->entry.ino, node_number(NODE_INBOX, 1));
    ck_assert_int_eq(put("two"), 0);
    ck_assert_int_eq(flush(0), 0);
    release(&late);
    release(&fi);
    ck_assert_ptr_nonnull(strstr(fake_log(d), "offer 1 x.dd\n"));
}
END_TEST

START_TEST(refused_and_taken_later)
{
    drop("x.dd");
    fake_answer(d, -ENOSPC);
    ck_assert_int_eq(lookup(fixed(NODE_INBOX_DIR), "x.dd"), 0);
    ck_assert_int_gt(inbox_again(fs->inbox, clock_ms()), 0);
    (void)inbox_again(fs->inbox, clock_ms() + INBOX_AGAIN_MS);
    ck_assert_str_eq(fake_log(d), "sync 0\noffer 0 x.dd\noffer 0 x.dd\n");
    fake_answer(d, 0);
    ck_assert_int_eq(lookup(fixed(NODE_FAILED), "x.dd"), 0);
}
END_TEST

/* ---- data ---- */

START_TEST(sizes)
{
    struct stat st = {.st_size = 2};

    ck_assert_int_eq(create("x.part"), 0);
    ck_assert_int_eq(put("text"), 0);
    fs_ops.setattr(owner(), node_number(NODE_INBOX, 0), &st, FUSE_SET_ATTR_SIZE, &fi);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(req->st.st_size, 2);
    ck_assert_str_eq(fake_spool(d, 0), "te");
    st.st_size = 3;
    fs_ops.setattr(owner(), node_number(NODE_INBOX, 0), &st, FUSE_SET_ATTR_SIZE, NULL);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(req->st.st_size, 3);
    st.st_size = LIMIT_SPOOL + 1;
    fs_ops.setattr(owner(), node_number(NODE_INBOX, 0), &st, FUSE_SET_ATTR_SIZE, &fi);
    ck_assert_int_eq(answer(), EFBIG);
    fs_ops.write(owner(), 1, "x", 1, LIMIT_SPOOL, &fi);
    ck_assert_int_eq(answer(), EFBIG);
    fs_ops.write(owner(), 1, "x", 1, LIMIT_SPOOL - 1, &fi);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(getattr(node_number(NODE_INBOX, 0)), 0);
    ck_assert_int_eq(req->st.st_size, LIMIT_SPOOL);
    release(&fi);
}
END_TEST

/* ---- names ---- */

static int rename_it(const char *from, enum node_fixed to_dir, const char *to, unsigned flags)
{
    fs_ops.rename(owner(), fixed(NODE_INBOX_DIR), from, fixed(to_dir), to, flags);
    return answer();
}

START_TEST(renames)
{
    char name[300];

    ck_assert_int_eq(create("x.part"), 0);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(flush(0), 0);
    release(&fi);
    ck_assert_int_eq(rename_it("x.part", NODE_INBOX_DIR, "y.part", 2), EINVAL); /* RENAME_EXCHANGE */
    ck_assert_int_eq(rename_it("x.part", NODE_PENDING, "x.part", 0), EPERM);
    ck_assert_int_eq(rename_it("x.part", NODE_ROOT, "x.part", 0), EPERM);
    ck_assert_int_eq(rename_it("nothing", NODE_INBOX_DIR, "y.part", 0), ENOENT);
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    ck_assert_int_eq(rename_it("x.part", NODE_INBOX_DIR, name, 0), ENAMETOOLONG);
    ck_assert_int_eq(create(name), ENAMETOOLONG);
    name[255] = '\0';
    ck_assert_int_eq(rename_it("x.part", NODE_INBOX_DIR, name, 0), 0);
    ck_assert_ptr_nonnull(strstr(fake_log(d), "offer 0 nnn"));
}
END_TEST

START_TEST(removed)
{
    ck_assert_int_eq(create("x.part"), 0);
    release(&fi);
    fs_ops.unlink(owner(), fixed(NODE_INBOX_DIR), "x.part");
    ck_assert_int_eq(answer(), 0);
    fs_ops.unlink(owner(), fixed(NODE_INBOX_DIR), "x.part");
    ck_assert_int_eq(answer(), ENOENT);
    ck_assert_str_eq(fake_log(d), "drop 0\n");
}
END_TEST

/* ---- who may ---- */

START_TEST(strangers)
{
    struct stat st = {.st_mode = 0777};
    const uint64_t x = node_number(NODE_INBOX, 0);
    struct fuse_file_info other;

    (void)fake_object(d, "a.bin", DLOTA_IN_PARTIAL, "", "");
    ck_assert_int_eq(create("x.part"), 0);
    ck_assert_int_eq(put("text"), 0);
    ck_assert_int_eq(create_as(stranger(), "y.dd", O_WRONLY | O_CREAT), EACCES);
    ck_assert_int_eq(open_as(stranger(), x, O_WRONLY, &other), EACCES);
    ck_assert_int_eq(open_as(stranger(), x, O_RDONLY | O_TRUNC, &other), EACCES);
    ck_assert_int_eq(open_as(stranger(), x, O_RDONLY, &other), EACCES); /* 0640 */
    ck_assert_int_eq(open_as(as(STRANGER, OWNERS_GROUP), x, O_RDONLY, &other), 0);
    release(&other);
    fs_ops.unlink(stranger(), fixed(NODE_INBOX_DIR), "x.part");
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.rename(stranger(), fixed(NODE_INBOX_DIR), "x.part", fixed(NODE_INBOX_DIR), "x.dd", 0);
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.setattr(stranger(), x, &st, FUSE_SET_ATTR_MODE, NULL);
    ck_assert_int_eq(answer(), EPERM);
    fs_ops.setattr(stranger(), x, &st, FUSE_SET_ATTR_SIZE, NULL);
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.unlink(stranger(), fixed(NODE_PARTIAL), "a.bin");
    ck_assert_int_eq(answer(), EACCES);
    ck_assert_str_eq(fake_log(d), "");
    ck_assert_int_eq(create_as(as(0, 0), "root.part", O_WRONLY | O_CREAT), 0);
}
END_TEST

START_TEST(nothing_else_can_be_made)
{
    static const enum node_fixed dirs[] = {NODE_ROOT,      NODE_INBOX_DIR, NODE_PENDING,    NODE_PARTIAL,
                                           NODE_INSTALLED, NODE_FAILED,    NODE_STATUS_DIR, NODE_DROPS};

    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        fs_ops.mkdir(as(0, 0), fixed(dirs[i]), "x", 0755);
        ck_assert_int_eq(answer(), EPERM);
        fs_ops.mknod(as(0, 0), fixed(dirs[i]), "x", S_IFIFO, 0);
        ck_assert_int_eq(answer(), EPERM);
        fs_ops.symlink(as(0, 0), "target", fixed(dirs[i]), "x");
        ck_assert_int_eq(answer(), EPERM);
        fs_ops.link(as(0, 0), object(1), fixed(dirs[i]), "x");
        ck_assert_int_eq(answer(), EPERM);
        fs_ops.rmdir(as(0, 0), fixed(dirs[i]), "x");
        ck_assert_int_eq(answer(), EPERM);
        if (dirs[i] == NODE_INBOX_DIR)
            continue;
        fs_ops.create(as(0, 0), fixed(dirs[i]), "x", 0644, &fi);
        ck_assert_int_eq(answer(), dirs[i] == NODE_STATUS_DIR ? ENOENT : EPERM);
    }
}
END_TEST

static void teardown(void)
{
    while (fs->handles.first) {
        struct handle *h = fs->handles.first;

        fs_drop_release(fs, h);
        (void)handle_free(&fs->handles, h);
    }
    unmount();
}

int main(void)
{
    const TTest *const tests[] = {a_drop,
                                  a_failed_flush_is_told_and_not_taken,
                                  nothing_to_flush,
                                  readers_are_no_writers,
                                  a_killed_writer,
                                  a_ghost_takes_everything,
                                  the_next_writer_gets_a_file_of_his_own,
                                  refused_and_taken_later,
                                  sizes,
                                  renames,
                                  removed,
                                  strangers,
                                  nothing_else_can_be_made,
                                  NULL};

    return run_mounted("fs_drop", tests, mount_022, teardown);
}
