/* I1, I10: whatever an honest server's versions, caches, portals and cuts do, no byte of one version is put to
 * another's; and it always comes to an end or to a wait with a reason (I2). */
#include "unit/policy.h"

/* Which version each held byte is of: in runs, since bytes are only appended. */
enum { WHOLE = 1000 };

struct world_of_bytes {
    struct policy p;
    uint64_t seed;
    unsigned version;         /* what the server has now */
    unsigned held[WHOLE + 1]; /* version of each byte on disk */
    uint64_t got, flushed;
    unsigned taking; /* version of the content under way; 0: none */
    uint64_t from;   /* where it began */
    uint64_t end;    /* where this answer's content ends */
    bool framed, partial;
};

static unsigned chance(struct world_of_bytes *w, unsigned n)
{
    w->seed = w->seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)((w->seed >> 33) % n);
}

static void tag_of(unsigned version, char *ret, size_t n) { (void)snprintf(ret, n, "\"v%u\"", version); }

/* A captive portal, or an overloaded proxy. */
static void stranger(struct world_of_bytes *w)
{
    static const unsigned statuses[] = {200, 302, 429, 500, 503, 511, 421, 408};

    bare(&w->p, statuses[chance(w, 8)], "Words");
    if (w->p.facts.status == 302)
        w->p.facts.status = 503; /* unresolved redirects end it; that is tested elsewhere */
    typed(&w->p, "text/html");
    sized(&w->p, chance(w, 2) ? 77 : WHOLE);
    w->taking = 0;
}

/* The server's answer, with the faults that honest servers and caches have. */
static void answer(struct world_of_bytes *w)
{
    struct policy *p = &w->p;
    const uint64_t asked = p->o.have;
    const bool ignores_match = chance(w, 3) == 0, ignores_range = chance(w, 5) == 0;
    /* A cache may still serve the version before. */
    const unsigned version = w->version > 1 && chance(w, 6) == 0 ? w->version - 1 : w->version;
    char tag[16];

    if (chance(w, 10) == 0) {
        stranger(w);
        return;
    }
    tag_of(version, tag, sizeof(tag));
    good(p);
    if (asked && !ignores_match && strcmp(tag, p->o.etag) != 0) {
        bare(p, 412, "Precondition Failed");
        w->taking = 0;
        return;
    }
    if (asked >= WHOLE && !ignores_range) {
        bare(p, 416, "Range Not Satisfiable");
        p->facts.content_range = HTTP_RANGE_UNSATISFIED;
        p->facts.range_total = WHOLE;
        w->taking = 0;
        return;
    }
    w->taking = version;
    w->end = WHOLE;
    w->from = 0;
    if (asked && !ignores_range) {
        const uint64_t last = chance(w, 3) ? WHOLE - 1 : asked + chance(w, (unsigned)(WHOLE - asked));

        part(p, asked, last, chance(w, 4) ? WHOLE : 0);
        w->from = asked;
        w->end = last + 1;
        if (chance(w, 12) == 0) { /* a node that gets ranges wrong */
            p->facts.first = asked / 2;
            p->facts.has_length = false;
            w->from = asked / 2;
        }
    }
    tagged(p, tag, true);
    if (chance(w, 8) == 0)
        tagged(p, "", false);
    else if (chance(w, 8) == 0)
        tagged(p, "W/\"w\"", false);
    if (chance(w, 4) == 0 && p->facts.status == 200)
        p->facts.has_length = false;
    p->facts.framed = chance(w, 5) != 0 || p->facts.has_length;
    w->framed = p->facts.framed;
}

/* Do what the actions say to the model's bytes. */
static void carry_out(struct world_of_bytes *w)
{
    const struct policy *p = &w->p;

    if (policy_act(p, ACTION_DROP) || policy_act(p, ACTION_TAKE_NEW)) {
        memset(w->held, 0, sizeof(w->held));
        w->got = w->flushed = 0;
    }
    if (policy_act(p, ACTION_MARK))
        w->flushed = w->got;
    if (policy_act(p, ACTION_SEAL)) {
        ck_assert_uint_eq(w->got, WHOLE);
        for (unsigned i = 1; i < WHOLE; i++)
            if (w->held[i] != w->held[0] || !w->held[i])
                ck_abort_msg("byte %u is of version %u, not %u", i, w->held[i], w->held[0]);
    }
    if (p->o.state != DLOTA_DOWNLOADING)
        w->p.o.have = w->got = w->flushed;
}

