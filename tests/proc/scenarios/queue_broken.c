/*
 * tests/proc/scenarios/queue_broken.c - scenarios: queues that somebody has written over
 */
#include "ipc/belt.h"
#include "tests/proc/helper.h"
#include "tests/proc/queues.h"

#include <stdlib.h>
#include <string.h>

#define RING 4096

static struct mp_belt_state *belt_of(mpool_queue *queue)
{
    return (struct mp_belt_state *)(void *)queue;
}

static uint64_t *ring_of(mpool_queue *queue)
{
    return (uint64_t *)(void *)((char *)queue + 4096);
}

/* Breaks one thing of a queue with five numbers in it. Some ways leave it as good as it was. */
static void break_it(mpool_queue *queue, int way, uint64_t garbage)
{
    struct mp_belt_state *state = belt_of(queue);

    switch (way) {
    case 0:
        atomic_store(&state->in.side.at, garbage & ~MP_RING_CLOSED_BIT);
        break;
    case 1:
        atomic_store(&state->out.side.at, garbage);
        break;
    case 2:
        state->in.side.seen = garbage;
        break;
    case 3:
        state->out.side.seen = garbage;
        break;
    case 4:
        for (int i = 0; i < RING / 8; i++)
            ring_of(queue)[i] = garbage;
        break;
    case 5:
        atomic_store(&state->in.claim.holder, garbage | UINT64_C(1) << 63); /* else it might be us */
        atomic_store(&state->out.claim.holder, garbage | UINT64_C(1) << 63);
        break;
    case 6:
        atomic_store(&state->not_empty.word, (uint32_t)garbage);
        atomic_store(&state->not_full.word, (uint32_t)garbage);
        atomic_store(&state->in.looks, (uint32_t)garbage);
        atomic_store(&state->out.looks, (uint32_t)garbage);
        break;
    default: /* one value that is none, in an item that is one */
        ring_of(queue)[2] = 1 | (uint64_t)0xc1 << 32;
    }
}

/* A few calls later all is well. */
static void recovers(mpool_queue *queue, bool by_put)
{
    unsigned broken = 0;
    int number = 0;
    mpool_err err;

    if (by_put) /* a producer may be the first to find out */
        for (int i = 0; i < 3; i++)
            broken += mpool_queue_put(queue, 20, "i", 1) == MPOOL_E_PROTOCOL;
    do {
        err = mpool_queue_get(queue, 0, "o", &(msgpack_object){0});
        CHECK(err == MPOOL_OK || err == MPOOL_E_PROTOCOL || err == MPOOL_E_TIMEOUT);
        broken += err == MPOOL_E_PROTOCOL;
        CHECK(number++ < RING / 8 + 10);
    } while (err != MPOOL_E_TIMEOUT);
    CHECK(broken <= RING / 8);
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
        CHECK_INT(mpool_queue_qsize(queue), 1);
        CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
        CHECK_INT(number, i);
    }
}

SCENARIO(broken, is_emptied_and_works_again)
{
    static const uint64_t garbage[] = {
        0,          1,          8,         UINT64_C(1) << 32,           UINT64_C(5) << 32 | 4,
        UINT32_MAX, UINT64_MAX, INT64_MAX, UINT64_C(0x1234567890abcdef)};
    mpool_queue *queue = new_queue(0, RING);

    for (int way = 0; way < 8; way++)
        for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++)
            for (int by_put = 0; by_put < 2; by_put++) {
                for (int number = 0; number < 5; number++)
                    CHECK_OK(mpool_queue_put(queue, 0, "i", number));
                break_it(queue, way, garbage[i]);
                recovers(queue, by_put != 0);
            }
    mpool_queue_free(queue);
    mpool_fini();
}

