/*
 * base/here.h - is this the process that it was?
 */
#ifndef MP_BASE_HERE_H
#define MP_BASE_HERE_H

#include <mpool/error.h>

#include <stdbool.h>

/*
 * mp_here_mark - a flag that is true in this process, and in no process that is forked from it
 *
 * here      out  set on MPOOL_OK; never freed. To read it costs nothing, and it holds however a process is forked: the
 *                kernel wipes its page in every child (MADV_WIPEONFORK).
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_here_mark(const bool **here);

#endif
