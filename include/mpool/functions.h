/*
 * mpool/functions.h - the built-in job functions, a module of its own (libmpool-functions)
 *
 * The mpool command and the examples link it; a program that wants them calls mpool_functions_register() before
 * mpool_init().
 */
#ifndef MPOOL_FUNCTIONS_H
#define MPOOL_FUNCTIONS_H

#include <mpool/init.h>
#include <stddef.h>

/* A built-in function, as `mpool functions` lists it. */
typedef struct mpool_function_info {
    const char *name;
    mpool_function *function;
    const char *summary; /* one line */
    const char *args;    /* what it takes */
    const char *result;  /* what it gives: the fields of its result */
} mpool_function_info;

/* mpool_functions_list - all of them, by name; `count` entries, constant. Calls: any thread. */
MPOOL_API const mpool_function_info *mpool_functions_list(size_t *count);

/* mpool_functions_register - register all. Errors and calls: as mpool_register(). */
MPOOL_API mpool_err mpool_functions_register(void);

#endif
