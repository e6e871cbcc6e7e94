/*
 * cli/placing.h - files that jobs have made, on their way to their places
 *
 * A job that is done is written down first. When that is on disk its files are put in their places, and only then is
 * the job shown as done. So what is in its place belongs to a job that is recorded; and a run that goes on finds what
 * was recorded and not placed (placing_finish()).
 */
#ifndef CLI_PLACING_H
#define CLI_PLACING_H

#include "cli/text.h"

#include <stdbool.h>

struct placing {
    struct text waiting; /* paths, each with its NUL */
    struct text left;    /* likewise of jobs that nobody will tell of */
    struct text failed;  /* the first that could not be put in its place */
    int error;           /* and why, an errno; 0: none failed */
};

/* placing_add - the files of a job that is done; `paths` as targets_outputs() gives them */
void placing_add(struct placing *placing, const struct text *paths);

/* placing_is_full - are so many waiting that the journal should be waited for? */
bool placing_is_full(const struct placing *placing);

/* placing_flush - put all that wait in their places */
void placing_flush(struct placing *placing);

/* placing_drop - the files of a job that is not done: nothing is left of them */
void placing_drop(const struct text *paths);

/* placing_leave - the files of a job that was killed with the run: they go at its end, when nobody writes any more */
void placing_leave(struct placing *placing, const struct text *paths);

/* placing_finish - a job was done by an earlier run: are its files in their places, or can they be put there now? */
bool placing_finish(const struct text *paths);

/* placing_end - what still waits was not written down, and is dropped. Call it when no worker is left. */
void placing_end(struct placing *placing);

#endif
