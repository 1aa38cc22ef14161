/* options.c - what an agent does when it is not told otherwise. */
#include <dlota/options.h>

static const int64_t second = 1000, day = 24 * 3600 * 1000;

void dlota_options_default(struct dlota_options *ret)
{
    *ret = (struct dlota_options){
        .confirm = DLOTA_CONFIRM_DROP,
        .transfers = 16,
        .per_host = 4,
        .retries = 20,
        .give_up = 7 * day,
        .retry_wait = 2 * second,
        .timeout = 60 * second,
        .read_wait = 60 * second,
        .report_tries = 3,
        .updated_code = 957,
    };
}
