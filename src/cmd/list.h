/* list.h - a growing list of strings. */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "cmd/options.h"

/* Append; the string is the list's from now on, also on -ENOMEM (s NULL counts as that). */
int cmd_list_add(struct cmd_list *l, char *s);
void cmd_list_clear(struct cmd_list *l);

#endif
