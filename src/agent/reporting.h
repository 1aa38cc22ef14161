/* reporting.h - the policy of a status report (policy.md 5): PURE.  Any thread. */
#ifndef AGENT_REPORTING_H
#define AGENT_REPORTING_H

#include <stdbool.h>
#include <stdint.h>

#include <dlota/options.h>
#include "agent/download.h"
#include "http/facts.h"
#include "http/http.h"
#include "store/store.h"

/* How an exchange that carried a report ended.  facts: NULL without an answer. */
struct report_end {
    const struct http_facts *facts;
    enum http_failure failure;
    bool via_303; /* the answer is that of a 303's target */
    int64_t now;  /* wall ms */
    uint32_t random;
};

/* What follows. */
struct report_step {
    bool over;            /* the row goes */
    int64_t due;          /* otherwise: next try, wall ms */
    bool counted;         /* the try counts (there was a network): tries stays, else it is taken back */
    bool verdict_due;     /* the object is told now */
    enum verdict verdict; /* then this */
    char answer[64];      /* for `Report:`: "200 OK", "refused 404 Not Found"'s "404 Not Found"; "" no verdict */
    bool refused;
};
void reporting_step(const struct dlota_options *options, const struct store_report *report,
                    const struct report_end *end, struct report_step *ret);

#endif
