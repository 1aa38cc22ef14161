#include "agent/letters.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/fetch.h"
#include "agent/intake.h"
#include "agent/perform.h"
#include "base/text.h"
#include "store/spool.h"

enum { PER_TURN = 64 };

enum ask_kind { ASK_OFFER, ASK_STEER, ASK_PUBLISHED, ASK_SYNC };

struct ask {
    struct letter letter;
    enum ask_kind kind;
    dlota_done *done;
    void *arg;
    int64_t id; /* or the spool file's number */
    enum dlota_verb verb;
    char name[256];
};

/* ---- any thread ---- */

static void post(dlota *d, const struct ask *what)
{
    struct ask *a = malloc(sizeof(*a));

    if (!a) {
        what->done(what->arg, -ENOMEM);
        return;
    }
    *a = *what;
    mailbox_post(d->mail, &a->letter);
}

void dlota_offer(dlota *d, uint64_t spool, const char *name, dlota_done *done, void *arg)
{
    struct ask a = {.kind = ASK_OFFER, .done = done, .arg = arg, .id = (int64_t)spool};

    (void)text_copy(a.name, sizeof(a.name), name);
    post(d, &a);
}

void dlota_steer(dlota *d, int64_t id, enum dlota_verb verb, dlota_done *done, void *arg)
{
    post(d, &(struct ask){.kind = ASK_STEER, .done = done, .arg = arg, .id = id, .verb = verb});
}

void dlota_published(dlota *d, int64_t id, dlota_done *done, void *arg)
{
    post(d, &(struct ask){.kind = ASK_PUBLISHED, .done = done, .arg = arg, .id = id});
}

void dlota_spool_sync(dlota *d, uint64_t spool, dlota_done *done, void *arg)
{
    post(d, &(struct ask){.kind = ASK_SYNC, .done = done, .arg = arg, .id = (int64_t)spool});
}

/* ---- the agent's thread ---- */

/* The answer comes once what it says is committed. */
static void answer(struct dlota *d, const struct ask *a, int rc)
{
    if (deed_on_commit(d, &(struct deed){.kind = DEED_REPLY, .done = a->done, .arg = a->arg, .rc = rc}) < 0)
        a->done(a->arg, rc);
}

static void take_offer(struct dlota *d, const struct ask *a)
{
    intake_offer(d, (uint64_t)a->id, a->name, a->done, a->arg);
}

static void take_steer(struct dlota *d, const struct ask *a)
{
    struct event ev = {.kind = EVENT_VERB, .verb = a->verb};
    struct fetch *f;
    int rc;

    agent_reload(d, a->id);
    f = fetch_find(d, a->id);
    ev.got = f ? f->got : 0;
    rc = perform_event(d, a->id, &ev, f);
    if (rc >= 0 && a->verb == DLOTA_RETRY)
        intake_check_again(d, a->id);
    answer(d, a, rc);
}

static void take_published(struct dlota *d, const struct ask *a)
{
    int rc = -ESTALE;

    if (announce_take(&d->announced, a->id))
        rc = perform_event(d, a->id, &(struct event){.kind = EVENT_PUBLISHED}, fetch_find(d, a->id));
    answer(d, a, rc == -ENOENT ? -ESTALE : rc);
}

struct sync_job {
    struct job job;
    struct dlota *d;
    uint64_t spool;
    dlota_done *done;
    void *arg;
    int rc;
};

static void sync_run(struct job *job)
{
    struct sync_job *j = (struct sync_job *)job;

    j->rc = spool_sync(j->d->store, j->spool);
}

static void sync_done(struct job *job)
{
    struct sync_job *j = (struct sync_job *)job;

    j->done(j->arg, j->rc);
    free(j);
}

static void take_sync(struct dlota *d, const struct ask *a)
{
    struct sync_job *j = calloc(1, sizeof(*j));

    if (!j) {
        a->done(a->arg, -ENOMEM);
        return;
    }
    *j = (struct sync_job){
        .job = {.run = sync_run, .done = sync_done}, .d = d, .spool = (uint64_t)a->id, .done = a->done, .arg = a->arg};
    d->worker->submit(d->worker, &j->job);
}

void letters_take(struct dlota *d)
{
    static void (*const table[])(struct dlota *, const struct ask *) = {
        [ASK_OFFER] = take_offer,
        [ASK_STEER] = take_steer,
        [ASK_PUBLISHED] = take_published,
        [ASK_SYNC] = take_sync,
    };
    if (!d->letters)
        d->letters = mailbox_take(d->mail);
    /* A turn stays short however many drops come at once: the rest waits for the next. */
    for (unsigned i = 0; i < PER_TURN && d->letters; i++) {
        struct ask *a = (struct ask *)d->letters;

        d->letters = d->letters->next;
        table[a->kind](d, a);
        free(a);
    }
}

static void refuse_all(struct letter *l, int rc)
{
    while (l) {
        struct ask *a = (struct ask *)l;

        l = l->next;
        a->done(a->arg, rc);
        free(a);
    }
}

void letters_refuse(struct dlota *d, int rc)
{
    refuse_all(d->letters, rc);
    d->letters = NULL;
    refuse_all(mailbox_take(d->mail), rc);
}
