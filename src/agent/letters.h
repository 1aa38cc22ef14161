/* letters.h - asks on their way from any thread to the agent's. */
#ifndef AGENT_LETTERS_H
#define AGENT_LETTERS_H

struct dlota;

/* The agent's thread: do what the letters ask; answers are queued as deeds. */
void letters_take(struct dlota *d);
/* The agent leaves: every letter is answered with rc. */
void letters_refuse(struct dlota *d, int rc);

#endif
