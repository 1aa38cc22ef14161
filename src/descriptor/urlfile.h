/* urlfile.h - a text with one URL: plain, .url, .desktop. */
#ifndef DESCRIPTOR_URLFILE_H
#define DESCRIPTOR_URLFILE_H

#include "descriptor/offer.h"

/* Is there a line that holds a URL, or tries to? */
bool urlfile_sniff(const struct dd_input *in);
int urlfile_parse(const struct dd_input *in, struct draft *d, struct dd_fault *fault);

#endif
