/*
 * cli/targets.h - `outputs` and `inputs` of a step: the files that its jobs make, and of what
 *
 *     outputs: ["out/{stem}.png"]       inputs: ["{path}", style.css]
 */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "cli/arguments.h"
#include "cli/item.h"
#include "cli/reference.h"
#include "cli/schema.h"

/* Why such a job is skipped. */
#define TARGETS_CURRENT "up to date"

struct targets {
    const struct arguments *outputs; /* a list of texts */
    const struct arguments *inputs;  /* likewise; NULL: nothing is said, and the item itself is one if it is a file */
    size_t count;                    /* of outputs */
};

/* The form of `inputs`; that of `outputs` is schema_texts_form. */
extern const struct form targets_inputs_form;

/*
 * targets_read - read both keys of a step
 *
 * targets   out  NULL: the step has neither
 *
 * Returns false where something is wrong, which was reported.
 */
bool targets_read(const struct scope *scope, const struct yaml_node *step, const struct targets **targets);

/*
 * targets_outputs - the places of one job's outputs
 *
 * paths     out  targets->count of them, one behind the other, each with its NUL
 * problem   out  false: why they cannot be told, appended
 */
bool targets_outputs(const struct targets *targets, const struct item *item, uint64_t index, struct text *paths,
                     struct text *problem);

/*
 * targets_are_current - are all outputs there, and none older than an input?
 *
 * paths     in   as targets_outputs() has given them
 *
 * An input that is not there makes them old: then the job runs, and tells.
 */
bool targets_are_current(const struct targets *targets, const struct item *item, uint64_t index,
                         const struct text *paths);

/* targets_next - the path behind another one of such a text; the first for NULL; NULL behind the last */
const char *targets_next(const struct text *paths, const char *path);

#endif
