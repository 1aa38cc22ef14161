/* fake_server.h - replies: as scripted, or as a server that knows ranges and preconditions would give them. */
#ifndef SIM_FAKE_SERVER_H
#define SIM_FAKE_SERVER_H

#include "sim/fake_http.h"

struct reply {
    struct reply *next;
    struct http_facts facts;
    bool has_head;
    unsigned char *body;
    size_t n;
    enum http_failure failure;
    char words[160];
    bool stalls;
};

struct reply *reply_new(const struct fake_answer *answer);
void reply_free(struct reply *r);

struct fake_server *server_copy(const struct fake_server *s);
struct fake_server *server_free(struct fake_server *s);
struct reply *server_reply(const struct fake_server *s, const struct fake_ask *ask);

#endif
