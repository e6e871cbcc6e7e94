/*
 * cli/committer.h - the thread that writes rows into a journal, many in one commit
 *
 * Rows are handed over through a queue that is bounded in bytes, and committed together some milliseconds later. Each
 * call of committer_add() has its place in a sequence from 1.
 */
#ifndef CLI_COMMITTER_H
#define CLI_COMMITTER_H

#include "cli/journal.h"
#include "cli/sql.h"

struct committer;

/*
 * committer_start - start the thread; it uses the connection alone until committer_stop()
 *
 * first_step in  rowid of the first step of the run; that of step n is first_step + n
 *
 * Returns NULL where there can be no thread, with the reason in errno.
 */
struct committer *committer_start(struct sql *sql, int64_t first_step);

uint64_t committer_add(struct committer *committer, const struct journal_job *job);
uint64_t committer_revoke(struct committer *committer, uint64_t nth, const char *why);
uint64_t committer_jobs(struct committer *committer, size_t step, uint64_t count);

/* committer_durable - the end of what is committed */
uint64_t committer_durable(const struct committer *committer);

/* committer_flush - ask for a commit now, and wait for all so far; false: not in time, or an error */
bool committer_flush(struct committer *committer, int64_t timeout_ms);

/* committer_failed - was there an error? Then the connection's words for it may be read, and stay. */
bool committer_failed(const struct committer *committer);

/* committer_stop - commit what there is, end the thread and free it; false: there was an error */
bool committer_stop(struct committer *committer);

#endif
