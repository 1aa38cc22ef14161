/* Generated files: a handle's text, sizes, verbs, polling, and the generations of events. */
#include <poll.h>

#include "unit/fs_kernel.h"

static int64_t id;
static struct fuse_file_info fi;

static void setup(void)
{
    mount_022();
    id = fake_object(d, "a.bin", DLOTA_IN_PARTIAL, "State:\tdownloading\n", "12345");
}

static void say(const char *text) { (void)fake_object(d, "a.bin", DLOTA_IN_PARTIAL, text, "12345"); }

/* ---- text ---- */

START_TEST(text_stays_until_read_at_0)
{
    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    ck_assert(fi.direct_io);
    ck_assert_str_eq(read_file(&fi, 6, 0), "State:");
    say("State:\tpaused\n");
    ck_assert_str_eq(read_file(&fi, 100, 6), "\tdownloading\n");
    ck_assert_str_eq(read_file(&fi, 100, 19), "");
    ck_assert_str_eq(read_file(&fi, 100, 5000), "");
    ck_assert_str_eq(read_file(&fi, 100, 0), "State:\tpaused\n");
    release(&fi);
}
END_TEST

START_TEST(first_read_may_be_anywhere)
{
    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 100, 7), "downloading\n");
    release(&fi);
}
END_TEST

START_TEST(two_handles_have_two_texts)
{
    struct fuse_file_info other;

    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 5, 0), "State");
    say("State:\tpaused\n");
    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &other), 0);
    ck_assert_str_eq(read_file(&other, 100, 0), "State:\tpaused\n");
    ck_assert_str_eq(read_file(&fi, 100, 5), ":\tdownloading\n");
    release(&other);
    release(&fi);
}
END_TEST

START_TEST(sizes_are_those_of_the_text)
{
    const uint64_t files[] = {status_of(id), fixed(NODE_SUMMARY), fixed(NODE_LIST)};

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            off_t size;

            ck_assert_int_eq(getattr(files[i]), 0);
            ck_assert(req->timeout <= 0);
            size = req->st.st_size;
            ck_assert_int_gt(size, 0);
            ck_assert_int_gt(req->st.st_blocks, 0); /* 0 would be a hole to tar --sparse */
            ck_assert_int_eq(open_file(files[i], O_RDONLY, &fi), 0);
            ck_assert_int_eq((off_t)strlen(read_file(&fi, 4096, 0)), size);
            release(&fi);
        }
        say(round ? "State:\tpaused\nReason:\tpaused by user\n" : "State:\tqueued\n");
    }
}
END_TEST

START_TEST(a_change_is_seen_at_once)
{
    char before[200];

    ck_assert_int_eq(open_file(fixed(NODE_SUMMARY), O_RDONLY, &fi), 0);
    (void)strcpy(before, read_file(&fi, 100, 0));
    ck_assert_str_eq(read_file(&fi, 100, 0), before);
    fake_changed(d, id, DLOTA_CHANGED_STATE);
    ck_assert_str_ne(read_file(&fi, 100, 0), before);
    release(&fi);
}
END_TEST

START_TEST(a_report_in_failed_is_its_status)
{
    const int64_t bad = fake_object(d, "bad.dd", DLOTA_IN_FAILED, "Code:\t906\n", "");

    ck_assert_int_eq(getattr(object(bad)), 0);
    ck_assert_int_eq(req->st.st_size, 10);
    ck_assert_uint_eq(req->st.st_mode, S_IFREG | 0444);
    ck_assert_int_eq(open_file(object(bad), O_RDONLY, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 100, 0), "Code:\t906\n");
    fs_ops.write(owner(), object(bad), "retry", 5, 0, &fi);
    ck_assert_int_eq(answer(), EBADF);
    release(&fi);
}
END_TEST

