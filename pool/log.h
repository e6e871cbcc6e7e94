/*
 * pool/log.h - what a pool has to say, on its way to the program
 */
#ifndef MP_POOL_LOG_H
#define MP_POOL_LOG_H

#include <mpool/pool.h>

/* The longest line, with its NUL; what is longer is cut. */
#define MP_LOG_TEXT 640

struct mp_log;

/*
 * mp_log_open - start the thread that calls the hook
 *
 * hook      in   NULL: nobody wants to know
 * result    out  set on MPOOL_OK; NULL without a hook, which the other calls take as well
 *
 * Errors: MPOOL_E_NOMEM, MPOOL_E_SYSTEM.
 */
mpool_err mp_log_open(mpool_log *hook, void *user, struct mp_log **result);

/* mp_log_write - say a line. Any thread; never waits for the hook: a line that finds no room is lost, and counted. */
void mp_log_write(struct mp_log *log, mpool_log_level level, const char *format, ...) MPOOL_PRINTF(3, 4);

/* mp_log_close - wait until the hook has had all lines, and end its thread. Not on that thread. */
void mp_log_close(struct mp_log *log);

#endif
