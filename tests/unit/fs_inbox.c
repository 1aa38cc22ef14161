/* The rules of inbox/: what is taken and when, and what a name means until then. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fake/fake.h"
#include "fs/inbox.h"

static dlota *d;
static struct inbox *ib;
static struct {
    uint64_t spool;
    char name[256];
    struct inbox_file *file;
} offers[64];
static unsigned n_offers;

static void on_offer(void *arg, uint64_t spool, const char *name, struct inbox_file *file)
{
    (void)arg;
    ck_assert_uint_lt(n_offers, 64);
    offers[n_offers].spool = spool;
    offers[n_offers].file = file;
    (void)snprintf(offers[n_offers].name, sizeof offers[0].name, "%s", name);
    n_offers++;
}

static void answer(int rc)
{
    for (unsigned i = 0; i < n_offers; i++)
        if (offers[i].file)
            inbox_taken(ib, offers[i].file, rc, 0), offers[i].file = NULL;
}

static void setup(void)
{
    n_offers = 0;
    d = fake_new();
    ck_assert_int_eq(inbox_new(d, on_offer, NULL, &ib), 0);
}

static void teardown(void)
{
    answer(0);
    ib = inbox_free(ib);
    d = fake_free(d);
}

/* ---- shorthands ---- */

static struct inbox_file *create(const char *name, int64_t now)
{
    struct inbox_file *f;

    ck_assert_int_eq(inbox_create(ib, name, 0644, O_WRONLY, now, &f), 0);
    return f;
}

static void put(struct inbox_file *f, const char *text)
{
    ck_assert_int_eq(inbox_write(ib, f, text, strlen(text), 0), (ssize_t)strlen(text));
}

/* A FLUSH that succeeds; was there anything to flush? */
static bool flush(struct inbox_file *f, int64_t now)
{
    uint64_t mark;

    if (inbox_sync(ib, f, INBOX_FLUSH, &mark) == 0)
        return false;
    inbox_synced(ib, f, mark, 0, now);
    return true;
}

static void release(struct inbox_file *f, int64_t now) { inbox_close(ib, f, true, now); }

static void drop(const char *name, const char *text, int64_t now)
{
    struct inbox_file *f = create(name, now);

    put(f, text);
    ck_assert(flush(f, now));
    release(f, now);
}

static bool exists(const char *name, int64_t now)
{
    struct inbox_stat st;

    return inbox_find(ib, name, now, &st) == 0;
}

static uint64_t number(const char *name, int64_t now)
{
    struct inbox_stat st;

    ck_assert_int_eq(inbox_find(ib, name, now, &st), 0);
    return st.spool;
}

static int note(void *arg, int64_t id, const char *name)
{
    (void)id;
    (void)strcat(strcat(arg, name), " ");
    return 0;
}

static const char *listing(void)
{
    static char names[4096];

    names[0] = '\0';
    inbox_list(ib, -1, note, names);
    return names;
}

/* ---- taking ---- */

START_TEST(final_names)
{
    static const char *const final[] = {"a.dd", "x", "a.part.dd", "tmp", "part", "~a", "a.swpx", "a.tmp2"};
    static const char *const unfinished[] = {".a.dd",        "a.dd~", "a.part",   "a.PART", "a.tmp", "a.Tmp",
                                             "a.crdownload", "a.swp", ".x.dd.q1", "~",      ".part"};

    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        ck_assert_msg(inbox_final_name(final[i]), "%s", final[i]);
    for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++)
        ck_assert_msg(!inbox_final_name(unfinished[i]), "%s", unfinished[i]);
}
END_TEST

START_TEST(taken_on_release_after_flush)
{
    struct inbox_file *f = create("a.dd", 0);

    ck_assert(!flush(f, 0)); /* bash's dup2 closes before the first write */
    put(f, "text");
    ck_assert(flush(f, 0));
    ck_assert(!flush(f, 0)); /* another close, nothing written since */
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(listing(), "a.dd ");
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(offers[0].name, "a.dd");
    ck_assert_str_eq(listing(), "");
}
END_TEST

START_TEST(write_after_flush_needs_another)
{
    struct inbox_file *f = create("a.dd", 0);

    put(f, "one");
    ck_assert(flush(f, 0)); /* a forked child exits */
    put(f, "two");
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(listing(), "a.dd ");
}
END_TEST

