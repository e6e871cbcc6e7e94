/*
 * tests/proc/scenarios/queue_kill.c - scenarios: producers and consumers of a queue that are killed at random
 *
 * Each producer puts {producer, number}, with numbers that rise; it publishes the number it is about to put, and the
 * last one whose put returned. A consumer notes each item that it has got before it gets the next one. Who is killed is
 * replaced: a producer goes on behind the number that its predecessor was about to put.
 *
 * At the end an item whose put returned was noted once, or a killed consumer had it: at most one each. One whose put
 * did not return may have been noted, once. None was noted twice, and those of a producer came to each consumer in
 * order.
 *
 * Whom to kill is chosen by what it does: it is stopped, and if it still does that then, it is killed. So each kind of
 * moment is hit, at an instruction that is as random as the signal is; and what was hit is counted.
 */
#include "ipc/belt.h"
#include "tests/proc/helper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIDE 3 /* producers, and as many consumers */
#define NUMBERS (BOARD_SEEN / SIDE)
#define UNRETURNED 0x80 /* beside how often an item was noted */
#define BURST 512       /* items between two naps of who is quick */

/* What a process is about. */
enum { OUTSIDE, IN_PUT, IN_GET, BLOCKED_IN_PUT, BLOCKED_IN_GET, MOMENTS };

static const char *const moments[MOMENTS] = {"between", "inside put", "inside get", "blocked in put", "blocked in get"};

/* Who is slow, so that the others have to wait: board->counter. */
enum { NOBODY, CONSUMERS, PRODUCERS };

/* On the board, in `begun`: each field is written by its process, except for those of the one that was killed. */
enum { AT, ABOUT, RETURNED, MEMBER, FIELDS };

static atomic_int *field(int process, int which)
{
    return &board->begun[process * FIELDS + which];
}

static atomic_uchar *seen(int producer, int number)
{
    return &board->seen[(size_t)producer * NUMBERS + (size_t)number];
}

static void enter(int process, int moment)
{
    atomic_store(field(process, AT), moment);
}

static void take_time(int slow, int count)
{
    if (atomic_load(&board->counter) == slow || count % BURST == 0)
        nap();
}

/* Without a wait first, so that waiting is a moment of its own. */
static mpool_err put(mpool_queue *queue, int process, int number)
{
    mpool_err err;

    enter(process, IN_PUT);
    err = mpool_queue_put(queue, 0, "[i,i]", process, number);
    if (err != MPOOL_E_TIMEOUT)
        return err;
    enter(process, BLOCKED_IN_PUT);
    return mpool_queue_put(queue, LONG_MS, "[i,i]", process, number);
}

static mpool_err get(mpool_queue *queue, int process, int *producer, int *number)
{
    mpool_err err;

    enter(process, IN_GET);
    err = mpool_queue_get(queue, 0, "[i,i]", producer, number);
    if (err != MPOOL_E_TIMEOUT)
        return err;
    enter(process, BLOCKED_IN_GET);
    return mpool_queue_get(queue, LONG_MS, "[i,i]", producer, number);
}

static bool find(const msgpack_object *args, mpool_queue **queue, int *process)
{
    mpool_handle handle;
    mp_member self;

    if (mpool_unpack(args, "[h,i]", &handle, process) != MPOOL_OK || mpool_queue_open(handle, queue) != MPOOL_OK ||
        mp_member_self(&self) != MPOOL_OK)
        return false;
    atomic_store(field(*process, MEMBER), (int)mp_member_place(self));
    return true;
}

MPOOL_FUNCTION(queue_produce)
{
    mpool_queue *queue;
    int process, number;
    mpool_err err = MPOOL_OK;

    if (!find(args, &queue, &process))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (number = atomic_load(field(process, ABOUT)) + 1; atomic_load(&board->gate) == 0 && err == MPOOL_OK; number++) {
        if ((size_t)number >= NUMBERS)
            return mpool_job_fail(job, "there are too many items for this test");
        atomic_store(field(process, ABOUT), number);
        err = put(queue, process, number);
        enter(process, OUTSIDE);
        if (err == MPOOL_OK)
            atomic_store(field(process, RETURNED), number);
        take_time(PRODUCERS, number);
    }
    return err == MPOOL_OK ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}

