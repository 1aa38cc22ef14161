/* Open files: their list, bytes, and what is shown of one that was removed. */
#include <pthread.h>

#include "unit/fs_kernel.h"

static const struct node node = {NODE_OBJECT, 7};

/* ---- the list ---- */

START_TEST(off_the_list_from_any_place)
{
    static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};

    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        struct handle *h[3];

        for (int i = 0; i < 3; i++) {
            h[i] = handle_new(HANDLE_TEXT, &node);
            ck_assert_ptr_nonnull(h[i]);
            ck_assert_int_eq(h[i]->fd, -1);
            handle_add(&fs->handles, h[i]);
            ck_assert_ptr_eq(fs->handles.first, h[i]);
        }
        for (int i = 0; i < 3; i++) {
            int left = 0;

            ck_assert_ptr_null(handle_free(&fs->handles, h[orders[o][i]]));
            for (const struct handle *x = fs->handles.first; x; x = x->after)
                left++;
            ck_assert_int_eq(left, 2 - i);
        }
        ck_assert_ptr_null(fs->handles.first);
    }
    ck_assert_ptr_null(handle_free(&fs->handles, NULL));
    ck_assert_ptr_null(handle_free(&fs->handles, handle_new(HANDLE_TEXT, &node))); /* never added */
}
END_TEST

START_TEST(stat_of_an_open_file)
{
    struct handle *h = handle_new(HANDLE_BYTES, &node);
    struct stat st;

    handle_add(&fs->handles, h);
    ck_assert(!handles_stat(&fs->handles, &node, &st)); /* it knows nothing */
    h->st = (struct stat){.st_mode = S_IFREG | 0444, .st_size = 5, .st_nlink = 1};
    ck_assert(handles_stat(&fs->handles, &node, &st));
    ck_assert_int_eq(st.st_size, 5);
    ck_assert_uint_eq(st.st_nlink, 0);
    ck_assert(!handles_stat(&fs->handles, &(struct node){NODE_OBJECT, 8}, &st));
    ck_assert(!handles_stat(&fs->handles, &(struct node){NODE_STATUS, 7}, &st));
    (void)handle_free(&fs->handles, h);
    ck_assert(!handles_stat(&fs->handles, &node, &st));
}
END_TEST

START_TEST(told_once_a_second)
{
    struct handle h = {0};

    handle_tell(&h, 5000);
    ck_assert(h.told);
    ck_assert_int_eq(h.not_before, 6000);
    handle_tell(&h, 5500); /* it knows already: the second does not begin again */
    ck_assert_int_eq(h.not_before, 6000);
    h.told = false;
    handle_tell(&h, 7000);
    ck_assert_int_eq(h.not_before, 8000);
}
END_TEST

/* RELEASE may overtake the thread that has answered the last read. */
START_TEST(lives_as_long_as_a_request)
{
    struct handle *h = handle_new(HANDLE_TEXT, &node);
    int left = 0;

    handle_add(&fs->handles, h);
    ck_assert_ptr_eq(handle_hold(h), h);
    handle_put(&fs->handles, h);
    ck_assert_ptr_eq(fs->handles.first, h);
    for (const struct handle *x = fs->handles.first; x; x = x->after)
        left++;
    ck_assert_int_eq(left, 1);
    handle_put(&fs->handles, h);
    ck_assert_ptr_null(fs->handles.first);
}
END_TEST

static void *open_and_close(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        struct handle *h = handle_new(HANDLE_TEXT, &node);
        struct stat st;

        handle_add(&fs->handles, h);
        (void)handles_stat(&fs->handles, &node, &st);
        (void)handle_free(&fs->handles, h);
    }
    return NULL;
}

START_TEST(from_many_threads)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, NULL), 0);
    for (int i = 0; i < 4; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_ptr_null(fs->handles.first);
}
END_TEST

/* ---- bytes ---- */

START_TEST(bytes_of_an_installed_object)
{
    const int64_t id = fake_object(d, "a.gif", DLOTA_IN_INSTALLED, "", "GIF89a");
    struct fuse_file_info fi;

    ck_assert_int_eq(open_file(object(id), O_RDONLY, &fi), 0);
    ck_assert(fi.keep_cache && !fi.direct_io);
    ck_assert_str_eq(read_file(&fi, 100, 0), "GIF89a");
    ck_assert_str_eq(read_file(&fi, 2, 3), "89");
    ck_assert_str_eq(read_file(&fi, 100, 6), "");
    fs_ops.flush(owner(), object(id), &fi);
    ck_assert_int_eq(answer(), 0);
    fs_ops.fsync(owner(), object(id), 0, &fi);
    ck_assert_int_eq(answer(), 0);
    release(&fi);
    ck_assert_ptr_null(fs->handles.first);
}
END_TEST

/* rm: whoever has it open keeps reading, and fstat(2) works. */
START_TEST(removed_while_open)
{
    const int64_t id = fake_object(d, "a.gif", DLOTA_IN_INSTALLED, "", "GIF89a");
    struct fuse_file_info fi;

    ck_assert_int_eq(open_file(object(id), O_RDONLY, &fi), 0);
    fs_ops.unlink(owner(), fixed(NODE_INSTALLED), "a.gif");
    ck_assert_int_eq(req->answers, 0);
    fake_answer(d, 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_str_eq(fake_log(d), "steer 1 remove\n");
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), "a.gif"), ENOENT);
    ck_assert_str_eq(read_file(&fi, 100, 0), "GIF89a");
    ck_assert_int_eq(getattr(object(id)), 0);
    ck_assert_int_eq(req->st.st_size, 6);
    ck_assert_uint_eq(req->st.st_nlink, 0);
    ck_assert(req->timeout <= 0);
    release(&fi);
    ck_assert_int_eq(getattr(object(id)), ENOENT);
}
END_TEST

