/*
 * mpool/mpool.h - multiprocessing for C on Linux: all of it
 *
 * A pointer must not be NULL unless its description says that it may.
 *
 *     MPOOL_FUNCTION(square)
 *     {
 *         int64_t x;
 *         if (mpool_unpack(args, "I", &x) != MPOOL_OK)
 *             return mpool_job_fail(job, "%s", mpool_error_detail());
 *         return mpool_pack(result, "I", x * x) != MPOOL_OK;
 *     }
 *
 *     int main(void)
 *     {
 *         mpool_pool *pool;
 *         int64_t in[3] = {1, 2, 3}, out[3];
 *
 *         if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK)
 *             return 1;
 *         mpool_task task = {.function = "square", .item_format = "I", .result_format = "I"};
 *         mpool_err err = mpool_pool_map(pool, &task, in, 3, sizeof in[0], out, sizeof out[0], NULL);
 *         mpool_pool_free(pool);
 *         mpool_fini();
 *         return err != MPOOL_OK;
 *     }
 */
#ifndef MPOOL_MPOOL_H
#define MPOOL_MPOOL_H

#include <mpool/adder.h>
#include <mpool/atom.h>
#include <mpool/atomic.h>
#include <mpool/dossier.h>
#include <mpool/error.h>
#include <mpool/event.h>
#include <mpool/handle.h>
#include <mpool/init.h>
#include <mpool/job.h>
#include <mpool/limits.h>
#include <mpool/local.h>
#include <mpool/lock.h>
#include <mpool/pack.h>
#include <mpool/pipe.h>
#include <mpool/pool.h>
#include <mpool/process.h>
#include <mpool/queue.h>
#include <mpool/result.h>
#include <mpool/semaphore.h>
#include <mpool/task.h>
#include <mpool/total.h>
#include <mpool/value.h>

#endif
