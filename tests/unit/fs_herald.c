/* The herald: who is woken and how often, what the warden hears, which renames are the warden's, and how one leaves. */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>

#include "unit/fs_kernel.h"

/* ---- libfuse's notifications ---- */

struct fuse_pollhandle {
    atomic_int woken, destroyed;
};

/* Given back by the herald after the waking, when a test may be over: so they are nobody's local variables. */
static struct fuse_pollhandle ph[200];
static sem_t woken, given_back, forgotten, left;
static atomic_ullong forgotten_ino;
static atomic_uint waiting_when_left;

int fuse_lowlevel_notify_poll(struct fuse_pollhandle *handle)
{
    atomic_fetch_add(&handle->woken, 1);
    (void)sem_post(&woken);
    return 0;
}

void fuse_pollhandle_destroy(struct fuse_pollhandle *handle)
{
    atomic_fetch_add(&handle->destroyed, 1);
    (void)sem_post(&given_back);
}

/* Any other offset can leave a thread that SIGKILL does not end. */
int fuse_lowlevel_notify_inval_inode(struct fuse_session *se, fuse_ino_t ino, off_t off, off_t len)
{
    (void)se;
    ck_assert_int_eq(off, -1);
    ck_assert_int_eq(len, 0);
    atomic_store(&forgotten_ino, ino);
    (void)sem_post(&forgotten);
    return 0;
}

void fuse_session_exit(struct fuse_session *se)
{
    (void)se;
    atomic_store(&waiting_when_left, park_waiting(fs->park));
    (void)sem_post(&left);
}

static void await(sem_t *sem)
{
    while (sem_wait(sem) < 0)
        ck_assert_int_eq(errno, EINTR);
}

/* ---- the mount ---- */

static int64_t id;
static int warden[2];
static struct fuse_file_info fi;

static void ignore(int signo) { (void)signo; }

static void setup(void)
{
    const struct sigaction act = {.sa_handler = ignore};
    sigset_t set;

    mount_022();
    id = fake_object(d, "a.bin", DLOTA_IN_PARTIAL, "State:\treporting\n", "12345");
    (void)sem_init(&woken, 0, 0);
    (void)sem_init(&given_back, 0, 0);
    (void)sem_init(&forgotten, 0, 0);
    (void)sem_init(&left, 0, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, warden), 0);
    (void)sigaction(SIGUSR1, &act, NULL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    ck_assert_int_eq(herald_start(fs->herald, warden[0], &set), 0);
}

static void teardown(void)
{
    herald_end(fs->herald);
    herald_end(fs->herald); /* once more does no harm */
    fake_changed(d, id, DLOTA_CHANGED_STATE);
    fake_publish(d, id, DLOTA_IN_FAILED); /* nobody hears it any more */
    (void)close(warden[0]);
    (void)close(warden[1]);
    unmount();
}

static unsigned poll_with(struct fuse_file_info *file, struct fuse_pollhandle *handle)
{
    fs_ops.poll(owner(), 1, file, handle);
    ck_assert_int_eq(answer(), 0);
    return req->revents;
}

/* ---- pollers ---- */

START_TEST(its_own_change_wakes)
{
    const int64_t other = fake_object(d, "b.bin", DLOTA_IN_PARTIAL, "x", "");
    struct fuse_pollhandle *mine = &ph[0], *others = &ph[1];
    struct fuse_file_info fi2;

    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    ck_assert_int_eq(open_file(status_of(other), O_RDONLY, &fi2), 0);
    (void)read_file(&fi, 100, 0);
    (void)read_file(&fi2, 100, 0);
    ck_assert_uint_eq(poll_with(&fi, mine) & POLLPRI, 0);
    ck_assert_uint_eq(poll_with(&fi2, others) & POLLPRI, 0);
    fake_changed(d, id, DLOTA_CHANGED_BYTES);
    await(&woken);
    ck_assert_int_eq(atomic_load(&mine->woken), 1);
    ck_assert_int_eq(atomic_load(&others->woken), 0);
    ck_assert_uint_eq(poll_with(&fi, NULL) & POLLPRI, POLLPRI);
    await(&given_back);
    ck_assert_int_eq(atomic_load(&mine->destroyed), 1);
    ck_assert_int_eq(atomic_load(&others->destroyed), 0);
    release(&fi2);
    ck_assert_int_eq(atomic_load(&others->destroyed), 1);
    release(&fi);
    ck_assert_int_eq(atomic_load(&mine->destroyed), 1);
}
END_TEST

START_TEST(summary_by_any_change_events_by_a_line)
{
    struct fuse_pollhandle *all = &ph[0], *lines = &ph[1];
    struct fuse_file_info fi2;

    ck_assert_int_eq(open_file(fixed(NODE_SUMMARY), O_RDONLY, &fi), 0);
    ck_assert_int_eq(open_file(node_number(NODE_EVENTS, 1), O_RDONLY, &fi2), 0);
    (void)read_file(&fi, 100, 0);
    (void)read_file(&fi2, 100, 0);
    (void)poll_with(&fi, all);
    ck_assert_uint_eq(poll_with(&fi2, lines), 0);
    fake_changed(d, 0, DLOTA_CHANGED_BYTES);
    await(&woken);
    ck_assert_int_eq(atomic_load(&all->woken), 1);
    ck_assert_int_eq(atomic_load(&lines->woken), 0);
    fake_event(d, "one");
    await(&woken);
    ck_assert_int_eq(atomic_load(&lines->woken), 1);
    ck_assert_uint_eq(poll_with(&fi2, NULL), POLLIN | POLLRDNORM);
    release(&fi2);
    release(&fi);
}
END_TEST

