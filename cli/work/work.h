/*
 * cli/work/work.h - the job functions of the command's own
 */
#ifndef CLI_WORK_WORK_H
#define CLI_WORK_WORK_H

#include <mpool/init.h>

/* The name under which work_register() registers the function that runs a program. */
#define WORK_COMMAND "mpool.command"

/*
 * work_register - register them and the built-in ones, before mpool_init()
 *
 * That function takes what cli/work/order.h says. Its result, whether the job is done or not, is a map:
 *
 *     value   what `result` asks for; nil
 *     out     the end of standard output, bytes; empty if it is the result
 *     err     the end of standard error
 *     spool   [[stream, offset, size] ...], what was before these: pieces in the spool, in their order
 */
mpool_err work_register(void);

#endif