START_TEST(write_during_flush_needs_another)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "one");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH, &mark), 1);
    put(f, "two");
    inbox_synced(ib, f, mark, 0, 0);
    ck_assert(flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(failed_flush_does_not_count)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "one");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH, &mark), 1);
    inbox_synced(ib, f, mark, -EIO, 0);
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(listing(), "a.dd ");
}
END_TEST

START_TEST(interrupted_close_is_taken_when_flushed)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "one");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH, &mark), 1);
    release(f, 0); /* EINTR: the RELEASE comes before the flush is done */
    ck_assert_uint_eq(n_offers, 0);
    inbox_synced(ib, f, mark, 0, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(killed_writer_waits)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "half");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH_KILLED, &mark), 0);
    ck_assert(!flush(f, 0)); /* its parent's close says nothing about it */
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(listing(), "a.dd ");

    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY, 0, &f), 0); /* touch */
    ck_assert(!flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);

    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY, 0, &f), 0); /* written to the end */
    put(f, "whole");
    ck_assert(flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(killed_after_fsync_is_taken)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "whole");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FSYNC, &mark), 1);
    inbox_synced(ib, f, mark, 0, 0);
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH_KILLED, &mark), 0);
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(fsync_after_a_killed_child_flushes)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "whole");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH_KILLED, &mark), 0);
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FSYNC, &mark), 1);
    inbox_synced(ib, f, mark, 0, 0);
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(last_of_two_writers)
{
    struct inbox_file *f = create("a.dd", 0), *g;

    put(f, "one");
    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY, 0, &g), 0);
    ck_assert(flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);
    put(g, "two");
    ck_assert(flush(g, 0));
    release(g, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(empty_and_unfinished_wait)
{
    release(create("empty.dd", 0), 0);
    drop("a.part", "text", 0);
    drop(".b.dd", "text", 0);
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(listing(), "empty.dd a.part .b.dd ");

    ck_assert_int_eq(inbox_rename(ib, "a.part", "a.dd", false, 0), 0);
    ck_assert_int_eq(inbox_rename(ib, ".b.dd", ".c.dd", false, 0), 0);
    ck_assert_int_eq(inbox_rename(ib, "empty.dd", "e.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(offers[0].name, "a.dd");
    ck_assert_str_eq(listing(), "e.dd .c.dd ");
}
END_TEST

START_TEST(unfinished_can_be_opened_again)
{
    struct inbox_file *f;

    drop("a.part", "one", 0);
    ck_assert_int_eq(inbox_open(ib, number("a.part", 0), O_WRONLY | O_TRUNC, 0, &f), 0);
    put(f, "x");
    ck_assert(flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_str_eq(fake_spool(d, number("a.part", 0)), "x");
}
END_TEST

START_TEST(rename_of_a_killed_ones_file_takes_it)
{
    struct inbox_file *f = create("a.dd", 0);
    uint64_t mark;

    put(f, "half");
    ck_assert_int_eq(inbox_sync(ib, f, INBOX_FLUSH_KILLED, &mark), 0);
    release(f, 0);
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "b.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(offers[0].name, "b.dd");
}
END_TEST

START_TEST(rename_before_the_late_release)
{
    struct inbox_file *f = create(".a.tmp", 0);

    put(f, "text");
    ck_assert(flush(f, 0));
    ck_assert_int_eq(inbox_rename(ib, ".a.tmp", "a.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 0);
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(offers[0].name, "a.dd");
}
END_TEST

/* ---- the promise ---- */

START_TEST(reopening_a_promised_name_detaches)
{
    struct inbox_file *f = create("a.dd", 0), *g;

    put(f, "one");
    ck_assert(flush(f, 0));
    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY | O_TRUNC, 0, &g), -ESTALE);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert(!exists("a.dd", 0));
    g = create("a.dd", 0);
    put(g, "two");
    ck_assert_int_eq(inbox_write(ib, f, "late", 4, 0), -ESTALE);
    release(f, 0); /* late */
    ck_assert_uint_eq(n_offers, 1);
    ck_assert(flush(g, 0));
    release(g, 0);
    ck_assert_uint_eq(n_offers, 2);
    ck_assert_str_eq(fake_spool(d, offers[0].spool), "one");
    ck_assert_str_eq(fake_spool(d, offers[1].spool), "two");
}
END_TEST

START_TEST(truncating_a_promised_name_detaches)
{
    struct inbox_file *f = create("a.dd", 0);

    put(f, "one");
    ck_assert(flush(f, 0));
    ck_assert_int_eq(inbox_truncate_path(ib, number("a.dd", 0), 0, 0), -ESTALE);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(fake_spool(d, offers[0].spool), "one");
    release(f, 0);
}
END_TEST

START_TEST(unlink_and_replacement_keep_the_promise)
{
    struct inbox_file *f = create("a.dd", 0), *g = create("b.dd", 0);

    put(f, "one");
    put(g, "two");
    ck_assert(flush(f, 0));
    ck_assert(flush(g, 0));
    ck_assert_int_eq(inbox_unlink(ib, "a.dd", 0), 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert(!exists("a.dd", 0));
    drop("c.part", "three", 0);
    ck_assert_int_eq(inbox_rename(ib, "c.part", "b.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 3);
    release(f, 0);
    release(g, 0);
    ck_assert_uint_eq(n_offers, 3);
    ck_assert_ptr_null(strstr(fake_log(d), "drop"));
}
END_TEST

START_TEST(rename_to_an_unfinished_name_keeps_the_promise)
{
    struct inbox_file *f = create("a.dd", 0);

    put(f, "one");
    ck_assert(flush(f, 0));
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "a.part", false, 0), 0);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_str_eq(listing(), "");
    ck_assert(exists("a.part", 0));
    ck_assert_str_eq(offers[0].name, "a.dd");
    release(f, 0);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(one_name_many_times)
{
    struct inbox_file *late[20];

    for (int i = 0; i < 20; i++) {
        char text[16];
        struct inbox_file *f;

        (void)snprintf(text, sizeof text, "n%d", i);
        if (exists("a.dd", 0)) {
            ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY | O_TRUNC, 0, &f), -ESTALE);
            ck_assert(!exists("a.dd", 0));
        }
        late[i] = create("a.dd", 0);
        put(late[i], text);
        ck_assert(flush(late[i], 0));
        if (i % 3 == 0)
            release(late[i], 0);
    }
    for (int i = 0; i < 20; i++)
        if (i % 3 != 0)
            release(late[i], 0);
    ck_assert_uint_eq(n_offers, 20);
    for (unsigned i = 0; i < 20; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "n%u", i);
        ck_assert_str_eq(fake_spool(d, offers[i].spool), text);
    }
}
END_TEST

/* ---- ghosts ---- */

START_TEST(ghost_takes_changes_for_two_seconds)
{
    const mode_t mode = 0600;
    const int64_t mtime = 12345;
    struct inbox_stat st;

    drop("a.dd", "text", 1000);
    ck_assert_int_eq(inbox_find(ib, "a.dd", 2999, &st), 0);
    ck_assert(st.ghost);
    ck_assert_uint_eq(st.size, 4);
    ck_assert_int_eq(inbox_change(ib, st.spool, &mode, &mtime, 2999), 0);
    ck_assert_int_eq(inbox_stat(ib, st.spool, 2999, &st), 0);
    ck_assert_uint_eq(st.mode, 0600);
    ck_assert_int_eq(st.mtime, 12345);
    ck_assert(!exists("a.dd", 3000));
    answer(0);
    ck_assert_int_eq(inbox_stat(ib, st.spool, 3000, &st), -ENOENT);
}
END_TEST

START_TEST(ghost_opened_for_writing_frees_the_name)
{
    struct inbox_file *f;

    drop("a.dd", "text", 0);
    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_RDONLY, 0, &f), -ENOENT);
    ck_assert(exists("a.dd", 0));
    ck_assert_int_eq(inbox_open(ib, number("a.dd", 0), O_WRONLY, 0, &f), -ESTALE);
    ck_assert(!exists("a.dd", 0));
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

START_TEST(ghost_unlinked_renamed_replaced)
{
    drop("a.dd", "1", 0);
    ck_assert_int_eq(inbox_unlink(ib, "a.dd", 0), 0);
    ck_assert_int_eq(inbox_unlink(ib, "a.dd", 0), -ENOENT);

    drop("b.dd", "2", 0);
    ck_assert_int_eq(inbox_rename(ib, "b.dd", "c.dd", false, 0), 0);
    ck_assert(!exists("b.dd", 0));
    ck_assert(exists("c.dd", 0));
    ck_assert_str_eq(listing(), "");

    drop("d.part", "3", 0);
    ck_assert_int_eq(inbox_rename(ib, "d.part", "c.dd", true, 0), 0); /* nobody's name */
    ck_assert_uint_eq(n_offers, 3);
    ck_assert_str_eq(offers[2].name, "c.dd");
    ck_assert_ptr_null(strstr(fake_log(d), "drop"));
}
END_TEST

START_TEST(ghost_renamed_over_a_waiting_file_leaves_it)
{
    drop("w.part", "waits", 0);
    drop("a.dd", "1", 0);
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "w.part", false, 0), 0);
    ck_assert(!exists("a.dd", 0));
    ck_assert_str_eq(listing(), "w.part ");
}
END_TEST

