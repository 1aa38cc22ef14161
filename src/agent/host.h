/* host.h - hosts with transfers on the wire, for -o per_host.  The agent's thread. */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

struct dlota;

struct host {
    struct host *next;
    unsigned active;
    char name[256];
};

/* One more transfer from name; NULL: no memory. */
struct host *host_enter(struct dlota *d, const char *name);
/* One less; h may be NULL. */
void host_leave(struct dlota *d, struct host *h);
/* Names of those that have no slot free, at most n_max; they belong to the table.  Returns how many. */
unsigned host_full(const struct dlota *d, const char **ret, unsigned n_max);

#endif
