/*
 * mpool/atomic.h - numbers that processes change at once without a lock
 *
 * Made by the host and passed on as handles: mpool/handle.h. Each operation is indivisible and sequentially consistent,
 * and a process may be killed at any moment of it: it has happened or it has not. They are inline, most of them a
 * single instruction; so the pointer must be one that was made or opened, and not released.
 *
 *     mpool_atomic_i64_increment_and_get(visits);
 *
 * Integers wrap around as unsigned C integers do, the signed ones too (two's complement, as C11's atomics): 2^63 - 1
 * and 1 more is -2^63. Who may get there uses a job total (mpool/total.h), which says so.
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
    unsigned char word;
} mpool_atomic_bool;
typedef struct mpool_atomic_i64 {
    uint64_t word;
} mpool_atomic_i64;
typedef struct mpool_atomic_u64 {
    uint64_t word;
} mpool_atomic_u64;
typedef struct mpool_atomic_f64 {
    uint64_t word;
} mpool_atomic_f64;

/*
 * mpool_atomic_i64_new - make one, with its first number; and so for the other types
 *
 * It takes a page of its own. The operations work as well on those in a struct or an array of mpool/value.h.
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

/*
 * The operations, of i64; u64 and f64 have the same with uint64_t and double for int64_t, and bool the first four:
 *
 *     int64_t mpool_atomic_i64_get(const mpool_atomic_i64 *atomic)
 *     void    mpool_atomic_i64_set(mpool_atomic_i64 *atomic, int64_t number)
 *     int64_t mpool_atomic_i64_get_and_set(mpool_atomic_i64 *atomic, int64_t number)
 *     bool    mpool_atomic_i64_compare_and_set(mpool_atomic_i64 *atomic, int64_t expected, int64_t number)
 *                 sets it if it is `expected`, and says whether it was. Doubles are compared by their bits: 0.0 is not
 *                 -0.0, and a NaN is itself.
 *
 *     int64_t mpool_atomic_i64_add_and_get(mpool_atomic_i64 *atomic, int64_t number)
 *     int64_t mpool_atomic_i64_get_and_add(mpool_atomic_i64 *atomic, int64_t number)
 *     int64_t mpool_atomic_i64_subtract_and_get(mpool_atomic_i64 *atomic, int64_t number)
 *     int64_t mpool_atomic_i64_get_and_subtract(mpool_atomic_i64 *atomic, int64_t number)
 *     int64_t mpool_atomic_i64_increment_and_get(mpool_atomic_i64 *atomic)
 *     int64_t mpool_atomic_i64_get_and_increment(mpool_atomic_i64 *atomic)
 *     int64_t mpool_atomic_i64_decrement_and_get(mpool_atomic_i64 *atomic)
 *     int64_t mpool_atomic_i64_get_and_decrement(mpool_atomic_i64 *atomic)
 *
 *     int64_t mpool_atomic_i64_update_and_get(mpool_atomic_i64 *atomic, int64_t (*function)(int64_t, void *),
 *                                             void *user)
 *     int64_t mpool_atomic_i64_get_and_update(...)             the new number is function(old, user)
 *     int64_t mpool_atomic_i64_accumulate_and_get(mpool_atomic_i64 *atomic, int64_t number,
 *                                                 int64_t (*function)(int64_t, int64_t))
 *     int64_t mpool_atomic_i64_get_and_accumulate(...)         the new number is function(old, number)
 *                 The function is called again if another thread was faster, so it has no other effects.
 *
 * Calls: any thread of any process.
 */

/* ---- of the operations above, and nobody else's ------------------------------------------------------------------ */

/* NOLINTBEGIN(bugprone-macro-parentheses) because types and names cannot stand in parentheses */

/* What a number is in memory, and back. gcc and clang define the conversion of a word to a signed number: it wraps. */
static inline uint64_t mpool_atomic_i64_word_(int64_t number)
{
    return (uint64_t)number;
}

static inline int64_t mpool_atomic_i64_of_(uint64_t word)
{
    return (int64_t)word;
}

static inline uint64_t mpool_atomic_u64_word_(uint64_t number)
{
    return number;
}

static inline uint64_t mpool_atomic_u64_of_(uint64_t word)
{
    return word;
}

static inline uint64_t mpool_atomic_f64_word_(double number)
{
    uint64_t word;

    memcpy(&word, &number, sizeof word);
    return word;
}

static inline double mpool_atomic_f64_of_(uint64_t word)
{
    double number;

    memcpy(&number, &word, sizeof number);
    return number;
}

static inline unsigned char mpool_atomic_bool_word_(bool flag)
{
    return flag ? 1 : 0;
}

static inline bool mpool_atomic_bool_of_(unsigned char word)
{
    return word != 0;
}

