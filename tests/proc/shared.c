/*
 * tests/proc/shared.c - a shared object with job functions, which workers of proc-helper load
 *
 * Runs in: workers and processes; library_cube() in a host. It finds mpool's calls in proc-helper.
 */
#include <mpool/mpool.h>

#include <signal.h>

#if defined(SHARED_VERSION)
#define VERSION SHARED_VERSION
#else
#define VERSION 1
#endif

mpool_function shared_cube;
mpool_function shared_version;
mpool_function shared_die;
int64_t library_cube(const char *shared_cube, int64_t x);

/* How often it was loaded into this process, and how many of its functions have run. */
static int loads, calls;

__attribute__((constructor)) static void count_load(void)
{
    loads++;
}

/* An int64_t; its cube, with how often it was loaded and called before. */
int shared_cube(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "[I,i,i]", x * x * x, loads, calls++) != MPOOL_OK;
}

int shared_version(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    (void)job;
    (void)args;
    return mpool_pack(result, "i", VERSION) != MPOOL_OK;
}

int shared_die(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    (void)job;
    (void)args;
    (void)result;
    return raise(SIGSEGV);
}

/* A library that uses mpool for its own ends, and does not know whether somebody else does. -1: something is wrong. */
int64_t library_cube(const char *function, int64_t x)
{
    mpool_err err = mpool_init(NULL);
    const mpool_result *result;
    mpool_future *future = NULL;
    mpool_pool *pool = NULL;
    int64_t cube = -1;
    int others[2];

    if ((err != MPOOL_OK && err != MPOOL_E_ALREADY) ||
        mpool_pool_open(&(mpool_pool_options){.workers = 1}, &pool) != MPOOL_OK ||
        mpool_pool_apply(pool, &(mpool_task){.function = function}, &future, &result, "I", x) != MPOOL_OK ||
        mpool_result_unpack(result, "[I,i,i]", &cube, &others[0], &others[1]) != MPOOL_OK)
        cube = -1;
    mpool_future_free(future);
    mpool_pool_free(pool);
    return cube;
}

/* Named as one of the program's own, and not exported. */
MPOOL_FUNCTION(square)
{
    (void)args;
    (void)job;
    return mpool_pack(result, "s", "the square of the shared object") != MPOOL_OK;
}

MPOOL_FUNCTION(shared_name)
{
    (void)args;
    (void)job;
    return mpool_pack(result, "s", "shared_name") != MPOOL_OK;
}
