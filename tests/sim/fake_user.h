/* fake_user.h - somebody who drops, waits and steers by a script, whose agent may die at any step and is started again.
 *
 * Whatever breaks an invariant is noted in `fault`, the first one counts.  What is checked all the way: see
 * fake_judge.h. */
#ifndef SIM_FAKE_USER_H
#define SIM_FAKE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/agent.h>
#include "sim/fake_disk.h"
#include "sim/fake_http.h"
#include "sim/fake_world.h"

enum { DROPS = 6, FILES = 64 };

/* What the user drops and what may become of it. */
struct drop {
    const char *file, *text; /* under which name, what */
    const char *object;      /* the object's name; NULL: none, it ends as `file` */
    const char *uri;         /* of the object */
    const char *notify;      /* NULL: none */
    const void *body[2];     /* versions that the server has had; NULL: never to be installed */
    size_t n;
    bool fetched; /* the descriptor comes from a URL: until then nobody knows of notify */
    bool retried; /* a second transaction follows a failed one */
    bool refused; /* the server refuses the success report */

    /* What happened. */
    bool promised; /* a close was answered with 0 */
    bool removed;  /* an rm was answered with 0, or may have been */
    bool shown;    /* was in installed/ */
    bool tried;    /* offered at all */
};

enum act_kind { ACT_END, ACT_DROP, ACT_WAIT, ACT_STEER, ACT_CALL };
struct user;
struct act {
    enum act_kind kind;
    unsigned drop;
    int ms;
    enum dlota_verb verb;
    void (*call)(struct user *);
};

struct scene {
    const char *name;
    struct drop drops[DROPS];
    const struct act *acts;
    void (*prepare)(struct user *); /* the servers, and options */
};

/* How the machine of a run behaves, all from one seed. */
struct manner {
    bool late_workers; /* jobs are done turns later, in any order */
    bool deaf_face;    /* nobody answers a publish */
    bool syncs;        /* the user's program calls fsync before close */
};

struct user {
    const struct scene *scene;
    struct manner manner;
    struct drop drops[DROPS];
    struct fake_disk *disk;
    struct fake_http *http;
    struct fake_world world;
    struct dlota_options options;
    dlota *d;
    unsigned at; /* the act that comes next */
    uint64_t seed;
    unsigned opens;
    bool alive;
    bool failing; /* calls fail in this run: an ask may be refused and is repeated */
    char fault[512];

    /* What the disk held when the process died. */
    bool power_cut, stopped;
    struct found {
        char path[64];
        int64_t size, kept;
    } found[FILES];
    unsigned n_found, asks_before;
};

void user_begin(struct user *u, const struct scene *scene, struct manner manner, uint64_t seed);
/* Start the agent and go on with the script to its end, and until nothing happens any more.  False: the process died on
 * the way, or a fault was found. */
bool user_run(struct user *u);
/* After the process died: what is left is taken stock of; cut < 0: nothing is lost, else what a power cut leaves. */
void user_crash(struct user *u, int cut);
/* Let the agent end in good order. */
void user_close(struct user *u);
void user_end(struct user *u);

/* Note a fault. */
__attribute__((format(printf, 2, 3))) void user_fault(struct user *u, const char *format, ...);
bool user_dead(const struct user *u);

#endif
