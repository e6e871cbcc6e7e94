/*
 * tests/stress/queues.c - queues and pipes from several threads at once
 *
 *     queues [ROUNDS]     default 20
 *
 * In each round threads put and take by every call, poll descriptors, look at sizes and join, until a thread closes the
 * queue under their hands; then what came out has to be what went in. ThreadSanitizer watches.
 */
#include "tests/stress/must.h"

#include <mpool/mpool.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 37

static mpool_queue *queue;
static mpool_pipe_end *left, *right;
static atomic_llong put_sum, got_sum, got_count;

static void *put(void *data)
{
    int number = 0;
    mpool_err err;

    (void)data;
    do {
        err = mpool_queue_put(queue, MPOOL_FOREVER, "i", ++number);
        if (err == MPOOL_OK)
            atomic_fetch_add(&put_sum, number);
    } while (err == MPOOL_OK);
    MUST(err == MPOOL_E_CLOSED);
    return NULL;
}

static void *put_many(void *data)
{
    int numbers[BATCH];
    size_t done;
    mpool_err err;

    (void)data;
    for (int i = 0; i < BATCH; i++)
        numbers[i] = 1000000 + i;
    do {
        done = 0;
        err = mpool_queue_put_many(queue, 3, "i", numbers, BATCH, sizeof numbers[0], &done);
        for (size_t i = 0; i < done; i++)
            atomic_fetch_add(&put_sum, numbers[i]);
    } while (err == MPOOL_OK || err == MPOOL_E_TIMEOUT);
    MUST(err == MPOOL_E_CLOSED);
    return NULL;
}

static void count(int number)
{
    atomic_fetch_add(&got_sum, number);
    atomic_fetch_add(&got_count, 1);
    MUST(mpool_queue_task_done(queue) == MPOOL_OK);
}

static void *get(void *data)
{
    mpool_err err;
    int number;

    (void)data;
    while ((err = mpool_queue_get(queue, 2, "i", &number)) != MPOOL_E_END) {
        MUST(err == MPOOL_OK || err == MPOOL_E_TIMEOUT);
        if (err == MPOOL_OK)
            count(number);
    }
    return NULL;
}

static void *get_many(void *data)
{
    int numbers[BATCH];
    size_t done;
    mpool_err err;

    (void)data;
    while ((err = mpool_queue_get_many(queue, MPOOL_FOREVER, "i", numbers, BATCH, sizeof numbers[0], &done)) ==
           MPOOL_OK)
        for (size_t i = 0; i < done; i++)
            count(numbers[i]);
    MUST(err == MPOOL_E_END);
    return NULL;
}

/* Takes what its descriptor says is there. */
static void *poll_and_get(void *data)
{
    mpool_err err;
    int number, fd;

    (void)data;
    MUST(mpool_queue_fd(queue, &fd) == MPOOL_OK);
    do {
        (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 50);
        err = mpool_queue_get(queue, 0, "i", &number);
        if (err == MPOOL_OK)
            count(number);
        MUST(mpool_queue_qsize(queue) <= 500);
        (void)mpool_queue_join(queue, 0);
    } while (err != MPOOL_E_END);
    return NULL;
}

static void *echo(void *data)
{
    mpool_err err;
    int number;

    (void)data;
    while ((err = mpool_pipe_recv(right, MPOOL_FOREVER, "i", &number)) == MPOOL_OK &&
           mpool_pipe_send(right, MPOOL_FOREVER, "i", number) == MPOOL_OK)
        continue;
    MUST(err == MPOOL_OK || err == MPOOL_E_END || err == MPOOL_E_CLOSED);
    return NULL;
}

static void *ask(void *data)
{
    int number, fd;

    (void)data;
    MUST(mpool_pipe_fd(left, &fd) == MPOOL_OK);
    for (int i = 0; i < 500; i++) {
        MUST(mpool_pipe_send(left, MPOOL_FOREVER, "i", i) == MPOOL_OK);
        MUST(mpool_pipe_poll(left, MPOOL_FOREVER) == MPOOL_OK);
        MUST(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) == 1);
        MUST(mpool_pipe_recv(left, 0, "i", &number) == MPOOL_OK && number == i);
    }
    MUST(mpool_pipe_close(left) == MPOOL_OK);
    return NULL;
}

static void *close_later(void *data)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    (void)data;
    while (atomic_load(&got_count) < 3000)
        (void)nanosleep(&moment, NULL);
    MUST(mpool_queue_close(queue) == MPOOL_OK);
    return NULL;
}

int main(int argc, char **argv)
{
    void *(*const roles[])(void *) = {put, put, put_many, get, get_many, poll_and_get, echo, ask, close_later};
    enum { ROLES = sizeof roles / sizeof roles[0] };
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20;
    pthread_t threads[ROLES];

    MUST(mpool_init(NULL) == MPOOL_OK);
    for (int round = 0; round < rounds; round++) {
        atomic_store(&put_sum, 0);
        atomic_store(&got_sum, 0);
        atomic_store(&got_count, 0);
        MUST(mpool_queue_new(&(mpool_queue_options){.maxsize = round % 2 != 0 ? 500 : 20, .bytes = 4096}, &queue) ==
             MPOOL_OK);
        MUST(mpool_pipe_new(true, 4096, &left, &right) == MPOOL_OK);
        for (int i = 0; i < ROLES; i++)
            MUST(pthread_create(&threads[i], NULL, roles[i], NULL) == 0);
        for (int i = 0; i < ROLES; i++)
            MUST(pthread_join(threads[i], NULL) == 0);
        MUST(atomic_load(&got_sum) == atomic_load(&put_sum));
        MUST(mpool_queue_join(queue, 0) == MPOOL_OK && mpool_queue_empty(queue));
        mpool_queue_free(queue);
        mpool_pipe_end_free(left);
        mpool_pipe_end_free(right);
    }
    mpool_fini();
    (void)printf("%d rounds\n", rounds);
    return 0;
}
