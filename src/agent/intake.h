/* intake.h - descriptor -> checks -> name -> rows.  The agent's thread. */
#ifndef AGENT_INTAKE_H
#define AGENT_INTAKE_H

#include <stdint.h>

#include <dlota/agent.h>

struct dlota;

/* A spool file is to be taken: rows in the current transaction, done after the flush.  A descriptor that is not
 * accepted becomes a row that failed (906, 951 with line and reason) and done gets 0; only trouble of the disk gives
 * done an error, and then the spool file stays. */
void intake_offer(struct dlota *d, uint64_t spool, const char *name, dlota_done *done, void *arg);
/* The descriptor that object id fetched is complete: what it describes takes the place of id, in one transaction. */
void intake_adopt(struct dlota *d, int64_t id);

/* A failed object is tried again: accept=, max_size= or the disk may say no to it now as before. */
void intake_check_again(struct dlota *d, int64_t id);

#endif
