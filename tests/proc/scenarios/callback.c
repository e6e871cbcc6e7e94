/*
 * tests/proc/scenarios/callback.c - scenarios: callbacks, and the descriptor that says that there are results
 */
#include "tests/proc/helper.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* What a callback has seen. */
struct note {
    mpool_pool *pool;
    mpool_future *future;
    atomic_int calls;
    pthread_t thread;
    mpool_status status;
    int64_t value;
    int followers; /* jobs that follow this one, one after the other */
};

static void take_note(void *user, const mpool_result *result)
{
    struct note *note = user;

    note->thread = pthread_self();
    note->status = result->status;
    if (result->status == MPOOL_DONE && result->value != NULL)
        CHECK_OK(mpool_result_unpack(result, "I", &note->value));
    atomic_fetch_add(&note->calls, 1);
}

/* Submits a job whose callback is this one. */
static void submit_with(mpool_pool *pool, const char *function, mpool_callback *callback, struct note *note, bool kept)
{
    const mpool_task task = {.function = function, .callback = callback, .user = note};

    note->pool = pool;
    CHECK_OK(mpool_pool_submit(pool, &task, kept ? &note->future : NULL, "i", 7));
}

static void await_ended(mpool_pool *pool, uint64_t jobs)
{
    AWAIT(stats_of(pool).jobs_ended == jobs);
}

static int polled(int fd, int timeout_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};

    return poll(&polled, 1, timeout_ms);
}

/* ---- who runs them, and when ------------------------------------------------------------------------------------- */

SCENARIO(callback, runs_once_on_the_thread_that_dispatches)
{
    struct note kept = {0}, freed = {0}, unasked = {0}, failed = {0};
    mpool_pool *pool = open_pool(2);

    submit_with(pool, "square", take_note, &kept, true);
    submit_with(pool, "square", take_note, &freed, true);
    mpool_future_free(freed.future);
    submit_with(pool, "square", take_note, &unasked, false);
    submit_with(pool, "refuse", take_note, &failed, false);
    await_ended(pool, 4);
    still_works(pool); /* a wait for other jobs runs none of them */
    CHECK_INT(kept.calls + freed.calls + unasked.calls + failed.calls, 0);
    while (mpool_pool_dispatch(pool, LONG_MS) == MPOOL_OK)
        continue;
    CHECK_INT(kept.calls, 1);
    CHECK_INT(freed.calls, 1);
    CHECK_INT(unasked.calls, 1);
    CHECK_INT(failed.calls, 1);
    CHECK(pthread_equal(kept.thread, pthread_self()) && pthread_equal(unasked.thread, pthread_self()));
    CHECK_INT(kept.value, 49);
    CHECK_INT(failed.status, MPOOL_FAILED);
    CHECK_INT(result_of(kept.future)->status, MPOOL_DONE);
    CHECK_INT(kept.calls, 1);
    mpool_future_free(kept.future);
    finish_pool(pool);
    CHECK_INT(kept.calls + freed.calls + unasked.calls + failed.calls, 4);
}

SCENARIO(callback, dispatch_waits_for_what_is_to_come_and_ends_when_nothing_is)
{
    struct note note = {0};
    mpool_pool *pool = open_pool(1);
    mpool_future *held;

    CHECK_ERR(mpool_pool_dispatch(pool, MPOOL_FOREVER), MPOOL_E_END);
    held = hold_worker(pool);
    CHECK_ERR(mpool_pool_dispatch(pool, MPOOL_FOREVER), MPOOL_E_END); /* that one has no callback */
    submit_with(pool, "square", take_note, &note, false);
    CHECK_ERR(mpool_pool_dispatch(pool, 0), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_pool_dispatch(pool, 20), MPOOL_E_TIMEOUT);
    CHECK_SAYS(mpool_error_detail(), "20 ms");
    open_gate();
    CHECK_OK(mpool_pool_dispatch(pool, MPOOL_FOREVER));
    CHECK_INT(note.calls, 1);
    CHECK_ERR(mpool_pool_dispatch(pool, MPOOL_FOREVER), MPOOL_E_END);
    wait_free(held, MPOOL_DONE);
    finish_pool(pool);
}

