/*
 * workers/callee.h - what the name of a function stands for
 *
 * Either a name that was registered, or "PATH:SYMBOL", a function of a shared object, where PATH has a slash or ".so"
 * in it. Shared objects are loaded in workers and processes, when the first job needs them, and stay loaded; the host
 * only looks whether the file is there.
 */
#ifndef MP_WORKERS_CALLEE_H
#define MP_WORKERS_CALLEE_H

#include <mpool/init.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for a PATH that is absolute, and its SYMBOL. */
#define MP_CALLEE_NAME_ROOM ((size_t)2 * PATH_MAX)

struct mp_callee {
    mpool_function *function; /* NULL: there is none */
    char why[1000];           /* if so, why */
};

/* mp_callee_path - the length of PATH if the name is "PATH:SYMBOL", 0 if it is not. Calls: any process. */
size_t mp_callee_path(const char *name);

/*
 * mp_callee_settle - a PATH:SYMBOL as it can be found from any directory
 *
 * settled   out  MP_CALLEE_NAME_ROOM bytes. A path without a slash stays: it is for the dynamic linker to search
 *
 * Errors: MPOOL_E_NOFUNC (no such file; no path). Calls: any process.
 */
mpool_err mp_callee_settle(const char *name, char *settled);

/* mp_callee_find - the function. Loads its shared object. Calls: the main thread of a worker or process. */
void mp_callee_find(const char *name, struct mp_callee *callee);

#endif
