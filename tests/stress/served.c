/*
 * tests/stress/served.c - a served queue from many threads of one host at once, directly and over connections
 *
 *     served [ROUNDS]     default 5
 *
 * Threads put and take, one by one and many at a time, in the queue itself and over two connections that several share;
 * one asks for sizes, one connects and goes over and over. When all was put and is done the queue is closed; in every
 * second round its server is released first, under the hands of those who wait. ThreadSanitizer watches; the program
 * itself checks that the sum of what was taken is that of what was put, and that nothing is put or taken behind the
 * end.
 */
#include "tests/stress/must.h"

#include <mpool/mpool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REMOTES 2
#define EACH 3 /* threads that do the same at each queue */
#define ITEMS 300
#define MAXSIZE 50
#define TIME_MS 60000

static char address[128];
static mpool_queue *queue;
static mpool_queue *remotes[REMOTES];
static atomic_llong sum_put, sum_taken;
static atomic_bool over;

static void *put_one_by_one(void *to)
{
    for (int64_t i = 1; i <= ITEMS; i++) {
        MUST(mpool_queue_put(to, TIME_MS, "I", i) == MPOOL_OK);
        atomic_fetch_add(&sum_put, i);
    }
    return NULL;
}

static void *put_many(void *to)
{
    int64_t numbers[ITEMS];
    size_t done;

    for (int64_t i = 0; i < ITEMS; i++) {
        numbers[i] = i + 1;
        atomic_fetch_add(&sum_put, i + 1);
    }
    MUST(mpool_queue_put_many(to, TIME_MS, "I", numbers, ITEMS, sizeof numbers[0], &done) == MPOOL_OK && done == ITEMS);
    return NULL;
}

static bool is_end(mpool_err err)
{
    return err == MPOOL_E_END || err == MPOOL_E_BROKEN;
}

static void *take_one_by_one(void *from)
{
    int64_t number;
    mpool_err err;

    while ((err = mpool_queue_get(from, TIME_MS, "I", &number)) == MPOOL_OK) {
        atomic_fetch_add(&sum_taken, number);
        MUST(mpool_queue_task_done(from) == MPOOL_OK);
    }
    MUST(is_end(err));
    return NULL;
}

static void *take_many(void *from)
{
    int64_t numbers[20];
    size_t done;
    mpool_err err;

    while ((err = mpool_queue_get_many(from, TIME_MS, "I", numbers, 20, sizeof numbers[0], &done)) == MPOOL_OK)
        for (size_t i = 0; i < done; i++) {
            atomic_fetch_add(&sum_taken, numbers[i]);
            MUST(mpool_queue_task_done(from) == MPOOL_OK);
        }
    MUST(is_end(err));
    return NULL;
}

static void *ask_for_sizes(void *of)
{
    while (!atomic_load(&over)) {
        MUST(mpool_queue_qsize(of) <= MAXSIZE);
        (void)mpool_queue_empty(of);
        (void)mpool_queue_full(of);
    }
    return NULL;
}

static void *come_and_go(void *unused)
{
    mpool_queue *remote;
    int64_t number;

    (void)unused;
    while (!atomic_load(&over)) {
        if (mpool_queue_connect(address, 0, &remote) != MPOOL_OK)
            continue;
        if (mpool_queue_get(remote, 1, "I", &number) == MPOOL_OK) {
            atomic_fetch_add(&sum_taken, number);
            MUST(mpool_queue_task_done(remote) == MPOOL_OK);
        }
        mpool_queue_free(remote);
    }
    return NULL;
}

struct crew {
    pthread_t threads[64];
    size_t count;
};

static void start(struct crew *crew, void *(*run)(void *), void *data)
{
    MUST(pthread_create(&crew->threads[crew->count++], NULL, run, data) == 0);
}

static void join(struct crew *crew)
{
    while (crew->count > 0)
        MUST(pthread_join(crew->threads[--crew->count], NULL) == 0);
}

static void run_round(bool break_it)
{
    struct crew putters = {.count = 0}, takers = {.count = 0};
    mpool_queue_server *server;
    mpool_queue *ends[REMOTES + 1];

    atomic_store(&over, false);
    MUST(mpool_queue_new(&(mpool_queue_options){.maxsize = MAXSIZE}, &queue) == MPOOL_OK);
    MUST(mpool_queue_serve(queue, address, &server) == MPOOL_OK);
    for (int i = 0; i < REMOTES; i++)
        MUST(mpool_queue_connect(address, TIME_MS, &remotes[i]) == MPOOL_OK);
    for (int i = 0; i <= REMOTES; i++) {
        ends[i] = i < REMOTES ? remotes[i] : queue;
        for (int k = 0; k < EACH; k++)
            start(&takers, k % 2 == 0 ? take_one_by_one : take_many, ends[i]);
        for (int k = 0; k < EACH; k++)
            start(&putters, k % 2 == 0 ? put_one_by_one : put_many, ends[i]);
        start(&takers, ask_for_sizes, ends[i]);
    }
    start(&takers, come_and_go, NULL);
    join(&putters);
    MUST(mpool_queue_join(remotes[0], TIME_MS) == MPOOL_OK);
    atomic_store(&over, true);
    if (break_it)
        mpool_queue_server_free(server);
    MUST(mpool_queue_close(queue) == MPOOL_OK);
    join(&takers);
    MUST(atomic_load(&sum_put) == atomic_load(&sum_taken));
    if (!break_it)
        mpool_queue_server_free(server);
    for (int i = 0; i < REMOTES; i++) {
        MUST(mpool_queue_put(remotes[i], 0, "i", 1) == MPOOL_E_BROKEN);
        mpool_queue_free(remotes[i]);
    }
    mpool_queue_free(queue);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    char directory[] = "/tmp/mpool-served.XXXXXX";

    MUST(mpool_init(NULL) == MPOOL_OK);
    MUST(mkdtemp(directory) != NULL);
    (void)snprintf(address, sizeof address, "%s/queue", directory);
    for (int i = 0; i < rounds; i++)
        run_round(i % 2 == 1);
    MUST(rmdir(directory) == 0);
    mpool_fini();
    (void)printf("%d rounds, sum %lld\n", rounds, atomic_load(&sum_put));
    return 0;
}
