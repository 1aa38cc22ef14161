/* options.h - settings of an agent (README, Options) and their defaults. */
#ifndef DLOTA_OPTIONS_H
#define DLOTA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dlota_confirm { DLOTA_CONFIRM_DROP, DLOTA_CONFIRM_ASK, DLOTA_CONFIRM_DD };

/* All strings belong to the caller and must outlive the agent.  Times in ms, sizes in bytes. */
struct dlota_options {
    enum dlota_confirm confirm;
    const char *const *accept; /* NULL-terminated media types, "image" "/" "*" allowed; NULL: all */
    uint64_t max_size;         /* 0: none */
    bool size_tolerant;
    unsigned transfers, per_host;
    uint64_t rate; /* bytes per second; 0: none */
    unsigned retries;
    int64_t give_up, retry_wait, timeout, read_wait;
    bool unpinned_resume;
    unsigned report_tries;
    bool report_lost_discard;
    unsigned updated_code;                           /* 957 or 955 */
    const char *cacert, *proxy, *netrc, *user_agent; /* NULL: not given; proxy "": none at all */
    bool insecure;
    const char *const *headers; /* NULL-terminated "HOST:LINE" or "HOST:@FILE"; NULL: none */
};

/* Fill in the defaults. */
void dlota_options_default(struct dlota_options *ret);

#endif
