/*
 * tests/proc/scenarios/worker.c - scenarios: what a worker process is like, and what becomes of what it started
 */
#include "tests/proc/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Is it something that a worker may have open? nng has a socket, an epoll descriptor and eventfds. */
static bool is_nngs(const char *target)
{
    static const char *const ours[] = {"socket:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]"};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strncmp(target, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

/* How many threads its worker has. */
MPOOL_FUNCTION(count_my_threads)
{
    (void)args;
    (void)job;
    (void)mpool_pack(result, "i", (int)count_threads());
    return 0;
}

/*
 * nng 1.5.2 has for every process two threads a CPU for callbacks, 16 at most; one a CPU for expiry; four that resolve
 * names, and those that poll, reap, and keep time. One that can be limited has two, and one of each other kind.
 */
static int threads_of_nng(void)
{
#if defined(MPOOL_NNG_LIMITS)
    return 2 + 1 + 1 + 2;
#else
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);

    return (2 * cpus < 16 ? 2 * cpus : 16) + (cpus < 256 ? cpus : 256) + 4 + 3;
#endif
}

SCENARIO(worker, has_its_main_thread_a_courier_and_those_of_nng)
{
    enum { JOBS = 200 };
    const mpool_task task = {.function = "count_my_threads", .item_format = "i", .result_format = "i"};
    const mpool_task wide = {.function = "echo"};
    mpool_pool *pool = open_pool(2);
    static int items[JOBS], threads[JOBS];
    static char value[3 << 20];
    mpool_future *future;

    for (int round = 0; round < 2; round++) {
        CHECK_OK(mpool_pool_map(pool, &task, items, JOBS, sizeof items[0], threads, sizeof threads[0], NULL));
        for (int i = 0; i < JOBS; i++)
            if (threads[i] > 2 + threads_of_nng())
                fail(__FILE__, __LINE__, "%d threads, and nng has %d", threads[i], threads_of_nng());
        CHECK_OK(mpool_pool_submit(pool, &wide, &future, "z", value, sizeof value));
        wait_free(future, MPOOL_DONE);
    }
    (void)printf("[%d threads]\n", threads[0]);
    finish_pool(pool);
}

/* An int: a descriptor that is allowed besides 0 to 2 and nng's. Its result: how many there are in all. */
MPOOL_FUNCTION(list_descriptors)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    int allowed, count = 0;

    if (directory == NULL || mpool_unpack(args, "i", &allowed) != MPOOL_OK)
        return mpool_job_fail(job, "cannot begin: %m");
    while ((entry = readdir(directory)) != NULL) {
        char target[256];
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        int fd = (int)strtol(entry->d_name, NULL, 10);

        if (size < 0 || fd == dirfd(directory))
            continue;
        target[size] = '\0';
        count++;
        if (fd == STDIN_FILENO && strcmp(target, "/dev/null") != 0)
            return mpool_job_fail(job, "its stdin is %s", target);
        if (fd > STDERR_FILENO && fd != allowed && !is_nngs(target))
            return mpool_job_fail(job, "it has %s open, as %d", target, fd);
    }
    (void)closedir(directory);
    if (fcntl(allowed, F_GETFD) < 0)
        return mpool_job_fail(job, "it does not have %d", allowed);
    (void)mpool_pack(result, "i", count);
    return 0;
}

/* I-4, I5. Neither with a descriptor that the host did not mark, nor with those of another pool. */
SCENARIO(worker, has_no_descriptors_but_stdio_and_nngs_and_what_is_kept)
{
    int hidden = open("/dev/null", O_RDONLY), kept = open("/proc/self/stat", O_RDONLY); /* neither is close-on-exec */
    const mpool_init_options options = {.keep_fds = &kept, .keep_fd_count = 1};
    const mpool_task task = {.function = "list_descriptors"};
    mpool_pool *first, *second;
    int before = 0, now;

    CHECK(hidden > 2 && kept > 2);
    CHECK_OK(mpool_init(&options));
    first = open_another(NULL);
    second = open_another(NULL);
    for (int i = 0; i < 10; i++) {
        mpool_future *future = submit(i % 2 == 0 ? first : second, &task, kept);

        if (result_of(future)->status != MPOOL_DONE)
            fail(__FILE__, __LINE__, "%s", result_of(future)->error);
        CHECK_OK(mpool_result_unpack(result_of(future), "i", &now));
        CHECK(i == 0 || now == before);
        before = now;
        mpool_future_free(future);
    }
    mpool_pool_free(first);
    close_pool(second);
    (void)close(hidden);
    (void)close(kept);
}

