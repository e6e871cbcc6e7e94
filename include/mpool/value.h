/*
 * mpool/value.h - a number, a struct, or an array of them, in memory that processes share
 *
 * Made by the host and passed on as handles: mpool/handle.h. What is there can be read and written in place; whoever
 * does that holds the lock that comes with it, as in Python's Value and Array:
 *
 *     MPOOL_WITH_RLOCK(mpool_value_get_lock(total))
 *         *(int64_t *)mpool_value_data(total) += bytes;
 *
 * What a process that is killed has written half, stays half written: the next one to acquire the lock by hand is told
 * so, MPOOL_E_OWNER_DIED. Raw ones have no lock.
 */
#ifndef MPOOL_VALUE_H
#define MPOOL_VALUE_H

#include <mpool/error.h>
#include <mpool/handle.h>
#include <mpool/lock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C types of elements. Numbers never change. */
#define MPOOL_TYPES(X)                                                                                                 \
    X(0, BYTES, unsigned char) /* elements of any size: C structs */                                                   \
    X(1, BOOL, bool)                                                                                                   \
    X(2, I8, int8_t)                                                                                                   \
    X(3, U8, uint8_t)                                                                                                  \
    X(4, I16, int16_t)                                                                                                 \
    X(5, U16, uint16_t)                                                                                                \
    X(6, I32, int32_t)                                                                                                 \
    X(7, U32, uint32_t)                                                                                                \
    X(8, I64, int64_t)                                                                                                 \
    X(9, U64, uint64_t)                                                                                                \
    X(10, F32, float)                                                                                                  \
    X(11, F64, double)

typedef enum mpool_type {
#define MPOOL_TYPE_ENUM(number, name, type) MPOOL_##name = (number),
    MPOOL_TYPES(MPOOL_TYPE_ENUM)
#undef MPOOL_TYPE_ENUM
} mpool_type;

/* All zero but `type`, or `size`, means the defaults. */
typedef struct mpool_value_options {
    mpool_type type;
    size_t size; /* MPOOL_BYTES: of an element, in bytes; of other types 0, or what they have */
    bool raw;    /* without a lock: what several processes write at the same time is theirs to see to */
} mpool_value_options;

typedef struct mpool_value mpool_value; /* one element */
typedef struct mpool_array mpool_array; /* a fixed number of them */

/*
 * mpool_value_new - make one
 *
 * initial   in   an element; NULL for zeros
 * value     out  set on MPOOL_OK; release with mpool_value_free(), or leave that to mpool_fini()
 *
 * Errors: MPOOL_E_INVAL (type, size), MPOOL_E_NOMEM, MPOOL_E_TOOBIG (see mpool/handle.h), MPOOL_E_NESTED (not the
 *         host), MPOOL_E_NOINIT, MPOOL_E_FORKED, MPOOL_E_SYSTEM.
 * Calls:  any thread of the host.
 */
MPOOL_API mpool_err mpool_value_new(const mpool_value_options *options, const void *initial, mpool_value **value);
MPOOL_API void mpool_value_free(mpool_value *value);
MPOOL_API mpool_handle mpool_value_handle(const mpool_value *value);
MPOOL_API mpool_err mpool_value_open(mpool_handle handle, mpool_value **value);

/* mpool_value_data - where the element is, aligned for any type; NULL of what is no value. Calls: any thread. */
MPOOL_API void *mpool_value_data(mpool_value *value);

/* mpool_value_size - its size in bytes. Calls: any thread of any process. */
MPOOL_API size_t mpool_value_size(const mpool_value *value);

/*
 * mpool_value_get_lock - its lock, which is released with it and has no handle of its own
 *
 * NULL of a raw one, and of what is no value: MPOOL_WITH_RLOCK() then passes its block over.
 * Calls: any thread of any process.
 */
MPOOL_API mpool_rlock *mpool_value_get_lock(mpool_value *value);

/*
 * mpool_value_get, mpool_value_set - copy the element out or in, with the lock held meanwhile, if there is one
 *
 * size      in   of *element: the value's own. The caller may hold the lock already.
 *
 * Errors: MPOOL_E_INVAL (size), MPOOL_E_OWNER_DIED (it was copied; but the last holder of the lock died with it),
 *         MPOOL_E_STALE, MPOOL_E_FORKED, MPOOL_E_NOINIT.
 * Calls:  any thread of any process.
 */
MPOOL_API mpool_err mpool_value_get(mpool_value *value, void *element, size_t size);
MPOOL_API mpool_err mpool_value_set(mpool_value *value, const void *element, size_t size);

/*
 * mpool_array_new - make one of `count` elements, which may be none; the rest as for values
 *
 * initial   in   `count` elements; NULL for zeros
 */
MPOOL_API mpool_err mpool_array_new(const mpool_value_options *options, size_t count, const void *initial,
                                    mpool_array **array);
MPOOL_API void mpool_array_free(mpool_array *array);
MPOOL_API mpool_handle mpool_array_handle(const mpool_array *array);
MPOOL_API mpool_err mpool_array_open(mpool_handle handle, mpool_array **array);
MPOOL_API void *mpool_array_data(mpool_array *array);
MPOOL_API size_t mpool_array_size(const mpool_array *array);  /* of an element, in bytes */
MPOOL_API size_t mpool_array_count(const mpool_array *array); /* of elements */
MPOOL_API mpool_rlock *mpool_array_get_lock(mpool_array *array);

/* mpool_array_get, mpool_array_set - one element; MPOOL_E_INVAL also if there is none at `index`. */
MPOOL_API mpool_err mpool_array_get(mpool_array *array, size_t index, void *element, size_t size);
MPOOL_API mpool_err mpool_array_set(mpool_array *array, size_t index, const void *element, size_t size);

#endif
