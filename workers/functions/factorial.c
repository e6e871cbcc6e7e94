/*
 * workers/functions/factorial.c - n!, exactly
 *
 * Runs in: workers. Up to 20! the result is an integer, from 21! on a string of decimal digits, computed by GMP.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

#include <gmp.h>
#include <stdlib.h>

/* 100,000! has 456,574 digits and takes some ten milliseconds. */
#define LARGEST 100000

/* The largest n whose factorial has 64 bits. */
#define LARGEST_INTEGER 20

static int pack_small(msgpack_packer *result, unsigned n)
{
    uint64_t product = 1;

    for (unsigned factor = 2; factor <= n; factor++)
        product *= factor;
    return msgpack_pack_uint64(result, product);
}

/* -1: out of memory. (GMP itself ends the process when it finds none; that is a crash of this job alone.) */
static int pack_large(msgpack_packer *result, unsigned n)
{
    mpz_t product;
    char *digits;
    int err = -1;

    mpz_init(product);
    mpz_fac_ui(product, n);
    digits = malloc(mpz_sizeinbase(product, 10) + 2);
    if (digits != NULL) {
        (void)mpz_get_str(digits, 10, product);
        err = msgpack_pack_str_with_body(result, digits, strlen(digits));
        free(digits);
    }
    mpz_clear(product);
    return err;
}

int mp_builtin_factorial(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    struct mp_args_integer n;
    int err;

    if (!mp_args_integer(args, &n))
        return mpool_job_fail(job, "factorial: the argument is not a whole number");
    if (n.negative)
        return mpool_job_fail(job, "factorial: -%ju is negative", (uintmax_t)n.magnitude);
    if (n.magnitude > LARGEST)
        return mpool_job_fail(job, "factorial: %ju is too large, %d is the most", (uintmax_t)n.magnitude, LARGEST);
    err = n.magnitude <= LARGEST_INTEGER ? pack_small(result, (unsigned)n.magnitude)
                                         : pack_large(result, (unsigned)n.magnitude);
    return err != 0 ? mpool_job_fail(job, "no memory for the result") : 0;
}