/* Nobody reads what is not released, nor writes what is. */
START_TEST(what_cannot_be_opened)
{
    const int64_t waits = fake_object(d, "w", DLOTA_IN_PENDING, "", ""),
                  half = fake_object(d, "h", DLOTA_IN_PARTIAL, "", "half"),
                  full = fake_object(d, "f", DLOTA_IN_INSTALLED, "", "full"),
                  bad = fake_object(d, "b", DLOTA_IN_FAILED, "Code:\t906\n", "");
    struct fuse_file_info fi;

    ck_assert_int_eq(open_as(as(0, 0), object(waits), O_RDONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(as(0, 0), object(half), O_RDONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(as(0, 0), object(full), O_RDWR, &fi), EACCES);
    ck_assert_int_eq(open_as(as(0, 0), object(full), O_RDONLY | O_TRUNC, &fi), EACCES);
    ck_assert_int_eq(open_as(as(0, 0), object(bad), O_WRONLY, &fi), EACCES);
    ck_assert_int_eq(open_file(object(999), O_RDONLY, &fi), ENOENT);
    ck_assert_int_eq(open_file(fixed(NODE_INSTALLED), O_RDONLY, &fi), EISDIR);
    ck_assert_int_eq(open_file(node_number(NODE_DROP, full), O_RDONLY, &fi), ELOOP);
    ck_assert_int_eq(open_file(0, O_RDONLY, &fi), ESTALE);
    ck_assert_ptr_null(fs->handles.first);
}
END_TEST

START_TEST(attributes_of_each_folder)
{
    const int64_t half = fake_object(d, "h", DLOTA_IN_PARTIAL, "", "half of it"),
                  full = fake_object(d, "f", DLOTA_IN_INSTALLED, "", "full");

    ck_assert_int_eq(getattr(object(half)), 0);
    ck_assert_uint_eq(req->st.st_mode, S_IFREG);
    ck_assert_int_eq(req->st.st_size, 10000);
    ck_assert_int_eq(req->st.st_blocks, 1); /* du shows what has come */
    ck_assert_uint_eq(req->st.st_uid, OWNER);
    ck_assert_uint_eq(req->st.st_gid, OWNERS_GROUP);
    ck_assert_uint_eq(req->st.st_ino, object(half));
    ck_assert(req->timeout <= 0);
    ck_assert_int_eq(getattr(object(full)), 0);
    ck_assert_uint_eq(req->st.st_mode, S_IFREG | 0444);
    ck_assert_int_eq(req->st.st_size, 4);
    ck_assert(req->timeout > 0);
    ck_assert_int_eq(getattr(fixed(NODE_PARTIAL)), 0);
    ck_assert_uint_eq(req->st.st_mode, S_IFDIR | 0755);
    ck_assert_int_eq(getattr(fixed(NODE_STATUS_DIR)), 0);
    ck_assert_uint_eq(req->st.st_mode, S_IFDIR | 0555);
}
END_TEST

static int access_as(struct fuse_req *r, uint64_t ino, int mask)
{
    fs_ops.access(r, ino, mask);
    return answer();
}

START_TEST(access_says_what_open_would)
{
    const int64_t half = fake_object(d, "h", DLOTA_IN_PARTIAL, "", "half"),
                  full = fake_object(d, "f", DLOTA_IN_INSTALLED, "", "full");

    ck_assert_int_eq(access_as(as(0, 0), object(half), R_OK), EACCES);
    ck_assert_int_eq(access_as(as(0, 0), object(half), F_OK), 0);
    ck_assert_int_eq(access_as(stranger(), object(full), R_OK), 0);
    ck_assert_int_eq(access_as(as(0, 0), object(full), W_OK), EACCES);
    ck_assert_int_eq(access_as(as(0, 0), object(full), X_OK), EACCES);
    ck_assert_int_eq(access_as(owner(), status_of(half), R_OK | W_OK), 0);
    ck_assert_int_eq(access_as(stranger(), status_of(half), W_OK), EACCES);
    ck_assert_int_eq(access_as(owner(), fixed(NODE_INBOX_DIR), R_OK | W_OK | X_OK), 0);
    ck_assert_int_eq(access_as(stranger(), fixed(NODE_INBOX_DIR), W_OK), EACCES);
    ck_assert_int_eq(access_as(owner(), fixed(NODE_STATUS_DIR), W_OK), EACCES);
    ck_assert_int_eq(access_as(owner(), object(999), F_OK), ENOENT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {off_the_list_from_any_place,
                                  stat_of_an_open_file,
                                  told_once_a_second,
                                  lives_as_long_as_a_request,
                                  from_many_threads,
                                  bytes_of_an_installed_object,
                                  removed_while_open,
                                  what_cannot_be_opened,
                                  attributes_of_each_folder,
                                  access_says_what_open_would,
                                  NULL};

    return run_cases("fs_handle", tests, mount_022);
}
