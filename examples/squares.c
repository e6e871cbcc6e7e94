/*
 * examples/squares.c - a process for each number, and a queue that all of them put their results into
 */
#include <mpool/mpool.h>
#include <stdio.h>

MPOOL_FUNCTION(square)
{
    mpool_handle handle;
    mpool_queue *squares;
    int number;
    if (mpool_unpack(args, "[i,h]", &number, &handle) != MPOOL_OK || mpool_queue_open(handle, &squares) != MPOOL_OK ||
        mpool_queue_put(squares, MPOOL_FOREVER, "[i,i]", number, number * number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

int main(void)
{
    const mpool_process_options options = {.function = "square"};
    int number, square, squares[21] = {0};
    mpool_queue *queue;
    if (mpool_init(NULL) != MPOOL_OK || mpool_queue_new(NULL, &queue) != MPOOL_OK)
        return fprintf(stderr, "squares: %s\n", mpool_error_detail()), 1;
    for (number = 5; number <= 20; number += 5)
        if (mpool_process_start(&options, NULL, "[i,h]", number, mpool_queue_handle(queue)) != MPOOL_OK)
            return fprintf(stderr, "squares: %s\n", mpool_error_detail()), 1;
    for (int results = 0; results < 4; results++) { /* in the order in which they come */
        if (mpool_queue_get(queue, 10000, "[i,i]", &number, &square) != MPOOL_OK || number < 0 || number > 20)
            return fprintf(stderr, "squares: %s\n", mpool_error_detail()), 1;
        squares[number] = square;
    }
    for (number = 5; number <= 20; number += 5)
        printf("the square of %d is %d\n", number, squares[number]);
    mpool_fini();
}
