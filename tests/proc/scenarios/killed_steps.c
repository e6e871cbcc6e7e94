/*
 * tests/proc/scenarios/killed_steps.c - scenarios: who uses a shared object is killed behind any instruction of a call
 *
 * The host traces a process through a few calls, instruction by instruction, and kills it behind one of them; then it
 * uses the object itself. As many kills as MPOOL_KILLS says are spread evenly over the instructions: so what random
 * moments hardly ever hit, since it takes nanoseconds, is hit as often as anything else. By default there are 12, or as
 * many as there is time for: on a busy machine each step may have to wait for a processor.
 */
#include "tests/proc/sharing.h"
#include "tests/proc/victims.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define KILLS 12
#define TIME_US 2000000

/* What is called, and what must hold after a death in the middle of it. */
struct calls {
    const char *name;
    mpool_handle (*make)(void);
    void (*prepare)(mpool_handle handle); /* in the process, before it is traced; may be NULL */
    void (*call)(mpool_handle handle);
    void (*meet)(mpool_handle handle); /* in the host, the other side of prepare */
    void (*check)(mpool_handle handle);
};

/* ---- lock, rlock ------------------------------------------------------------------------------------------------- */

static mpool_handle make_lock(void)
{
    mpool_lock *lock;

    CHECK_OK(mpool_lock_new(&lock));
    return mpool_lock_handle(lock);
}

static void call_lock(mpool_handle handle)
{
    mpool_lock *lock;

    CHECK_OK(mpool_lock_open(handle, &lock));
    CHECK_OK(mpool_lock_acquire(lock, LONG_MS));
    CHECK_OK(mpool_lock_release(lock));
}

static void check_lock(mpool_handle handle)
{
    mpool_lock *lock;
    mpool_err err;

    CHECK_OK(mpool_lock_open(handle, &lock));
    err = mpool_lock_acquire(lock, 0);
    CHECK(err == MPOOL_OK || err == MPOOL_E_OWNER_DIED);
    CHECK_OK(mpool_lock_release(lock));
    CHECK_OK(mpool_lock_acquire(lock, 0));
    CHECK_OK(mpool_lock_release(lock));
    mpool_lock_free(lock);
}

static mpool_handle make_rlock(void)
{
    mpool_rlock *lock;

    CHECK_OK(mpool_rlock_new(&lock));
    return mpool_rlock_handle(lock);
}

static void call_rlock(mpool_handle handle)
{
    mpool_rlock *lock;

    CHECK_OK(mpool_rlock_open(handle, &lock));
    CHECK_OK(mpool_rlock_acquire(lock, LONG_MS));
    CHECK_OK(mpool_rlock_acquire(lock, LONG_MS));
    CHECK_OK(mpool_rlock_release(lock));
    CHECK_OK(mpool_rlock_release(lock));
}

static void check_rlock(mpool_handle handle)
{
    mpool_rlock *lock;
    mpool_err err;

    CHECK_OK(mpool_rlock_open(handle, &lock));
    err = mpool_rlock_acquire(lock, 0);
    CHECK(err == MPOOL_OK || err == MPOOL_E_OWNER_DIED);
    CHECK_OK(mpool_rlock_release(lock));
    CHECK_ERR(mpool_rlock_release(lock), MPOOL_E_NOT_OWNER);
    CHECK_OK(mpool_rlock_acquire(lock, 0));
    CHECK_OK(mpool_rlock_release(lock));
    mpool_rlock_free(lock);
}

/* ---- semaphores -------------------------------------------------------------------------------------------------- */

static mpool_handle make_bounded(void)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_new(&(mpool_semaphore_options){.permits = 2}, &semaphore));
    return mpool_semaphore_handle(semaphore);
}

static mpool_handle make_transferable(void)
{
    const mpool_semaphore_options options = {.transferable = true, .permits = 1, .most = 2};
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_new(&options, &semaphore));
    return mpool_semaphore_handle(semaphore);
}

static void call_semaphore(mpool_handle handle)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_open(handle, &semaphore));
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    CHECK_OK(mpool_semaphore_release(semaphore));
}

