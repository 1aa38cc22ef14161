/* status.c - the text of status/NAME and failed/NAME: "Key:<TAB>value", as in /proc/PID/status. */
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "view/keys.h"

bool view_value(const struct view_facts *f, const char *key, struct text *ret)
{
    const struct view_key *k;
    for (unsigned i = 0; (k = view_key_at(i)); i++)
        if (strcmp(k->name, key) == 0)
            return view_key_value(f, k, ret);
    return false;
}

void view_status(const struct view_facts *f, struct text *ret)
{
    _cleanup_(text_free) struct text value = VIEW_SCRATCH;
    char shown[LIMIT_VALUE + 1];
    const struct view_key *key;

    for (unsigned i = 0; (key = view_key_at(i)); i++) {
        value.len = 0;
        if (!view_key_value(f, key, &value))
            continue;
        text_escape(shown, sizeof shown, value.data);
        text_printf(ret, "%s:\t%s\n", key->name, shown);
    }
    view_carry_failure(&value, ret);
}
