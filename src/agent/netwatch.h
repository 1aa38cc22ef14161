/* netwatch.h - rtnetlink: did a link, an address or a route come up?  The agent's thread; never blocks. */
#ifndef AGENT_NETWATCH_H
#define AGENT_NETWATCH_H

#include <stdbool.h>

struct netwatch;

int netwatch_new(struct netwatch **ret); /* -errno: then the agent goes without, by its back-off alone */
struct netwatch *netwatch_free(struct netwatch *w);
int netwatch_fd(const struct netwatch *w);
/* Read what is there; true when something came up since (an overrun of the socket counts as that). */
bool netwatch_up(struct netwatch *w);

#endif