static void check_bounded(mpool_handle handle)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_open(handle, &semaphore));
    CHECK_INT(mpool_semaphore_value(semaphore), 2);
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    CHECK_ERR(mpool_semaphore_acquire(semaphore, 0), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_INT(mpool_semaphore_value(semaphore), 1);
    mpool_semaphore_free(semaphore);
}

static void check_transferable(mpool_handle handle)
{
    mpool_semaphore *semaphore;

    CHECK_OK(mpool_semaphore_open(handle, &semaphore));
    CHECK(mpool_semaphore_value(semaphore) <= 1);
    CHECK_OK(mpool_semaphore_release(semaphore));
    CHECK_OK(mpool_semaphore_acquire(semaphore, 0));
    mpool_semaphore_free(semaphore);
}

/* ---- events, conditions, barriers -------------------------------------------------------------------------------- */

static mpool_handle make_event(void)
{
    mpool_event *event;

    CHECK_OK(mpool_event_new(&event));
    return mpool_event_handle(event);
}

static void call_event(mpool_handle handle)
{
    mpool_event *event;

    CHECK_OK(mpool_event_open(handle, &event));
    CHECK_ERR(mpool_event_wait(event, 1), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_event_set(event));
    CHECK_OK(mpool_event_wait(event, 0));
    CHECK_OK(mpool_event_clear(event));
}

static void check_event(mpool_handle handle)
{
    mpool_event *event;

    CHECK_OK(mpool_event_open(handle, &event));
    CHECK_OK(mpool_event_clear(event));
    CHECK_ERR(mpool_event_wait(event, 0), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_event_set(event));
    CHECK_OK(mpool_event_wait(event, 0));
    mpool_event_free(event);
}

static mpool_handle make_condition(void)
{
    mpool_condition *condition;

    CHECK_OK(mpool_condition_new(&condition));
    return mpool_condition_handle(condition);
}

static void call_condition(mpool_handle handle)
{
    mpool_condition *condition;

    CHECK_OK(mpool_condition_open(handle, &condition));
    CHECK_OK(mpool_lock_acquire(mpool_condition_lock(condition), LONG_MS));
    CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_condition_notify(condition, 1));
    CHECK_OK(mpool_lock_release(mpool_condition_lock(condition)));
}

static void check_condition(mpool_handle handle)
{
    mpool_condition *condition;
    mpool_err err;

    CHECK_OK(mpool_condition_open(handle, &condition));
    err = mpool_lock_acquire(mpool_condition_lock(condition), 0);
    CHECK(err == MPOOL_OK || err == MPOOL_E_OWNER_DIED);
    CHECK_OK(mpool_condition_notify_all(condition));
    CHECK_ERR(mpool_condition_wait(condition, 0), MPOOL_E_TIMEOUT);
    mpool_condition_free(condition);
}

static mpool_handle make_barrier(void)
{
    mpool_barrier *barrier;

    CHECK_OK(mpool_barrier_new(2, &barrier));
    return mpool_barrier_handle(barrier);
}

/* A round that ends: both sides are expected again until there is a reset, for which the counter stands. */
static void go_round_once(mpool_handle handle)
{
    mpool_barrier *barrier;

    CHECK_OK(mpool_barrier_open(handle, &barrier));
    atomic_store(&board->counter, 0);
    CHECK_OK(mpool_barrier_wait(barrier, LONG_MS, NULL));
}

static void call_barrier(mpool_handle handle)
{
    mpool_barrier *barrier;

    CHECK_OK(mpool_barrier_open(handle, &barrier));
    CHECK_ERR(mpool_barrier_wait(barrier, 1, NULL), MPOOL_E_TIMEOUT);
    atomic_store(&board->counter, 1);
    CHECK_OK(mpool_barrier_reset(barrier));
}

