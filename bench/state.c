/*
 * bench/state.c - what it costs to change shared state: adders, atomics, values under their lock, atoms
 *
 * Two workers run loops, one alone or both at once, and tell the nanoseconds of an operation. Those are of their
 * threads' CPU time: nothing here waits but for a cache line, and what else the machine does is not counted.
 *
 * The adder is compared with what one would write by hand: a cell on a cache line of its own, found by a pointer of the
 * thread's, and one `+=` that the compiler must carry out (volatile). If the address stays in a register for the whole
 * loop, some processors forward the number from the store to the next load without any delay: that is shown, too.
 */
#include "bench.h"
#include "python.h"

static const char script[] = "import sys, time\n"
                             "from multiprocessing import Value\n"
                             "value = Value('q')\n"
                             "print('ready', flush=True)\n"
                             "for line in sys.stdin:\n"
                             "    begin = time.thread_time()\n"
                             "    for _ in range(200000):\n"
                             "        with value.get_lock():\n"
                             "            value.value += 1\n"
                             "    print((time.thread_time() - begin) / 200000 * 1e9, flush=True)\n";

/* The objects, in each process. */
static struct {
    mpool_adder *adder;
    mpool_atomic_i64 *atomic;
    mpool_atomic_i64 *arrived; /* at the start of a loop */
    mpool_value *value;
    mpool_atom *atom;
} state;

/* ---- the loops --------------------------------------------------------------------------------------------------- */

struct line {
    volatile int64_t number;
    char padding[120];
} __attribute__((aligned(128)));

static struct line lines[2];
static _Thread_local struct line *mine; /* set at run time, or the compiler would know where it points */

static void add_to_register(void)
{
    lines[0].number += 1;
}

static void add_plainly(void)
{
    mine->number += 1;
    __asm__ volatile("" ::: "memory"); /* whoever adds elsewhere in a program does not know where the last one did */
}

static void add_to_adder(void)
{
    (void)mpool_adder_add(state.adder, 1);
}

static void add_to_atomic(void)
{
    (void)mpool_atomic_i64_increment_and_get(state.atomic);
}

static void add_to_value(void)
{
    MPOOL_WITH_RLOCK (mpool_value_get_lock(state.value))
        ++*(int64_t *)mpool_value_data(state.value);
}

static void get_atom(void)
{
    int64_t number;

    BENCH_MUST(mpool_atom_get(state.atom, "I", &number));
}

static void set_atom(void)
{
    BENCH_MUST(mpool_atom_set(state.atom, "I", INT64_C(1)));
}

static int add_one(const msgpack_object *old, void *user, msgpack_packer *value)
{
    int64_t number;

    (void)user;
    return mpool_unpack(old, "I", &number) != MPOOL_OK || mpool_pack(value, "I", number + 1) != MPOOL_OK;
}

static void swap_atom(void)
{
    BENCH_MUST(mpool_atom_swap(state.atom, add_one, NULL, NULL));
}

/* A loop for each, into which its body is inlined. Gives nanoseconds. */
#define LOOP(body, count)                                                                                              \
    static double body##_often(void)                                                                                   \
    {                                                                                                                  \
        double begin = bench_cpu();                                                                                    \
                                                                                                                       \
        for (long i = 0; i < (count); i++)                                                                             \
            body();                                                                                                    \
        return (bench_cpu() - begin) / (double)(count)*1e9;                                                            \
    }

#define MANY 20000000
#define FEWER 5000000
#define SOME 1000000

LOOP(add_to_register, MANY)
LOOP(add_plainly, MANY)
LOOP(add_to_adder, MANY)
LOOP(add_to_atomic, FEWER)
LOOP(add_to_value, SOME)
LOOP(get_atom, SOME)
LOOP(set_atom, SOME)
LOOP(swap_atom, SOME)

static const struct contestant {
    const char *name;
    double (*run)(void);
    int workers;
} contestants[] = {
    {"plain add, own cache line, address in a register", add_to_register_often, 1},
    {"plain add, own cache line", add_plainly_often, 1},
    {"adder, 1 process", add_to_adder_often, 1},
    {"adder, 2 processes at once", add_to_adder_often, 2},
    {"atomic i64, 1 process", add_to_atomic_often, 1},
    {"atomic i64, 2 processes at once", add_to_atomic_often, 2},
    {"value under its lock", add_to_value_often, 1},
    {"atom, get", get_atom_often, 1},
    {"atom, set", set_atom_often, 1},
    {"atom, swap", swap_atom_often, 1},
};

