/*
 * tests/proc/scenarios/serve.c - scenarios: queues that other programs use
 */
#include "tests/proc/clients.h"
#include "tests/proc/queues.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KIB ((size_t)1 << 10)

/* ---- the calls --------------------------------------------------------------------------------------------------- */

static void use_values(mpool_queue *queue)
{
    char *bytes = calloc(1, 1024 * KIB);
    const char *text;
    const void *found;
    mpool_handle handle = {.word = 0x1234}, again;
    size_t size;
    int64_t number;

    CHECK(bytes != NULL);
    memset(bytes, 'x', 1024 * KIB);
    CHECK_OK(mpool_queue_put(queue, 0, "{s:s,s:[I,n]}", "name", "a word", "list", INT64_MIN));
    CHECK_OK(mpool_queue_put(queue, 0, "z", bytes, 300 * KIB));
    CHECK_OK(mpool_queue_put(queue, 0, "h", handle));
    CHECK_OK(mpool_queue_put(queue, 0, "n"));
    CHECK_INT(mpool_queue_qsize(queue), 4);
    CHECK_ERR(mpool_queue_get(queue, 0, "I", &number), MPOOL_E_FORMAT);
    CHECK_INT(mpool_queue_qsize(queue), 4);
    CHECK_OK(mpool_queue_get(queue, 0, "{s:s,s:[I,n]}", "name", &text, "list", &number));
    CHECK_TEXT(text, "a word");
    CHECK(number == INT64_MIN);
    CHECK_OK(mpool_queue_get(queue, 0, "z", &found, &size));
    CHECK(size == 300 * KIB && memcmp(found, bytes, size) == 0);
    CHECK_OK(mpool_queue_get(queue, 0, "h", &again));
    CHECK(again.word == handle.word);
    CHECK_OK(mpool_queue_get(queue, 0, NULL));
    CHECK(mpool_queue_empty(queue));
    CHECK_ERR(mpool_queue_put(queue, 0, "z", bytes, 1024 * KIB), MPOOL_E_TOOBIG);
    CHECK_ERR(mpool_queue_put(queue, 0, "?"), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_TIMEOUT);
    free(bytes);
    for (int i = 0; i < 4; i++)
        CHECK_OK(mpool_queue_task_done(queue));
    CHECK_ERR(mpool_queue_task_done(queue), MPOOL_E_OVERFLOW);
    CHECK_OK(mpool_queue_join(queue, 0));
}

/* More of them than travel together, so that they go by several requests. */
static void use_arrays(mpool_queue *queue)
{
    enum { COUNT = 50000 };
    int64_t *numbers = calloc(COUNT, sizeof *numbers), one;
    const char *words[2] = {"one", "two"}, *word;
    size_t done = 0, so_far = 0;

    CHECK(numbers != NULL);
    for (int i = 0; i < COUNT; i++)
        numbers[i] = INT64_MAX - i;
    CHECK_OK(mpool_queue_put_many(queue, 0, "I", numbers, COUNT, sizeof numbers[0], &done));
    CHECK_INT(done, COUNT);
    memset(numbers, 0, COUNT * sizeof *numbers);
    for (; so_far < COUNT; so_far += done) {
        CHECK_OK(mpool_queue_get_many(queue, 0, "I", numbers + so_far, COUNT - so_far, sizeof numbers[0], &done));
        CHECK(done >= 1 && done <= COUNT - so_far);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(numbers[i] == INT64_MAX - i);
    CHECK_OK(mpool_queue_put_many(queue, 0, NULL, numbers, 2, sizeof numbers[0], NULL));
    CHECK_OK(mpool_queue_put_many(queue, 0, "s", words, 2, sizeof words[0], NULL));
    CHECK_OK(mpool_queue_put(queue, 0, "I", (int64_t)7));
    CHECK_OK(mpool_queue_get_many(queue, 0, NULL, numbers, 5, sizeof numbers[0], &done));
    CHECK_INT(done, 2);
    CHECK_ERR(mpool_queue_get_many(queue, 0, NULL, numbers, 5, sizeof numbers[0], &done), MPOOL_E_FORMAT);
    CHECK_INT(mpool_queue_qsize(queue), 3);
    CHECK_OK(mpool_queue_get(queue, 0, "s", &word));
    CHECK_TEXT(word, "one");
    CHECK_OK(mpool_queue_get(queue, 0, "s", &word));
    CHECK_TEXT(word, "two");
    CHECK_OK(mpool_queue_get_many(queue, 0, "I", &one, 1, sizeof one, &done));
    CHECK(one == 7);
    words[1] = NULL;
    CHECK_ERR(mpool_queue_put_many(queue, 0, "s", words, 2, sizeof words[0], NULL), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "x", words, 2, sizeof words[0], NULL), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_get_many(queue, 0, "I", NULL, 2, sizeof one, &done), MPOOL_E_INVAL);
    CHECK(mpool_queue_empty(queue) && !mpool_queue_full(queue));
    free(numbers);
}

