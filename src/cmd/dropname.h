/* dropname.h - the name under which --get drops a descriptor.  Pure. */
#ifndef CMD_DROPNAME_H
#define CMD_DROPNAME_H

#include <stdbool.h>
#include <stdint.h>

/* http:// or https://, any case. */
bool dropname_is_url(const char *what);
/* STEM-NUMBER.dd or STEM-NUMBER.url, STEM from the file's or the URL's last segment: one that inbox/ takes, whatever
 * the file is called (no leading dot, no temporary suffix). */
void dropname(const char *what, uint32_t number, char ret[static 256]);

#endif