/* Reads to the end of what it has for stdin. */
MPOOL_FUNCTION(read_stdin)
{
    char byte;

    (void)args;
    (void)result;
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : mpool_job_fail(job, "there is something to read");
}

/* Signals 32 and 33 are glibc's own, and nobody else can reset them. */
#define NOT_OURS 0x180000000

/* G13. "SigBlk" and its like in /proc/self/status are masks in hexadecimal digits. */
MPOOL_FUNCTION(check_signals)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long long mask;
    int seen = 0;

    (void)args;
    (void)result;
    while (file != NULL && getline(&line, &room, file) > 0) {
        if (sscanf(line, "SigBlk: %llx", &mask) == 1 || sscanf(line, "SigIgn: %llx", &mask) == 1) {
            seen++;
            if ((mask & ~(unsigned long long)NOT_OURS) != 0)
                return mpool_job_fail(job, "%s", line);
        }
    }
    free(line);
    if (file != NULL)
        (void)fclose(file);
    return seen == 2 ? 0 : mpool_job_fail(job, "/proc/self/status says nothing of signals");
}

/* The host's own signal settings are not its workers'. */
SCENARIO(worker, has_default_signals_and_nothing_to_read)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t all;
    mpool_pool *pool;

    CHECK(sigaction(SIGINT, &ignore, NULL) == 0 && sigaction(SIGHUP, &ignore, NULL) == 0);
    (void)sigfillset(&all);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    pool = open_pool(2);
    run_one(pool, &(mpool_task){.function = "check_signals"}, 0, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "read_stdin"}, 0, MPOOL_DONE);
    finish_pool(pool);
}

/* An int: prints it, without a flush of its own. */
MPOOL_FUNCTION(say)
{
    int number;

    (void)result;
    if (mpool_unpack(args, "i", &number) != MPOOL_OK || printf("[said %d]\n", number) < 0)
        return mpool_job_fail(job, "cannot print: %m");
    return 0;
}

static mpool_pool *open_inheriting(unsigned workers)
{
    CHECK_OK(mpool_init(NULL));
    return open_another(&(mpool_pool_options){.workers = workers, .output = MPOOL_OUTPUT_INHERIT});
}

SCENARIO(worker, what_a_job_printed_arrives_even_if_the_next_one_kills_its_worker)
{
    mpool_pool *pool = open_inheriting(1);
    char text[64];

    for (int i = 0; i < 5; i++) {
        run_one(pool, &(mpool_task){.function = "say"}, i, MPOOL_DONE);
        run_one(pool, &(mpool_task){.function = "crash"}, CRASH_KILL, MPOOL_CRASHED);
        (void)snprintf(text, sizeof text, "[said %d]", i);
        CHECK_INT(count_in_output(text), 1);
    }
    finish_pool(pool);
}

/* What the host has printed and not yet flushed at mpool_init() is printed once, whatever workers do. */
SCENARIO(worker, does_not_print_what_its_host_had_in_its_buffer)
{
    mpool_pool *pool;

    (void)printf("[from before]");
    pool = open_inheriting(2);
    run_one(pool, &(mpool_task){.function = "say"}, 1, MPOOL_DONE);
    run_one(pool, &(mpool_task){.function = "crash"}, CRASH_EXIT, MPOOL_CRASHED);
    finish_pool(pool);
    CHECK_INT(count_in_output("[from before]"), 1);
}

/* ---- orphans ----------------------------------------------------------------------------------------------------- */

static void wait_to_be_killed(int place)
{
    atomic_store(&board->pids[place], getpid());
    atomic_fetch_add(&board->counter, 1);
    for (;;)
        (void)pause();
}