static void use_all_calls(int number)
{
    mpool_queue *queue = connect_queue(), *opened;
    int fd;

    (void)number;
    use_values(queue);
    use_arrays(queue);
    CHECK_ERR(mpool_queue_open(mpool_queue_handle(queue), &opened), MPOOL_E_NOINIT);
    CHECK_ERR(mpool_queue_fd(queue, &fd), MPOOL_E_STALE);
    CHECK_OK(mpool_queue_put(queue, 0, "i", 1));
    CHECK_OK(mpool_queue_close(queue));
    CHECK_OK(mpool_queue_close(queue));
    CHECK_ERR(mpool_queue_put(queue, LONG_MS, "i", 2), MPOOL_E_CLOSED);
    CHECK_OK(mpool_queue_get(queue, 0, "i", &fd));
    CHECK_ERR(mpool_queue_get(queue, LONG_MS, "i", &fd), MPOOL_E_END);
    mpool_queue_free(queue);
    CHECK_ERR(mpool_queue_put(queue, 0, "i", 1), MPOOL_E_NOINIT); /* it is no queue any more */
}

SCENARIO(serve, gives_other_programs_the_calls_of_a_queue)
{
    pid_t client = fork_client(use_all_calls, 0);
    mpool_queue *queue = new_queue(0, 0);
    mpool_queue_server *server = serve(queue);
    int item;

    join_client(client, 0);
    CHECK(mpool_queue_empty(queue));
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &item), MPOOL_E_END);
    mpool_queue_server_free(server);
    mpool_queue_free(queue);
    mpool_fini();
}

/* ---- several of them --------------------------------------------------------------------------------------------- */

#define CLIENTS 4
#define NUMBERS 250

static void put_numbers_in_order(int number)
{
    mpool_queue *queue = connect_queue();

    for (int i = 0; i < NUMBERS; i++)
        CHECK_OK(mpool_queue_put(queue, LONG_MS, "[i,i]", number, i));
    mpool_queue_free(queue);
}

static void *get_numbers_in_order(void *data)
{
    mpool_queue *queue = data;
    int last[CLIENTS] = {0}, client, number;
    mpool_err err;

    while ((err = mpool_queue_get(queue, LONG_MS, "[i,i]", &client, &number)) == MPOOL_OK) {
        CHECK(client >= 0 && client < CLIENTS && number + 1 > last[client]);
        last[client] = number + 1;
        atomic_fetch_add(&board->begun[client * NUMBERS + number], 1);
        atomic_fetch_add(&board->counter, 1);
        CHECK_OK(mpool_queue_task_done(queue));
    }
    CHECK_ERR(err, MPOOL_E_END);
    return NULL;
}

