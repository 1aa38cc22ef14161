/* fake.h - libdlota in memory for the tests of the file system's face: no store, no network, no decisions.
 *
 * The test says what there is (fake_object) and when an ask is answered: at once, or by fake_answer(). */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>

#include <dlota/agent.h>

dlota *fake_new(void);
dlota *fake_free(dlota *d);
/* Asks wait for fake_answer() from now on. */
void fake_hold(dlota *d, bool hold);
/* Answer all that wait with rc. */
void fake_answer(dlota *d, int rc);
/* How many wait. */
unsigned fake_waiting(dlota *d);
/* Add or change an object; text: what dlota_status says; bytes: of an installed one. */
int64_t fake_object(dlota *d, const char *name, enum dlota_folder folder, const char *text, const char *bytes);
void fake_changed(dlota *d, int64_t id, unsigned what);
void fake_event(dlota *d, const char *line);
/* `events` begins anew; the generation before stays readable. */
void fake_rotate(dlota *d);
/* Announce a move to the face; dlota_published() then carries it out. */
void fake_publish(dlota *d, int64_t id, enum dlota_folder to);

/* What was asked, oldest first, one line each: "offer 1 x.dd", "sync 1", "drop 1", "rename 1 y", "steer 3 pause". */
const char *fake_log(dlota *d);
/* The content of a spool file, NUL-terminated; NULL: dropped or taken. */
const char *fake_spool(dlota *d, uint64_t spool);

#endif
