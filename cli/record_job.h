/*
 * cli/record_job.h - how people name a job of a run: "sizes/12", or "12" where the run has one step
 */
#ifndef CLI_RECORD_JOB_H
#define CLI_RECORD_JOB_H

#include "cli/record.h"

/* record_job - read such a name; appends the step. False: it is none of the run, which was said. */
bool record_job(struct record *record, const struct record_run *run, const char *word, struct text *step,
                int64_t *index);

#endif
