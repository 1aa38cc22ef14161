/* publish.h - moves that were announced to the warden and have not come back as a rename.  Any thread. */
#ifndef FS_PUBLISH_H
#define FS_PUBLISH_H

#include <dlota/words.h>
#include <stdbool.h>
#include <stdint.h>

struct announced;

int announced_new(struct announced **ret);
struct announced *announced_free(struct announced *a);
/* Bounded: one that has been waiting for long makes room, the agent then records that move by itself. */
void announced_add(struct announced *a, int64_t id, enum dlota_folder from, enum dlota_folder to, const char *name);
/* Is this the announced move?  Once: it is forgotten by that. */
bool announced_take(struct announced *a, enum dlota_folder from, enum dlota_folder to, const char *name,
                    int64_t *ret_id);

#endif
