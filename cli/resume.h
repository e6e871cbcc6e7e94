/*
 * cli/resume.h - what the earlier runs of a chain have done, for the run that goes on with them
 *
 * A job is known again by its step's name and its key. Where the plan has several equal jobs, each one that was done
 * is given out once: of three equal jobs of which two are done, one is left.
 *
 *     enum resume_answer answer = resume_take(resume, step, &key, &row);
 *
 *     RESUME_DONE      write it down with journal_add(), `resumed` being the row, and do not run it. If totals or a
 *                      later step need its result: resume_value(), and where there is none, run the job after all.
 *     RESUME_FAILED    run it
 *     RESUME_NEW       run it; with --retry-failed do not
 *
 * A run that was itself resumed has its jobs that were done earlier written down, too, but these rows are not counted
 * again: a job that was done in any run of the chain is done, however often the chain was cut off.
 */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/journal.h"
#include "cli/sql.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * An SQL expression: up to where lines in --output of run `r` count. Where a later run of the chain has cut the file
 * off, what is behind was not in the record; or it was in the record, and not in the file.
 */
#define RESUME_LIMIT                                                                                                   \
    "coalesce((SELECT min(l.output_base) FROM runs l WHERE l.chain = r.chain AND l.id > r.id AND"                      \
    " l.output = r.output), 9223372036854775807)"

struct resume;

enum resume_answer { RESUME_NEW = 0, RESUME_FAILED, RESUME_DONE };

/*
 * resume_open - index what was done, by a connection of its own
 *
 * The index is a temporary file in $SQLITE_TMPDIR or $TMPDIR, which has no name and goes with the process. Memory does
 * not grow with the number of jobs, but for a bit for each.
 * Returns NULL where that cannot be, which was said.
 */
struct resume *resume_open(const struct journal *journal, const struct jobfile *jobfile);
void resume_close(struct resume *resume);

/*
 * resume_take - is this job done? It is taken then, and the answer for the next equal one is another
 *
 * row       out  of the job in the journal; set on RESUME_DONE
 */
enum resume_answer resume_take(struct resume *resume, size_t step, const struct key *key, int64_t *row);

/*
 * resume_value - the result of a job that is done
 *
 * value     out  one msgpack value, valid until the next call
 *
 * Returns false if it was not stored.
 */
bool resume_value(struct resume *resume, int64_t row, const void **value, size_t *size);

/* resume_failure - why the answers cannot be relied on; NULL: they can. Asked for before the run ends as done. */
const char *resume_failure(const struct resume *resume);

/*
 * resume_output - how much of the file of --output is right: up to the last line whose job is in the record
 *
 * output      in   real path of the file
 * size_bytes  in   of the file now
 *
 * Jobs whose lines are behind that are not done: the process was killed before it wrote them, or after.
 */
int64_t resume_output(struct sql *sql, int64_t chain, const char *output, int64_t size_bytes);

#endif
