/*
 * base/bound.c - fields of a struct that a program has filled in, and what they may be
 *
 * Runs in: the host, and workers whose jobs submit others. Pure.
 */
#include "base/bound.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

static mpool_err refuse(const char *function, const struct mp_bound *bound)
{
    char text[160];

    (void)snprintf(text, sizeof text, "%s is %" PRId64 "; it takes %" PRId64 " to %" PRId64 "%s", bound->field,
                   bound->value, bound->least, bound->most, bound->unit);
    if (function == NULL)
        return mp_error(MPOOL_E_INVAL, "pool options: %s", text);
    return mp_error(MPOOL_E_INVAL, "task of \"%s\": %s", function, text);
}

mpool_err mp_bound_check(const char *function, const struct mp_bound *bounds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bounds[i].value < bounds[i].least || bounds[i].value > bounds[i].most)
            return refuse(function, &bounds[i]);
    return MPOOL_OK;
}
