/*
 * cli/work/call.c - the built-in functions, as a run's workers call them
 *
 * Runs in: a worker of the command, on its main thread; call_register() in the command. Owns: nothing.
 *
 * That a job is at work is to be on the board, whatever it calls. A function is not told by which name it was called,
 * so each has a function of its own in front of it.
 */
#include "cli/work/call.h"

#include "cli/board.h"

#include <mpool/functions.h>

/* So many functions can have one; there is a test of each. */
#define CALLS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static const mpool_function_info *functions;

static int call(size_t number, mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    board_begin(job);
    int returned = functions[number].function(job, args, result);
    board_end(job);
    return returned;
}

#define CALL(number)                                                                                                   \
    static int call_##number(mpool_job *job, const msgpack_object *args, msgpack_packer *result)                       \
    {                                                                                                                  \
        return call(number, job, args, result);                                                                        \
    }
CALLS(CALL)

mpool_err call_register(void)
{
#define NAME(number) call_##number,
    static mpool_function *const calls[] = {CALLS(NAME)};
    size_t count;
    mpool_err err = MPOOL_OK;

    functions = mpool_functions_list(&count);
    /* One that has none is called as it is, and not seen on the board. */
    for (size_t i = 0; i < count && err == MPOOL_OK; i++)
        err = mpool_register(functions[i].name, i < sizeof calls / sizeof calls[0] ? calls[i] : functions[i].function);
    return err;
}
