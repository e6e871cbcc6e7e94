/*
 * cli/work/call.h - the built-in functions, as a run's workers call them
 */
#ifndef CLI_WORK_CALL_H
#define CLI_WORK_CALL_H

#include <mpool/init.h>

/* call_register - register all built-in functions, each by its name, before mpool_init(); what calls them is written on
 * the board. Errors: as of mpool_register(). */
mpool_err call_register(void);

#endif
