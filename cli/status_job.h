/*
 * cli/status_job.h - the state of one job, for `mpool status RUN JOB`
 */
#ifndef CLI_STATUS_JOB_H
#define CLI_STATUS_JOB_H

#include "cli/live.h"

/*
 * status_job - print how a job has ended, that it runs, or why it waits, and where its time went
 *
 * word      in   "STEP/INDEX", or "INDEX" where the run has one step
 *
 * Returns an exit code; what is wrong with the word was said.
 */
int status_job(struct record *record, const struct record_run *run, const struct live *live, const char *word,
               bool json);

#endif