MPOOL_FUNCTION(queue_consume)
{
    int process, producer, number, last[SIDE] = {0}, count = 0;
    mpool_queue *queue;
    mpool_err err;

    if (!find(args, &queue, &process))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    while ((err = get(queue, process, &producer, &number)) == MPOOL_OK) {
        enter(process, OUTSIDE);
        if (producer < 0 || producer >= SIDE || number <= last[producer] || (size_t)number >= NUMBERS)
            return mpool_job_fail(job, "{%d, %d} behind %d", producer, number, last[producer]);
        last[producer] = number;
        atomic_fetch_add(seen(producer, number), 1);
        take_time(CONSUMERS, ++count);
    }
    return err == MPOOL_E_END ? 0 : mpool_job_fail(job, "%s", mpool_error_detail());
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

static struct {
    mpool_queue *queue;
    mpool_process *processes[2 * SIDE];
    unsigned hit[MOMENTS];
    unsigned with_claim[2]; /* killed while it held the producers', or the consumers' */
    unsigned consumers;     /* killed */
    unsigned unreturned;    /* puts that did not return */
    uint64_t dice;
} stage;

static unsigned roll(unsigned sides)
{
    stage.dice = stage.dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(stage.dice >> 33) % sides;
}

static void start(int process)
{
    const mpool_process_options options = {.function = process < SIDE ? "queue_produce" : "queue_consume"};

    enter(process, MOMENTS);
    CHECK_OK(
        mpool_process_start(&options, &stage.processes[process], "[h,i]", mpool_queue_handle(stage.queue), process));
}

/* The item of a producer that was killed before its put returned: it may be in the queue, or not. */
static void note_unreturned(int producer)
{
    int about = atomic_load(field(producer, ABOUT));

    if (about == atomic_load(field(producer, RETURNED)))
        return;
    stage.unreturned++;
    atomic_fetch_or(seen(producer, about), UNRETURNED);
}

static bool is_stopped(pid_t pid)
{
    char path[40], line[200] = "";
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    CHECK(file != NULL);
    CHECK(fgets(line, sizeof line, file) != NULL);
    (void)fclose(file);
    return strstr(line, ") T") != NULL;
}

/* Stops it; if it is where it should be, it is killed and replaced. */
static bool strike(int process, int moment)
{
    struct mp_belt_state *state = (struct mp_belt_state *)(void *)stage.queue;
    pid_t pid = mpool_process_pid(stage.processes[process]);
    uint32_t member = (uint32_t)atomic_load(field(process, MEMBER));
    mp_member holder;

    CHECK(kill(pid, SIGSTOP) == 0);
    AWAIT(is_stopped(pid));
    if (atomic_load(field(process, AT)) != moment) {
        CHECK(kill(pid, SIGCONT) == 0);
        return false;
    }
    for (int side = 0; side < 2; side++) {
        holder = atomic_load(side == 0 ? &state->in.claim.holder : &state->out.claim.holder);
        stage.with_claim[side] += holder != 0 && mp_member_place(holder) == member;
    }
    CHECK_OK(mpool_process_kill(stage.processes[process]));
    join_free(stage.processes[process], -SIGKILL);
    stage.hit[moment]++;
    stage.consumers += process >= SIDE;
    if (process < SIDE)
        note_unreturned(process);
    start(process);
    return true;
}

static void kill_one(int moment)
{
    static const int slow[MOMENTS] = {NOBODY, NOBODY, NOBODY, CONSUMERS, PRODUCERS};
    const struct timespec instant = {.tv_nsec = 1000L * (1 + roll(200))};
    int64_t until = monotonic_ms() + LONG_MS;

    atomic_store(&board->counter, slow[moment]);
    for (;;) {
        int process = (int)roll(2 * SIDE);

        (void)nanosleep(&instant, NULL);
        if (atomic_load(field(process, AT)) == moment && strike(process, moment))
            return;
        if (monotonic_ms() > until)
            fail(__FILE__, __LINE__, "nobody is %s", moments[moment]);
    }
}

/* Items that came out, that did not though they were put, and that did though their put did not return. */
struct sums {
    uint64_t out;
    unsigned lost, unreturned_out;
};

static struct sums add_up(void)
{
    struct sums sums = {0};

    for (int producer = 0; producer < SIDE; producer++)
        for (int number = 1; number <= atomic_load(field(producer, ABOUT)); number++) {
            unsigned noted = atomic_load(seen(producer, number)), times = noted & (UNRETURNED - 1);

            if (times > 1)
                fail(__FILE__, __LINE__, "{%d, %d} came out %u times", producer, number, times);
            sums.out += times;
            sums.lost += noted == 0;
            sums.unreturned_out += noted == (UNRETURNED | 1);
        }
    return sums;
}

static void print(int kills, const struct sums *sums)
{
    (void)fprintf(stderr, "%d kills:", kills);
    for (int i = 0; i < MOMENTS; i++)
        (void)fprintf(stderr, " %u %s,", stage.hit[i], moments[i]);
    (void)fprintf(stderr, " of these %u with the producers' claim and %u with the consumers'\n", stage.with_claim[0],
                  stage.with_claim[1]);
    (void)fprintf(stderr,
                  "%llu items came out; %u did not, and %u consumers were killed; %u of %u whose put did not return "
                  "did\n",
                  (unsigned long long)sums->out, sums->lost, stage.consumers, sums->unreturned_out, stage.unreturned);
}

SCENARIO(killed, producers_and_consumers_lose_nothing_and_double_nothing)
{
    const char *wanted = getenv("MPOOL_KILLS");
    int kills = wanted != NULL ? (int)strtol(wanted, NULL, 10) : 100;
    struct sums sums;

    stage.dice = (uint64_t)monotonic_ms();
    CHECK_OK(mpool_init(NULL));
    CHECK_OK(mpool_queue_new(&(mpool_queue_options){.bytes = 4096}, &stage.queue));
    for (int i = 0; i < 2 * SIDE; i++)
        start(i);
    for (int i = 0; i < kills; i++)
        kill_one(i % MOMENTS);
    atomic_store(&board->counter, NOBODY);
    open_gate();
    for (int i = 0; i < SIDE; i++)
        join_free(stage.processes[i], 0);
    CHECK_OK(mpool_queue_close(stage.queue));
    for (int i = SIDE; i < 2 * SIDE; i++)
        join_free(stage.processes[i], 0);
    CHECK(mpool_queue_empty(stage.queue));
    sums = add_up();
    print(kills, &sums);
    CHECK(sums.lost <= stage.consumers);
    mpool_queue_free(stage.queue);
    mpool_fini();
}