static void get_in_threads(int threads)
{
    mpool_queue *queue = connect_queue();
    pthread_t thread[CLIENTS];

    for (int i = 0; i < threads; i++)
        CHECK(pthread_create(&thread[i], NULL, get_numbers_in_order, queue) == 0);
    for (int i = 0; i < threads; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    mpool_queue_free(queue);
}

/* Clients put; one takes on three threads, another on one, and a thread of the host takes, too. */
SCENARIO(serve, is_in_order_for_each_producer_and_exact_for_all)
{
    pid_t producers[CLIENTS], consumers[2];
    mpool_queue_server *server;
    mpool_queue *queue;
    pthread_t thread;

    for (int i = 0; i < CLIENTS; i++)
        producers[i] = fork_client(put_numbers_in_order, i);
    for (int i = 0; i < 2; i++)
        consumers[i] = fork_client(get_in_threads, 1 + 2 * i);
    queue = new_queue(20, 4096);
    server = serve(queue);
    CHECK(pthread_create(&thread, NULL, get_numbers_in_order, queue) == 0);
    for (int i = 0; i < CLIENTS; i++)
        join_client(producers[i], 0);
    CHECK_OK(mpool_queue_join(queue, LONG_MS));
    CHECK_OK(mpool_queue_close(queue));
    for (int i = 0; i < 2; i++)
        join_client(consumers[i], 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(atomic_load(&board->counter), CLIENTS * NUMBERS);
    for (int i = 0; i < CLIENTS * NUMBERS; i++)
        CHECK_INT(atomic_load(&board->begun[i]), 1);
    mpool_queue_server_free(server);
    mpool_fini();
}

MPOOL_FUNCTION(put_from_job)
{
    mpool_queue *queue;
    int number;

    if (mpool_unpack(args, "i", &number) != MPOOL_OK || mpool_queue_connect(address(), LONG_MS, &queue) != MPOOL_OK ||
        mpool_queue_put(queue, LONG_MS, "i", number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    mpool_queue_free(queue);
    return 0;
}

MPOOL_FUNCTION(serve_from_job)
{
    mpool_queue_server *server;
    mpool_queue *queue;
    mpool_handle handle;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_queue_open(handle, &queue) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_queue_serve(queue, in_directory("another"), &server) == MPOOL_E_NESTED ? 0 : 1;
}

/* Programs that use mpool may connect, as hosts and in jobs; this one to itself. */
SCENARIO(serve, may_be_used_by_hosts_and_jobs)
{
    mpool_pool *pool = open_pool(2);
    mpool_queue_server *server;
    mpool_queue *queue, *remote;
    mpool_future *future;
    int sum = 0, number;

    CHECK_OK(mpool_queue_new(NULL, &queue));
    server = serve(queue);
    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &remote));
    CHECK_ERR(mpool_queue_serve(remote, in_directory("another"), &server), MPOOL_E_STALE);
    for (int i = 1; i <= 20; i++)
        run_one(pool, &(mpool_task){.function = "put_from_job"}, i, MPOOL_DONE);
    for (int i = 1; i <= 20; i++) {
        CHECK_OK(mpool_queue_get(remote, LONG_MS, "i", &number));
        sum += number;
    }
    CHECK_INT(sum, 210);
    CHECK_OK(
        mpool_pool_submit(pool, &(mpool_task){.function = "serve_from_job"}, &future, "h", mpool_queue_handle(queue)));
    wait_free(future, MPOOL_DONE);
    mpool_queue_free(remote);
    mpool_queue_server_free(server);
    finish_pool(pool);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void wait_in_vain(int number)
{
    mpool_queue *queue = connect_queue();
    int64_t begun = monotonic_ms();
    int numbers[3] = {1, 2, 3};
    size_t done = 77;

    CHECK_ERR(mpool_queue_get(queue, 120, "i", &number), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_ERR(mpool_queue_put_many(queue, 120, "i", numbers, 3, sizeof numbers[0], &done), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 238);
    CHECK_INT(done, 2);
    CHECK(mpool_queue_full(queue));
    CHECK_ERR(mpool_queue_put(queue, 0, "i", 4), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_queue_join(queue, 120), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 357);
    CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
    CHECK_INT(number, 1);
    mpool_queue_free(queue);
}

SCENARIO(serve, waits_as_long_as_it_was_told)
{
    pid_t client = fork_client(wait_in_vain, 0);
    mpool_queue *queue = new_queue(2, 0);
    int number;

    (void)serve(queue); /* what is left ends in mpool_fini() */
    join_client(client, 0);
    CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
    CHECK_INT(number, 2);
    mpool_fini();
}

/* A call that waits, and how it has to end; each at a queue of its own, but for a get and a join. */
enum { GET, PUT, GET_END, PUT_CLOSED, QUEUES, JOIN = QUEUES, WAITS };

static const char *address_of(int which)
{
    static const char *const names[] = {"get", "put", "get_end", "put_closed", "get"};

    return in_directory(names[which]);
}

static void wait_for_something(int which)
{
    mpool_queue *queue;
    int number = 0;

    CHECK_OK(mpool_queue_connect(address_of(which), LONG_MS, &queue));
    atomic_fetch_add(&board->held, 1);
    if (which == GET) {
        CHECK_OK(mpool_queue_get(queue, MPOOL_FOREVER, "i", &number));
        CHECK_INT(number, 5);
    } else if (which == PUT)
        CHECK_OK(mpool_queue_put(queue, MPOOL_FOREVER, "i", 6));
    else if (which == JOIN)
        CHECK_OK(mpool_queue_join(queue, MPOOL_FOREVER));
    else if (which == GET_END)
        CHECK_ERR(mpool_queue_get(queue, MPOOL_FOREVER, "i", &number), MPOOL_E_END);
    else
        CHECK_ERR(mpool_queue_put(queue, MPOOL_FOREVER, "i", 7), MPOOL_E_CLOSED);
    atomic_fetch_add(&board->counter, 1);
    mpool_queue_free(queue);
}

SCENARIO(serve, wakes_those_who_wait)
{
    pid_t clients[WAITS];
    mpool_queue_server *servers[QUEUES];
    mpool_queue *queues[QUEUES];
    int number;

    for (int i = 0; i < WAITS; i++)
        clients[i] = fork_client(wait_for_something, i);
    CHECK_OK(mpool_init(NULL));
    for (int i = 0; i < QUEUES; i++) {
        CHECK_OK(mpool_queue_new(&(mpool_queue_options){.maxsize = 1}, &queues[i]));
        CHECK_OK(mpool_queue_put(queues[i], 0, "i", i));
        if (i == GET || i == GET_END)
            CHECK_OK(mpool_queue_get(queues[i], 0, "i", &number));
        CHECK_OK(mpool_queue_serve(queues[i], address_of(i), &servers[i]));
    }
    AWAIT(atomic_load(&board->held) == WAITS);
    let_pass(100); /* they wait, or are about to: it holds in either case */
    CHECK_INT(atomic_load(&board->counter), 0);
    CHECK_OK(mpool_queue_task_done(queues[GET]));
    join_client(clients[JOIN], 0);
    CHECK_OK(mpool_queue_put(queues[GET], 0, "i", 5));
    CHECK_OK(mpool_queue_get(queues[PUT], 0, "i", &number));
    CHECK_OK(mpool_queue_close(queues[GET_END]));
    CHECK_OK(mpool_queue_close(queues[PUT_CLOSED]));
    for (int i = 0; i < QUEUES; i++)
        join_client(clients[i], 0);
    CHECK_OK(mpool_queue_get(queues[PUT], 0, "i", &number));
    CHECK_INT(number, 6);
    for (int i = 0; i < QUEUES; i++)
        mpool_queue_server_free(servers[i]);
    mpool_fini();
}
