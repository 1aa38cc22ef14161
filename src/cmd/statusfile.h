/* statusfile.h - reading a text of status/ back: "Key:<TAB>value" lines. */
#ifndef CMD_STATUSFILE_H
#define CMD_STATUSFILE_H

#include <stddef.h>

#include "base/text.h"

/* The whole text, from offset 0.  -ENOMSG: not a status text; or -errno. */
int statusfile_read(int fd, struct text *ret);
/* One value, its \xNN undone, cut to n.  -ENOENT: no such line. */
int statusfile_value(const char *text, const char *key, char *ret, size_t n);

#endif
