/*
 * tests/proc/scenarios/neighbours.c - scenarios: hosts that do not have mpool to themselves, or do not say goodbye
 */
#include "tests/proc/helper.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *ask_library(void *user)
{
    void *object = dlopen(SHARED_1, RTLD_NOW | RTLD_LOCAL), *address;
    int64_t (*library_cube)(const char *function, int64_t x);

    (void)user;
    CHECK(object != NULL);
    address = dlsym(object, "library_cube");
    CHECK(address != NULL);
    memcpy(&library_cube, &address, sizeof address);
    for (int64_t x = 0; x < 20; x++)
        CHECK_INT(library_cube(SHARED_1 ":shared_cube", x), x * x * x);
    CHECK(dlclose(object) == 0);
    return NULL;
}

SCENARIO(neighbours, a_library_may_use_mpool_too)
{
    mpool_pool *pool = open_pool(1);
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, ask_library, NULL) == 0);
    for (int i = 0; i < 50; i++)
        still_works(pool);
    CHECK(pthread_join(thread, NULL) == 0);
    still_works(pool);
    finish_pool(pool);
}

/* What is open is not closed, what runs is not waited for, and nothing is freed. The runner looks at what is left. */
SCENARIO(neighbours, a_host_may_exit_without_a_word)
{
    static mpool_future *futures[1000]; /* static, so that they are not leaks to AddressSanitizer */
    static mpool_process *process;
    mpool_pool *pool = open_pool(2);

    futures[0] = hold_worker(open_another(&(mpool_pool_options){.workers = 1}));
    futures[1] = hold_worker(pool);
    process = hold_process();
    for (int i = 2; i < 1000; i++)
        futures[i] = submit(pool, &(mpool_task){.function = "square"}, i);
    exit(process == NULL || futures[0] == NULL);
}
