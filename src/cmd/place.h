/* place.h - paths of the command line: absolute, resolved, one below the other. */
#ifndef CMD_PLACE_H
#define CMD_PLACE_H

#include <stdbool.h>

/* *ret: path made absolute against the current directory, not resolved; the caller's to free. */
int place_absolute(const char *path, char **ret);
/* *ret: absolute, symbolic links resolved as far as the path exists, "." and ".." and double slashes taken out of the
 * rest; the caller's to free. */
int place_resolve(const char *path, char **ret);
/* Is inner the same as outer or below it?  Both as place_resolve() gives them. */
bool place_covers(const char *outer, const char *inner);
/* Where everything is kept when no STORE is given: $XDG_DATA_HOME/dlotafs, ~/.local/share/dlotafs; the caller's to
 * free. -ENOENT: there is no home. */
int place_store(char **ret);
/* Make the directories above path, mode 0700, as the XDG base directories want it. */
int place_make_parents(const char *path);

#endif
