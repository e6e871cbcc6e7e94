/*
 * cli/program_order.h - the order of a step that runs programs, as the arguments of its function
 */
#ifndef CLI_PROGRAM_ORDER_H
#define CLI_PROGRAM_ORDER_H

#include "cli/arguments.h"
#include "cli/jobfile.h"
#include "cli/work/order.h"

/* What is read of a step; NULL and 0 stand for what it does not say. */
struct program_parts {
    const struct yaml_node *argv, *shell, *args, *env, *cwd, *text, *file, *results, *out, *err, *exit, *expect,
        *outputs;
    enum order_result result;
    enum order_show show;
    bool tag;
    int64_t nice;
};

/*
 * program_order - put the order together
 *
 * scope     in   what the templates may name
 * step      in   its targets and limits are read already
 * parts     in   checked
 * how_size  out  bytes at its end that say how the program is run, and not what
 *
 * Returns NULL where a template is wrong, which was reported.
 */
const struct arguments *program_order(const struct scope *scope, const struct step *step,
                                      const struct program_parts *parts, size_t *how_size);

#endif
