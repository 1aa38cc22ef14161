/* Every state, every event, every class of facts: what must hold whatever comes (policy.md 1). */
#include "unit/policy.h"

enum { STATES = DLOTA_FAILED + 1, EVENTS = EVENT_VERB + 1 };

static struct policy p; /* large; one at a time */
static unsigned long steps;

/* ---- what must hold after any step ---- */

static unsigned count(enum action_kind kind)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p.step.n; i++)
        n += p.step.act[i].kind == kind;
    return n;
}

static void held_to(bool holds, const char *what, int line)
{
    if (!holds)
        ck_abort_msg("line %d: %s (state %d event verb -> state %d cause %d, status %u)", line, what, (int)p.was.state,
                     (int)p.o.state, (int)p.o.cause, p.facts.status);
}
#define must(x) held_to((x), #x, __LINE__)

static void check_refusal(void)
{
    must(p.step.rc == -EINVAL || p.step.rc == -EOPNOTSUPP);
    must(p.step.n == 0);
    must(memcmp(&p.step.next, &p.was, sizeof(p.was)) == 0);
}

static void check_bytes(const struct event *ev)
{
    const struct dlota_object *next = &p.step.next;
    const unsigned takes = count(ACTION_TAKE_NEW) + count(ACTION_TAKE_MORE) + count(ACTION_SKIP_TAKE);
    const struct action *drop = policy_act(&p, ACTION_DROP), *take = policy_act(&p, ACTION_TAKE_NEW);

    must(next->have == p.was.have || next->have == 0);
    must(takes <= 1);
    must(takes == (ev->kind == EVENT_HEAD && next->state == DLOTA_DOWNLOADING));
    must(!drop || (drop->gen == p.was.gen && drop->gen && next->have == 0));
    must(next->gen == p.was.gen + (take != NULL));
    must(!drop || take || !takes);               /* what is dropped is not appended to */
    must(p.was.have == 0 || next->have || drop); /* what is held no more is dropped */
    must(!count(ACTION_MARK) || !drop);          /* what is kept is not dropped */
    must(!count(ACTION_MARK) || p.was.state == DLOTA_DOWNLOADING);
    must(!take || (next->ranges != DLOTA_RANGES_UNKNOWN && next->have == 0));
    if (takes)
        must(p.step.act[p.step.n - 1].limit > 0);
    if (count(ACTION_SKIP_TAKE) || count(ACTION_TAKE_MORE))
        must(ev->asked > 0 && next->gen == p.was.gen && !strcmp(next->etag, p.was.etag));
    if (count(ACTION_SKIP_TAKE))
        must(p.was.pin != DLOTA_UNPINNED);
    if (count(ACTION_TAKE_MORE))
        must(p.facts.status == 206 && p.facts.first == ev->got);
}

static void check_request(void)
{
    const struct dlota_object *next = &p.step.next;

    must(count(ACTION_GET) == (next->state == DLOTA_DOWNLOADING && p.was.state != DLOTA_DOWNLOADING));
    if (count(ACTION_GET)) {
        must(!next->have || download_resumable(&p.options, next));
        must(next->attempts == p.was.attempts + 1);
        must(next->started != 0);
    }
    must(!count(ACTION_FRESH) || next->state == DLOTA_INTERRUPTED);
}

