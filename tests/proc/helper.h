/*
 * tests/proc/helper.h - what the scenarios of proc-helper share
 *
 * A scenario is a host program in a function: it calls mpool_init() itself, and CHECKs what holds. The first check that
 * fails ends the process with a line on stderr, and the runner reports it. A scenario that returns has to have closed
 * its pools and called mpool_fini(); then file descriptors are counted.
 */
#ifndef TESTS_PROC_HELPER_H
#define TESTS_PROC_HELPER_H

#include "tests/proc/fds.h"

#include <mpool/mpool.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef void scenario(void);

/* scenario_add - called before main(), by SCENARIO(). */
void scenario_add(const char *name, scenario *run);

/* SCENARIO(suite, what_holds) { ... }  defines "suite/what_holds". */
#define SCENARIO(suite, name)                                                                                          \
    static void suite##_##name(void);                                                                                  \
    __attribute__((constructor)) static void add_##suite##_##name(void)                                                \
    {                                                                                                                  \
        scenario_add(#suite "/" #name, suite##_##name);                                                                \
    }                                                                                                                  \
    static void suite##_##name(void)

/* ---- the start method -------------------------------------------------------------------------------------------- */

/*
 * init_by_method - mpool_init(), by the start method that the environment says: MPOOL_TEST_START=fork, or =spawn with
 * this program for a worker program. (mpool_init)(...) is mpool's own.
 */
mpool_err init_by_method(const mpool_init_options *options);
#define mpool_init(...) init_by_method(__VA_ARGS__)

/* spawns - are workers processes of an exec'd program, which does not have what this one has in memory? */
bool spawns(void);

/* needs_fork - skip the scenario if so. */
void needs_fork(const char *why);

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/* fail - say where and what, and end the process. skip - say why, and end it so that the runner skips the test. */
_Noreturn void fail(const char *file, int line, const char *format, ...) MPOOL_PRINTF(3, 4);
_Noreturn void skip(const char *why);

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, "%s", #condition))

void check_err(const char *file, int line, const char *call, mpool_err err, mpool_err wanted);
#define CHECK_ERR(call, wanted) check_err(__FILE__, __LINE__, #call, call, wanted)
#define CHECK_OK(call) CHECK_ERR(call, MPOOL_OK)

void check_int(const char *file, int line, const char *what, long long value, long long wanted);
#define CHECK_INT(value, wanted) check_int(__FILE__, __LINE__, #value " == " #wanted, (long long)(value), wanted)

void check_text(const char *file, int line, const char *what, const char *text, const char *wanted);
#define CHECK_TEXT(text, wanted) check_text(__FILE__, __LINE__, #text, text, wanted)

/* CHECK_SAYS - the text contains a word. */
void check_says(const char *file, int line, const char *what, const char *text, const char *word);
#define CHECK_SAYS(text, word) check_says(__FILE__, __LINE__, #text, text, word)

/* AWAIT - until it holds; a minute is the end of all patience. */
#define AWAIT(condition)                                                                                               \
    for (int64_t until_ms = monotonic_ms() + 60000; !(condition); nap())                                               \
    (monotonic_ms() < until_ms) ? (void)0 : fail(__FILE__, __LINE__, "never came true: %s", #condition)

int64_t monotonic_ms(void);

/* nap - a millisecond, in which another process may do what we wait for. */
void nap(void);

/* The longest that a wait for something that must come may take. */
#define LONG_MS 60000

/* ---- what jobs and the host both see ----------------------------------------------------------------------------- */

#define BOARD_JOBS 65536
#define BOARD_SEEN ((size_t)1 << 26)

/*
 * Memory shared with the workers, mapped before mpool_init(): how jobs tell the host where they are, and how the host
 * holds them there, without a word through mpool. A memfd, which workers that were exec'd inherit.
 */
struct board {
    atomic_int gate;               /* job "hold" waits until it is not 0 */
    atomic_int held;               /* jobs that have come to the gate */
    _Atomic pid_t pids[64];        /* theirs, in the order in which they came; other jobs leave theirs as they like */
    atomic_int counter;            /* for the scenario's own use */
    atomic_int begun[BOARD_JOBS];  /* attempts begun, by job */
    atomic_int ended[BOARD_JOBS];  /* and ended */
    atomic_uchar seen[BOARD_SEEN]; /* for the scenario's own use; what nobody writes to takes no memory */
};

extern struct board *board;

/* ---- what job functions take, see jobs.c ------------------------------------------------------------------------- */

enum { CRASH_SEGV, CRASH_ABORT, CRASH_KILL, CRASH_EXIT, CRASH_EXIT_3, CRASHES };

#define POISON 17

/* ---- pools ------------------------------------------------------------------------------------------------------- */

/* open_pool - mpool_init() and a pool of so many workers, all of them up. */
mpool_pool *open_pool(unsigned workers);

/* open_another - a pool more. */
mpool_pool *open_another(const mpool_pool_options *options);

/* close_pool - mpool_pool_free() and mpool_fini(). */
void close_pool(mpool_pool *pool);

mpool_pool_stats stats_of(mpool_pool *pool);

/* result_of - wait for a future; its result. */
const mpool_result *result_of(mpool_future *future);

/* submit - one job with an int for argument. */
mpool_future *submit(mpool_pool *pool, const mpool_task *task, int argument);

/* run_one - submit a job, wait, and check how it ended. */
void run_one(mpool_pool *pool, const mpool_task *task, int argument, mpool_status wanted);

/* wait_free - the same for a future that is there already; it is freed. */
void wait_free(mpool_future *future, mpool_status wanted);

/* still_works - the pool does what it is for. */
void still_works(mpool_pool *pool);

/* hold_worker - has a worker held at the gate; returns the job's future once it is there. */
mpool_future *hold_worker(mpool_pool *pool);

void open_gate(void);

/* finish_pool - close, join, and close_pool(). */
void finish_pool(mpool_pool *pool);

/* let_pass - nothing but time, in which something must not happen. */
void let_pass(int64_t ms);

/* count_in_output - how often a text is in what we and our children have said: the runner gave us a file for it. */
unsigned count_in_output(const char *text);

/* ---- processes that run one function ----------------------------------------------------------------------------- */

/* start_process - with an int for argument. */
mpool_process *start_process(const char *function, int argument);

/* hold_process - one that stands at the gate. */
mpool_process *hold_process(void);

/* join_free - wait for the end, check how it was, release. */
void join_free(mpool_process *process, int wanted);

/* readable - is there something to read, or does it come in time? */
bool readable(int fd, int timeout_ms);

/* ---- processes --------------------------------------------------------------------------------------------------- */

/* fork_server - the process id of this host's fork server. */
pid_t fork_server(void);

/* process_is_there - not gone, and not a zombie. */
bool process_is_there(pid_t pid);

#endif
