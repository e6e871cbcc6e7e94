/*
 * cli/jobfile.h - a job file, version 1, read and checked
 *
 * Everything points into the file's tree or its arena, and lives as long as the jobfile.
 */
#ifndef CLI_JOBFILE_H
#define CLI_JOBFILE_H

#include "cli/aggregate.h"
#include "cli/halt.h"
#include "cli/limits.h"
#include "cli/yaml.h"

struct arguments;
struct label;
struct need;
struct object;
struct program;
struct shape;
struct shelf;
struct source_kind;
struct targets;

/* Characters of the name of a step or a variable, at most. */
#define JOBFILE_NAME_MAX 40

/* `--set name=value` */
struct setting {
    const char *name;
    const char *value;
};

struct total {
    const char *name;       /* as in the file */
    const char *pool_name;  /* "STEP.NAME": a pool's totals have unique names */
    const char *field;      /* of the result; NULL: the result itself, or a count */
    const char *pool_field; /* the same in what the pool gets to see */
    const char *operation;  /* as in the file: "sum" */
    enum aggregate_kind kind;
    const struct label *by;   /* what jobs of one group have in common; NULL: it is not grouped */
    size_t keys;              /* the most groups */
    const struct label *show; /* a min or a max names the jobs that have it; NULL: it does not */
    size_t top;               /* how many it names */
    bool list;                /* it was written with `top` */
};

struct step {
    const char *name;
    size_t place;
    const struct source_kind *source; /* NULL: no `each`, one job */
    const void *each;                 /* what the source reads its items from */
    int64_t batch;                    /* so many items a job, in a list; 0: one */
    const char *function;
    const struct object *object;       /* the shared object that has it; NULL: it is a built-in one */
    const char *call;                  /* its name there */
    const struct program *program;     /* what the step runs, if that is a program and no function; NULL */
    const struct targets *targets;     /* the files that its jobs make; NULL: it does not say */
    const struct arguments *arguments; /* NULL: the item is the argument */
    struct total *totals;
    size_t total_count;
    struct limits limits;
    struct need *needs; /* the steps that it waits for */
    size_t need_count;
    struct halt halt;
    bool in_order;             /* results come in the order of the items, and not as they complete */
    const struct shape *shape; /* of its items, for those who take its results */
    struct shelf *shelf;       /* where its results go for them; NULL: nobody takes them */
    const struct shelf *input; /* what its programs read; NULL: no results */
};

struct read_file {
    const struct read_file *next;
    const char *path;
    const char *step; /* the name of the step that reads it, as the step has it */
};

struct jobfile {
    struct yaml yaml;
    const char *name;
    unsigned workers;             /* 0: auto */
    const struct yaml_node *vars; /* a map of scalars, with what was set by --set; NULL: none */
    struct limits defaults;
    struct object *objects; /* whose functions can be called */
    size_t object_count;
    struct step *steps;
    size_t step_count;             /* while the file is read, the last one is the step that is read */
    size_t *order;                 /* the numbers of the steps, each behind those that it needs */
    size_t total_count;            /* of all steps */
    const struct step *stdin_step; /* the step that reads standard input; NULL: none */
    const struct read_file *files; /* that steps read; NULL: none is known */
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

/* jobfile_reads - of the step that is read just now it is known that it reads this file */
void jobfile_reads(struct jobfile *jobfile, const char *path);

/* jobfile_take - the same for a tree that is in jobfile->yaml already, the rest of the jobfile being zero */
bool jobfile_take(struct jobfile *jobfile, const struct setting *settings, size_t count);
/*
 * jobfile_only - leave out all steps but one; what it needs counts as done
 *
 * Returns false where there is none of this name, which was reported.
 */
bool jobfile_only(struct jobfile *jobfile, const char *name);

/* jobfile_has_programs - does a step run programs? */
bool jobfile_has_programs(const struct jobfile *jobfile);
void jobfile_free(struct jobfile *jobfile);

/* The whole of a job file. */
extern const struct form jobfile_form;

#endif
