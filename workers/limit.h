/*
 * workers/limit.h - what an attempt may use: memory and CPU time
 */
#ifndef MP_WORKERS_LIMIT_H
#define MP_WORKERS_LIMIT_H

#include <mpool/error.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* mp_limit_ready - the worker is ready: what it has now, a job may have besides. Calls: the main thread, once. */
void mp_limit_ready(void);

/*
 * mp_limit_begin - a function is about to be called
 *
 * memory_bytes  in   so much more private data than at ready may the process have; 0: any. At most MP_MEMORY_MOST
 * cpu_ms        in   so much CPU time may all its threads use together, from now on; 0: any
 *
 * Errors: MPOOL_E_SYSTEM; then there is no limit. Calls: the main thread.
 */
mpool_err mp_limit_begin(size_t memory_bytes, int64_t cpu_ms);

/* mp_limit_end - it has returned. Does not return itself if the process is about to die of the limit. */
void mp_limit_end(void);

/*
 * mp_limit_spares - is this SIGXCPU of the timer's for nothing, since no limit is over?
 *
 * If not, the process has to die of it. Calls: a signal handler, on any thread.
 */
bool mp_limit_spares(const siginfo_t *info);

#endif
