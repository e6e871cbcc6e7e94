/*
 * workers/functions/builtins.h - the built-in job functions, for the list of them
 *
 * What each takes and gives is told where `mpool functions` reads it: in workers/functions/list.c.
 */
#ifndef MP_WORKERS_FUNCTIONS_BUILTINS_H
#define MP_WORKERS_FUNCTIONS_BUILTINS_H

#include <mpool/init.h>

mpool_function mp_builtin_crash;
mpool_function mp_builtin_echo;
mpool_function mp_builtin_factorial;
mpool_function mp_builtin_fail;
mpool_function mp_builtin_file_size;
mpool_function mp_builtin_sleep;
mpool_function mp_builtin_square;

#endif