static void receive(struct world_of_bytes *w, uint64_t upto)
{
    for (; w->got < upto; w->got++)
        w->held[w->got] = w->taking;
}

/* Content comes, in whole or in part. */
static void content(struct world_of_bytes *w)
{
    struct policy *p = &w->p;
    const uint64_t room = w->end > w->got ? w->end - w->got : 0;
    const bool cut = chance(w, 2);
    const uint64_t upto = w->got + (cut && room ? chance(w, (unsigned)room) : room);

    w->partial = policy_act(p, ACTION_TAKE_MORE) != NULL;
    if (w->partial) {
        ck_assert_uint_eq(w->from, w->got);
        ck_assert_msg(w->got == 0 || w->held[w->got - 1] == w->taking, "version %u appended to %u", w->taking,
                      w->held[w->got - 1]);
    }
    receive(w, upto);
    p->got = w->got;
    if (chance(w, 12) == 0) {
        w->p.o.have = w->flushed; /* the power goes: what was flushed is there */
        w->got = w->flushed;
        policy_send(p, (struct event){.kind = EVENT_START});
    } else if (chance(w, 12) == 0 && verb(p, DLOTA_PAUSE)->rc == 0) {
        carry_out(w);
        verb(p, DLOTA_RESUME);
    } else if (cut && w->framed) {
        policy_send(p, (struct event){.kind = EVENT_BROKE, .failure = HTTP_LOST});
    } else {
        policy_send(p, (struct event){.kind = EVENT_ENDED, .framed = w->framed, .flag = w->partial});
    }
    carry_out(w);
}

/* One turn: GET, header, content. */
static void attempt(struct world_of_bytes *w)
{
    struct policy *p = &w->p;

    if (chance(w, 10) == 0)
        w->version++;
    p->now = p->o.due;
    ck_assert_int_eq(turn(p)->rc, 0);
    w->got = p->o.have;
    carry_out(w);
    if (p->o.state != DLOTA_DOWNLOADING)
        return;
    answer(w);
    head(p);
    carry_out(w);
    if (p->o.state == DLOTA_DOWNLOADING)
        content(w);
}

static enum dlota_state live(struct world_of_bytes *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    w->seed = seed;
    w->version = 1;
    policy_begin(&w->p);
    for (unsigned i = 0; i < 10000; i++) {
        const enum dlota_state state = w->p.o.state;

        if (state == DLOTA_INSTALLING || state == DLOTA_FAILED)
            return state;
        ck_assert(state == DLOTA_QUEUED || state == DLOTA_INTERRUPTED);
        ck_assert_int_gt(w->p.o.due, 0);
        attempt(w);
    }
    ck_abort_msg("seed %llu does not come to an end", (unsigned long long)seed);
}

START_TEST(versions_are_never_mixed)
{
    static struct world_of_bytes w;
    unsigned installed = 0, failed = 0;

    for (uint64_t seed = 1; seed <= 20000; seed++) {
        if (live(&w, seed) == DLOTA_INSTALLING) {
            installed++;
            continue;
        }
        failed++;
        /* The reasons that this server gives. */
        ck_assert_msg(w.p.o.cause == DLOTA_UPDATED || w.p.o.cause == DLOTA_NOT_LOADED ||
                          w.p.o.cause == DLOTA_MISMATCH || w.p.o.cause == DLOTA_NETWORK_LOST ||
                          w.p.o.cause == DLOTA_SERVER_BUSY || w.p.o.cause == DLOTA_FOREIGN ||
                          w.p.o.cause == DLOTA_NO_ANSWER,
                      "seed %llu: cause %d", (unsigned long long)seed, (int)w.p.o.cause);
    }
    /* Both happen often enough to mean something. */
    ck_assert_uint_gt(installed, 5000);
    ck_assert_uint_gt(failed, 1000);
}
END_TEST

policy_main("agent_versions", versions_are_never_mixed)