/* Starts a child, one in a session of its own, and a grandchild of that whose parent is gone. */
static void start_children(void)
{
    if (fork() == 0)
        wait_to_be_killed(0);
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            (void)setsid();
            wait_to_be_killed(1);
        }
        wait_to_be_killed(2);
    }
    if (fork() == 0) {
        if (fork() == 0)
            wait_to_be_killed(3);
        _exit(0);
    }
    while (atomic_load(&board->counter) < 4)
        nap();
}

/* An int: how it ends once it has descendants, see crash. */
MPOOL_FUNCTION(leave_children)
{
    int kind;

    (void)result;
    if (mpool_unpack(args, "i", &kind) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    start_children();
    if (kind == CRASH_KILL)
        (void)raise(SIGKILL);
    if (kind == CRASH_EXIT_3)
        _exit(3);
    atomic_fetch_add(&board->held, 1);
    while (atomic_load(&board->gate) == 0)
        nap();
    return 0;
}

static void no_child_is_left(void)
{
    for (int i = 0; i < 4; i++) {
        CHECK(atomic_load(&board->pids[i]) > 0);
        AWAIT(!process_is_there(atomic_load(&board->pids[i])));
        atomic_store(&board->pids[i], 0);
    }
    atomic_store(&board->counter, 0);
}

/* A16, A17: while the pool lives on, and its other worker and that one's children too. */
SCENARIO(worker, takes_its_descendants_along_when_it_dies)
{
    const mpool_task task = {.function = "leave_children"}, limited = {.function = "leave_children", .timeout_ms = 500};
    mpool_pool *pool = open_pool(2), *other = open_another(NULL);
    mpool_future *held = hold_worker(other);

    run_one(pool, &task, CRASH_KILL, MPOOL_CRASHED);
    no_child_is_left();
    run_one(pool, &task, CRASH_EXIT_3, MPOOL_CRASHED);
    no_child_is_left();
    run_one(pool, &limited, 0, MPOOL_TIMED_OUT);
    AWAIT(atomic_load(&board->counter) == 0 || atomic_load(&board->pids[3]) > 0);
    still_works(pool);
    open_gate();
    wait_free(held, MPOOL_DONE);
    mpool_pool_free(other);
    finish_pool(pool);
}

/* As a program would that starts a service: the job is done, its children live as long as the worker. */
SCENARIO(worker, takes_its_descendants_along_when_its_pool_ends)
{
    mpool_pool *pool = open_pool(2), *other = open_another(NULL);

    open_gate();
    run_one(pool, &(mpool_task){.function = "leave_children"}, 0, MPOOL_DONE);
    for (int i = 0; i < 4; i++)
        CHECK(process_is_there(atomic_load(&board->pids[i])));
    mpool_pool_free(pool);
    no_child_is_left();
    still_works(other);
    close_pool(other);
}

/* ---- what a worker may not do ------------------------------------------------------------------------------------ */

/* Tries all that belongs to the host. */
MPOOL_FUNCTION(try_the_hosts_calls)
{
    mpool_pool *pool;

    (void)args;
    (void)result;
    if (mpool_pool_open(NULL, &pool) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "pool_open");
    if (mpool_init(NULL) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "init");
    if (mpool_register("another", try_the_hosts_calls) != MPOOL_E_LATE)
        return mpool_job_fail(job, "register");
    mpool_fini();
    return 0;
}

/* An int: forks if it is POISON, and the child returns as if it were the worker. */
MPOOL_FUNCTION(fork_and_return)
{
    int number;

    if (mpool_unpack(args, "i", &number) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    atomic_fetch_add(&board->begun[number], 1);
    if (number == POISON && fork() == 0)
        return mpool_job_fail(job, "no such command");
    nap();
    (void)result;
    return 0;
}

SCENARIO(worker, runs_no_job_in_a_process_that_a_job_has_forked)
{
    const mpool_task task = {.function = "fork_and_return", .item_format = "i"};
    mpool_pool *pool = open_pool(1);
    int items[100];

    for (int i = 0; i < 100; i++)
        items[i] = i;
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], NULL, 0, NULL));
    for (int i = 0; i < 100; i++)
        CHECK_INT(atomic_load(&board->begun[i]), 1);
    CHECK_INT(stats_of(pool).workers_started, 1);
    finish_pool(pool);
}

