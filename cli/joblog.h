/*
 * cli/joblog.h - a line for each job that has ended, as GNU parallel's --joblog has it
 *
 *     Seq  Host  Starttime  JobRuntime  Send  Receive  Exitval  Signal  Command
 *
 * separated by tabs: the job's number from 1; ":", this machine; when it began, in seconds since 1970; for how many
 * seconds it ran; bytes that were sent and received, 0; what its program exited with, and the signal that ended it,
 * each 0 if there is none; the command that runs it again.
 */
#ifndef CLI_JOBLOG_H
#define CLI_JOBLOG_H

#include "cli/item.h"
#include "cli/jobfile.h"
#include "cli/writer.h"

#include <mpool/result.h>
#include <stdbool.h>

struct joblog {
    struct writer writer; /* its name is NULL: there is no log, and all calls do nothing */
};

/* joblog_open - create the file, or empty it; NULL: there is none. False where that cannot be, which was said. */
bool joblog_open(struct joblog *joblog, const char *path);

void joblog_add(struct joblog *joblog, const struct step *step, uint64_t index, const struct item *item,
                const mpool_result *result);

/* joblog_flush - as writer_flush(); joblog_close - what was not written is dropped, the error stays readable */
bool joblog_flush(struct joblog *joblog);
void joblog_close(struct joblog *joblog);

#endif
