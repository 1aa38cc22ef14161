/* base_mailbox.c - no letter is lost, each sender's stay in order, the reader wakes; log lines are safe. */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mailbox.h"

enum { SENDERS = 4, LETTERS = 20000 };

struct numbered {
    struct letter letter; /* first */
    int sender, number;
};

static bool readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1 && (p.revents & POLLIN);
}

START_TEST(one_thread)
{
    struct mailbox *m = NULL;
    struct numbered l[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    ck_assert_int_eq(mailbox_new(&m), 0);
    ck_assert(!readable(mailbox_fd(m), 0));
    ck_assert_ptr_null(mailbox_take(m));
    for (int i = 0; i < 3; i++)
        mailbox_post(m, &l[i].letter);
    ck_assert(readable(mailbox_fd(m), 0));
    struct letter *got = mailbox_take(m);
    for (int i = 0; i < 3; i++, got = got->next)
        ck_assert_ptr_eq(got, &l[i].letter);
    ck_assert_ptr_null(got);
    ck_assert(!readable(mailbox_fd(m), 0));
    ck_assert_ptr_null(mailbox_take(m));
    mailbox_post(m, &l[1].letter);
    ck_assert(readable(mailbox_fd(m), 0));
    ck_assert_ptr_eq(mailbox_take(m), &l[1].letter);
    ck_assert_ptr_null(l[1].letter.next);
    ck_assert_ptr_null(mailbox_free(m));
    ck_assert_ptr_null(mailbox_free(NULL));
}
END_TEST

struct sender {
    struct mailbox *m;
    int number;
};

static void *send_all(void *arg)
{
    struct sender *s = arg;
    for (int i = 0; i < LETTERS; i++) {
        struct numbered *l = malloc(sizeof *l);
        if (!l)
            abort();
        l->sender = s->number;
        l->number = i;
        mailbox_post(s->m, &l->letter);
    }
    return NULL;
}

START_TEST(many_threads)
{
    struct mailbox *m = NULL;
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    int next[SENDERS] = {0}, got = 0;

    ck_assert_int_eq(mailbox_new(&m), 0);
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){m, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    while (got < SENDERS * LETTERS) {
        ck_assert(readable(mailbox_fd(m), 60000)); /* a lost wake-up would end here */
        for (struct letter *l = mailbox_take(m), *after; l; l = after) {
            struct numbered *n = (struct numbered *)l;
            after = l->next;
            ck_assert_int_eq(n->number, next[n->sender]++);
            free(n);
            got++;
        }
    }
    for (int i = 0; i < SENDERS; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_ptr_null(mailbox_take(m));
    (void)mailbox_free(m);
}
END_TEST

/* What log_write() sends to stderr. */
static void logged(char *ret, size_t n, enum log_level most, enum log_level level, const char *text)
{
    int fds[2], keep = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
    (void)close(fds[1]);
    log_setup(most, false);
    log_write(level, "<%s>", text);
    ck_assert_int_ge(dup2(keep, STDERR_FILENO), 0);
    (void)close(keep);
    ssize_t got = read(fds[0], ret, n - 1);
    ck_assert_int_ge(got, 0);
    ret[got] = '\0';
    (void)close(fds[0]);
}

START_TEST(log_lines)
{
    char line[8192], huge[5000];
    logged(line, sizeof line, LOG_LEVEL_INFO, LOG_LEVEL_INFO, "hello");
    ck_assert_str_eq(line, "dlotafs: <hello>\n");
    logged(line, sizeof line, LOG_LEVEL_INFO, LOG_LEVEL_ERROR, "a\nb\x1b[2J%s");
    ck_assert_str_eq(line, "dlotafs: error: <a\\x0ab\\x1b[2J%s>\n");
    logged(line, sizeof line, LOG_LEVEL_DEBUG, LOG_LEVEL_WARNING, "w");
    ck_assert_str_eq(line, "dlotafs: warning: <w>\n");
    logged(line, sizeof line, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, "unwanted");
    ck_assert_str_eq(line, "");
    memset(huge, '\n', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    logged(line, sizeof line, LOG_LEVEL_INFO, LOG_LEVEL_INFO, huge);
    ck_assert_uint_gt(strlen(line), 1000);
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_mailbox");
    TCase *tc = tcase_create("mailbox");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, one_thread);
    tcase_add_test(tc, many_threads);
    tcase_add_test(tc, log_lines);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