START_TEST(ghost_is_replaced_by_create)
{
    struct inbox_file *f;

    drop("a.dd", "1", 0);
    ck_assert_int_eq(inbox_create(ib, "a.dd", 0644, O_WRONLY | O_EXCL, 0, &f), 0);
    ck_assert_str_eq(listing(), "a.dd ");
    release(f, 0);
    ck_assert(exists("a.dd", INBOX_GHOST_MS));
}
END_TEST

/* ---- names, data, bounds ---- */

START_TEST(exclusive_and_no_replace)
{
    struct inbox_file *f;

    release(create("a.dd", 0), 0);
    release(create("b.dd", 0), 0);
    ck_assert_int_eq(inbox_create(ib, "a.dd", 0644, O_WRONLY | O_EXCL, 0, &f), -EEXIST);
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "b.dd", true, 0), -EEXIST);
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "a.dd", false, 0), 0);
    ck_assert_int_eq(inbox_rename(ib, "zz", "b.dd", false, 0), -ENOENT);
    ck_assert_int_eq(inbox_create(ib, "a.dd", 0644, O_WRONLY, 0, &f), 0);
    release(f, 0);
    ck_assert_str_eq(listing(), "a.dd b.dd ");
}
END_TEST

START_TEST(unlinked_while_open_is_dropped_at_the_end)
{
    struct inbox_file *f = create("a.dd", 0);
    struct inbox_stat st;
    const uint64_t spool = number("a.dd", 0);

    put(f, "text");
    ck_assert_int_eq(inbox_unlink(ib, "a.dd", 0), 0);
    ck_assert_int_eq(inbox_stat(ib, spool, 0, &st), 0);
    ck_assert(!st.named);
    put(f, "more");
    ck_assert_str_eq(fake_spool(d, spool), "more");
    ck_assert(!flush(f, 0));
    release(f, 0);
    ck_assert_ptr_null(fake_spool(d, spool));
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_int_eq(inbox_stat(ib, spool, 0, &st), -ENOENT);
}
END_TEST

