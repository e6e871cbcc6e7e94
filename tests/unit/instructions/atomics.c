/*
 * tests/unit/instructions/atomics.c - one operation a function, for instructions.sh to look at what has become of them
 *
 * Runs in: nothing; it is compiled and disassembled.
 */
#include <mpool/adder.h>
#include <mpool/atomic.h>

#define SHOW(type, name, call)                                                                                         \
    type name(mpool_atomic_i64 *atomic, int64_t number);                                                               \
    type name(mpool_atomic_i64 *atomic, int64_t number)                                                                \
    {                                                                                                                  \
        (void)number;                                                                                                  \
        call;                                                                                                          \
    }

SHOW(int64_t, i64_get, return mpool_atomic_i64_get(atomic))
SHOW(void, i64_set, mpool_atomic_i64_set(atomic, number))
SHOW(int64_t, i64_get_and_set, return mpool_atomic_i64_get_and_set(atomic, number))
SHOW(bool, i64_compare_and_set, return mpool_atomic_i64_compare_and_set(atomic, number, 1))
SHOW(int64_t, i64_add_and_get, return mpool_atomic_i64_add_and_get(atomic, number))
SHOW(int64_t, i64_get_and_add, return mpool_atomic_i64_get_and_add(atomic, number))
SHOW(int64_t, i64_subtract_and_get, return mpool_atomic_i64_subtract_and_get(atomic, number))
SHOW(int64_t, i64_get_and_subtract, return mpool_atomic_i64_get_and_subtract(atomic, number))
SHOW(int64_t, i64_increment_and_get, return mpool_atomic_i64_increment_and_get(atomic))
SHOW(int64_t, i64_get_and_decrement, return mpool_atomic_i64_get_and_decrement(atomic))
SHOW(void, i64_increment, (void)mpool_atomic_i64_increment_and_get(atomic))
SHOW(void, i64_decrement, (void)mpool_atomic_i64_get_and_decrement(atomic))
SHOW(void, i64_add, (void)mpool_atomic_i64_add_and_get(atomic, number))

double f64_add_and_get(mpool_atomic_f64 *atomic, double number);
double f64_add_and_get(mpool_atomic_f64 *atomic, double number)
{
    return mpool_atomic_f64_add_and_get(atomic, number);
}

bool bool_get_and_set(mpool_atomic_bool *atomic, bool flag);
bool bool_get_and_set(mpool_atomic_bool *atomic, bool flag)
{
    return mpool_atomic_bool_get_and_set(atomic, flag);
}

mpool_err adder_add(mpool_adder *adder, int64_t number);
mpool_err adder_add(mpool_adder *adder, int64_t number)
{
    return mpool_adder_add(adder, number);
}
