/* Requests that wait: whoever takes one off answers it, exactly once.  libfuse's requests are played here. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "fs/clock.h"
#include "fs/park.h"

/* The part of libfuse that park.c uses. */
struct fuse_req {
    pthread_mutex_t lock;
    fuse_interrupt_func_t func;
    void *data;
    bool interrupted;
    int answers, err;
    size_t written;
};

void fuse_req_interrupt_func(fuse_req_t req, fuse_interrupt_func_t func, void *data)
{
    (void)pthread_mutex_lock(&req->lock);
    req->func = func;
    req->data = data;
    if (req->interrupted && func)
        func(req, data);
    (void)pthread_mutex_unlock(&req->lock);
}

int fuse_reply_err(fuse_req_t req, int err)
{
    req->answers++;
    req->err = err;
    return 0;
}

int fuse_reply_write(fuse_req_t req, size_t count)
{
    req->answers++;
    req->written = count;
    return 0;
}

static void interrupt(fuse_req_t req)
{
    (void)pthread_mutex_lock(&req->lock);
    req->interrupted = true;
    if (req->func)
        req->func(req, req->data);
    (void)pthread_mutex_unlock(&req->lock);
}

static struct park *park;
static int kicks;
static struct fuse_req request;
static int told_rc;
static int answers_when_told;

static void kick(void *arg)
{
    (void)arg;
    kicks++;
}

static void told(void *arg, int rc)
{
    (void)arg;
    told_rc = rc;
    answers_when_told = request.answers;
}

static void setup(void)
{
    kicks = 0;
    told_rc = 1;
    request = (struct fuse_req){.err = -1};
    (void)pthread_mutex_init(&request.lock, NULL);
    ck_assert_int_eq(park_new(kick, NULL, &park), 0);
}

static void teardown(void) { park = park_free(park); }

static struct parked *begin(enum park_kind kind, size_t n)
{
    struct parked *e = NULL;

    ck_assert_int_eq(park_begin(park, &request, kind, n, told, NULL, &e), 0);
    return e;
}

START_TEST(answered_by_done)
{
    struct parked *e = begin(PARK_TURN, 0);

    ck_assert_uint_eq(park_waiting(park), 1);
    ck_assert_int_eq(request.answers, 0);
    ck_assert(!park_quiet(park, 0));
    park_done(e, -EINVAL);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(request.err, EINVAL);
    ck_assert_int_eq(told_rc, -EINVAL);
    ck_assert_int_eq(answers_when_told, 0); /* told comes first */
    ck_assert_uint_eq(park_waiting(park), 0);
    ck_assert(park_quiet(park, 0));
}
END_TEST

START_TEST(write_answers_its_count)
{
    park_done(begin(PARK_TURN, 6), 0);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_uint_eq(request.written, 6);
}
END_TEST

START_TEST(interrupted_close_is_answered_at_once)
{
    struct parked *e = begin(PARK_CLOSE, 0);

    interrupt(&request);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(request.err, EINTR);
    interrupt(&request);
    park_done(e, 0);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(told_rc, 0); /* the flush goes on all the same */
}
END_TEST

START_TEST(interrupted_before_it_is_parked)
{
    struct parked *e;

    request.interrupted = true;
    e = begin(PARK_CLOSE, 0);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(request.err, EINTR);
    park_done(e, 0);
    ck_assert_int_eq(request.answers, 1);
}
END_TEST

START_TEST(interrupted_turn_may_still_end)
{
    struct parked *e = begin(PARK_TURN, 0);
    const int64_t now = clock_ms();

    interrupt(&request);
    ck_assert_int_eq(request.answers, 0);
    ck_assert_int_gt(kicks, 0);
    ck_assert_int_gt(park_due(park, now), 0);
    ck_assert_int_eq(request.answers, 0);
    park_done(e, 0);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(request.err, 0);
    ck_assert_int_eq(park_due(park, now + 100000), -1);
}
END_TEST

START_TEST(interrupted_turn_that_does_not_end)
{
    struct parked *e = begin(PARK_TURN, 0);

    interrupt(&request);
    ck_assert_int_eq(park_due(park, clock_ms() + 100000), -1);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(request.err, EINTR);
    park_done(e, 0);
    ck_assert_int_eq(request.answers, 1);
}
END_TEST

START_TEST(end_answers_all_and_what_follows)
{
    struct parked *e = begin(PARK_CLOSE, 0), *late;
    struct fuse_req other = {.err = -1};

    park_end(park);
    ck_assert_int_eq(request.err, EIO);
    (void)pthread_mutex_init(&other.lock, NULL);
    ck_assert_int_eq(park_begin(park, &other, PARK_TURN, 0, NULL, NULL, &late), 0);
    ck_assert_int_eq(other.err, EIO);
    park_done(e, 0);
    park_done(late, 0);
    ck_assert_int_eq(request.answers, 1);
    ck_assert_int_eq(other.answers, 1);
    ck_assert(park_quiet(park, 0));
}
END_TEST

START_TEST(ask_without_a_request)
{
    struct parked *e;

    ck_assert_int_eq(park_begin(park, NULL, PARK_ASK, 0, told, NULL, &e), 0);
    ck_assert_uint_eq(park_waiting(park), 0);
    ck_assert(!park_quiet(park, 0));
    park_done(e, -ESHUTDOWN);
    ck_assert_int_eq(told_rc, -ESHUTDOWN);
    ck_assert(park_quiet(park, 0));
}
END_TEST

/* done() and INTERRUPT at the same time, many times: under the sanitizers this shows use after free and races. */
static void *done_thread(void *arg)
{
    park_done(arg, 0);
    return NULL;
}

START_TEST(done_races_with_interrupt)
{
    for (int i = 0; i < 300; i++) {
        struct fuse_req *req = calloc(1, sizeof *req);
        struct parked *e;
        pthread_t thread;

        ck_assert_ptr_nonnull(req);
        (void)pthread_mutex_init(&req->lock, NULL);
        ck_assert_int_eq(park_begin(park, req, i % 2 ? PARK_CLOSE : PARK_TURN, 0, NULL, NULL, &e), 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, done_thread, e), 0);
        interrupt(req);
        (void)pthread_join(thread, NULL);
        ck_assert_int_eq(req->answers, 1);
        free(req);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_park");
    TCase *tc = tcase_create("park");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, answered_by_done);
    tcase_add_test(tc, write_answers_its_count);
    tcase_add_test(tc, interrupted_close_is_answered_at_once);
    tcase_add_test(tc, interrupted_before_it_is_parked);
    tcase_add_test(tc, interrupted_turn_may_still_end);
    tcase_add_test(tc, interrupted_turn_that_does_not_end);
    tcase_add_test(tc, end_answers_all_and_what_follows);
    tcase_add_test(tc, ask_without_a_request);
    tcase_add_test(tc, done_races_with_interrupt);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
