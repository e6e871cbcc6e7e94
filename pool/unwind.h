/*
 * pool/unwind.h - where another process is: its stack, as text
 */
#ifndef MP_POOL_UNWIND_H
#define MP_POOL_UNWIND_H

#include "ipc/trace.h"

#include <stdbool.h>
#include <sys/types.h>

/* mp_unwind_can - was an unwinder built in? */
bool mp_unwind_can(void);

/*
 * mp_unwind_main - be an unwinder; does not return
 *
 * pid       in   the worker
 * crash     in   its crash record, or NULL: then it is the main thread that is looked at
 * trace     out  the text; or "no backtrace: " and why
 *
 * Runs in a child that the fork server has just forked, and may be killed at any time.
 */
_Noreturn void mp_unwind_main(pid_t pid, const struct mp_crash *crash, struct mp_trace *trace);

#endif
