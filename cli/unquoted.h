/*
 * cli/unquoted.h - templates and patterns whose quotes were forgotten
 */
#ifndef CLI_UNQUOTED_H
#define CLI_UNQUOTED_H

#include "cli/report.h"

#include <stdbool.h>

/* unquoted_is_template - does a template begin here? A map that begins so is none. */
bool unquoted_is_template(const struct report *report, size_t place);

/* unquoted_report_template - report such a map; `flow`: within brackets, so that a comma ends it */
void unquoted_report_template(struct report *report, size_t place, bool flow);

/* unquoted_report_alias - report an alias, or the pattern that it was meant to be; `place` is behind its star */
void unquoted_report_alias(struct report *report, size_t place, bool flow);

/*
 * unquoted_report_line - the line is no YAML: perhaps for want of quotes?
 *
 * Reports the first template or pattern on the line that is not in quotes; false: there is none.
 */
bool unquoted_report_line(struct report *report, size_t place);

#endif
