/* value.h - one -o option: its row in the table and how its value is read.  Private to options.c and table.c. */
#ifndef CMD_VALUE_H
#define CMD_VALUE_H

#include "cmd/options.h"

enum value_kind {
    VALUE_FLAG,   /* bool; no value */
    VALUE_SIZE,   /* uint64_t */
    VALUE_TIME,   /* int64_t ms */
    VALUE_NUMBER, /* unsigned */
    VALUE_ENUM,   /* int-sized enum: which word of the form */
    VALUE_SECOND, /* bool: is it the second word of the form? */
    VALUE_CODE,   /* unsigned: the word itself */
    VALUE_TEXT,   /* const char * */
    VALUE_FILE,   /* const char *, made absolute */
    VALUE_TYPES,  /* appended to the list of media types */
    VALUE_HEADER, /* appended to the list of header lines */
    VALUE_UID,
    VALUE_GID,
    VALUE_UMASK,
};

struct value_row {
    struct cmd_row shown;
    enum value_kind kind;
    size_t at;            /* in struct cmd_options */
    unsigned least, most; /* VALUE_NUMBER */
};

/* Read value into o as the row says; value may be NULL.  0 or -EINVAL with why. */
int value_read(const struct value_row *row, const char *value, struct cmd_options *o, char *why, size_t why_n);

#endif
