/* table.h - the table of -o options.  Private to src/cmd. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include "cmd/value.h"

/* The i-th row, NULL past the last. */
const struct value_row *table_row(unsigned i);
/* The row of exactly these n bytes; NULL: not ours. */
const struct value_row *table_find(const char *name, size_t n);

#endif
