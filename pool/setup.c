/*
 * pool/setup.c - what workers of a pool are to do first and last, for them to read
 *
 * Runs in: the host, on the thread that opens a pool. Workers have it from workers/setup.c.
 */
#include "pool/setup.h"

#include "base/error.h"
#include "pool/function.h"
#include "pool/host.h"
#include "serialize/scan.h"
#include "workers/setup.h"

#include <string.h>

#define SETUP_MAX ((size_t)8 << 20) /* bytes of setup_args */

/* What workers are to do first and last: names[0] and names[1], NULL for nothing. */
static mpool_err check_setup(const mpool_pool_options *options, const char *names[2])
{
    const char *wanted[] = {options->initializer, options->finalizer};
    struct mp_function function = {0};
    mpool_err err = MPOOL_OK;
    size_t end = 0;

    for (size_t i = 0; i < 2 && err == MPOOL_OK; i++) {
        if (wanted[i] != NULL)
            err = mp_function_find(wanted[i], &function);
        names[i] = wanted[i] != NULL ? function.name : NULL;
    }
    if (err != MPOOL_OK || options->setup_args == NULL)
        return err;
    if (options->setup_size > SETUP_MAX)
        return mp_error(MPOOL_E_TOOBIG, "setup_args of %zu bytes; %zu are the most", options->setup_size, SETUP_MAX);
    if (mp_scan_value(options->setup_args, options->setup_size, &mp_scan_limits_value, &end) != MP_SCAN_OK ||
        end != options->setup_size)
        return mp_error(MPOOL_E_FORMAT, "setup_args are not one msgpack value; see mpool_pack()");
    return MPOOL_OK;
}

mpool_err mp_pool_write_setup(const mpool_pool_options *options, mpool_pool *pool)
{
    static const char nil = '\xc0';
    const void *args = options->setup_args != NULL ? options->setup_args : &nil;
    struct mp_setup sizes = {.args_size = options->setup_args != NULL ? options->setup_size : sizeof nil}, *setup;
    const char *names[2];
    mpool_err err = check_setup(options, names);

    if (err != MPOOL_OK || (names[0] == NULL && names[1] == NULL))
        return err;
    sizes.initializer_size = names[0] != NULL ? strlen(names[0]) + 1 : 0;
    sizes.finalizer_size = names[1] != NULL ? strlen(names[1]) + 1 : 0;
    pool->setup_size = sizeof sizes + sizes.initializer_size + sizes.finalizer_size + sizes.args_size;
    err = mp_host_take(pool->setup_size, &pool->setup_offset);
    if (err != MPOOL_OK) {
        pool->setup_size = 0;
        return err;
    }
    setup = mp_host_at(pool->setup_offset, pool->setup_size);
    *setup = sizes;
    if (names[0] != NULL)
        memcpy(setup->text, names[0], sizes.initializer_size);
    if (names[1] != NULL)
        memcpy(setup->text + sizes.initializer_size, names[1], sizes.finalizer_size);
    memcpy(setup->text + sizes.initializer_size + sizes.finalizer_size, args, sizes.args_size);
    return MPOOL_OK;
}
