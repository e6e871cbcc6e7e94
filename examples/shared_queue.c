/*
 * examples/shared_queue.c - two programs share a queue: a server that prints what comes, and clients that put words in
 *
 *     shared_queue ADDRESS                 until the queue is closed
 *     shared_queue ADDRESS WORD ...        the last client closes it, with the word "end"
 */
#include <mpool/mpool.h>

#include <stdio.h>
#include <string.h>

static mpool_err serve(const char *address)
{
    mpool_queue_server *server;
    mpool_queue *queue;
    const char *word;
    mpool_err err = mpool_init(NULL);

    if (err == MPOOL_OK)
        err = mpool_queue_new(NULL, &queue);
    if (err == MPOOL_OK)
        err = mpool_queue_serve(queue, address, &server);
    while (err == MPOOL_OK && (err = mpool_queue_get(queue, MPOOL_FOREVER, "s", &word)) == MPOOL_OK)
        printf("%s\n", word);
    mpool_fini();
    return err == MPOOL_E_END ? MPOOL_OK : err;
}

static mpool_err put(const char *address, char **words)
{
    mpool_queue *queue;
    mpool_err err = mpool_queue_connect(address, 10000, &queue);

    if (err != MPOOL_OK)
        return err;
    while (err == MPOOL_OK && *words != NULL && strcmp(*words, "end") != 0)
        err = mpool_queue_put(queue, MPOOL_FOREVER, "s", *words++);
    if (err == MPOOL_OK && *words != NULL)
        err = mpool_queue_close(queue);
    mpool_queue_free(queue);
    return err;
}

int main(int argc, char **argv)
{
    mpool_err err = MPOOL_E_INVAL;

    if (argc == 2)
        err = serve(argv[1]);
    else if (argc > 2)
        err = put(argv[1], argv + 2);
    if (err != MPOOL_OK)
        fprintf(stderr, "shared_queue: %s: %s\n", mpool_err_text(err), mpool_error_detail());
    return err != MPOOL_OK;
}