START_TEST(removed_while_open)
{
    ck_assert_int_eq(open_file(status_of(id), O_RDWR, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 5, 0), "State");
    fs_ops.unlink(owner(), fixed(NODE_PARTIAL), "a.bin");
    fake_answer(d, 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_str_eq(read_file(&fi, 100, 5), ":\tdownloading\n");
    ck_assert_ptr_null(read_file(&fi, 100, 0));
    ck_assert_int_eq(req->err, ESTALE);
    ck_assert_int_eq(getattr(status_of(id)), 0); /* fstat(2) */
    ck_assert_uint_eq(req->st.st_nlink, 0);
    fs_ops.write(owner(), status_of(id), "pause", 5, 0, &fi);
    fake_answer(d, 0);
    ck_assert_int_eq(answer(), ENOENT);
    release(&fi);
    ck_assert_int_eq(getattr(status_of(id)), ENOENT);
}
END_TEST

/* ---- verbs ---- */

static int write_word(const char *word, off_t off)
{
    fs_ops.write(owner(), status_of(id), word, strlen(word), off, &fi);
    fake_answer(d, 0);
    return answer();
}

START_TEST(one_write_one_verb)
{
    ck_assert_int_eq(open_file(status_of(id), O_WRONLY | O_TRUNC | O_APPEND, &fi), 0);
    ck_assert_int_eq(write_word("pause\n", 0), 0);
    ck_assert_uint_eq(req->n, 6);
    ck_assert_int_eq(write_word(" resume \t\n", 31), 0); /* where it is written makes no difference */
    ck_assert_int_eq(write_word("retry", 0), EINVAL);    /* so says the agent */
    ck_assert_str_eq(fake_log(d), "steer 1 pause\nsteer 1 resume\nsteer 1 retry\n");
    release(&fi);
}
END_TEST

START_TEST(no_verbs)
{
    static const char *const words[] = {"paus",   "pauses",  "PAUSE",   "pause resume", "\n", "rm",
                                        "remove", "pau\nse", "update;", "900",          "0",  "\xff"};
    char many[LIMIT_VERB + 8];

    ck_assert_int_eq(open_file(status_of(id), O_WRONLY, &fi), 0);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_int_eq(write_word(words[i], 0), EINVAL);
    memset(many, ' ', sizeof many - 1);
    memcpy(many, "pause", 5);
    many[sizeof many - 1] = '\0';
    ck_assert_int_eq(write_word(many, 0), EINVAL);
    ck_assert_str_eq(fake_log(d), "");
    release(&fi);
}
END_TEST

/* The answer comes with the agent's turn, not before. */
START_TEST(a_verb_waits_for_its_turn)
{
    ck_assert_int_eq(open_file(status_of(id), O_WRONLY, &fi), 0);
    fs_ops.write(owner(), status_of(id), "pause", 5, 0, &fi);
    ck_assert_int_eq(req->answers, 0);
    ck_assert_uint_eq(park_waiting(fs->park), 1);
    fake_answer(d, -EOPNOTSUPP);
    ck_assert_int_eq(answer(), EOPNOTSUPP);
    ck_assert_uint_eq(park_waiting(fs->park), 0);
    release(&fi);
}
END_TEST

START_TEST(truncating_does_nothing)
{
    struct stat st = {.st_size = 0};

    fs_ops.setattr(owner(), status_of(id), &st, FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_MTIME, NULL);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(req->st.st_size, (off_t)strlen("State:\tdownloading\n"));
    fs_ops.setattr(owner(), fixed(NODE_SUMMARY), &st, FUSE_SET_ATTR_SIZE, NULL);
    ck_assert_int_eq(answer(), EACCES);
    fs_ops.setattr(owner(), status_of(id), &st, FUSE_SET_ATTR_MODE, NULL);
    ck_assert_int_eq(answer(), EPERM);
    fs_ops.setattr(owner(), status_of(id), &st, FUSE_SET_ATTR_MTIME_NOW, NULL);
    ck_assert_int_eq(answer(), EPERM);
}
END_TEST

START_TEST(others_read_but_do_not_steer)
{
    ck_assert_int_eq(open_as(stranger(), status_of(id), O_RDONLY, &fi), 0);
    release(&fi);
    ck_assert_int_eq(open_as(stranger(), status_of(id), O_WRONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(stranger(), status_of(id), O_RDWR, &fi), EACCES);
    ck_assert_int_eq(open_as(stranger(), status_of(id), O_RDONLY | O_TRUNC, &fi), EACCES);
    ck_assert_int_eq(open_as(owner(), fixed(NODE_SUMMARY), O_RDWR, &fi), EACCES);
    unmount();
    mount_with(077);
    id = fake_object(d, "a.bin", DLOTA_IN_PARTIAL, "x", "");
    ck_assert_int_eq(open_as(stranger(), status_of(id), O_RDONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(stranger(), fixed(NODE_LIST), O_RDONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(as(STRANGER, OWNERS_GROUP), fixed(NODE_LIST), O_RDONLY, &fi), EACCES);
    ck_assert_int_eq(open_as(as(0, 0), status_of(id), O_RDWR, &fi), 0);
    release(&fi);
}
END_TEST

/* ---- poll ---- */

static unsigned poll_it(void)
{
    fs_ops.poll(owner(), 1, &fi, NULL);
    ck_assert_int_eq(answer(), 0);
    return req->revents;
}

START_TEST(changed_until_read)
{
    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    ck_assert_uint_eq(poll_it() & (POLLIN | POLLPRI), POLLIN | POLLPRI);
    (void)read_file(&fi, 100, 0);
    ck_assert_uint_eq(poll_it() & (POLLIN | POLLPRI | POLLERR), POLLIN);
    (void)read_file(&fi, 100, 3);
    ck_assert_uint_eq(poll_it() & POLLPRI, 0);
    release(&fi);
}
END_TEST

START_TEST(a_file_of_bytes_is_always_ready)
{
    const int64_t file = fake_object(d, "b.gif", DLOTA_IN_INSTALLED, "", "GIF");

    ck_assert_int_eq(open_file(object(file), O_RDONLY, &fi), 0);
    ck_assert_uint_eq(poll_it() & (POLLIN | POLLPRI), POLLIN);
    release(&fi);
}
END_TEST

/* ---- events ---- */

START_TEST(events_grow)
{
    fake_event(d, "one");
    ck_assert_int_eq(lookup(fixed(NODE_ROOT), "events"), 0);
    ck_assert_uint_eq(req->entry.ino, node_number(NODE_EVENTS, 1));
    ck_assert_int_eq(req->entry.attr.st_size, 4);
    ck_assert_int_eq(open_file(node_number(NODE_EVENTS, 1), O_RDONLY, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 100, 0), "one\n");
    ck_assert_uint_eq(poll_it(), 0);
    ck_assert_str_eq(read_file(&fi, 100, 4), "");
    fake_event(d, "two");
    ck_assert_uint_eq(poll_it() & POLLIN, POLLIN);
    ck_assert_str_eq(read_file(&fi, 100, 4), "two\n");
    ck_assert_str_eq(read_file(&fi, 100, 2), "e\ntwo\n"); /* no text is kept: it only grows */
    release(&fi);
}
END_TEST

/* tail -F: the old inode can be read to its end, the name leads to a new one. */
START_TEST(events_begin_anew)
{
    const uint64_t old = node_number(NODE_EVENTS, 1), new = node_number(NODE_EVENTS, 2);
    struct fuse_file_info next;

    fake_event(d, "one");
    ck_assert_int_eq(open_file(old, O_RDONLY, &fi), 0);
    ck_assert_str_eq(read_file(&fi, 3, 0), "one");
    fake_rotate(d);
    fake_event(d, "a later one");
    ck_assert_int_eq(lookup(fixed(NODE_ROOT), "events"), 0);
    ck_assert_uint_eq(req->entry.ino, new);
    ck_assert_int_eq(req->entry.attr.st_size, 12);
    ck_assert_int_eq(getattr(old), 0);
    ck_assert_int_eq(req->st.st_size, 4);
    ck_assert_str_eq(read_file(&fi, 100, 3), "\n");
    ck_assert_uint_eq(poll_it(), 0);
    ck_assert_int_eq(open_file(new, O_RDONLY, &next), 0);
    ck_assert_str_eq(read_file(&next, 100, 0), "a later one\n");
    release(&next);
    fake_rotate(d);
    ck_assert_ptr_null(read_file(&fi, 100, 0));
    ck_assert_int_eq(req->err, ESTALE);
    ck_assert_int_eq(open_file(old, O_RDONLY, &next), ESTALE);
    release(&fi);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {text_stays_until_read_at_0,
                                  first_read_may_be_anywhere,
                                  two_handles_have_two_texts,
                                  sizes_are_those_of_the_text,
                                  a_change_is_seen_at_once,
                                  a_report_in_failed_is_its_status,
                                  removed_while_open,
                                  one_write_one_verb,
                                  no_verbs,
                                  a_verb_waits_for_its_turn,
                                  truncating_does_nothing,
                                  others_read_but_do_not_steer,
                                  changed_until_read,
                                  a_file_of_bytes_is_always_ready,
                                  events_grow,
                                  events_begin_anew,
                                  NULL};

    return run_cases("fs_text", tests, setup);
}