SCENARIO(callback, who_waits_for_a_job_runs_its_callback_and_no_other)
{
    struct note own = {0}, any = {0}, looked = {0}, applied = {0}, other = {0};
    mpool_future *futures[2], *future;
    mpool_pool *pool = open_pool(1);

    submit_with(pool, "square", take_note, &other, true);
    submit_with(pool, "square", take_note, &own, true);
    CHECK_INT(result_of(own.future)->status, MPOOL_DONE);
    CHECK_INT(own.calls, 1);
    submit_with(pool, "square", take_note, &any, true);
    futures[0] = any.future;
    futures[1] = own.future;
    CHECK_OK(mpool_wait(futures, 2, MPOOL_ALL_COMPLETED, LONG_MS, NULL));
    CHECK_INT(any.calls, 1);
    submit_with(pool, "square", take_note, &looked, true);
    AWAIT(mpool_future_done(looked.future));
    CHECK_INT(looked.calls, 1);
    CHECK_OK(mpool_pool_apply(pool, &(mpool_task){.function = "square", .callback = take_note, .user = &applied},
                              &future, NULL, "i", 7));
    CHECK_INT(applied.calls, 1);
    CHECK_INT(other.calls, 0);
    CHECK_OK(mpool_pool_dispatch(pool, 0));
    CHECK_INT(other.calls, 1);
    CHECK_ERR(mpool_pool_dispatch(pool, 0), MPOOL_E_END);
    mpool_future_free(future);
    mpool_future_free(own.future);
    mpool_future_free(any.future);
    mpool_future_free(looked.future);
    mpool_future_free(other.future);
    finish_pool(pool);
}

SCENARIO(callback, what_nobody_has_dispatched_runs_when_the_pool_ends)
{
    struct note joined = {0}, done = {0}, held = {0}, queued = {0};
    mpool_pool *pool = open_pool(1), *other = open_another(&(mpool_pool_options){.workers = 1});

    submit_with(other, "square", take_note, &joined, false);
    CHECK_OK(mpool_pool_close(other));
    CHECK_OK(mpool_pool_join(other, LONG_MS));
    CHECK_INT(joined.calls, 1);
    mpool_pool_free(other);
    submit_with(pool, "square", take_note, &done, false);
    await_ended(pool, 1);
    submit_with(pool, "hold", take_note, &held, true);
    AWAIT(atomic_load(&board->held) == 1);
    submit_with(pool, "square", take_note, &queued, true);
    mpool_future_free(queued.future);
    close_pool(pool);
    CHECK_INT(done.calls, 1);
    CHECK_INT(done.status, MPOOL_DONE);
    CHECK_INT(held.calls, 1);
    CHECK_INT(held.status, MPOOL_CANCELLED);
    CHECK_INT(queued.calls, 1);
    CHECK_INT(queued.status, MPOOL_CANCELLED);
    wait_free(held.future, MPOOL_CANCELLED);
    CHECK_INT(held.calls, 1);
}

