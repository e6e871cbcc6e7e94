/*
 * cli/output.h - the results of jobs as JSON lines, for `--output`
 *
 *     {"step":"sizes","index":0,"item":"/a","status":"done","result":{...},"error":null,"attempts":1,"worker":0,
 *      "seconds":0.000012}
 *
 * in one line each, in the order in which the jobs ended. They are written as the run goes on; after an error nothing
 * more is, and the error stays until the end.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/item.h"
#include "cli/jobfile.h"

#include <mpool/result.h>
#include <stdbool.h>

struct output {
    const char *name; /* NULL: there is none, and all calls do nothing */
    int fd;
    int error;         /* errno of the first write that failed; 0: none did */
    struct text lines; /* not written yet */
    msgpack_zone zone;
};

/*
 * output_open - create the file, or empty it; "-" is standard output
 *
 * jobfile   in   path of the job file, which is not to be written over
 *
 * Returns 0, or what the program exits with; what is wrong was said.
 */
int output_open(struct output *output, const char *path, const char *jobfile);

void output_result(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                   const mpool_result *result);

/* output_fault - a line for an item for which there was no job */
void output_fault(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                  const char *error);

/* output_flush - write what there is */
void output_flush(struct output *output);

/* output_close - the same, and close; the error stays readable */
void output_close(struct output *output);

#endif