/* get, set, get_and_set, compare_and_set: of a type `name`, in C `type`, in memory a `word_type`. */
#define MPOOL_ATOMIC_BASE_(name, type, word_type)                                                                      \
    static inline type mpool_atomic_##name##_get(const mpool_atomic_##name *atomic)                                    \
    {                                                                                                                  \
        return mpool_atomic_##name##_of_(__atomic_load_n(&atomic->word, __ATOMIC_SEQ_CST));                            \
    }                                                                                                                  \
    static inline void mpool_atomic_##name##_set(mpool_atomic_##name *atomic, type number)                             \
    {                                                                                                                  \
        __atomic_store_n(&atomic->word, mpool_atomic_##name##_word_(number), __ATOMIC_SEQ_CST);                        \
    }                                                                                                                  \
    static inline type mpool_atomic_##name##_get_and_set(mpool_atomic_##name *atomic, type number)                     \
    {                                                                                                                  \
        return mpool_atomic_##name##_of_(                                                                              \
            __atomic_exchange_n(&atomic->word, mpool_atomic_##name##_word_(number), __ATOMIC_SEQ_CST));                \
    }                                                                                                                  \
    static inline bool mpool_atomic_##name##_compare_and_set(mpool_atomic_##name *atomic, type expected, type number)  \
    {                                                                                                                  \
        word_type word = mpool_atomic_##name##_word_(expected);                                                        \
                                                                                                                       \
        return __atomic_compare_exchange_n(&atomic->word, &word, mpool_atomic_##name##_word_(number), false,           \
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                                        \
    }

/* Adding by one instruction: as unsigned integers, which wrap around. */
#define MPOOL_ATOMIC_FETCH_(name, type, operation, fetch)                                                              \
    static inline type mpool_atomic_##name##_##operation(mpool_atomic_##name *atomic, type number)                     \
    {                                                                                                                  \
        return mpool_atomic_##name##_of_(fetch(&atomic->word, mpool_atomic_##name##_word_(number), __ATOMIC_SEQ_CST)); \
    }

#define MPOOL_ATOMIC_ONE_(name, type, operation, any)                                                                  \
    static inline type mpool_atomic_##name##_##operation(mpool_atomic_##name *atomic)                                  \
    {                                                                                                                  \
        return mpool_atomic_##name##_##any(atomic, 1);                                                                 \
    }

/*
 * What the processor has no instruction for: `now` is computed of `old`, and set if nobody was faster. The function
 * returns one of the two.
 */
#define MPOOL_ATOMIC_LOOP_(name, type, operation, parameters, next, result)                                            \
    static inline type mpool_atomic_##name##_##operation parameters                                                    \
    {                                                                                                                  \
        type old, now;                                                                                                 \
                                                                                                                       \
        do {                                                                                                           \
            old = mpool_atomic_##name##_get(atomic);                                                                   \
            now = (next);                                                                                              \
        } while (!mpool_atomic_##name##_compare_and_set(atomic, old, now));                                            \
        return result;                                                                                                 \
    }

/* clang-format off */
#define MPOOL_ATOMIC_COMMON_(name, type)                                                                               \
    MPOOL_ATOMIC_BASE_(name, type, uint64_t)                                                                           \
    MPOOL_ATOMIC_LOOP_(name, type, update_and_get,                                                                     \
        (mpool_atomic_##name *atomic, type (*function)(type, void *), void *user), function(old, user), now)           \
    MPOOL_ATOMIC_LOOP_(name, type, get_and_update,                                                                     \
        (mpool_atomic_##name *atomic, type (*function)(type, void *), void *user), function(old, user), old)           \
    MPOOL_ATOMIC_LOOP_(name, type, accumulate_and_get,                                                                 \
        (mpool_atomic_##name *atomic, type number, type (*function)(type, type)), function(old, number), now)          \
    MPOOL_ATOMIC_LOOP_(name, type, get_and_accumulate,                                                                 \
        (mpool_atomic_##name *atomic, type number, type (*function)(type, type)), function(old, number), old)

#define MPOOL_ATOMIC_ONES_(name, type)                                                                                 \
    MPOOL_ATOMIC_ONE_(name, type, increment_and_get, add_and_get)                                                      \
    MPOOL_ATOMIC_ONE_(name, type, get_and_increment, get_and_add)                                                      \
    MPOOL_ATOMIC_ONE_(name, type, decrement_and_get, subtract_and_get)                                                 \
    MPOOL_ATOMIC_ONE_(name, type, get_and_decrement, get_and_subtract)

#define MPOOL_ATOMIC_INTEGER_(name, type)                                                                              \
    MPOOL_ATOMIC_COMMON_(name, type)                                                                                   \
    MPOOL_ATOMIC_FETCH_(name, type, add_and_get, __atomic_add_fetch)                                                   \
    MPOOL_ATOMIC_FETCH_(name, type, get_and_add, __atomic_fetch_add)                                                   \
    MPOOL_ATOMIC_FETCH_(name, type, subtract_and_get, __atomic_sub_fetch)                                              \
    MPOOL_ATOMIC_FETCH_(name, type, get_and_subtract, __atomic_fetch_sub)                                              \
    MPOOL_ATOMIC_ONES_(name, type)

#define MPOOL_ATOMIC_FLOAT_(name, type)                                                                                \
    MPOOL_ATOMIC_COMMON_(name, type)                                                                                   \
    MPOOL_ATOMIC_LOOP_(name, type, add_and_get, (mpool_atomic_##name *atomic, type number), old + number, now)         \
    MPOOL_ATOMIC_LOOP_(name, type, get_and_add, (mpool_atomic_##name *atomic, type number), old + number, old)         \
    MPOOL_ATOMIC_LOOP_(name, type, subtract_and_get, (mpool_atomic_##name *atomic, type number), old - number, now)    \
    MPOOL_ATOMIC_LOOP_(name, type, get_and_subtract, (mpool_atomic_##name *atomic, type number), old - number, old)    \
    MPOOL_ATOMIC_ONES_(name, type)
/* clang-format on */

MPOOL_ATOMIC_BASE_(bool, bool, unsigned char)
MPOOL_ATOMIC_INTEGER_(i64, int64_t)
MPOOL_ATOMIC_INTEGER_(u64, uint64_t)
MPOOL_ATOMIC_FLOAT_(f64, double)

#undef MPOOL_ATOMIC_BASE_
#undef MPOOL_ATOMIC_FETCH_
#undef MPOOL_ATOMIC_ONE_
#undef MPOOL_ATOMIC_LOOP_
#undef MPOOL_ATOMIC_COMMON_
#undef MPOOL_ATOMIC_ONES_
#undef MPOOL_ATOMIC_INTEGER_
#undef MPOOL_ATOMIC_FLOAT_
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
