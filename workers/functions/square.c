/*
 * workers/functions/square.c - a number times itself, exactly
 *
 * Runs in: workers. An integer of 64 bits has a square of at most 128: up to 64 bits it is an integer, beyond that a
 * string of decimal digits, for msgpack has no larger integers, and a float would not be exact.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

#include <math.h>

__extension__ typedef unsigned __int128 uint128;

/* Decimal digits, as a msgpack string. */
static int pack_digits(msgpack_packer *result, uint128 value)
{
    char digits[40];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    return msgpack_pack_str_with_body(result, digits + at, sizeof digits - at);
}

int mp_builtin_square(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    struct mp_args_integer integer;
    double number;
    int err;

    if (mp_args_integer(args, &integer)) {
        uint128 square = (uint128)integer.magnitude * integer.magnitude;

        err = square <= UINT64_MAX ? msgpack_pack_uint64(result, (uint64_t)square) : pack_digits(result, square);
    } else if (mp_args_double(args, &number)) {
        if (!isfinite(number * number))
            return mpool_job_fail(job, "square: %g times itself is more than a float can hold", number);
        err = msgpack_pack_double(result, number * number);
    } else {
        return mpool_job_fail(job, "square: the argument is not a number (integers have at most 64 bits)");
    }
    return err != 0 ? mpool_job_fail(job, "no memory for the result") : 0;
}