START_TEST(replaced_waiting_file_is_dropped)
{
    uint64_t spool;

    drop("a.part", "1", 0);
    drop("b.part", "2", 0);
    spool = number("b.part", 0);
    ck_assert_int_eq(inbox_rename(ib, "a.part", "b.part", false, 0), 0);
    ck_assert_ptr_null(fake_spool(d, spool));
    ck_assert_str_eq(listing(), "b.part ");
    ck_assert_str_eq(fake_spool(d, number("b.part", 0)), "1");
}
END_TEST

START_TEST(too_large)
{
    struct inbox_file *f = create("a.dd", 0);

    ck_assert_int_eq(inbox_write(ib, f, "x", 1, LIMIT_SPOOL), -EFBIG);
    ck_assert_int_eq(inbox_write(ib, f, "x", 1, UINT64_MAX), -EFBIG);
    ck_assert_int_eq(inbox_write(ib, f, "x", 1, LIMIT_SPOOL - 1), 1);
    ck_assert_int_eq(inbox_truncate(ib, f, LIMIT_SPOOL + 1), -EFBIG);
    ck_assert_int_eq(inbox_truncate(ib, f, 3), 0);
    release(f, 0);
}
END_TEST

START_TEST(listing_goes_on_after_a_number)
{
    char names[256] = "";

    for (int i = 0; i < 5; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "f%d", i);
        release(create(name, 0), 0);
    }
    inbox_list(ib, (int64_t)number("f2", 0), note, names);
    ck_assert_str_eq(names, "f3 f4 ");
    ck_assert_int_eq(inbox_unlink(ib, "f3", 0), 0);
    names[0] = '\0';
    inbox_list(ib, (int64_t)number("f1", 0), note, names);
    ck_assert_str_eq(names, "f2 f4 ");
}
END_TEST

