/*
 * cli/program.h - steps that run programs: `argv` and `shell`, and the keys that belong to them
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/form.h"
#include "cli/jobfile.h"
#include "cli/reference.h"
#include "cli/targets.h"

struct program {
    bool has_result; /* standard output is the job's result, and is not shown */
    size_t how_size; /* bytes at the end of its arguments that say how it is run, and not what */
    bool tag;        /* each line that is shown begins with the item */
    bool lines;      /* lines are shown as they come, by the workers (cli/lines.h) */
    bool straight;   /* programs write to the run's own standard output and error */
};

/* The keys of a step that runs a program, for tables of struct schema_key. */
/* clang-format off */
#define PROGRAM_KEYS \
    {"argv", KEY_ONE, &program_argv_form, "The program that a job runs, and its arguments; no shell is between"}, \
    {"shell", KEY_ONE, &schema_scalar_form, "The text that a shell runs; the item, or args, are $1, $2 ..."}, \
    {"env", KEY_MAY, &program_env_form, "Variables of the environment; null takes one away, clear: true all"}, \
    {"cwd", KEY_MAY, &schema_scalar_form, "The directory that the program runs in"}, \
    {"stdin", KEY_MAY, &program_stdin_form, "What it reads: {file: PATH}, {text: TEXT} or {results: STEP}"}, \
    {"capture", KEY_MAY, &program_capture_form, "Files for what it writes: {stdout: PATH, stderr: PATH, exit: PATH}"}, \
    {"expect", KEY_MAY, &program_expect_form, "Exit codes of a job that is done; 0 by default"}, \
    {"result", KEY_MAY, &program_result_form, "What standard output is taken for: text, number or json"}, \
    {"nice", KEY_MAY, &program_nice_form, "Added to the program's niceness"}, \
    {"show", KEY_MAY, &program_show_form, "When its output is shown: grouped, the default, lines, straight or none"}, \
    {"tag", KEY_MAY, &schema_boolean_form, "true: each line that is shown begins with the item"}, \
    {"outputs", KEY_MAY, &schema_texts_form, "The files that a job makes; the program writes to {output}"}, \
    {"inputs", KEY_MAY, &targets_inputs_form, "What it makes them of: if none is newer, the job is skipped"}
/* clang-format on */

extern const struct form program_argv_form;
extern const struct form program_env_form;
extern const struct form program_stdin_form;
extern const struct form program_capture_form;
extern const struct form program_expect_form;
extern const struct form program_result_form;
extern const struct form program_nice_form;
extern const struct form program_show_form;

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
