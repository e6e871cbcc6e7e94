/*
 * tests/proc/scenarios/told.c - scenarios: jobs that have run a process, and tell how it has ended
 */
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_EXIT_75, TELL_SEGV, TELL_LATE, TELL_NOTHING };

/* An int of these: runs a process that ends so, and reports its pid. Writes on the board which attempts there were. */
MPOOL_FUNCTION(tell)
{
    int how, status;

    if (mpool_unpack(args, "i", &how) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->begun[how], 1);
    pid_t pid = fork();
    if (pid == 0) {
        const struct sigaction usual = {.sa_handler = SIG_DFL};
        (void)sigaction(SIGSEGV, &usual, NULL);
        if (how == TELL_SEGV)
            (void)raise(SIGSEGV);
        _exit(75);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return mpool_job_fail(job, "%m");
    (void)mpool_pack(result, "{s:i}", "pid", (int)pid);
    if (how == TELL_NOTHING)
        (void)mpool_pack(result, "i", 2); /* two values are no report */
    return mpool_job_fail_as(job,
                             how == TELL_SEGV   ? MPOOL_CRASHED
                             : how == TELL_LATE ? MPOOL_TIMED_OUT
                                                : MPOOL_FAILED,
                             status, "process %d", how);
}

/* The report of a job that is not done; 0: it has none. */
static int64_t reported_pid(const mpool_result *result)
{
    msgpack_object report;
    msgpack_zone zone;
    int64_t pid = 0;

    if (result->value == NULL)
        return 0;
    CHECK(msgpack_zone_init(&zone, 256));
    CHECK_OK(mpool_result_object(result, &zone, &report));
    CHECK_OK(mpool_unpack(&report, "{s:I}", "pid", &pid));
    msgpack_zone_destroy(&zone);
    return pid;
}

SCENARIO(told, a_process_that_a_job_has_run_is_told_of_and_its_worker_lives_on)
{
    static const struct {
        mpool_status status;
        int signal, exit_code;
    } ends[] = {{MPOOL_FAILED, 0, 75}, {MPOOL_CRASHED, SIGSEGV, 0}, {MPOOL_TIMED_OUT, 0, 75}, {MPOOL_FAILED, 0, 75}};
    const mpool_task task = {.function = "tell"};
    mpool_pool *pool = open_pool(1);

    for (int how = TELL_EXIT_75; how <= TELL_NOTHING; how++) {
        mpool_future *future = submit(pool, &task, how);
        const mpool_result *result = result_of(future);

        CHECK_INT(result->status, ends[how].status);
        CHECK_INT(result->signal, ends[how].signal);
        CHECK_INT(result->exit_code, ends[how].exit_code);
        CHECK_SAYS(result->error, "process ");
        CHECK(result->dossier != NULL && result->dossier->out_of_memory == MPOOL_OOM_NO);
        CHECK((reported_pid(result) > 0) == (how != TELL_NOTHING));
        CHECK_ERR(mpool_result_unpack(result, "i", &(int){0}), MPOOL_E_JOB);
        mpool_future_free(future);
    }
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

SCENARIO(told, retries_can_ask_for_its_exit_code_and_its_signal)
{
    const mpool_task task = {
        .function = "tell", .retries = 4, .crash_limit = 2, .retry_on = "exit:75, signal:SEGV", .discard_value = true};
    mpool_pool *pool = open_pool(1);
    mpool_future *exited = submit(pool, &task, TELL_EXIT_75), *killed = submit(pool, &task, TELL_SEGV);

    CHECK_INT(result_of(exited)->attempts, 5);
    CHECK(result_of(exited)->value == NULL);
    CHECK_INT(result_of(killed)->attempts, 2);
    CHECK_SAYS(result_of(killed)->error, "process 1; it has crashed 2 times, which is the limit");
    wait_free(exited, MPOOL_FAILED);
    wait_free(killed, MPOOL_CRASHED);
    CHECK_INT(atomic_load(&board->begun[TELL_EXIT_75]), 5);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}
