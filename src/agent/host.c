#include "agent/host.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/text.h"

struct host *host_enter(struct dlota *d, const char *name)
{
    struct host *h;

    for (h = d->hosts; h; h = h->next)
        if (!strcmp(h->name, name))
            break;
    if (!h) {
        h = calloc(1, sizeof(*h));
        if (!h)
            return NULL;
        (void)text_copy(h->name, sizeof(h->name), name);
        h->next = d->hosts;
        d->hosts = h;
    }
    h->active++;
    return h;
}

void host_leave(struct dlota *d, struct host *h)
{
    if (!h || --h->active)
        return;
    for (struct host **at = &d->hosts; *at; at = &(*at)->next) {
        if (*at != h)
            continue;
        *at = h->next;
        free(h);
        return;
    }
}

unsigned host_full(const struct dlota *d, const char **ret, unsigned n_max)
{
    unsigned n = 0;

    for (const struct host *h = d->hosts; h && n < n_max; h = h->next)
        if (h->active >= d->options.per_host)
            ret[n++] = h->name;
    return n;
}