/* Alive, and it moves by itself at a time, or somebody is asked to move it: never a dead end (I2, I9). */
static void check_state(const struct event *ev)
{
    const struct dlota_object *next = &p.step.next;
    const bool waits = next->state == DLOTA_QUEUED || next->state == DLOTA_INTERRUPTED;
    const bool over = next->state >= DLOTA_RELEASED;

    must(next->state >= DLOTA_UNCONFIRMED && next->state <= DLOTA_FAILED);
    must(waits == (next->due != 0));
    must(over == (next->ended != 0));
    must(next->state != DLOTA_INTERRUPTED || next->cause != DLOTA_NO_CAUSE);
    must(next->state != DLOTA_FAILED || next->cause != DLOTA_NO_CAUSE);
    must(next->state != DLOTA_INSTALLING || p.was.state == DLOTA_INSTALLING ||
         count(ACTION_SEAL) + count(ACTION_ADOPT) == 1);
    must(next->state == DLOTA_RELEASED || next->state == DLOTA_INSTALLED || next->state == DLOTA_FAILED ||
         next->folder == download_folder(next));
    if (next->state != p.was.state && (next->state == DLOTA_FAILED || next->state == DLOTA_RELEASED)) {
        must(count(ACTION_PUBLISH) == 1);
        must(next->folder == p.was.folder || !p.was.state);
        must(next->ended == p.now);
    }
    /* Whoever leaves hangs up, unless the exchange has ended by itself. */
    if (p.was.state == DLOTA_DOWNLOADING && next->state != DLOTA_DOWNLOADING && ev->kind != EVENT_ENDED &&
        ev->kind != EVENT_BROKE && ev->kind != EVENT_START)
        must(p.step.act[0].kind == ACTION_HANG_UP);
    must(count(ACTION_HANG_UP) <= 1);
    must(next->best >= p.was.best || p.was.state == DLOTA_FAILED || ev->kind == EVENT_CHECKED);
}

/* One final code (I4): none after a 900 that may have been seen. */
static void check_reports(const struct event *ev)
{
    const struct action *report = policy_act(&p, ACTION_REPORT);
    const struct dlota_object *next = &p.step.next;

    must(count(ACTION_REPORT) <= 1);
    must(!report || p.terms.notify);
    if (report) {
        must(report->decides == (report->cause == DLOTA_SUCCESS));
        must(report->decides == (next->state == DLOTA_REPORTING) || count(ACTION_REMOVE));
        must(p.was.state != DLOTA_REPORTING || !p.was.report_tries);
        must(p.was.state < DLOTA_RELEASED);
    }
    if (next->state == DLOTA_FAILED && p.was.state != DLOTA_FAILED && p.terms.notify && !count(ACTION_REMOVE))
        must((report != NULL) == (next->cause != DLOTA_REPORT_REFUSED && next->cause != DLOTA_REPORT_LOST));
    if (p.was.state == DLOTA_REPORTING && next->state != DLOTA_REPORTING)
        must(ev->kind == EVENT_ANSWER || ev->kind == EVENT_VERB);
}

static void check(const struct event *ev)
{
    steps++;
    if (p.step.rc) {
        check_refusal();
        return;
    }
    check_reports(ev);
    must(count(ACTION_DROP) <= 1 && count(ACTION_REMOVE) <= 1);
    if (count(ACTION_REMOVE)) {
        must(p.step.act[p.step.n - 1].kind == ACTION_REMOVE);
        return;
    }
    check_bytes(ev);
    check_request();
    check_state(ev);
}

/* The row and the event as they are; the row stays for the next one. */
static void step(struct event ev)
{
    const struct dlota_object row = p.o;

    policy_send(&p, ev);
    ev.got = ev.got ? ev.got : p.got;
    check(&ev);
    p.o = row;
}

/* ---- classes of rows ---- */

/* Mixed radix: takes one digit off. */
static unsigned digit(unsigned *n, unsigned base)
{
    unsigned d = *n % base;

    *n /= base;
    return d;
}

enum { ROWS = 3 * 3 * 3 * 2 * 2 * 2 * 2 * 2 * 3 };

static void row(unsigned n, enum dlota_state state)
{
    struct dlota_object *o = &p.o;
    const unsigned bytes = digit(&n, 3);

    policy_begin(&p);
    o->pin = (enum dlota_pin)digit(&n, 3);
    o->ranges = (enum dlota_ranges)digit(&n, 3);
    o->total = digit(&n, 2) ? SIZE : 0;
    o->size = digit(&n, 2) ? SIZE : 0;
    o->part = digit(&n, 2) ? DLOTA_PART_DESCRIPTOR : 0;
    o->restarts = digit(&n, 2) ? 3 : 0;
    if (digit(&n, 2)) { /* used up */
        o->fails = 19;
        o->idle = WEEK;
    }
    o->oddities = (const uint32_t[]){0, 1, 0x302}[digit(&n, 3)];
    o->gen = o->ranges == DLOTA_RANGES_UNKNOWN ? 0 : 3;
    o->have = o->gen ? (const uint64_t[]){0, 400, SIZE}[bytes] : 0;
    p.got = o->have;
    o->attempts = o->streak = o->gen ? 2 : 0;
    words(o->etag, sizeof(o->etag), TAG);
    words(o->modified, sizeof(o->modified), DATE);
    words(o->type, sizeof(o->type), "image/gif");
    o->state = state;
    o->due = state == DLOTA_QUEUED || state == DLOTA_INTERRUPTED ? NOW + 5 : 0;
    o->cause = state == DLOTA_INTERRUPTED || state == DLOTA_FAILED ? DLOTA_NETWORK_LOST : DLOTA_NO_CAUSE;
    o->started = o->attempts ? NOW : 0;
    o->ended = state >= DLOTA_RELEASED ? NOW : 0;
    o->folder = download_folder(o);
}

