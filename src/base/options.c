/* options.c - what an agent does when it is not told otherwise. */
#include <dlota/options.h>

enum { SECOND = 1000, DAY = 24 * 3600 * SECOND };

void dlota_options_default(struct dlota_options *ret)
{
    *ret = (struct dlota_options){
        .confirm = DLOTA_CONFIRM_DROP,
        .transfers = 16,
        .per_host = 4,
        .retries = 20,
        .give_up = 7LL * DAY,
        .retry_wait = 2 * SECOND,
        .timeout = 60 * SECOND,
        .read_wait = 60 * SECOND,
        .report_tries = 3,
        .updated_code = 957,
    };
}
