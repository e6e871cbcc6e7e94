/*
 * examples/process_local.c - what each worker has of its own: here a connection, made once and closed at the end
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <stdlib.h>

struct connection {
    int queries;
};

static void disconnect(void *value)
{
    struct connection *connection = value;
    printf("%s: disconnected after %d queries\n", mpool_process_current()->name, connection->queries);
    free(connection);
}

static mpool_local local = MPOOL_LOCAL(disconnect); /* NULL in each process at first, whatever the host has set */

MPOOL_FUNCTION(query)
{
    struct connection *connection = mpool_local_get(&local);
    if (connection == NULL) {
        connection = calloc(1, sizeof *connection);
        if (connection == NULL)
            return mpool_job_fail(job, "no memory for a connection");
        printf("%s: connected\n", mpool_process_current()->name);
        mpool_local_set(&local, connection);
    }
    return mpool_pack(result, "i", ++connection->queries) != MPOOL_OK;
}

int main(void)
{
    const mpool_pool_options options = {.workers = 1, .output = MPOOL_OUTPUT_INHERIT};
    const mpool_task task = {.function = "query", .item_format = "i", .result_format = "i"};
    struct connection *connection = calloc(1, sizeof *connection);
    const int items[3] = {0};
    int numbers[3] = {0};
    mpool_pool *pool;
    setlinebuf(stdout);
    if (connection == NULL)
        return fprintf(stderr, "process_local: no memory\n"), 1;
    mpool_local_set(&local, connection); /* this is the host's */
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(&options, &pool) != MPOOL_OK ||
        mpool_pool_map(pool, &task, items, 3, sizeof items[0], numbers, sizeof numbers[0], NULL) != MPOOL_OK)
        return fprintf(stderr, "process_local: %s\n", mpool_error_detail()), 1;
    printf("queries %d, %d, %d of the worker's connection\n", numbers[0], numbers[1], numbers[2]);
    (void)mpool_pool_close(pool); /* an orderly end: what is freed without it is killed */
    (void)mpool_pool_join(pool, MPOOL_FOREVER);
    mpool_pool_free(pool);
    mpool_fini();
}
