/* list.c - a growing list of strings. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/list.h"

int cmd_list_add(struct cmd_list *l, char *s)
{
    char **item = s ? reallocarray(l->item, l->n + 2, sizeof *item) : NULL;
    if (!item) {
        free(s);
        return -ENOMEM;
    }
    item[l->n++] = s;
    item[l->n] = NULL;
    l->item = item;
    return 0;
}

void cmd_list_clear(struct cmd_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->item[i]);
    free(l->item);
    *l = (struct cmd_list){0};
}
