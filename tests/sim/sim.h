/* sim.h - a whole agent in one thread: fake clock, fake network, fake workers, a real catalogue in a directory of its
 * own.
 *
 * The same every time: nothing sleeps, nothing races.  Time passes only in sim_pass() and sim_settle(). */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <check.h>
#include <stdbool.h>

#include <dlota/agent.h>
#include "sim/fake_http.h"
#include "sim/fake_worker.h"
#include "sim/fake_world.h"

struct sim {
    char path[64]; /* STORE */
    struct dlota_options options;
    struct fake_world world;
    struct fake_http *http;
    dlota *d;
    unsigned changed, published;
    bool shows; /* answer a publish at once (as made); else nobody does */
};

/* A new store and an agent on it.  Options may be changed before sim_open(). */
void sim_begin(struct sim *s);
void sim_open(struct sim *s);
/* Close the agent in good order.  The network's script goes with it. */
void sim_close(struct sim *s);
/* Close, and remove the store. */
void sim_end(struct sim *s);

/* Turns until nothing more happens by itself at this time. */
void sim_quiet(struct sim *s);
/* Time passes, in steps as small as what is due asks for, with turns in between. */
void sim_pass(struct sim *s, int64_t ms);
/* Time passes until the object ends or nothing is due within a month. */
void sim_settle(struct sim *s, const char *name);

/* Drop a descriptor; ends when it was taken. */
void sim_drop(struct sim *s, const char *name, const char *text);
/* A usual one: size bytes of image/gif at uri; notify: installNotifyURI, NULL none. */
void sim_drop_dd(struct sim *s, const char *uri, size_t size, const char *notify);
/* A verb; its rc. */
int sim_steer(struct sim *s, const char *name, enum dlota_verb verb);

/* Its row; the test fails when there is none. */
struct dlota_object sim_object(struct sim *s, const char *name);
bool sim_exists(struct sim *s, const char *name);
#define sim_state(s, name) (sim_object((s), (name)).state)
/* Do the installed bytes equal these? */
bool sim_installed(struct sim *s, const char *name, const void *bytes, size_t n);
/* Codes of the reports that were sent to url, "900 903"; in order. */
const char *sim_reports(struct sim *s, const char *url);

#endif
