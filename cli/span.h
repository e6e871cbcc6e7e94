/*
 * cli/span.h - lengths of time as people read them: "12.3 s", "1:02", "1:02:11"
 */
#ifndef CLI_SPAN_H
#define CLI_SPAN_H

#include "cli/text.h"

#include <stdint.h>

/* span_add - append one: below a minute to a tenth of a second, then minutes and seconds, and hours if there are any */
void span_add(struct text *to, int64_t ns);

#endif
