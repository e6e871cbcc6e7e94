/*
 * examples/atomic_types.c - the four kinds of numbers that processes may change at once without a lock
 *
 * Eight clients connect at the same time. Each operation is indivisible, also those that a function of ours is part of:
 * if another client was faster, it is called again with the number as that one has left it.
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { CLIENTS = 8 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static double halve(double share, void *user)
{
    (void)user;
    return share / 2;
}

MPOOL_FUNCTION(connect_and_leave)
{
    mpool_handle handles[5];
    mpool_atomic_i64 *connections, *largest;
    mpool_atomic_u64 *bytes;
    mpool_atomic_f64 *share;
    mpool_atomic_bool *greeted;
    int client;
    if (mpool_unpack(args, "[i,h,h,h,h,h]", &client, &handles[0], &handles[1], &handles[2], &handles[3], &handles[4]) !=
            MPOOL_OK ||
        mpool_atomic_i64_open(handles[0], &connections) != MPOOL_OK ||
        mpool_atomic_i64_open(handles[1], &largest) != MPOOL_OK ||
        mpool_atomic_u64_open(handles[2], &bytes) != MPOOL_OK ||
        mpool_atomic_f64_open(handles[3], &share) != MPOOL_OK ||
        mpool_atomic_bool_open(handles[4], &greeted) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    (void)mpool_atomic_i64_increment_and_get(connections);
    (void)mpool_atomic_i64_accumulate_and_get(largest, client, larger);
    (void)mpool_atomic_u64_get_and_add(bytes, UINT64_C(4) << 60); /* unsigned: it wraps around at 2^64 */
    (void)mpool_atomic_f64_update_and_get(share, halve, NULL);
    if (!mpool_atomic_bool_get_and_set(greeted, true)) /* one sees false, and it alone */
        printf("welcome, first client\n");
    if (client % 2 == 0)
        (void)mpool_atomic_i64_decrement_and_get(connections);
    return 0;
}

int main(void)
{
    const mpool_process_options options = {.function = "connect_and_leave"};
    mpool_process *clients[CLIENTS];
    mpool_atomic_i64 *connections, *largest;
    mpool_atomic_u64 *bytes;
    mpool_atomic_f64 *share;
    mpool_atomic_bool *greeted;
    if (mpool_init(NULL) != MPOOL_OK || mpool_atomic_i64_new(0, &connections) != MPOOL_OK ||
        mpool_atomic_i64_new(INT64_MIN, &largest) != MPOOL_OK || mpool_atomic_u64_new(7, &bytes) != MPOOL_OK ||
        mpool_atomic_f64_new(1, &share) != MPOOL_OK || mpool_atomic_bool_new(false, &greeted) != MPOOL_OK)
        return fprintf(stderr, "atomic_types: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < CLIENTS; i++)
        if (mpool_process_start(&options, &clients[i], "[i,h,h,h,h,h]", i + 1, mpool_atomic_i64_handle(connections),
                                mpool_atomic_i64_handle(largest), mpool_atomic_u64_handle(bytes),
                                mpool_atomic_f64_handle(share), mpool_atomic_bool_handle(greeted)) != MPOOL_OK)
            return fprintf(stderr, "atomic_types: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < CLIENTS; i++) {
        (void)mpool_process_join(clients[i], MPOOL_FOREVER);
        mpool_process_free(clients[i]);
    }
    printf("connections %lld, largest %lld, bytes %llu, share 1/%g\n", (long long)mpool_atomic_i64_get(connections),
           (long long)mpool_atomic_i64_get(largest), (unsigned long long)mpool_atomic_u64_get(bytes),
           1 / mpool_atomic_f64_get(share));
    if (!mpool_atomic_i64_compare_and_set(connections, CLIENTS, 0))
        printf("they are not %d any more\n", CLIENTS);
    mpool_fini();
}
