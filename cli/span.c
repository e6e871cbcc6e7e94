/*
 * cli/span.c - lengths of time as people read them: "12.3 s", "1:02", "1:02:11"
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/span.h"

#include <inttypes.h>

#define TENTH_NS INT64_C(100000000)
#define SECOND_NS INT64_C(1000000000)

void span_add(struct text *to, int64_t ns)
{
    int64_t tenths = ns > 0 ? ns / TENTH_NS : 0, seconds = ns > 0 ? ns / SECOND_NS : 0;

    if (seconds < 60)
        text_printf(to, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
    else if (seconds < 3600)
        text_printf(to, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
    else
        text_printf(to, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60, seconds % 60);
}
