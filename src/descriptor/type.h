/* type.h - media types (RFC 9110 8.3.1) inside this room. */
#ifndef DESCRIPTOR_TYPE_H
#define DESCRIPTOR_TYPE_H

#include <stdbool.h>

/* token "/" token, with or without parameters in visible ASCII: safe to be sent and shown. */
bool type_valid(const char *type);

#endif