START_TEST(at_most_once_a_second)
{
    int64_t first;

    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    (void)read_file(&fi, 100, 0);
    (void)poll_with(&fi, &ph[0]);
    first = clock_ms();
    fake_changed(d, id, DLOTA_CHANGED_STATE);
    await(&woken);
    (void)read_file(&fi, 100, 0);
    (void)poll_with(&fi, &ph[1]);
    for (int i = 0; i < 100; i++)
        fake_changed(d, id, DLOTA_CHANGED_STATE);
    await(&woken);
    ck_assert_int_ge(clock_ms() - first, 1000);
    ck_assert_int_eq(atomic_load(&ph[1].woken), 1);
    ck_assert_int_eq(sem_trywait(&woken), -1);
    release(&fi);
}
END_TEST

/* A poller registers anew: the kernel's former handle is given back. */
START_TEST(the_latest_handle_counts)
{
    ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &fi), 0);
    (void)read_file(&fi, 100, 0);
    (void)poll_with(&fi, &ph[0]);
    (void)poll_with(&fi, &ph[1]);
    ck_assert_int_eq(atomic_load(&ph[0].destroyed), 1);
    fake_changed(d, id, DLOTA_CHANGED_STATE);
    await(&woken);
    ck_assert_int_eq(atomic_load(&ph[0].woken), 0);
    ck_assert_int_eq(atomic_load(&ph[1].woken), 1);
    release(&fi);
}
END_TEST

/* More changes than are remembered one by one: everybody looks again. */
START_TEST(a_flood_wakes_all)
{
    enum { FILES = 200 };
    static struct fuse_file_info files[FILES];

    for (int i = 0; i < FILES; i++) {
        ck_assert_int_eq(open_file(status_of(id), O_RDONLY, &files[i]), 0);
        (void)read_file(&files[i], 100, 0);
        (void)poll_with(&files[i], &ph[i]);
    }
    for (int64_t i = 0; i < 5000; i++)
        fake_changed(d, 1000000 + i % 2, DLOTA_CHANGED_BYTES);
    fake_changed(d, id, DLOTA_CHANGED_BYTES);
    for (int i = 0; i < FILES; i++)
        await(&woken);
    for (int i = 0; i < FILES; i++) {
        ck_assert_int_eq(atomic_load(&ph[i].woken), 1);
        release(&files[i]);
    }
}
END_TEST

START_TEST(only_a_state_invalidates)
{
    fake_changed(d, 77, DLOTA_CHANGED_BYTES);
    fake_changed(d, 0, DLOTA_CHANGED_STATE);
    fake_changed(d, id, DLOTA_CHANGED_STATE);
    await(&forgotten);
    ck_assert_uint_eq(atomic_load(&forgotten_ino), object(id));
    fake_changed(d, 78, DLOTA_CHANGED_GONE);
    await(&forgotten);
    ck_assert_uint_eq(atomic_load(&forgotten_ino), object(78));
    ck_assert_int_eq(sem_trywait(&forgotten), -1);
}
END_TEST

/* ---- the warden ---- */

static struct warden_mail hear(void)
{
    struct warden_mail mail;

    ck_assert_int_eq(recv(warden[1], &mail, sizeof mail, 0), (ssize_t)sizeof mail);
    return mail;
}

static void ask_to_move(struct fuse_req *r, pid_t pid, enum node_fixed from, const char *name, enum node_fixed to,
                        const char *new_name, unsigned flags)
{
    r->ctx.pid = pid;
    fs_ops.rename(r, fixed(from), name, fixed(to), new_name, flags);
}