static void each_row(enum dlota_state state, void (*each)(void))
{
    for (unsigned n = 0; n < ROWS; n++) {
        row(n, state);
        each();
    }
}

/* ---- events but HEAD ---- */

static void plain_events(void)
{
    static const int rcs[] = {0, -ENOSPC, -EDQUOT, -EIO, -EBADMSG};

    for (unsigned i = 0; i < 8; i++) {
        p.terms.notify = i & 1;
        p.options.report_lost_discard = p.options.size_tolerant = p.options.unpinned_resume = i & 2;
        p.o.report_tries = i >> 2;
        step((struct event){.kind = EVENT_CHECKED, .flag = i & 2});
        step((struct event){.kind = EVENT_CHECKED, .cause = DLOTA_NOT_ACCEPTED});
        step((struct event){.kind = EVENT_START});
        step((struct event){.kind = EVENT_TURN});
        step((struct event){.kind = EVENT_PUBLISHED});
        for (int v = VERDICT_TAKEN; v <= VERDICT_LOST; v++)
            step((struct event){.kind = EVENT_ANSWER, .verdict = (enum verdict)v, .detail = "200 OK"});
        for (unsigned r = 0; r < 5; r++) {
            if (rcs[r] < 0)
                step((struct event){.kind = EVENT_DISK, .rc = rcs[r]});
            step((struct event){.kind = EVENT_SEALED, .rc = rcs[r]});
        }
        for (int v = 0; v <= DLOTA_REMOVE + 1; v++)
            step((struct event){.kind = EVENT_VERB, .verb = (enum dlota_verb)v});
    }
}

static void ends(void)
{
    const uint64_t have = p.o.have;
    const uint64_t got[] = {have, have + 1, SIZE - 1, SIZE, SIZE + 1};

    for (unsigned i = 0; i < 5 * 2 * 2 * 2 * 2; i++) {
        unsigned n = i;

        p.got = got[digit(&n, 5)];
        if (p.got < have)
            continue;
        p.options.size_tolerant = digit(&n, 2);
        p.o.short_at = digit(&n, 2) ? p.got : 0;
        step((struct event){.kind = EVENT_ENDED, .framed = digit(&n, 2), .flag = digit(&n, 2)});
    }
    for (unsigned i = 0; i < 5; i++) {
        p.got = got[i];
        if (p.got < have)
            continue;
        for (int f = HTTP_LOST; f <= HTTP_NO_MEMORY; f++)
            step((struct event){.kind = EVENT_BROKE, .failure = (enum http_failure)f});
        p.options.max_size = i & 1 ? SIZE - 10 : 0;
        step((struct event){.kind = EVENT_OVERRUN});
    }
    p.options.max_size = 0;
}

/* ---- HEAD: every class of facts ---- */

