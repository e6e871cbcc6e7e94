/*
 * cli/joblog.h - a line for each job that has ended, as GNU parallel's --joblog has it
 *
 *     Seq  Host  Starttime  JobRuntime  Send  Receive  Exitval  Signal  Command
 *
 * separated by tabs: the job's number from 1; ":", this machine; when it began, in seconds since 1970; for how many
 * seconds it ran; bytes that were sent and received, 0; what its program exited with, and the signal that ended it,
 * each 0 if there is none; the command that runs it again. A job that is not done, without any of these two, has -1 for
 * the former. One that was cancelled has not ended, and has no line, nor has an item for which there could be no job.
 * What is lost later, as a line of --output on a full disk, changes no line: the journal knows of that.
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

/*
 * joblog_open - open the file, or create it; NULL: there is none
 *
 * What is in it stays until joblog_begin(). Returns false where it cannot be opened, which was said.
 */
bool joblog_open(struct joblog *joblog, const char *path);

/* joblog_begin - empty the file; or, if the run goes on with an earlier one, write behind what is in it */
void joblog_begin(struct joblog *joblog, bool goes_on);

/* joblog_add - write the line of a job that has ended; `status` is what it counts as */
void joblog_add(struct joblog *joblog, const struct step *step, uint64_t index, const struct item *item,
                const mpool_result *result, mpool_status status);

/* joblog_flush - as writer_flush(); joblog_close - what was not written is dropped, the error stays readable */
bool joblog_flush(struct joblog *joblog);
void joblog_close(struct joblog *joblog);

#endif
