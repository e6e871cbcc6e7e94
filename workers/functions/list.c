/*
 * workers/functions/list.c - the built-in job functions, by name, and what each takes and gives
 *
 * Runs in: the host, before mpool_init(). This table is what `mpool functions` prints.
 */
#include "builtins.h"

#include <mpool/functions.h>

static const mpool_function_info functions[] = {
    {"crash", mp_builtin_crash, "ends its worker, for trying out supervision",
     "segv (the default), abort, bus, exit, fpe, hang, ill, kill, stop or term; "
     "or {how, until_attempt}: crashes in the attempts before that one only",
     "the attempt, if it did not crash"},
    {"echo", mp_builtin_echo, "gives back what it was given", "any value", "the same value"},
    {"factorial", mp_builtin_factorial, "n!, exactly", "a whole number from 0 to 100000",
     "an integer; from 21! on a string of decimal digits"},
    {"fail", mp_builtin_fail, "fails with a message",
     "the message; or {message, until_attempt}: fails in the attempts before that one only",
     "the attempt, if it did not fail"},
    {"file_size", mp_builtin_file_size, "what lstat tells about one file; links are not followed", "a path; or {path}",
     "{path, bytes, allocated: bytes on disk, blocks: of 512 bytes, mtime: seconds since 1970, "
     "type: file, directory, link, fifo, socket, character_device or block_device, "
     "mode: permission bits, links, inode, device}"},
    {"sleep", mp_builtin_sleep, "does nothing for a while; fails early when it is asked to stop",
     "seconds, with or without a fraction; or {seconds}", "the seconds"},
    {"square", mp_builtin_square, "a number times itself, exactly", "an integer of 64 bits, or a float",
     "an integer, beyond 64 bits a string of decimal digits; a float for a float"},
};

#define COUNT (sizeof functions / sizeof functions[0])

const mpool_function_info *mpool_functions_list(size_t *count)
{
    *count = COUNT;
    return functions;
}

mpool_err mpool_functions_register(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        mpool_err err = mpool_register(functions[i].name, functions[i].function);

        if (err != MPOOL_OK)
            return err;
    }
    return MPOOL_OK;
}
