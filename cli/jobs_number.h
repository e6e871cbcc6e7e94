/*
 * cli/jobs_number.h - how many jobs to run at a time, as people say it: "8", "50%" of the CPUs, "+1" more than these
 */
#ifndef CLI_JOBS_NUMBER_H
#define CLI_JOBS_NUMBER_H

#include "cli/text.h"

#include <stddef.h>

/*
 * jobs_number - read such a number
 *
 * Returns it, at least 1; or 0, and then `why` says, behind the name of what has it: "takes a number of jobs ..."
 */
unsigned jobs_number(const char *text, size_t length, struct text *why);

#endif
