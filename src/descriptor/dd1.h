/* dd1.h - Download Descriptor 1.0: one media object (OMA-Download-OTA-V1_0). */
#ifndef DESCRIPTOR_DD1_H
#define DESCRIPTOR_DD1_H

#include "descriptor/offer.h"

/* A document that says it is of another major version, or that has a DD 2.0 product and says nothing, is
 * -EPROTONOSUPPORT. */
int dd1_parse(const struct dd_input *in, struct draft *d, struct dd_fault *fault);

#endif
