/*
 * cli/output.h - the results of jobs as JSON lines, for `--output`
 *
 *     {"step":"sizes","index":0,"item":"/a","status":"done","result":{...},"error":null,"attempts":1,"worker":0,
 *      "seconds":0.000012}
 *
 * in one line each, in the order in which the jobs ended. They are written as the run goes on, until there is an error.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/item.h"
#include "cli/jobfile.h"
#include "cli/writer.h"

#include <mpool/result.h>
#include <stdbool.h>

struct output {
    struct writer writer; /* its name is NULL: there is no output, and all calls do nothing */
    msgpack_zone zone;
    bool file;     /* a regular one, whose lines have places */
    size_t begin;  /* of the line that is being made, in what waits */
    int64_t bytes; /* of the file, with what waits */
};

/*
 * output_open - open the file, or create it; "-" is standard output
 *
 * What is in it stays until output_cut(), for the run may be refused yet. Returns false where it cannot be opened,
 * which was said.
 */
bool output_open(struct output *output, const char *path);

/* output_cut - leave so many bytes of the file, and write behind them */
void output_cut(struct output *output, int64_t bytes);

/* output_end - where the file is after the last line; -1: it is no file that has places */
int64_t output_end(const struct output *output);

/* output_is_full - is there so much that it should be written? */
bool output_is_full(const struct output *output);

/*
 * output_result - a line for a job that has ended
 *
 * fault     in   why it has failed although the pool calls it done; NULL: it is as the pool says
 */
void output_result(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                   const mpool_result *result, const char *fault);

/* output_fault - a line for an item for which there was no job: it has failed, or was skipped */
void output_fault(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                  mpool_status status, const char *reason);

/* output_flush - write what there is; false: as for writer_flush() */
bool output_flush(struct output *output);

/* output_close - what was not written is dropped; the error stays readable */
void output_close(struct output *output);

#endif
