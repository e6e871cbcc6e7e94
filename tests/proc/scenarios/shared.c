/*
 * tests/proc/scenarios/shared.c - scenarios: functions of shared objects
 *
 * The shared objects are built from tests/proc/shared.c.
 */
#include "tests/proc/helper.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs "shared_cube" of a file; what it says. */
static int64_t cube(mpool_pool *pool, const char *function, int x, int *loads, int *calls)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = function}, x);
    int64_t result;

    CHECK_INT(result_of(future)->status, MPOOL_DONE);
    CHECK_OK(mpool_result_unpack(result_of(future), "[I,i,i]", &result, loads, calls));
    mpool_future_free(future);
    return result;
}

static bool host_has_loaded(const char *word)
{
    char line[PATH_MAX + 200];
    FILE *file = fopen("/proc/self/maps", "re");
    bool found = false;

    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        found = found || strstr(line, word) != NULL;
    (void)fclose(file);
    return found;
}

SCENARIO(shared, functions_are_loaded_once_in_each_worker_that_needs_them)
{
    mpool_pool *pool = open_pool(1);
    int loads, calls;

    for (int i = 0; i < 10; i++) {
        CHECK_INT(cube(pool, SHARED_1 ":shared_cube", i, &loads, &calls), (int64_t)i * i * i);
        CHECK_INT(loads, 1);
        CHECK_INT(calls, i);
    }
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_KILL, MPOOL_CRASHED);
    CHECK_INT(cube(pool, SHARED_1 ":shared_cube", 2, &loads, &calls), 8);
    CHECK_INT(calls, 0);
    CHECK(!host_has_loaded("proc-shared-1"));
    finish_pool(pool);
}

static int version(mpool_pool *pool, const char *function)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = function}, 0);
    int result;

    CHECK_INT(result_of(future)->status, MPOOL_DONE);
    CHECK_OK(mpool_result_unpack(result_of(future), "i", &result));
    mpool_future_free(future);
    return result;
}

SCENARIO(shared, objects_may_have_functions_of_the_same_name)
{
    const mpool_task theirs = {.function = SHARED_1 ":square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future;
    const char *text;

    for (int i = 0; i < 3; i++) {
        CHECK_INT(version(pool, SHARED_1 ":shared_version"), 1);
        CHECK_INT(version(pool, SHARED_2 ":shared_version"), 2);
        future = submit(pool, &theirs, 3);
        CHECK_OK(mpool_result_unpack(result_of(future), "s", &text));
        CHECK_TEXT(text, "the square of the shared object");
        mpool_future_free(future);
        still_works(pool); /* with the square of the program's */
    }
    finish_pool(pool);
}

SCENARIO(shared, paths_are_those_of_the_host_when_it_submits)
{
    char here[PATH_MAX], one[] = "./shared:shared_version";
    mpool_pool *pool = open_pool(2);

    CHECK(getcwd(here, sizeof here) != NULL);
    CHECK(chdir(getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp") == 0);
    CHECK(symlink(SHARED_1, "shared") == 0);
    CHECK_INT(version(pool, one), 1);
    CHECK(unlink("shared") == 0 && symlink(SHARED_2, "shared") == 0);
    CHECK_INT(version(pool, one), 2);
    CHECK(unlink("shared") == 0);
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = one}, NULL, NULL), MPOOL_E_NOFUNC);
    CHECK(chdir(here) == 0);
    finish_pool(pool);
}

static void fails_for_good(mpool_pool *pool, const char *function, const char *word)
{
    mpool_future *future = submit(pool, &(mpool_task){.function = function, .retries = 5}, 1);

    CHECK_INT(result_of(future)->status, MPOOL_FAILED);
    CHECK_INT(result_of(future)->attempts, 1);
    CHECK_SAYS(result_of(future)->error, word);
    mpool_future_free(future);
}

SCENARIO(shared, functions_that_cannot_be_loaded_fail_their_job_for_good)
{
    mpool_pool *pool = open_pool(1);

    fails_for_good(pool, SHARED_1 ":no_such_function", "no_such_function");
    fails_for_good(pool, "/proc/self/status:parse", "/status");
    fails_for_good(pool, "libnowhere-to-be-found.so:parse", "libnowhere-to-be-found.so");
    still_works(pool);
    finish_pool(pool);
}

