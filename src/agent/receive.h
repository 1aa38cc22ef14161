/* receive.h - bytes off the wire -> buffer -> file.  The agent's thread.
 *
 * The write-out buffers of all transfers share one budget (LIMIT_BUFFERS); who gets none writes each piece as it comes.
 */
#ifndef AGENT_RECEIVE_H
#define AGENT_RECEIVE_H

#include <stddef.h>

struct fetch;

/* n bytes of content came: 0 taken, -1 nothing more is wanted (the policy has been told why). */
int receive(struct fetch *f, const char *p, size_t n);
/* Give the buffer back; what is in it is forgotten. */
void receive_end(struct fetch *f);

#endif
