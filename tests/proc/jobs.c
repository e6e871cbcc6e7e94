/*
 * tests/proc/jobs.c - job functions that more than one file of scenarios uses
 *
 * Runs in: workers of proc-helper.
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An int64_t; its square. */
MPOOL_FUNCTION(square)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

/* Anything; the same. */
MPOOL_FUNCTION(echo)
{
    (void)job;
    (void)mpool_pack(result, "o", *args);
    return 0;
}

/* Comes to the gate, and waits until it is open. */
MPOOL_FUNCTION(hold)
{
    int place = atomic_fetch_add(&board->held, 1);

    (void)args;
    (void)job;
    if (place < 64)
        atomic_store(&board->pids[place], getpid());
    while (atomic_load(&board->gate) == 0)
        nap();
    (void)mpool_pack(result, "i", place);
    return 0;
}

/* An int: so many milliseconds. */
MPOOL_FUNCTION(doze)
{
    int ms;

    (void)result;
    if (mpool_unpack(args, "i", &ms) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int64_t until_ms = monotonic_ms() + ms; monotonic_ms() < until_ms;)
        nap();
    return 0;
}

/* An int: adds it to the total "sum", counts in "count"; its result. */
MPOOL_FUNCTION(add)
{
    int value;

    if (mpool_unpack(args, "i", &value) != MPOOL_OK || mpool_job_total_add(job, "sum", value) != MPOOL_OK ||
        mpool_job_total_add(job, "count", 1) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_pack(result, "i", value);
    return 0;
}

/* An int: fails with it in its reason. */
MPOOL_FUNCTION(refuse)
{
    int value;

    (void)result;
    if (mpool_unpack(args, "i", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_job_fail(job, "no %d today", value);
}

/* An int: how to bring down the worker. */
MPOOL_FUNCTION(crash)
{
    int kind;

    (void)result;
    atomic_fetch_add(&board->begun[mpool_job_number(job) % BOARD_JOBS], 1);
    if (mpool_unpack(args, "i", &kind) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    switch (kind) {
    case CRASH_SEGV:
        (void)raise(SIGSEGV);
        break;
    case CRASH_ABORT:
        abort();
    case CRASH_KILL:
        (void)raise(SIGKILL);
        break;
    case CRASH_EXIT:
        exit(0);
    case CRASH_EXIT_3:
        _exit(3);
    default:
        break;
    }
    return mpool_job_fail(job, "there is no crash %d", kind);
}

/* An int: the square of any number but 17, which is poison. */
MPOOL_FUNCTION(square_or_die)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (x == POISON)
        (void)raise(SIGKILL);
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

/* An int: the square of any number but 17, which fails. */
MPOOL_FUNCTION(square_or_fail)
{
    int64_t x;

    if (mpool_unpack(args, "I", &x) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (x == POISON)
        return mpool_job_fail(job, "%d is poison", POISON);
    (void)mpool_pack(result, "I", x * x);
    return 0;
}

/* Counts itself on the board. */
MPOOL_FUNCTION(count)
{
    (void)job;
    (void)args;
    (void)result;
    atomic_fetch_add(&board->counter, 1);
    return 0;
}
