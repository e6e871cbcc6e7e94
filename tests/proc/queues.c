/*
 * tests/proc/queues.c - what scenarios of queues share: processes that work between two of them
 *
 * Runs in: proc-helper, as a host and as its workers.
 */
#include "tests/proc/queues.h"

mpool_queue *new_queue(uint32_t maxsize, size_t bytes)
{
    mpool_queue *queue;

    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_queue_new(&(mpool_queue_options){.maxsize = maxsize, .bytes = bytes}, &queue));
    return queue;
}

mpool_process *start_between(const char *function, mpool_queue *from, mpool_queue *to, int number)
{
    mpool_process *process;

    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = function}, &process, "[h,h,i]",
                                 mpool_queue_handle(from), mpool_queue_handle(to), number));
    return process;
}

bool find_queues(const msgpack_object *args, mpool_queue **from, mpool_queue **to, int *number)
{
    mpool_handle handles[2];

    return mpool_unpack(args, "[h,h,i]", &handles[0], &handles[1], number) == MPOOL_OK &&
           mpool_queue_open(handles[0], from) == MPOOL_OK && mpool_queue_open(handles[1], to) == MPOOL_OK;
}

/* producer * 65536 + count: puts {producer, 0} to {producer, count - 1}. */
MPOOL_FUNCTION(put_numbers)
{
    mpool_queue *to, *other;
    int number;

    if (!find_queues(args, &to, &other, &number))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < number % 65536; i++)
        if (mpool_queue_put(to, LONG_MS, "[i,i]", number / 65536, i) != MPOOL_OK)
            return mpool_job_fail(job, "item %d: %s", i, mpool_error_detail());
    return 0;
}

/* Takes them and passes them on until the end, and checks that each producer's come in order. */
MPOOL_FUNCTION(pass_on_in_order)
{
    mpool_queue *from, *to;
    int last[16], producer, number;
    mpool_err err;

    if (!find_queues(args, &from, &to, &number))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < 16; i++)
        last[i] = -1;
    while ((err = mpool_queue_get(from, LONG_MS, "[i,i]", &producer, &number)) == MPOOL_OK) {
        if (number <= last[producer])
            return mpool_job_fail(job, "%d came behind %d of producer %d", number, last[producer], producer);
        last[producer] = number;
        if (mpool_queue_put(to, LONG_MS, "[i,i]", producer, number) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    }
    return err == MPOOL_E_END ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}

/* An error: one get, or if that is MPOOL_E_CLOSED one put, has to end so. */
MPOOL_FUNCTION(get_or_put_once)
{
    mpool_queue *queue, *other;
    int wanted, item;
    mpool_err err;

    if (!find_queues(args, &queue, &other, &wanted))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->held, 1);
    if (wanted == MPOOL_E_CLOSED)
        err = mpool_queue_put(queue, LONG_MS, "i", 1);
    else
        err = mpool_queue_get(queue, LONG_MS, "i", &item);
    atomic_fetch_add(&board->counter, 1);
    return err == (mpool_err)wanted ? 0 : mpool_job_fail(job, "%s", mpool_err_name(err));
}

/* Takes items and says that they are done, until the end. */
MPOOL_FUNCTION(do_tasks)
{
    mpool_queue *from, *other;
    mpool_err err;
    int item;

    if (!find_queues(args, &from, &other, &item))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while ((err = mpool_queue_get(from, LONG_MS, "i", &item)) == MPOOL_OK) {
        atomic_fetch_add(&board->counter, 1);
        if (mpool_queue_task_done(from) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    }
    return err == MPOOL_E_END ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}
