/*
 * mpool/atomic.h - numbers that processes change at once without a lock
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each operation is indivisible and sequentially consistent,
 * and a process may be killed at any moment of it: it has happened or it has not. They are inline, most of them a single
 * instruction; so the pointer must be one that was made or opened, and not released.
 *
 * Integers wrap around as unsigned C integers do, the signed ones too (two's complement, as C11's atomics): 2^63 - 1 and
 * 1 more is -2^63. Who may get there uses a job total (mpool/total.h), which says so.
 *
 * The words are those of Java's and Python's atomics: *_and_get returns the new number, get_and_* the old one.
 */
#ifndef MPOOL_ATOMIC_H
#define MPOOL_ATOMIC_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The members are mpool's. */
typedef struct mpool_atomic_bool {
    unsigned char flag;
} mpool_atomic_bool;
typedef struct mpool_atomic_i64 {
    int64_t number;
} mpool_atomic_i64;
typedef struct mpool_atomic_u64 {
    uint64_t number;
} mpool_atomic_u64;
typedef struct mpool_atomic_f64 {
    uint64_t bits;
} mpool_atomic_f64;

/*
 * mpool_atomic_i64_new - make one, with its first number; and so for the other types
 *
 * Errors and calls: as mpool_lock_new() (mpool/lock.h).
 */
MPOOL_API mpool_err mpool_atomic_bool_new(bool initial, mpool_atomic_bool **atomic);
MPOOL_API void mpool_atomic_bool_free(mpool_atomic_bool *atomic);
MPOOL_API mpool_handle mpool_atomic_bool_handle(const mpool_atomic_bool *atomic);
MPOOL_API mpool_err mpool_atomic_bool_open(mpool_handle handle, mpool_atomic_bool **atomic);
MPOOL_API mpool_err mpool_atomic_i64_new(int64_t initial, mpool_atomic_i64 **atomic);
MPOOL_API void mpool_atomic_i64_free(mpool_atomic_i64 *atomic);
MPOOL_API mpool_handle mpool_atomic_i64_handle(const mpool_atomic_i64 *atomic);
MPOOL_API mpool_err mpool_atomic_i64_open(mpool_handle handle, mpool_atomic_i64 **atomic);
MPOOL_API mpool_err mpool_atomic_u64_new(uint64_t initial, mpool_atomic_u64 **atomic);
MPOOL_API void mpool_atomic_u64_free(mpool_atomic_u64 *atomic);
MPOOL_API mpool_handle mpool_atomic_u64_handle(const mpool_atomic_u64 *atomic);
MPOOL_API mpool_err mpool_atomic_u64_open(mpool_handle handle, mpool_atomic_u64 **atomic);
MPOOL_API mpool_err mpool_atomic_f64_new(double initial, mpool_atomic_f64 **atomic);
MPOOL_API void mpool_atomic_f64_free(mpool_atomic_f64 *atomic);
MPOOL_API mpool_handle mpool_atomic_f64_handle(const mpool_atomic_f64 *atomic);
MPOOL_API mpool_err mpool_atomic_f64_open(mpool_handle handle, mpool_atomic_f64 **atomic);

/* To be defined inline by the implementer: for each type T in {bool,i64,u64,f64}:
 *   get(a), set(a,x), get_and_set(a,x) -> old, compare_and_set(a,expected,x) -> bool
 * for numbers: add_and_get, get_and_add, subtract_and_get, get_and_subtract, increment_and_get, get_and_increment,
 *   decrement_and_get, get_and_decrement (f64 too),
 *   update_and_get(a, T (*f)(T, void *user), user), get_and_update, accumulate_and_get(a, x, T (*f)(T, T)), get_and_accumulate
 */
#endif