/* ---- an earlier run; a refusal ---- */

START_TEST(found_at_start)
{
    uint64_t n[4];
    static const char *const names[] = {"closed.dd", "open.dd", "closed.part", "closed.dd"};

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(dlota_spool_create(d, names[i], &n[i]), 0);
        ck_assert_int_eq(inbox_found(ib, n[i], names[i], 4, i != 1), 0);
    }
    ck_assert_uint_eq(n_offers, 0);
    ck_assert_int_eq(inbox_begin(ib, 0), 0);
    ck_assert_uint_eq(n_offers, 2);
    ck_assert_str_eq(offers[0].name, "closed.dd");
    ck_assert_str_eq(offers[1].name, "closed.dd");
    ck_assert_str_eq(listing(), "open.dd closed.part ");
    ck_assert(!exists("closed.dd", 0));
    ck_assert_int_eq(inbox_rename(ib, "open.dd", "open2.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 3);
}
END_TEST

START_TEST(refused_offer_waits_again)
{
    drop("a.dd", "text", 0);
    answer(-EIO);
    ck_assert_str_eq(listing(), "a.dd ");
    ck_assert_int_eq(inbox_rename(ib, "a.dd", "b.dd", false, 0), 0);
    ck_assert_uint_eq(n_offers, 2);
    ck_assert_int_eq(inbox_unlink(ib, "b.dd", 0), 0);
    drop("b.dd", "other", 0);
    answer(-EIO); /* the first has lost its name meanwhile, the second has it */
    ck_assert_str_eq(listing(), "b.dd ");
    ck_assert_uint_eq(number("b.dd", 0), offers[2].spool);
}
END_TEST

/* The agent had no room, say: what close(2) promised is offered again, under the name that it had. */
START_TEST(refused_offer_is_made_again)
{
    ck_assert_int_eq(inbox_again(ib, 0), -1);
    drop("a.dd", "text", 0);
    answer(-ENOSPC);
    ck_assert_int_eq(inbox_again(ib, INBOX_AGAIN_MS - 1), 1);
    ck_assert_uint_eq(n_offers, 1);
    ck_assert_int_eq(inbox_again(ib, INBOX_AGAIN_MS), -1);
    ck_assert_uint_eq(n_offers, 2);
    ck_assert_str_eq(offers[1].name, "a.dd");
    ck_assert_str_eq(listing(), "");
    ck_assert(exists("a.dd", INBOX_AGAIN_MS));
    answer(0);
    ck_assert_int_eq(inbox_again(ib, 10 * INBOX_AGAIN_MS), -1);
    ck_assert_uint_eq(n_offers, 2);
}
END_TEST

START_TEST(refused_after_its_ghost_went)
{
    drop("a.dd", "text", 0);
    ck_assert(!exists("a.dd", INBOX_GHOST_MS));
    answer(-ENOSPC);
    ck_assert_str_eq(listing(), "a.dd ");
    ck_assert_int_eq(inbox_again(ib, 2 * INBOX_AGAIN_MS), -1);
    ck_assert_str_eq(offers[1].name, "a.dd");
    ck_assert_uint_eq(offers[1].spool, offers[0].spool);
}
END_TEST

/* Another file has the name by then: both are offered under it. */
START_TEST(refused_without_its_name)
{
    struct inbox_file *f;

    drop("a.dd", "one", 0);
    f = create("a.dd", 0);
    answer(-ENOSPC);
    ck_assert_str_eq(listing(), "a.dd ");
    ck_assert_uint_eq(number("a.dd", 0), inbox_spool(f));
    ck_assert_int_eq(inbox_again(ib, INBOX_AGAIN_MS), -1);
    ck_assert_uint_eq(n_offers, 2);
    ck_assert_uint_eq(offers[1].spool, offers[0].spool);
    ck_assert_str_eq(offers[1].name, "a.dd");
    put(f, "two");
    ck_assert(flush(f, 0));
    release(f, 0);
    ck_assert_uint_eq(n_offers, 3);
}
END_TEST

START_TEST(refused_can_be_removed)
{
    drop("a.dd", "text", 0);
    answer(-ENOSPC);
    ck_assert_int_eq(inbox_unlink(ib, "a.dd", 0), 0);
    ck_assert_ptr_null(fake_spool(d, offers[0].spool));
    ck_assert_int_eq(inbox_again(ib, INBOX_AGAIN_MS), -1);
    ck_assert_uint_eq(n_offers, 1);
}
END_TEST

/* Of two under one name the later drop must be the latest, whatever their place in a table. */
START_TEST(found_are_taken_in_order)
{
    uint64_t n[3000];

    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(dlota_spool_create(d, "x", &n[i]), 0);
    ck_assert_int_eq(inbox_found(ib, n[2060], "x.dd", 1, true), 0);
    ck_assert_int_eq(inbox_found(ib, n[5], "x.dd", 1, true), 0);
    ck_assert_int_eq(inbox_found(ib, n[1030], "x.dd", 1, true), 0);
    ck_assert_int_eq(inbox_begin(ib, 0), 0);
    ck_assert_uint_eq(n_offers, 3);
    ck_assert_uint_eq(offers[0].spool, n[5]);
    ck_assert_uint_eq(offers[1].spool, n[1030]);
    ck_assert_uint_eq(offers[2].spool, n[2060]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("inbox");
    TCase *tc = tcase_create("rules");
    SRunner *sr;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, final_names);
    tcase_add_test(tc, taken_on_release_after_flush);
    tcase_add_test(tc, write_after_flush_needs_another);
    tcase_add_test(tc, write_during_flush_needs_another);
    tcase_add_test(tc, failed_flush_does_not_count);
    tcase_add_test(tc, interrupted_close_is_taken_when_flushed);
    tcase_add_test(tc, killed_writer_waits);
    tcase_add_test(tc, killed_after_fsync_is_taken);
    tcase_add_test(tc, fsync_after_a_killed_child_flushes);
    tcase_add_test(tc, last_of_two_writers);
    tcase_add_test(tc, empty_and_unfinished_wait);
    tcase_add_test(tc, unfinished_can_be_opened_again);
    tcase_add_test(tc, rename_of_a_killed_ones_file_takes_it);
    tcase_add_test(tc, rename_before_the_late_release);
    tcase_add_test(tc, reopening_a_promised_name_detaches);
    tcase_add_test(tc, truncating_a_promised_name_detaches);
    tcase_add_test(tc, unlink_and_replacement_keep_the_promise);
    tcase_add_test(tc, rename_to_an_unfinished_name_keeps_the_promise);
    tcase_add_test(tc, one_name_many_times);
    tcase_add_test(tc, ghost_takes_changes_for_two_seconds);
    tcase_add_test(tc, ghost_opened_for_writing_frees_the_name);
    tcase_add_test(tc, ghost_unlinked_renamed_replaced);
    tcase_add_test(tc, ghost_renamed_over_a_waiting_file_leaves_it);
    tcase_add_test(tc, ghost_is_replaced_by_create);
    tcase_add_test(tc, exclusive_and_no_replace);
    tcase_add_test(tc, unlinked_while_open_is_dropped_at_the_end);
    tcase_add_test(tc, replaced_waiting_file_is_dropped);
    tcase_add_test(tc, too_large);
    tcase_add_test(tc, listing_goes_on_after_a_number);
    tcase_add_test(tc, found_at_start);
    tcase_add_test(tc, refused_offer_waits_again);
    tcase_add_test(tc, refused_offer_is_made_again);
    tcase_add_test(tc, refused_after_its_ghost_went);
    tcase_add_test(tc, refused_without_its_name);
    tcase_add_test(tc, refused_can_be_removed);
    tcase_add_test(tc, found_are_taken_in_order);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