static void facts_of(unsigned n, unsigned status)
{
    static const char *const tags[] = {"", TAG, "\"v2\"", "W/\"v1\""};
    static const char *const types[] = {"", "image/gif", "image/jpeg", "text/html"};
    const uint64_t first = p.o.have;

    bare(&p, status, "Words");
    p.facts.accept_ranges = (enum http_accept_ranges)digit(&n, 3);
    tagged(&p, tags[n % 4], n % 4 == 1 || n % 4 == 2);
    dated(&p, (const char *const[]){"", DATE, "Thu, 19 Nov 2026 09:00:00 GMT", DATE}[n % 4], 900,
          n % 4 == 3 ? 900 : 5000);
    (void)digit(&n, 4);
    typed(&p, types[digit(&n, 4)]);
    p.facts.framed = digit(&n, 2);
    if (p.facts.framed)
        sized(&p, digit(&n, 2) ? SIZE - (status == 206 ? first : 0) : (n & 1 ? 0 : SIZE + 1));
    else
        (void)digit(&n, 2);
    p.facts.content_range = (enum http_content_range)digit(&n, 4);
    p.facts.first = digit(&n, 2) ? first : first + 1;
    p.facts.last = SIZE - 1;
    p.facts.range_total = (const uint64_t[]){0, SIZE, SIZE + 1, first}[digit(&n, 4)];
    p.facts.multipart_ranges = digit(&n, 2);
}
enum { FACTS = 3 * 4 * 4 * 2 * 2 * 4 * 2 * 4 * 2 };

/* A step of this through all classes leaves out no digit, and is coprime to each. */
enum { STRIDE = 61 };

static void heads(void)
{
    static const unsigned judged[] = {200, 203, 206, 416};
    static const unsigned others[] = {100, 201, 204, 205, 301, 304, 401, 404, 408, 412,
                                      421, 425, 429, 500, 501, 503, 505, 511, 999};
    static unsigned turn_;

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        facts_of(1, others[i]);
        step((struct event){.kind = EVENT_HEAD, .facts = &p.facts, .asked = p.o.have});
    }
    for (unsigned s = 0; s < 4; s++) {
        for (unsigned n = turn_++ % STRIDE; n < FACTS; n += STRIDE) {
            facts_of(n, judged[s]);
            p.options.unpinned_resume = p.options.size_tolerant = n & 1;
            step((struct event){.kind = EVENT_HEAD, .facts = &p.facts, .asked = p.o.have});
        }
    }
}

START_TEST(every_state_and_event)
{
    steps = 0;
    for (int s = DLOTA_UNCONFIRMED; s < STATES; s++) {
        /* Rows that cannot be: nothing sealed is incomplete, an object is not complete with nothing held. */
        each_row((enum dlota_state)s, plain_events);
        each_row((enum dlota_state)s, ends);
    }
    ck_assert_uint_gt(steps, 1000000);
}
END_TEST

START_TEST(every_header)
{
    steps = 0;
    each_row(DLOTA_DOWNLOADING, heads);
    ck_assert_uint_gt(steps, 1000000);
}
END_TEST

START_TEST(headers_belong_to_a_download_only)
{
    for (int s = 0; s < STATES + 2; s++) {
        row(100, (enum dlota_state)s);
        good(&p);
        if (s == DLOTA_DOWNLOADING)
            continue;
        policy_send(&p, (struct event){.kind = EVENT_HEAD, .facts = &p.facts});
        ck_assert_int_eq(p.step.rc, -EINVAL);
        check_refusal();
    }
}
END_TEST

START_TEST(unknown_events_and_states)
{
    for (int k = 0; k < EVENTS + 3; k++) {
        row(100, (enum dlota_state)(STATES + 1));
        step((struct event){.kind = (enum event_kind)k, .facts = &p.facts, .verb = DLOTA_REMOVE});
        ck_assert_int_eq(p.step.rc, -EINVAL);
    }
    row(100, DLOTA_QUEUED);
    step((struct event){.kind = (enum event_kind)0});
    ck_assert_int_eq(p.step.rc, -EINVAL);
    step((struct event){.kind = (enum event_kind)EVENTS});
    ck_assert_int_eq(p.step.rc, -EINVAL);
}
END_TEST

START_TEST(new_rows)
{
    row(0, (enum dlota_state)0);
    p.o.due = 0;
    p.o.folder = DLOTA_NOWHERE;
    for (int c = DLOTA_NO_CAUSE; c < DLOTA_CAUSES; c++)
        for (int flag = 0; flag < 2; flag++)
            if (c != DLOTA_SUCCESS)
                step((struct event){.kind = EVENT_CHECKED, .cause = (enum dlota_cause)c, .flag = flag});
}
END_TEST

policy_main("agent_walk", every_state_and_event, every_header, headers_belong_to_a_download_only,
            unknown_events_and_states, new_rows)
