/*
 * cli/jobfile.h - a job file, version 1, read and checked
 *
 * Everything points into the file's tree or its arena, and lives as long as the jobfile.
 */
#ifndef CLI_JOBFILE_H
#define CLI_JOBFILE_H

#include "cli/limits.h"
#include "cli/yaml.h"

#include <mpool/total.h>

struct arguments;
struct source_kind;

/* `--set name=value` */
struct setting {
    const char *name;
    const char *value;
};

struct total {
    const char *name;      /* as in the file */
    const char *pool_name; /* "STEP.NAME": a pool's totals have unique names */
    const char *field;     /* of the result; NULL: the result itself, or a count */
    const char *operation; /* as in the file: "sum" */
    mpool_total_kind kind;
};

struct step {
    const char *name;
    size_t place;
    const struct source_kind *source; /* NULL: no `each`, one job */
    const void *each;                 /* what the source reads its items from */
    int64_t batch;                    /* so many items a job, in a list; 0: one */
    const char *function;
    const struct arguments *arguments; /* NULL: the item is the argument */
    struct total *totals;
    size_t total_count;
    struct limits limits;
};

struct jobfile {
    struct yaml yaml;
    const char *name;
    unsigned workers;             /* 0: auto */
    const struct yaml_node *vars; /* a map of scalars, with what was set by --set; NULL: none */
    struct limits defaults;
    struct step *steps;
    size_t step_count;             /* while the file is read, the last one is the step that is read */
    size_t total_count;            /* of all steps */
    const struct step *stdin_step; /* the step that reads standard input; NULL: none */
};

/*
 * jobfile_read - read and check a job file
 *
 * path      in   a file, or "-" for standard input
 * settings  in   `count` variables to set; each has to be in the file's `vars`
 * jobfile   out  to be released with jobfile_free(), also after an error
 *
 * Returns false where something is wrong, which was reported. Checks everything that can be without running a job; also
 * that the files and directories which sources name exist.
 */
bool jobfile_read(struct jobfile *jobfile, const char *path, const struct setting *settings, size_t count);
void jobfile_free(struct jobfile *jobfile);

#endif