SCENARIO(callback, of_a_job_that_was_not_queued_is_not_called)
{
    struct note note = {0};
    mpool_task task = {.function = "square", .callback = take_note, .user = &note, .item_format = "i"};
    mpool_pool *pool = open_pool(1);
    mpool_future *future = NULL;
    mpool_iter *iter = NULL;
    int item = 1;

    CHECK_ERR(mpool_pool_submit(pool, &task, NULL, "q"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_pool_submit(pool, &task, &future, "q"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_pool_map(pool, &task, &item, 1, sizeof item, NULL, 0, NULL), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "callback");
    CHECK_ERR(mpool_pool_imap(pool, &task, (mpool_generator *)1, NULL, &iter), MPOOL_E_INVAL);
    CHECK(future == NULL && iter == NULL);
    CHECK_ERR(mpool_pool_dispatch(pool, MPOOL_FOREVER), MPOOL_E_END);
    finish_pool(pool);
    CHECK_INT(note.calls, 0);
}

/* ---- what they may do -------------------------------------------------------------------------------------------- */

/* Each job's callback submits the next one, waits for others, and frees what is its own. */
static void do_everything(void *user, const mpool_result *result)
{
    struct note *note = user, inner = {0};
    mpool_future *future, *own = note->future;
    mpool_pool_stats stats;

    take_note(user, result);
    CHECK(mpool_future_done(own));
    CHECK_OK(mpool_future_wait(own, MPOOL_FOREVER, NULL));
    CHECK_OK(mpool_wait(&own, 1, MPOOL_ALL_COMPLETED, MPOOL_FOREVER, NULL));
    CHECK_OK(mpool_future_cancel(own, 0));
    submit_with(note->pool, "square", take_note, &inner, true);
    CHECK_OK(mpool_pool_dispatch(note->pool, MPOOL_FOREVER)); /* a callback in a callback; not the one of the caller */
    CHECK_INT(inner.calls, 1);
    CHECK_ERR(mpool_pool_dispatch(note->pool, MPOOL_FOREVER), MPOOL_E_END);
    mpool_future_free(inner.future);
    CHECK_OK(mpool_pool_apply(note->pool, &(mpool_task){.function = "square"}, &future, NULL, "i", 3));
    mpool_future_free(future);
    CHECK_OK(mpool_pool_stats_read(note->pool, &stats));
    still_works(note->pool);
    mpool_future_free(own);
    CHECK_INT(result->status, MPOOL_DONE); /* the result is there until we return */
    if (note->followers-- > 0)
        submit_with(note->pool, "square", do_everything, note, true);
}

SCENARIO(callback, may_call_any_function)
{
    struct note note = {.followers = 20};
    mpool_pool *pool = open_pool(2);
    mpool_err err;

    submit_with(pool, "square", do_everything, &note, true);
    while ((err = mpool_pool_dispatch(pool, LONG_MS)) == MPOOL_OK)
        continue;
    CHECK_ERR(err, MPOOL_E_END);
    CHECK_INT(note.calls, 21);
    finish_pool(pool);
}

static void free_the_pool(void *user, const mpool_result *result)
{
    struct note *note = user;

    take_note(user, result);
    mpool_pool_free(note->pool);
}

SCENARIO(callback, may_free_its_pool)
{
    struct note last = {0}, held = {0}, waiting = {0};
    mpool_pool *pool = open_pool(2);

    submit_with(pool, "hold", take_note, &held, false);
    AWAIT(atomic_load(&board->held) == 1);
    submit_with(pool, "square", free_the_pool, &last, true);
    submit_with(pool, "square", take_note, &waiting, true);
    CHECK_OK(mpool_pool_dispatch(pool, LONG_MS));
    CHECK_INT(last.calls, 1);
    CHECK_INT(held.calls, 1);
    CHECK_INT(held.status, MPOOL_CANCELLED);
    CHECK_INT(waiting.calls, 1);
    mpool_future_free(last.future);
    mpool_future_free(waiting.future);
    mpool_fini();
}

/* ---- several threads --------------------------------------------------------------------------------------------- */

#define DISPATCHERS 4
#define JOBS 2000

static void *dispatch_all(void *data)
{
    mpool_err err;

    while ((err = mpool_pool_dispatch(data, LONG_MS)) == MPOOL_OK)
        continue;
    CHECK_ERR(err, MPOOL_E_END);
    return NULL;
}

SCENARIO(callback, each_runs_once_whoever_is_the_first_to_take_it)
{
    static struct note notes[JOBS];
    pthread_t threads[DISPATCHERS];
    mpool_pool *pool = open_pool(2);

    mpool_future_free(hold_worker(pool));
    mpool_future_free(hold_worker(pool));
    for (int i = 0; i < JOBS; i++)
        submit_with(pool, "square", take_note, &notes[i], true);
    for (int i = 0; i < DISPATCHERS; i++)
        CHECK(pthread_create(&threads[i], NULL, dispatch_all, pool) == 0);
    open_gate();
    for (int i = 0; i < JOBS; i++)
        if (i % 2 == 0)
            CHECK_INT(result_of(notes[i].future)->status, MPOOL_DONE);
        else
            mpool_future_free(notes[i].future);
    for (int i = 0; i < JOBS; i += 2) {
        CHECK_INT(notes[i].calls, 1); /* when the wait is over, it has returned */
        mpool_future_free(notes[i].future);
    }
    for (int i = 0; i < DISPATCHERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < JOBS; i++)
        CHECK_INT(notes[i].calls, 1);
    finish_pool(pool);
}

static void wait_at_the_gate(void *user, const mpool_result *result)
{
    atomic_store(&board->counter, 1);
    AWAIT(atomic_load(&board->gate) != 0);
    take_note(user, result);
}

/* Who waits for the job sees what its callback has done; so does who joins. */
SCENARIO(callback, is_waited_for_where_its_job_is)
{
    struct note note = {0};
    mpool_pool *pool = open_pool(1);
    pthread_t thread;

    submit_with(pool, "square", wait_at_the_gate, &note, true);
    CHECK(pthread_create(&thread, NULL, dispatch_all, pool) == 0);
    AWAIT(atomic_load(&board->counter) == 1);
    CHECK(!mpool_future_done(note.future));
    CHECK_ERR(mpool_future_wait(note.future, 10, NULL), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_wait(&note.future, 1, MPOOL_FIRST_COMPLETED, 10, NULL), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_pool_dispatch(pool, 10), MPOOL_E_TIMEOUT); /* it may submit another one */
    CHECK_OK(mpool_pool_close(pool));
    CHECK_ERR(mpool_pool_join(pool, 500), MPOOL_E_TIMEOUT);
    open_gate();
    CHECK_OK(mpool_future_wait(note.future, LONG_MS, NULL));
    CHECK_INT(note.calls, 1);
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK(pthread_join(thread, NULL) == 0);
    mpool_future_free(note.future);
    close_pool(pool);
}

/* ---- the descriptor ---------------------------------------------------------------------------------------------- */

SCENARIO(callback, the_descriptor_is_readable_while_something_is_to_be_taken)
{
    struct note note = {0};
    const mpool_task square = {.function = "square"};
    mpool_pool *pool = open_pool(1);
    mpool_future *early = submit(pool, &square, 1), *late[2];
    int fd, again;

    await_ended(pool, 1);
    AWAIT(mpool_pool_fd(pool, &fd) == MPOOL_OK && polled(fd, 0) == 1); /* though it ended before we asked */
    CHECK_OK(mpool_pool_fd(pool, &again));
    CHECK_INT(again, fd);
    CHECK_INT(polled(fd, 0), 1); /* to poll is not to take */
    CHECK(mpool_future_done(early));
    CHECK_INT(polled(fd, 0), 0);
    late[0] = submit(pool, &square, 2);
    late[1] = submit(pool, &square, 3);
    CHECK_INT(polled(fd, LONG_MS), 1);
    await_ended(pool, 3);
    CHECK_OK(mpool_wait(late, 2, MPOOL_ALL_COMPLETED, LONG_MS, NULL));
    CHECK_INT(polled(fd, 0), 0);
    submit_with(pool, "square", take_note, &note, false);
    CHECK_INT(polled(fd, LONG_MS), 1);
    CHECK_OK(mpool_pool_dispatch(pool, 0));
    CHECK_INT(polled(fd, 0), 0);
    CHECK_INT(note.calls, 1);
    mpool_future_free(early);
    early = submit(pool, &square, 4);
    CHECK_INT(polled(fd, LONG_MS), 1);
    mpool_future_free(early); /* nobody will ask */
    CHECK_INT(polled(fd, 0), 0);
    mpool_future_free(late[0]);
    mpool_future_free(late[1]);
    CHECK_OK(mpool_pool_submit(pool, &square, NULL, "i", 1)); /* nobody can ask */
    still_works(pool);
    await_ended(pool, 106);
    CHECK_INT(polled(fd, 0), 0);
    finish_pool(pool);
}

SCENARIO(callback, the_descriptor_knows_what_ended_before_somebody_waited_and_what_nobody_waits_for)
{
    struct note waited = {0}, any = {0};
    mpool_pool *pool = open_pool(1);
    int fd;

    CHECK_OK(mpool_pool_fd(pool, &fd));
    submit_with(pool, "square", take_note, &waited, true);
    CHECK_INT(polled(fd, LONG_MS), 1);
    CHECK_OK(mpool_future_wait(waited.future, MPOOL_FOREVER, NULL));
    CHECK_INT(waited.calls, 1);
    CHECK_INT(polled(fd, 0), 0);
    submit_with(pool, "square", take_note, &any, true);
    CHECK_INT(polled(fd, LONG_MS), 1);
    CHECK_OK(mpool_wait(&any.future, 1, MPOOL_FIRST_COMPLETED, 0, NULL));
    CHECK_INT(any.calls, 1);
    CHECK_INT(polled(fd, 0), 0);
    mpool_future_free(waited.future);
    mpool_future_free(any.future);
    mpool_future_free(hold_worker(pool)); /* freed before it has ended */
    open_gate();
    still_works(pool); /* behind it, in the same worker: so it has ended */
    CHECK_INT(polled(fd, 0), 0);
    finish_pool(pool);
}

SCENARIO(callback, the_descriptor_is_enough_for_an_event_loop)
{
    static struct note notes[JOBS];
    mpool_pool *pool = open_pool(2);
    int fd, called = 0;
    mpool_err err;

    CHECK_OK(mpool_pool_fd(pool, &fd));
    for (int i = 0; i < JOBS; i++)
        submit_with(pool, "square", take_note, &notes[i], i % 2 == 0);
    while ((err = mpool_pool_dispatch(pool, 0)) != MPOOL_E_END)
        CHECK(err == MPOOL_OK || (err == MPOOL_E_TIMEOUT && polled(fd, LONG_MS) == 1));
    CHECK_INT(polled(fd, 0), 0);
    for (int i = 0; i < JOBS; i++) {
        called += notes[i].calls;
        mpool_future_free(notes[i].future);
    }
    CHECK_INT(called, JOBS);
    finish_pool(pool);
}