/* Leaves a process behind that ends by itself. */
MPOOL_FUNCTION(leave_a_child)
{
    pid_t child = fork();

    (void)args;
    (void)job;
    if (child == 0)
        _exit(0);
    while (kill(child, 0) == 0 && process_is_there(child))
        nap();
    (void)mpool_pack(result, "i", (int)child);
    return 0;
}

SCENARIO(worker, reaps_what_jobs_have_left_behind)
{
    const mpool_task task = {.function = "leave_a_child"};
    mpool_pool *pool = open_pool(1);
    int child;

    for (int i = 0; i < 10; i++) {
        mpool_future *future = submit(pool, &task, 0);

        CHECK_OK(mpool_result_unpack(result_of(future), "i", &child));
        wait_free(future, MPOOL_DONE);
        AWAIT(kill(child, 0) != 0);
    }
    finish_pool(pool);
}

/* The worker's end of a connection by the end of its peer's name; -1: none. */
static int find_connection(const char *suffix)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_un name = {0};
        socklen_t size = sizeof name;
        size_t length;

        if (getpeername(fd, (struct sockaddr *)&name, &size) != 0 || name.sun_family != AF_UNIX)
            continue;
        length = strnlen(name.sun_path, sizeof name.sun_path);
        if (length > 2 && memcmp(name.sun_path + length - 2, suffix, 2) == 0)
            return fd;
    }
    return -1;
}

/* Sends a message of 4 MiB to its supervisor where none is due, and another, until it dies of it. */
MPOOL_FUNCTION(send_where_nothing_is_due)
{
    static const unsigned char head[9] = {1, 0, 0, 0, 0, 0, 0x40, 0, 0}; /* of nng's ipc: a type, and the size */
    static const char body[4 << 20];
    int fd = find_connection(".d");

    (void)args;
    (void)result;
    if (fd < 0)
        return mpool_job_fail(job, "there is no such connection");
    for (int i = 0; i < 100; i++)
        for (size_t part = 0; part < 2; part++) {
            const char *data = part == 0 ? (const char *)head : body;
            size_t left = part == 0 ? sizeof head : sizeof body;

            while (left > 0) {
                ssize_t sent = send(fd, data, left, MSG_NOSIGNAL);

                if (sent < 0 && errno != EAGAIN)
                    pause();
                data += sent > 0 ? sent : 0;
                left -= sent > 0 ? (size_t)sent : 0;
            }
        }
    return 0;
}

/* The host does not keep what it never asked for. */
SCENARIO(worker, that_sends_where_nothing_is_due_loses_its_connection)
{
    const mpool_task task = {.function = "send_where_nothing_is_due"};
    mpool_pool *pool = open_pool(1);

    run_one(pool, &task, 0, MPOOL_CRASHED);
    still_works(pool);
    finish_pool(pool);
}

static mpool_pool *the_pool;

MPOOL_FUNCTION(use_the_hosts_pool)
{
    mpool_future *future;

    (void)args;
    (void)result;
    if (mpool_pool_submit(the_pool, &(mpool_task){.function = "square"}, &future, "i", 1) != MPOOL_E_NESTED)
        return mpool_job_fail(job, "submit");
    mpool_pool_free(the_pool);
    return 0;
}

/* H11 */
SCENARIO(worker, cannot_use_pools)
{
    the_pool = (mpool_pool *)&the_pool; /* anything: it is not to be looked at */
    CHECK_OK(mpool_init(NULL));
    the_pool = open_another(NULL);
    run_one(the_pool, &(mpool_task){.function = "try_the_hosts_calls"}, 0, MPOOL_DONE);
    run_one(the_pool, &(mpool_task){.function = "use_the_hosts_pool"}, 0, MPOOL_DONE);
    still_works(the_pool);
    finish_pool(the_pool);
}
