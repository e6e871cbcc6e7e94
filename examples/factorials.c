/*
 * examples/factorials.c - a process for each factorial; results of any length come through a queue
 *
 * 64 bits end at 20!, so the results are strings of decimal digits. (mpool-functions has a job function `factorial` for
 * larger ones, by GMP; parallel_totals uses it.)
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 30, DIGITS = 40 };

/* Multiplies as on paper: digit by digit, from the last one on, with a carry. */
static void multiply(char digits[DIGITS + 1], int factor)
{
    int carry = 0;
    for (int i = DIGITS - 1; i >= 0; i--) {
        carry += (digits[i] - '0') * factor;
        digits[i] = (char)('0' + carry % 10);
        carry /= 10;
    }
}

MPOOL_FUNCTION(factorial)
{
    char digits[DIGITS + 1];
    mpool_handle handle;
    mpool_queue *results;
    int number;
    if (mpool_unpack(args, "[i,h]", &number, &handle) != MPOOL_OK || mpool_queue_open(handle, &results) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)snprintf(digits, sizeof digits, "%0*d", DIGITS, 1);
    for (int factor = 2; factor <= number; factor++)
        multiply(digits, factor);
    if (mpool_queue_put(results, MPOOL_FOREVER, "[i,s]", number, digits + strspn(digits, "0")) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

int main(void)
{
    const mpool_process_options options = {.function = "factorial"};
    char factorials[LARGEST + 1][DIGITS + 1];
    const char *digits;
    mpool_queue *queue;
    int number;
    if (mpool_init(NULL) != MPOOL_OK || mpool_queue_new(NULL, &queue) != MPOOL_OK)
        return fprintf(stderr, "factorials: %s\n", mpool_error_detail()), 1;
    for (number = 5; number <= LARGEST; number += 5)
        if (mpool_process_start(&options, NULL, "[i,h]", number, mpool_queue_handle(queue)) != MPOOL_OK)
            return fprintf(stderr, "factorials: %s\n", mpool_error_detail()), 1;
    for (int results = 0; results < LARGEST / 5; results++) {
        if (mpool_queue_get(queue, 10000, "[i,s]", &number, &digits) != MPOOL_OK || number < 0 || number > LARGEST)
            return fprintf(stderr, "factorials: %s\n", mpool_error_detail()), 1;
        (void)snprintf(factorials[number], sizeof factorials[number], "%s", digits);
    }
    for (number = 5; number <= LARGEST; number += 5)
        printf("%d! = %s\n", number, factorials[number]);
    mpool_fini();
}
