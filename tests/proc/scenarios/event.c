/*
 * tests/proc/scenarios/event.c - scenarios: events
 */
#include "tests/proc/helper.h"
#include "tests/proc/sharing.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#define TIMES 100
#define TRIPS 200

static mpool_event *event_of(const msgpack_object *args)
{
    mpool_handle handle;
    mpool_event *event;

    CHECK_OK(mpool_unpack(args, "h", &handle));
    CHECK_OK(mpool_event_open(handle, &event));
    return event;
}

static mpool_event *new_event(void)
{
    mpool_event *event;

    CHECK_OK(mpool_event_new(&event));
    return event;
}

/* held: who is about to wait; counter: who has waited. */
static void wait_once(mpool_event *event)
{
    atomic_fetch_add(&board->held, 1);
    CHECK_OK(mpool_event_wait(event, LONG_MS));
    atomic_fetch_add(&board->counter, 1);
}

MPOOL_FUNCTION(wait_for_event)
{
    (void)job;
    (void)result;
    wait_once(event_of(args));
    return 0;
}

static void *thread_waits(void *event)
{
    wait_once(event);
    return NULL;
}

SCENARIO(event, wakes_jobs_processes_and_threads_that_wait)
{
    const mpool_task task = {.function = "wait_for_event"};
    mpool_pool *pool = open_pool(2);
    mpool_event *event = new_event();
    mpool_process *processes[2];
    mpool_future *futures[2];
    pthread_t threads[2];

    CHECK(!mpool_event_is_set(event));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(mpool_pool_submit(pool, &task, &futures[i], "h", mpool_event_handle(event)));
        processes[i] = start_with("wait_for_event", mpool_event_handle(event));
        CHECK(pthread_create(&threads[i], NULL, thread_waits, event) == 0);
    }
    AWAIT(atomic_load(&board->held) == 6);
    CHECK_INT(atomic_load(&board->counter), 0);
    CHECK_OK(mpool_event_set(event));
    for (int i = 0; i < 2; i++) {
        wait_free(futures[i], MPOOL_DONE);
        join_free(processes[i], 0);
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(mpool_event_is_set(event));
    CHECK_OK(mpool_event_set(event));
    CHECK_OK(mpool_event_wait(event, 0));
    CHECK_OK(mpool_event_clear(event));
    CHECK_OK(mpool_event_clear(event));
    CHECK(!mpool_event_is_set(event));
    CHECK_ERR(mpool_event_wait(event, 0), MPOOL_E_TIMEOUT);
    finish_pool(pool);
}

MPOOL_FUNCTION(wait_often)
{
    mpool_event *event = event_of(args);

    (void)job;
    (void)result;
    for (int i = 0; i < TIMES; i++) {
        wait_once(event);
        AWAIT(atomic_load(&board->gate) > i); /* it is cleared */
    }
    return 0;
}

SCENARIO(event, that_is_cleared_at_once_has_been_seen_by_who_waited)
{
    mpool_process *process;
    mpool_event *event;

    CHECK_OK(mpool_init(NULL));
    event = new_event();
    process = start_with("wait_often", mpool_event_handle(event));
    for (int i = 1; i <= TIMES; i++) {
        AWAIT(atomic_load(&board->held) == i && sleeps(mpool_process_pid(process)));
        CHECK_OK(mpool_event_set(event));
        CHECK_OK(mpool_event_clear(event));
        AWAIT(atomic_load(&board->counter) == i);
        atomic_store(&board->gate, i);
    }
    join_free(process, 0);
    mpool_fini();
}

MPOOL_FUNCTION(answer_events)
{
    mpool_handle handles[2];
    mpool_event *ping, *pong;

    (void)result;
    if (mpool_unpack(args, "[h,h]", &handles[0], &handles[1]) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    CHECK_OK(mpool_event_open(handles[0], &ping));
    CHECK_OK(mpool_event_open(handles[1], &pong));
    for (int i = 0; i < TRIPS; i++) {
        CHECK_OK(mpool_event_wait(ping, LONG_MS));
        CHECK_OK(mpool_event_clear(ping));
        CHECK_OK(mpool_event_set(pong));
    }
    return 0;
}

/* Who is not woken wakes up at the end of a slice of sleep, after 50 ms. On a busy machine a trip may take as long. */
SCENARIO(event, wakes_at_once)
{
    const mpool_process_options options = {.function = "answer_events"};
    mpool_event *ping, *pong;
    mpool_process *process;
    int slow = 0;

    CHECK_OK(mpool_init(NULL));
    ping = new_event();
    pong = new_event();
    CHECK_OK(mpool_process_start(&options, &process, "[h,h]", mpool_event_handle(ping), mpool_event_handle(pong)));
    for (int i = 0; i < TRIPS; i++) {
        int64_t begun = monotonic_ms();

        CHECK_OK(mpool_event_set(ping));
        CHECK_OK(mpool_event_wait(pong, LONG_MS));
        CHECK_OK(mpool_event_clear(pong));
        slow += monotonic_ms() - begun >= 45;
    }
    CHECK(slow < TRIPS / 10);
    join_free(process, 0);
    mpool_fini();
}

SCENARIO(event, waits_as_long_as_it_was_told)
{
    mpool_event *event;
    int64_t begun;

    CHECK_ERR(mpool_event_new(&event), MPOOL_E_NOINIT);
    CHECK_OK(mpool_init(NULL));
    event = new_event();
    begun = monotonic_ms();
    CHECK_ERR(mpool_event_wait(event, 120), MPOOL_E_TIMEOUT); /* longer than one slice of sleep */
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_SAYS(mpool_error_detail(), "not set");
    mpool_event_free(event);
    CHECK_ERR(mpool_event_wait(event, 0), MPOOL_E_STALE);
    CHECK_ERR(mpool_event_set(event), MPOOL_E_STALE);
    CHECK_ERR(mpool_event_clear(event), MPOOL_E_STALE);
    CHECK(!mpool_event_is_set(event));
    mpool_event_free(NULL);
    mpool_fini();
}

SCENARIO(event, survives_whatever_lies_in_it)
{
    CHECK_OK(mpool_init(NULL));
    for (int byte = 0; byte < 256; byte++) {
        mpool_event *event = new_event();

        (void)memset((void *)event, byte, 4096);
        (void)mpool_event_wait(event, 1);
        CHECK_OK(mpool_event_set(event));
        CHECK(mpool_event_is_set(event));
        CHECK_OK(mpool_event_wait(event, 0));
        CHECK_OK(mpool_event_clear(event));
        CHECK_ERR(mpool_event_wait(event, 0), MPOOL_E_TIMEOUT);
        mpool_event_free(event);
    }
    mpool_fini();
}