SCENARIO(broken, items_count_as_done)
{
    mpool_queue *queue = new_queue(0, RING);
    int number;

    for (int i = 0; i < 5; i++)
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
    break_it(queue, 7, 0);
    for (int i = 0; i < 5; i++) {
        mpool_err err = mpool_queue_get(queue, 0, "i", &number);

        CHECK_INT(err, i == 2 ? MPOOL_E_PROTOCOL : MPOOL_OK);
        if (err == MPOOL_OK)
            CHECK_OK(mpool_queue_task_done(queue));
    }
    CHECK_OK(mpool_queue_join(queue, 0));
    for (int i = 0; i < 5; i++)
        CHECK_OK(mpool_queue_put(queue, 0, "i", i));
    break_it(queue, 4, UINT64_MAX);
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_PROTOCOL);
    CHECK_OK(mpool_queue_join(queue, 0));
    mpool_fini();
}

/* ---- while it is used -------------------------------------------------------------------------------------------- */

static bool may_be(mpool_err err)
{
    return err == MPOOL_OK || err == MPOOL_E_TIMEOUT || err == MPOOL_E_CLOSED || err == MPOOL_E_END ||
           err == MPOOL_E_PROTOCOL || err == MPOOL_E_FORMAT || err == MPOOL_E_OVERFLOW;
}

/* A number: odd ones put, the others get, until the gate is open. */
MPOOL_FUNCTION(use_broken)
{
    static unsigned char bytes[1000];
    mpool_queue *queue, *other;
    int number, item, items[50] = {0};
    const void *found;
    size_t size;

    if (!find_queues(args, &queue, &other, &number))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (unsigned i = 0; atomic_load(&board->gate) == 0; i++) {
        mpool_err errs[3];

        if (number % 2 != 0) {
            errs[0] = mpool_queue_put(queue, 5, "i", (int)i);
            errs[1] = mpool_queue_put(queue, 5, "z", bytes, (size_t)(i % 1000));
            errs[2] = mpool_queue_put_many(queue, 5, "i", items, 50, sizeof items[0], NULL);
        } else {
            errs[0] = mpool_queue_get(queue, 5, "i", &item);
            errs[1] = mpool_queue_get(queue, 5, i % 2 != 0 ? "z" : NULL, &found, &size);
            errs[2] = mpool_queue_get_many(queue, 5, "i", items, 50, sizeof items[0], &size);
        }
        (void)mpool_queue_task_done(queue);
        (void)mpool_queue_join(queue, 0);
        (void)mpool_queue_full(queue);
        for (int n = 0; n < 3; n++)
            if (!may_be(errs[n]))
                return mpool_job_fail(job, "%s: %s", mpool_err_name(errs[n]), mpool_error_detail());
        atomic_fetch_add(&board->counter, 1);
    }
    return 0;
}

/* A number: so many random words are written at random places. */
MPOOL_FUNCTION(scribble_queue)
{
    mpool_queue *queue, *other;
    int count;

    if (!find_queues(args, &queue, &other, &count))
        return mpool_job_fail(job, "%s", mpool_error_detail());
    srandom((unsigned)monotonic_ms());
    for (int i = 0; i < count; i++) {
        uint64_t word = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
        size_t place = (size_t)random() % (i % 2 != 0 ? sizeof(struct mp_belt_state) / 8 : (4096 + RING) / 8);

        if (random() % 2 != 0)
            word %= 1 << (random() % 20); /* small ones are more likely to be taken for what they are not */
        atomic_store((_Atomic uint64_t *)(void *)queue + place, word);
        if (i % 8 == 0)
            nap();
    }
    return 0;
}

SCENARIO(broken, crashes_nobody_and_hangs_nobody)
{
    mpool_queue *queue = new_queue(0, RING);
    mpool_process *users[4], *scribbler;
    int fd;

    CHECK_OK(mpool_queue_fd(queue, &fd));
    for (int i = 0; i < 4; i++)
        users[i] = start_between("use_broken", queue, queue, i);
    AWAIT(atomic_load(&board->counter) > 20);
    scribbler = start_between("scribble_queue", queue, queue, 4000);
    join_free(scribbler, 0);
    open_gate();
    for (int i = 0; i < 4; i++)
        join_free(users[i], 0);
    mpool_queue_free(queue);
    mpool_fini();
}