static void refused(mpool_pool *pool, const char *function, const char *word)
{
    CHECK_ERR(mpool_pool_submit(pool, &(mpool_task){.function = function}, NULL, NULL), MPOOL_E_NOFUNC);
    CHECK_SAYS(mpool_error_detail(), word);
    CHECK_ERR(mpool_process_start(&(mpool_process_options){.function = function}, NULL, NULL), MPOOL_E_NOFUNC);
}

SCENARIO(shared, files_that_are_not_there_are_refused)
{
    static char longest[3 * PATH_MAX];
    mpool_pool *pool = open_pool(1);

    refused(pool, "./libnowhere.so:parse", "function \"./libnowhere.so:parse\": No such file");
    refused(pool, SHARED_1, "no function");
    refused(pool, SHARED_1 ":", "no function");
    refused(pool, "so:parse", "no function");
    (void)memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 3] = ':';
    refused(pool, longest, "too long");
    longest[1] = ':';
    refused(pool, longest, "too long");
    finish_pool(pool);
}

SCENARIO(shared, functions_crash_retry_and_map_as_others_do)
{
    const mpool_task die = {.function = SHARED_2 ":shared_die", .retries = 2};
    const mpool_task versions = {
        .function = SHARED_2 ":shared_version", .item_format = "I", .result_format = "I", .retries = 20};
    static int64_t items[5000], results[5000];
    mpool_pool *pool = open_pool(2);
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, &die, &future, NULL));
    CHECK_OK(mpool_pool_map(pool, &versions, items, 5000, sizeof items[0], results, sizeof results[0], NULL));
    for (int i = 0; i < 5000; i++)
        CHECK_INT(results[i], 2);
    CHECK_INT(result_of(future)->status, MPOOL_CRASHED);
    CHECK_INT(result_of(future)->signal, SIGSEGV);
    CHECK_INT(result_of(future)->attempts, 3);
    mpool_future_free(future);
    finish_pool(pool);
}

static int exit_code_of(const char *function)
{
    mpool_process *process;
    int code;

    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = function}, &process, "i", 2));
    CHECK_OK(mpool_process_join(process, LONG_MS));
    CHECK_OK(mpool_process_exitcode(process, &code));
    mpool_process_free(process);
    return code;
}

SCENARIO(shared, functions_can_be_those_of_processes)
{
    CHECK_OK(mpool_init(NULL));
    CHECK_INT(exit_code_of(SHARED_1 ":shared_cube"), 0);
    CHECK_INT(exit_code_of(SHARED_1 ":square"), 0);
    CHECK_INT(exit_code_of(SHARED_1 ":shared_die"), -SIGSEGV);
    CHECK_INT(exit_code_of(SHARED_1 ":nothing"), 1);
    CHECK_INT(count_in_output("undefined symbol: nothing\n"), 1);
    mpool_fini();
}

#define NAMES_MAX ((size_t)200)

static void add_name(void *user, const char *name)
{
    char *names = user;
    size_t size = strlen(names);

    (void)snprintf(names + size, NAMES_MAX - size, "%s ", name);
}

static void has_functions(const char *path, const char *wanted)
{
    char names[NAMES_MAX] = "";

    CHECK_OK(mpool_object_functions(path, add_name, names));
    CHECK_TEXT(names, wanted);
}

SCENARIO(shared, objects_say_which_functions_they_define)
{
    has_functions(SHARED_1, "square shared_name ");
    has_functions(SHARED_2, "square shared_name "); /* its own, and not those of the first one, too */
    has_functions(SHARED_1, "square shared_name ");
    has_functions("libm.so.6", "");
    CHECK_OK(mpool_init(NULL)); /* functions of theirs are not registered: the program has a square, too */
    mpool_fini();
}

static void has_none(const char *path, const char *word)
{
    char names[NAMES_MAX] = "";

    CHECK_ERR(mpool_object_functions(path, add_name, names), MPOOL_E_NOFUNC);
    CHECK_SAYS(mpool_error_detail(), word);
    CHECK_TEXT(names, "");
}

SCENARIO(shared, files_that_are_no_objects_define_none)
{
    static char longest[2 * PATH_MAX];

    has_none("/proc/self/status", "/status: ");
    has_none("./libnowhere.so", "./libnowhere.so: No such file");
    has_none("libnowhere-to-be-found.so", "libnowhere-to-be-found.so: ");
    has_none("nowhere", "\"nowhere\" is no shared object");
    (void)memset(longest, '/', sizeof longest - 1);
    has_none(longest, "too long");
}
