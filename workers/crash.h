/*
 * workers/crash.h - what a worker does when a signal of its own making ends it
 */
#ifndef MP_WORKERS_CRASH_H
#define MP_WORKERS_CRASH_H

#include "ipc/trace.h"

/*
 * mp_crash_catch - from now on a signal of the worker's own making fills in the record, and stops the process
 *
 * These are SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, and SIGXCPU. Whoever continues the process lets it die of the
 * signal. A job may install handlers of its own, which then count. exit() leaves only errno in the record.
 * Calls: the worker's main thread, once.
 */
void mp_crash_catch(struct mp_crash *record);

#endif
