/*
 * tests/proc/scenarios/serve_end.c - scenarios: servers and clients of queues that end, in the middle of everything
 */
#include "tests/proc/clients.h"
#include "tests/proc/queues.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the server ends --------------------------------------------------------------------------------------------- */

static void *get_broken(void *queue)
{
    int number;

    atomic_fetch_add(&board->held, 1);
    CHECK_ERR(mpool_queue_get(queue, MPOOL_FOREVER, "i", &number), MPOOL_E_BROKEN);
    return NULL;
}

/* Waits on two threads for what never comes, and says when it has heard that. */
static void wait_for_the_end(int number)
{
    mpool_queue *queue = connect_queue();
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, get_broken, queue) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    atomic_store(&board->counter, (int)monotonic_ms());
    CHECK_ERR(mpool_queue_put(queue, LONG_MS, "i", 1), MPOOL_E_BROKEN);
    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_BROKEN);
    CHECK_ERR(mpool_queue_put_many(queue, 0, "i", &number, 1, sizeof number, NULL), MPOOL_E_BROKEN);
    CHECK_ERR(mpool_queue_close(queue), MPOOL_E_BROKEN);
    CHECK_ERR(mpool_queue_join(queue, LONG_MS), MPOOL_E_BROKEN);
    CHECK_INT(mpool_queue_qsize(queue), 0);
    CHECK_SAYS(mpool_error_detail(), address());
    mpool_queue_free(queue);
}

/* A host that serves, and stays until it is killed. */
static void serve_for_ever(int number)
{
    mpool_queue *queue = new_queue(0, 0);

    (void)number;
    (void)serve(queue);
    for (;;)
        pause();
}

static void await_waiting_clients(void)
{
    AWAIT(atomic_load(&board->held) == 2);
    let_pass(50); /* they wait, or are about to: it holds in either case */
}

/* The client has heard of it at once; on a machine that is busy with other things, that may be a while. */
static void has_heard(pid_t client, int64_t ended)
{
    join_client(client, 0);
    CHECK(atomic_load(&board->counter) - (int)ended < 5000);
}

SCENARIO(serve, tells_those_who_wait_when_it_ends)
{
    pid_t client = fork_client(wait_for_the_end, 0);
    mpool_queue *queue = new_queue(0, 0);
    mpool_queue_server *server = serve(queue);
    int64_t ended;

    await_waiting_clients();
    ended = monotonic_ms();
    mpool_queue_server_free(server);
    has_heard(client, ended);
    CHECK(access(address(), F_OK) != 0);
    CHECK_OK(mpool_queue_put(queue, 0, "i", 1)); /* the queue itself is there still */
    mpool_fini();
}

SCENARIO(serve, tells_those_who_wait_when_its_host_ends_mpool)
{
    pid_t client = fork_client(wait_for_the_end, 0);
    int64_t ended;

    (void)serve(new_queue(0, 0));
    await_waiting_clients();
    ended = monotonic_ms();
    mpool_fini();
    has_heard(client, ended);
    CHECK(access(address(), F_OK) != 0);
}

static void put_one(int number)
{
    mpool_queue *queue = connect_queue();

    atomic_store(&board->held, 1);
    CHECK_OK(mpool_queue_put(queue, LONG_MS, "i", number));
    CHECK_ERR(mpool_queue_put(queue, LONG_MS, "i", number), MPOOL_E_BROKEN);
    mpool_queue_free(queue);
}

/* Whoever has done what it was asked for says so, and is heard, though it has ended meanwhile. */
SCENARIO(serve, is_heard_when_it_ends_behind_an_answer)
{
    pid_t client = fork_client(put_one, 2);
    mpool_queue *queue = new_queue(1, 0);
    mpool_queue_server *server;
    int number;

    CHECK_OK(mpool_queue_put(queue, 0, "i", 1));
    server = serve(queue);
    AWAIT(atomic_load(&board->held) == 1);
    let_pass(50); /* it waits for room, or is about to: it holds in either case */
    CHECK(kill(client, SIGSTOP) == 0);
    CHECK_OK(mpool_queue_get(queue, 0, "i", &number));
    for (int naps = 0; naps < 1000 && mpool_queue_empty(queue); naps++)
        nap();
    CHECK(!mpool_queue_empty(queue)); /* it did wait */
    mpool_queue_server_free(server);
    CHECK(kill(client, SIGCONT) == 0);
    join_client(client, 0);
    mpool_fini();
}

/* The socket that a dead server leaves is not in the way of the next one. */
SCENARIO(serve, may_be_killed)
{
    pid_t client = fork_client(wait_for_the_end, 0), host = fork_client(serve_for_ever, 0);
    struct stat left;
    int64_t ended;
    mpool_queue *queue, *remote;

    await_waiting_clients();
    ended = monotonic_ms();
    CHECK(kill(host, SIGKILL) == 0);
    join_client(host, -SIGKILL);
    has_heard(client, ended);
    CHECK(lstat(address(), &left) == 0 && S_ISSOCK(left.st_mode));
    queue = new_queue(0, 0);
    CHECK_ERR(mpool_queue_connect(address(), 0, &remote), MPOOL_E_TIMEOUT);
    (void)serve(queue);
    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &remote));
    CHECK_OK(mpool_queue_put(remote, 0, "i", 1));
    CHECK_INT(mpool_queue_qsize(queue), 1);
    mpool_queue_free(remote);
    mpool_fini();
    CHECK(access(address(), F_OK) != 0);
}