enum { REGISTER, PLAIN, ADDER, ADDERS, ATOMIC, ATOMICS, VALUE, GET, SET, SWAP, CONTESTANTS };

/* ---- in a worker ------------------------------------------------------------------------------------------------- */

/* Which contestant, and the objects. Begins when all of its workers are there. */
MPOOL_FUNCTION(measure)
{
    mpool_handle adder, atomic, arrived, value, atom;
    int which;

    if (mpool_unpack(args, "[i,h,h,h,h,h]", &which, &adder, &atomic, &arrived, &value, &atom) != MPOOL_OK ||
        mpool_adder_open(adder, &state.adder) != MPOOL_OK || mpool_atomic_i64_open(atomic, &state.atomic) != MPOOL_OK ||
        mpool_atomic_i64_open(arrived, &state.arrived) != MPOOL_OK ||
        mpool_value_open(value, &state.value) != MPOOL_OK || mpool_atom_open(atom, &state.atom) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    mine = &lines[which % 2];
    (void)mpool_atomic_i64_increment_and_get(state.arrived);
    while (mpool_atomic_i64_get(state.arrived) < contestants[which].workers)
        continue;
    return mpool_pack(result, "d", contestants[which].run()) != MPOOL_OK;
}

/* ---- in the host ------------------------------------------------------------------------------------------------- */

static void make_state(void)
{
    BENCH_MUST(mpool_adder_new(MPOOL_ADDER_SUM, &state.adder));
    BENCH_MUST(mpool_atomic_i64_new(0, &state.atomic));
    BENCH_MUST(mpool_atomic_i64_new(0, &state.arrived));
    BENCH_MUST(mpool_value_new(&(mpool_value_options){.type = MPOOL_I64}, NULL, &state.value));
    BENCH_MUST(mpool_atom_new(0, &state.atom, "I", INT64_C(0)));
}

/* The slower one of the workers. */
static double run(mpool_pool *pool, int which)
{
    mpool_future *futures[2];
    double slowest = 0;

    mpool_atomic_i64_set(state.arrived, 0);
    for (int i = 0; i < contestants[which].workers; i++)
        BENCH_MUST(mpool_pool_submit(pool, &(mpool_task){.function = "measure"}, &futures[i], "[i,h,h,h,h,h]", which,
                                     mpool_adder_handle(state.adder), mpool_atomic_i64_handle(state.atomic),
                                     mpool_atomic_i64_handle(state.arrived), mpool_value_handle(state.value),
                                     mpool_atom_handle(state.atom)));
    for (int i = 0; i < contestants[which].workers; i++) {
        const mpool_result *result;
        double ns;

        BENCH_MUST(mpool_future_wait(futures[i], MPOOL_FOREVER, &result));
        BENCH_MUST(mpool_result_unpack(result, "d", &ns));
        slowest = ns > slowest ? ns : slowest;
        mpool_future_free(futures[i]);
    }
    return slowest;
}

int main(void)
{
    static double times[CONTESTANTS][BENCH_RUNS], python_times[BENCH_RUNS];
    double ns[CONTESTANTS], python_ns = 0;
    struct bench_python python;
    bool has_python;
    mpool_pool *pool;

    BENCH_MUST(mpool_init(NULL));
    has_python = bench_python_start(&python, script);
    make_state();
    pool = bench_open(&(mpool_pool_options){.workers = 2});
    for (int i = -1; i < BENCH_RUNS; i++) { /* the first one warms up */
        for (int which = 0; which < CONTESTANTS; which++)
            times[which][i > 0 ? i : 0] = run(pool, which);
        if (has_python)
            python_times[i > 0 ? i : 0] = strtod(bench_python_ask(&python, "add"), NULL);
    }
    printf("nanoseconds of an operation, medians of %d runs\n", BENCH_RUNS);
    for (int which = 0; which < CONTESTANTS; which++) {
        ns[which] = bench_median(times[which]);
        printf("  %-52s %7.2f\n", contestants[which].name, ns[which]);
    }
    if (has_python) {
        python_ns = bench_median(python_times);
        printf("  %-52s %7.2f\n", "Python's Value under its lock", python_ns);
        printf("  %-52s %7.2f\n", "Python's Value / value, under their locks", python_ns / ns[VALUE]);
        bench_python_end(&python);
    }
    printf("  %-52s %7.2f\n", "adder, 2 processes / address in a register", ns[ADDERS] / ns[REGISTER]);
    bench_at_most("adder, 2 processes / plain add", ns[ADDERS] / ns[PLAIN], 1.5);
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
