/*
 * workers/crash.h - what a worker does when a signal of its own making ends it
 */
#ifndef MP_WORKERS_CRASH_H
#define MP_WORKERS_CRASH_H

#include "ipc/trace.h"

/*
 * mp_crash_catch - from now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT fill in the record, and stop the process
 *
 * Whoever continues it lets it die of the signal. A job may install handlers of its own, which then count.
 * Calls: the worker's main thread, once.
 */
void mp_crash_catch(struct mp_crash *record);

#endif