/* Unless the reset is through, it is broken, or breaks as soon as somebody waits. */
static void check_barrier(mpool_handle handle)
{
    mpool_barrier *barrier;
    mpool_err err;

    CHECK_OK(mpool_barrier_open(handle, &barrier));
    err = mpool_barrier_wait(barrier, atomic_load(&board->counter) == 0 ? LONG_MS : 150, NULL);
    CHECK(err == MPOOL_E_BARRIER || (err == MPOOL_E_TIMEOUT && atomic_load(&board->counter) != 0));
    CHECK(mpool_barrier_broken(barrier));
    CHECK_OK(mpool_barrier_reset(barrier));
    CHECK_ERR(mpool_barrier_wait(barrier, 0, NULL), MPOOL_E_TIMEOUT);
    mpool_barrier_free(barrier);
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

static mpool_handle make_queue(void)
{
    mpool_queue *queue;

    CHECK_OK(mpool_queue_new(NULL, &queue));
    return mpool_queue_handle(queue);
}

/* 1, then 2 and 3 together; and out again. */
static void call_queue(mpool_handle handle)
{
    int numbers[5] = {2, 3};
    mpool_queue *queue;
    size_t done;

    CHECK_OK(mpool_queue_open(handle, &queue));
    CHECK_OK(mpool_queue_put(queue, 0, "i", 1));
    CHECK_OK(mpool_queue_put_many(queue, 0, "i", numbers, 2, sizeof numbers[0], &done));
    CHECK_OK(mpool_queue_get(queue, 0, "i", &numbers[0]));
    CHECK_OK(mpool_queue_get_many(queue, 0, "i", numbers, 5, sizeof numbers[0], &done));
    CHECK_OK(mpool_queue_task_done(queue));
}

/* What is there is what was there behind one of the calls. */
static void check_queue(mpool_handle handle)
{
    static const char *const contents[] = {"", "1", "123", "23"};
    char content[5] = "";
    mpool_queue *queue;
    bool right = false;
    int number;

    CHECK_OK(mpool_queue_open(handle, &queue));
    for (int i = 0; i < 4 && mpool_queue_get(queue, 0, "i", &number) == MPOOL_OK; i++)
        content[i] = (char)('0' + number);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
        right = right || strcmp(content, contents[i]) == 0;
    if (!right)
        fail(__FILE__, __LINE__, "there is \"%s\"", content);
    while (mpool_queue_task_done(queue) == MPOOL_OK)
        continue;
    CHECK_OK(mpool_queue_join(queue, 0));
    call_queue(handle);
    CHECK(mpool_queue_empty(queue));
    mpool_queue_free(queue);
}

/* ---- the process ------------------------------------------------------------------------------------------------- */

enum { LOCK, RLOCK, BOUNDED, TRANSFERABLE, EVENT, CONDITION, BARRIER, QUEUE };

static const struct calls all_calls[] = {
    [LOCK] = {"lock", make_lock, NULL, call_lock, NULL, check_lock},
    [RLOCK] = {"rlock", make_rlock, NULL, call_rlock, NULL, check_rlock},
    [BOUNDED] = {"semaphore, bounded", make_bounded, NULL, call_semaphore, NULL, check_bounded},
    [TRANSFERABLE] = {"semaphore, transferable", make_transferable, NULL, call_semaphore, NULL, check_transferable},
    [EVENT] = {"event", make_event, NULL, call_event, NULL, check_event},
    [CONDITION] = {"condition", make_condition, NULL, call_condition, NULL, check_condition},
    [BARRIER] = {"barrier", make_barrier, go_round_once, call_barrier, go_round_once, check_barrier},
    [QUEUE] = {"queue", make_queue, call_queue, call_queue, NULL, check_queue}, /* the memory of the thread is there */
};

/* What lies between two raised signals is stepped through. */
MPOOL_FUNCTION(be_traced)
{
    mpool_handle handle;
    int which;

    (void)result;
    if (mpool_unpack(args, "[h,i]", &handle, &which) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (all_calls[which].prepare != NULL)
        all_calls[which].prepare(handle);
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    (void)raise(SIGTRAP);
    all_calls[which].call(handle);
    (void)raise(SIGTRAP);
    return 0;
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

/* Until it stops. Has it raised the signal itself? */
static bool await_stop(pid_t pid)
{
    siginfo_t info;
    int status;

    CHECK(waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CHECK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0);
    return info.si_code == SI_TKILL;
}

static mpool_process *start_traced(int which, mpool_handle handle)
{
    const mpool_process_options options = {.function = "be_traced"};
    int before = atomic_load(&board->held);
    mpool_process *process;

    atomic_store(&board->gate, 0);
    CHECK_OK(mpool_process_start(&options, &process, "[h,i]", handle, which));
    if (all_calls[which].meet != NULL)
        all_calls[which].meet(handle);
    AWAIT(atomic_load(&board->held) > before);
    if (ptrace(PTRACE_SEIZE, mpool_process_pid(process), NULL, NULL) != 0 && (errno == EPERM || errno == ENOSYS)) {
        CHECK_OK(mpool_process_kill(process));
        skip("processes may not be traced here");
    }
    atomic_store(&board->gate, 1);
    while (!await_stop(mpool_process_pid(process)))
        CHECK(ptrace(PTRACE_CONT, mpool_process_pid(process), NULL, NULL) == 0);
    return process;
}

/* Steps so far, or to the end of the calls, or until the time is up, but once at least. Have the calls ended? */
static bool step(pid_t pid, long most, int64_t until_us, long *steps)
{
    for (*steps = 0; *steps < most && (*steps == 0 || now_us() < until_us); ++*steps) {
        CHECK(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
        if (await_stop(pid))
            return true;
    }
    return false;
}

/* As many as it gets to see. */
static long count_steps(int which, int64_t until_us)
{
    mpool_handle handle = all_calls[which].make();
    mpool_process *process = start_traced(which, handle);
    pid_t pid = mpool_process_pid(process);
    long steps;

    if (!step(pid, LONG_MAX, until_us, &steps))
        CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0 && await_stop(pid));
    CHECK(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
    join_free(process, 0);
    all_calls[which].check(handle);
    return steps;
}

static void kill_behind(int which, long steps, int64_t until_us)
{
    mpool_handle handle = all_calls[which].make();
    mpool_process *process = start_traced(which, handle);
    pid_t pid = mpool_process_pid(process);
    int status;

    (void)step(pid, steps, until_us, &steps);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(waitpid(pid, &status, __WALL) == pid && WIFSIGNALED(status));
    join_free(process, -SIGKILL);
    all_calls[which].check(handle);
}

static void kill_everywhere(int which)
{
    uint64_t random = (uint64_t)now_us();
    long kills = kills_asked_for(KILLS), first = (long)(dice(&random) % (uint64_t)kills), done = 0, steps;
    int64_t until_us = kills == KILLS ? now_us() + TIME_US : INT64_MAX;

    CHECK_OK(mpool_init(NULL));
    steps = count_steps(which, until_us);
    CHECK(steps > 0);
    do {
        long nth = (first + done) % kills;

        kill_behind(which, (steps * nth + (long)(dice(&random) % (uint64_t)steps)) / kills, until_us);
    } while (++done < kills && now_us() < until_us);
    (void)printf("%s: killed behind %ld of %ld instructions\n", all_calls[which].name, done, steps);
    mpool_fini();
}

SCENARIO(killed, at_any_instruction_of_a_lock)
{
    kill_everywhere(LOCK);
}

SCENARIO(killed, at_any_instruction_of_an_rlock)
{
    kill_everywhere(RLOCK);
}

SCENARIO(killed, at_any_instruction_of_a_bounded_semaphore)
{
    kill_everywhere(BOUNDED);
}

SCENARIO(killed, at_any_instruction_of_a_transferable_semaphore)
{
    kill_everywhere(TRANSFERABLE);
}

SCENARIO(killed, at_any_instruction_of_an_event)
{
    kill_everywhere(EVENT);
}

SCENARIO(killed, at_any_instruction_of_a_condition)
{
    kill_everywhere(CONDITION);
}

SCENARIO(killed, at_any_instruction_of_a_barrier)
{
    kill_everywhere(BARRIER);
}

SCENARIO(killed, at_any_instruction_of_a_queue)
{
    kill_everywhere(QUEUE);
}
