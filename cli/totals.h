/*
 * cli/totals.h - the totals of a run, for people and for programs
 */
#ifndef CLI_TOTALS_H
#define CLI_TOTALS_H

#include "cli/run.h"

/* totals_print - append the totals of all steps, as people read them; groups by value, the largest first */
void totals_print(struct text *to, const struct run *run);

/*
 * totals_json - append {STEP: {NAME: value}}
 *
 * A value is a number, a string of digits beyond 64 bits, or null: there is none. A total with groups is a map of them,
 * in the order of their keys. A job that is named comes as {"value", "show"}, and a list of jobs as an array of these.
 */
void totals_json(struct text *to, const struct run *run);

#endif