/* A server that does not run does not keep anybody for longer than the time of the call and a few seconds. */
SCENARIO(serve, that_has_stopped_is_given_up)
{
    pid_t host = fork_client(serve_for_ever, 0);
    mpool_queue *queue = connect_queue();
    int64_t begun;
    int number;

    CHECK_ERR(mpool_queue_get(queue, 0, "i", &number), MPOOL_E_TIMEOUT);
    CHECK(kill(host, SIGSTOP) == 0);
    begun = monotonic_ms();
    CHECK_ERR(mpool_queue_get(queue, 100, "i", &number), MPOOL_E_BROKEN);
    CHECK(monotonic_ms() - begun >= 5000 && monotonic_ms() - begun < 20000);
    mpool_queue_free(queue);
    begun = monotonic_ms();
    CHECK_ERR(mpool_queue_connect(address(), 100, &queue), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun < 20000);
    CHECK(kill(host, SIGKILL) == 0);
    join_client(host, -SIGKILL);
    CHECK(unlink(address()) == 0);
}

/* ---- clients are killed ------------------------------------------------------------------------------------------ */

#define ITEMS_MOST 40000
#define KILLERS 3
#define KILLS 30

/* What a client is at. In board->ended[BOARD_JOBS - 1 - killer]. */
enum { BETWEEN, PUTTING, GETTING, CONNECTING, STATES };

/* Of an item, in board->begun: that it may have been put, that it was; and in board->ended how often it came out. */
enum { NOTHING, PERHAPS_PUT, SURELY_PUT };

static atomic_int *state_of(int killer)
{
    return &board->ended[BOARD_JOBS - 1 - killer];
}

/* Puts items that nobody else puts, and takes what comes, until it is killed. */
static void put_and_get(int killer)
{
    mpool_queue *queue;
    int item;

    atomic_store(state_of(killer), CONNECTING);
    queue = connect_queue();
    for (int i = 0;; i++) {
        if (i % 2 == 0 && (item = atomic_fetch_add(&board->counter, 1)) < ITEMS_MOST) {
            atomic_store(&board->begun[item], PERHAPS_PUT);
            atomic_store(state_of(killer), PUTTING);
            CHECK_OK(mpool_queue_put(queue, LONG_MS, "i", item));
            atomic_store(&board->begun[item], SURELY_PUT);
        } else {
            atomic_store(state_of(killer), GETTING);
            CHECK_OK(mpool_queue_get(queue, LONG_MS, "i", &item));
            CHECK(item >= 0 && item < ITEMS_MOST);
            atomic_fetch_add(&board->ended[item], 1);
        }
        atomic_store(state_of(killer), BETWEEN);
    }
}

/* Starts clients and kills them, each at another moment; and counts what it hit, in board->pids. */
static void kill_clients(int killer)
{
    unsigned random = (unsigned)killer + 1;
    struct timespec moment = {0};
    pid_t client;

    AWAIT(access(address(), F_OK) == 0);
    for (int i = 0; i < KILLS; i++) {
        random = random * 1103515245 + 12345;
        moment.tv_nsec = (long)((random >> 8) % 12000) * 1000;
        atomic_store(state_of(killer), CONNECTING);
        client = fork_client(put_and_get, killer);
        if (i % 4 != 0) /* else it may be killed while it connects */
            AWAIT(atomic_load(state_of(killer)) != CONNECTING);
        (void)nanosleep(&moment, NULL);
        CHECK(kill(client, SIGKILL) == 0);
        join_client(client, -SIGKILL);
        atomic_fetch_add(&board->pids[atomic_load(state_of(killer))], 1);
    }
}

/* What killed clients have put and not taken must not fill the queue. */
static void take_until_ended(mpool_queue *queue, pid_t killer)
{
    int status, item;
    pid_t ended;

    while ((ended = waitpid(killer, &status, WNOHANG)) == 0) {
        if (mpool_queue_qsize(queue) > 5 && mpool_queue_get(queue, 0, "i", &item) == MPOOL_OK)
            atomic_fetch_add(&board->ended[item], 1);
        else
            nap();
    }
    CHECK(ended == killer && status == 0);
}

static int count_lost(void)
{
    int lost = 0;

    for (int item = 0; item < ITEMS_MOST; item++) {
        int came = atomic_load(&board->ended[item]);

        if (came > 1 || (came == 1 && atomic_load(&board->begun[item]) == NOTHING))
            fail(__FILE__, __LINE__, "item %d came out %d times", item, came);
        lost += came == 0 && atomic_load(&board->begun[item]) == SURELY_PUT;
    }
    return lost;
}

SCENARIO(serve, loses_an_item_at_most_with_a_client_that_is_killed)
{
    pid_t killers[KILLERS];
    mpool_queue *queue;
    int item, lost, getting;

    for (int i = 0; i < KILLERS; i++)
        killers[i] = fork_client(kill_clients, i);
    queue = new_queue(10, 0);
    (void)serve(queue);
    for (int i = 0; i < KILLERS; i++)
        take_until_ended(queue, killers[i]);
    while (mpool_queue_get(queue, 200, "i", &item) == MPOOL_OK)
        atomic_fetch_add(&board->ended[item], 1);
    lost = count_lost();
    getting = (int)atomic_load(&board->pids[GETTING]);
    (void)printf("killed: %d putting, %d getting, %d connecting, %d between; %d of %d items lost\n",
                 (int)board->pids[PUTTING], getting, (int)board->pids[CONNECTING], (int)board->pids[BETWEEN], lost,
                 (int)board->counter);
    CHECK(lost <= getting);
    CHECK(getting > 0 && atomic_load(&board->pids[PUTTING]) > 0);
    mpool_fini();
}
