/*
 * tests/proc/scenarios/iter.c - scenarios: imap_unordered
 */
#include "tests/proc/helper.h"

#include <unistd.h>

struct counting {
    int next, end;
};

static mpool_err count_up(void *user, msgpack_packer *args, uint64_t *tag)
{
    struct counting *counting = user;

    if (counting->next == counting->end)
        return MPOOL_E_END;
    *tag = (uint64_t)counting->next + 1000;
    return mpool_pack(args, "i", counting->next++);
}

/* P4: every wait has a deadline, and that of a poll is now; whoever else fills the queue. */
SCENARIO(iter, a_poll_does_not_wait_for_room_in_the_queue)
{
    const mpool_task task = {.function = "square"};
    struct counting counting = {.end = 10};
    const mpool_pool_options options = {.workers = 2, .queue_jobs = 2};
    const mpool_result *result;
    mpool_future *held[2];
    mpool_pool *pool;
    mpool_iter *iter;

    CHECK_OK(mpool_init(NULL));
    pool = open_another(&options);
    held[0] = hold_worker(pool);
    held[1] = hold_worker(pool);
    CHECK_OK(mpool_pool_imap_unordered(pool, &task, count_up, &counting, &iter));
    (void)alarm(30); /* the gate is closed, so a wait for room is for ever */
    CHECK_ERR(mpool_iter_next(iter, 0, &result), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_iter_next(iter, 10, &result), MPOOL_E_TIMEOUT);
    (void)alarm(0);
    open_gate();
    for (int i = 0; i < 10; i++)
        CHECK_OK(mpool_iter_next(iter, LONG_MS, &result));
    CHECK_ERR(mpool_iter_next(iter, LONG_MS, &result), MPOOL_E_END);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(result_of(held[i])->status, MPOOL_DONE);
        mpool_future_free(held[i]);
    }
    mpool_iter_free(iter);
    close_pool(pool);
}
