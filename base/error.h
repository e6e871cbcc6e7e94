/*
 * base/error.h - error details of the calling thread
 */
#ifndef MP_BASE_ERROR_H
#define MP_BASE_ERROR_H

#include <mpool/error.h>

/*
 * mp_error - note what went wrong, and return `err`
 *
 * The text (cut at 1,000 bytes) is what mpool_error_detail() gives: the thing, what was wrong with it, what to do.
 * "%m" is the text of errno, which stays as it is.
 */
mpool_err mp_error(mpool_err err, const char *format, ...) MPOOL_PRINTF(2, 3);

/* mp_error_nomem - MPOOL_E_NOMEM with a detail, in one word, for the commonest failure. */
mpool_err mp_error_nomem(void);

#endif
