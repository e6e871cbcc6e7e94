/*
 * cli/jobs_number.c - how many jobs to run at a time, as people say it
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/jobs_number.h"

#include "cli/names.h"
#include "cli/schema.h"

#include <mpool/init.h>
#include <mpool/pool.h>

#include <inttypes.h>

/* The largest number that is written: a share of the CPUs, in per cent. */
#define WRITTEN_MOST INT64_C(100000)

unsigned jobs_number(const char *text, size_t length, struct text *why)
{
    int64_t cpus = mpool_cpu_count(), number = 0, jobs;
    bool more = length > 0 && text[0] == '+', fewer = length > 0 && text[0] == '-';
    bool share = length > 1 && text[length - 1] == '%';

    if (!schema_digits(text + (more || fewer), length - (more || fewer) - share, &number) ||
        (share && (more || fewer)) || number < !(more || fewer) || number > WRITTEN_MOST) {
        text_printf(why, "takes a number of jobs from 1 to %d, or 50%% of the CPUs, or +1 or -1, not '",
                    MPOOL_WORKERS_MAX);
        names_escape_cut(why, text, length, 40);
        text_char(why, '\'');
        return 0;
    }
    jobs = more ? cpus + number : fewer ? cpus - number : share ? cpus * number / 100 : number;
    if (jobs > MPOOL_WORKERS_MAX) {
        text_printf(why, "%.*s makes %" PRId64 " jobs at a time, and %d are the most", (int)length, text, jobs,
                    MPOOL_WORKERS_MAX);
        return 0;
    }
    return jobs < 1 ? 1 : (unsigned)jobs;
}