START_TEST(an_announced_move_is_the_wardens)
{
    const struct {
        uid_t uid;
        pid_t pid;
        enum node_fixed from, to;
        const char *name, *new_name;
        unsigned flags;
        int err;
    } wrong[] = {
        {OWNER, 4243, NODE_PARTIAL, NODE_INSTALLED, "a.bin", "a.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_INSTALLED, "a.bin", "b.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_INSTALLED, "b.bin", "b.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_FAILED, "a.bin", "a.bin", 0, EPERM},
        {OWNER, 4242, NODE_PENDING, NODE_INSTALLED, "a.bin", "a.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_INBOX_DIR, "a.bin", "a.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_STATUS_DIR, "a.bin", "a.bin", 0, EPERM},
        {OWNER, 4242, NODE_PARTIAL, NODE_INSTALLED, "a.bin", "a.bin", 1, EPERM},
        {STRANGER, 4242, NODE_PARTIAL, NODE_INSTALLED, "a.bin", "a.bin", 0, EACCES},
        {STRANGER, 0, NODE_PARTIAL, NODE_INSTALLED, "a.bin", "a.bin", 0, EACCES},
    };
    struct warden_mail mail;

    fake_publish(d, id, DLOTA_IN_INSTALLED);
    mail = hear();
    ck_assert_int_eq(mail.word, WARDEN_MOVE);
    ck_assert_int_eq(mail.from, DLOTA_IN_PARTIAL);
    ck_assert_int_eq(mail.to, DLOTA_IN_INSTALLED);
    ck_assert_int_eq(mail.id, id);
    ck_assert_str_eq(mail.name, "a.bin");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ask_to_move(as(wrong[i].uid, 1), wrong[i].pid, wrong[i].from, wrong[i].name, wrong[i].to, wrong[i].new_name,
                    wrong[i].flags);
        ck_assert_int_eq(answer(), wrong[i].err);
    }
    ask_to_move(owner(), 4242, NODE_PARTIAL, "a.bin", NODE_INSTALLED, "a.bin", 0);
    ck_assert_int_eq(req->answers, 0); /* the folder changes inside the request */
    fake_answer(d, 0);
    ck_assert_int_eq(answer(), 0);
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), "a.bin"), 0);
    ask_to_move(owner(), 4242, NODE_PARTIAL, "a.bin", NODE_INSTALLED, "a.bin", 0);
    ck_assert_int_eq(answer(), EPERM); /* once */
}
END_TEST

START_TEST(nothing_moves_unannounced)
{
    ask_to_move(owner(), 4242, NODE_PARTIAL, "a.bin", NODE_INSTALLED, "a.bin", 0);
    ck_assert_int_eq(answer(), EPERM);
    ck_assert_str_eq(fake_log(d), "");
}
END_TEST

/* The agent recorded it by itself meanwhile: the kernel must not believe that the rename was done. */
START_TEST(too_late)
{
    fake_publish(d, id, DLOTA_IN_INSTALLED);
    (void)hear();
    ask_to_move(owner(), 4242, NODE_PARTIAL, "a.bin", NODE_INSTALLED, "a.bin", 0);
    fake_answer(d, -ESTALE);
    ck_assert_int_eq(answer(), ESTALE);
}
END_TEST

static void until_asked(void)
{
    while (fake_waiting(d) == 0)
        (void)poll(NULL, 0, 1);
}

START_TEST(without_a_warden_it_publishes_alone)
{
    (void)shutdown(warden[1], SHUT_RDWR);
    fake_publish(d, id, DLOTA_IN_INSTALLED);
    until_asked();
    fake_answer(d, 0);
    ck_assert_str_eq(fake_log(d), "published\n");
    ck_assert_int_eq(lookup(fixed(NODE_INSTALLED), "a.bin"), 0);
}
END_TEST

/* A warden that is busy: mail waits, in order, and nobody waits for it. */
START_TEST(a_slow_warden_gets_all)
{
    enum { MOVES = 3000 };

    for (int i = 0; i < MOVES; i++)
        fake_publish(d, id, i % 2 ? DLOTA_IN_INSTALLED : DLOTA_IN_FAILED);
    for (int i = 0; i < MOVES; i++)
        ck_assert_int_eq(hear().to, i % 2 ? DLOTA_IN_INSTALLED : DLOTA_IN_FAILED);
}
END_TEST

/* ---- leaving ---- */

START_TEST(a_signal_ends_the_session)
{
    (void)kill(getpid(), SIGTERM);
    await(&left);
    await(&left); /* again and again until the loop has heard it */
}
END_TEST

/* close(2) has been called: its answer comes before the end. */
START_TEST(closes_are_finished_first)
{
    struct fuse_req *closing;

    fi = (struct fuse_file_info){.flags = O_WRONLY};
    fs_ops.create(owner(), fixed(NODE_INBOX_DIR), "x.dd", 0644, &fi);
    fi = req->fi;
    fs_ops.write(owner(), 1, "text", 4, 0, &fi);
    closing = owner();
    req = NULL;
    fs_ops.flush(closing, 1, &fi);
    (void)kill(getpid(), SIGTERM);
    until_asked();
    ck_assert_int_eq(sem_trywait(&left), -1);
    fake_answer(d, 0);
    await(&left);
    ck_assert_uint_eq(atomic_load(&waiting_when_left), 0);
    ck_assert_int_eq(closing->answers, 1);
    ck_assert_int_eq(closing->err, 0);
    free(closing);
    release(&fi);
    fake_answer(d, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {its_own_change_wakes,
                                  summary_by_any_change_events_by_a_line,
                                  at_most_once_a_second,
                                  the_latest_handle_counts,
                                  a_flood_wakes_all,
                                  only_a_state_invalidates,
                                  an_announced_move_is_the_wardens,
                                  nothing_moves_unannounced,
                                  too_late,
                                  without_a_warden_it_publishes_alone,
                                  a_slow_warden_gets_all,
                                  a_signal_ends_the_session,
                                  closes_are_finished_first,
                                  NULL};

    return run_mounted("fs_herald", tests, setup, teardown);
}
