/*
 * pool/credentials.h - who this process is (credentials(7)), and was at mpool_init()
 */
#ifndef MP_POOL_CREDENTIALS_H
#define MP_POOL_CREDENTIALS_H

#include <mpool/error.h>

/* mp_credentials_note - notes who it is. Calls: mpool_init(). */
void mp_credentials_note(void);

/* mp_credentials_check - is it still the same? Errors: MPOOL_E_IDENTITY. Calls: any thread, after mpool_init(). */
mpool_err mp_credentials_check(void);

#endif
