/*
 * pool/function.h - the function of a task, as the host knows it
 */
#ifndef MP_POOL_FUNCTION_H
#define MP_POOL_FUNCTION_H

#include <mpool/error.h>

#include <stdint.h>

struct mp_function {
    uint32_t number;  /* each function has one: from 0, without gaps */
    const char *name; /* what workers know it by; never freed */
};

/*
 * mp_function_find - what the name in a task stands for
 *
 * name      in   registered; or PATH:SYMBOL, where a PATH with a slash is made absolute, as workers have the current
 *                directory of mpool_init()
 *
 * Errors: MPOOL_E_NOFUNC (not registered; no such file), MPOOL_E_NOMEM. Calls: any thread of the host.
 */
mpool_err mp_function_find(const char *name, struct mp_function *function);

/*
 * mp_function_note - likewise for a name that a worker has settled
 *
 * The file is not looked at: if it is gone meanwhile, the job will say so. Errors: MPOOL_E_NOFUNC, MPOOL_E_NOMEM.
 */
mpool_err mp_function_note(const char *name, struct mp_function *function);

#endif
