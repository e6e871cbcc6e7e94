/*
 * cli/work/standstill.h - a worker that is stopped stops its program too, and no time goes by
 */
#ifndef CLI_WORK_STANDSTILL_H
#define CLI_WORK_STANDSTILL_H

#include <stdint.h>
#include <sys/types.h>

/* standstill_begin - a program is about to be started: SIGTSTP waits until it is known */
void standstill_begin(void);

/* standstill_program - it leads this process group, which exists; 0: there is none (any more) */
void standstill_program(pid_t program);

/* standstill_ms - for how long this worker has stood still so far, altogether */
int64_t standstill_ms(void);

#endif
