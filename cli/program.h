/*
 * cli/program.h - steps that run programs: `argv` and `shell`, and the keys that belong to them
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/jobfile.h"
#include "cli/reference.h"

struct program {
    bool has_result; /* standard output is the job's result, and is not shown */
    size_t how_size; /* bytes at the end of its arguments that say how it is run, and not what */
    bool tag;        /* each line that is shown begins with the item */
};

/* The keys of a step that runs a program, for tables of struct schema_key. */
#define PROGRAM_KEYS                                                                                                   \
    {"argv", false}, {"shell", false}, {"env", false}, {"cwd", false}, {"stdin", false}, {"capture", false},           \
        {"expect", false}, {"result", false}, {"nice", false}, {"show", false},                                        \
    {                                                                                                                  \
        "tag", false                                                                                                   \
    }

/*
 * program_read - read what a step runs, if it has `argv` or `shell`
 *
 * step      in/out  gets function, arguments and program; its limits are read already
 * node      in      the step's map
 * scope     in      what the templates may name
 *
 * Returns false where something is wrong, which was reported.
 */
bool program_read(struct step *step, const struct yaml_node *node, const struct scope *scope);

#endif
