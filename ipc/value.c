/*
 * ipc/value.c - a number, a struct, or an array of them, in memory that processes share
 *
 * Runs in: any process, any thread. Owns: the memory of the values and arrays, in the arena.
 *
 * Behind the head lie the elements, where programs read and write them in place. So the head is within reach of a wild
 * write, and how many elements of which size there are is input: what it says is believed if it lies within the object.
 * A value is an array of one.
 */
#include <mpool/value.h>

#include "base/error.h"
#include "ipc/mutex.h"
#include "ipc/shared.h"

#include <stdatomic.h>
#include <string.h>

struct elements {
    struct mp_mutex
        lock; /* written by whoever holds or wants it; raw ones do not have it. It comes first: mpool_rlock */
    _Atomic uint64_t size;  /* of an element, in bytes; like the next two, written once, by the host that makes it */
    _Atomic uint64_t count; /* of elements */
    _Atomic uint64_t raw;   /* not 0: without a lock */
    /* Written by the program, in place, or under the lock by the calls below; a death may leave half of an element. */
    unsigned char data[] __attribute__((aligned(64)));
};

/* A private copy of the head, which was checked: `count` elements of `size` bytes lie within the object. */
struct shape {
    size_t size;
    size_t count;
    bool raw;
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static mpool_err choose_size(const mpool_value_options *options, size_t *size)
{
    static const size_t sizes[] = {
#define SIZE(number, name, type) [number] = sizeof(type),
        MPOOL_TYPES(SIZE)
#undef SIZE
    };
    unsigned type = (unsigned)options->type;

    if (type >= sizeof sizes / sizeof sizes[0])
        return mp_error(MPOOL_E_INVAL, "there is no type %u; see mpool_type", type);
    if (type == MPOOL_BYTES && options->size == 0)
        return mp_error(MPOOL_E_INVAL, "elements of type MPOOL_BYTES need a size");
    if (type != MPOOL_BYTES && options->size != 0 && options->size != sizes[type])
        return mp_error(MPOOL_E_INVAL, "elements of this type have %zu bytes, not %zu; leave size 0", sizes[type],
                        options->size);
    *size = type == MPOOL_BYTES ? options->size : sizes[type];
    return MPOOL_OK;
}

static mpool_err make(enum mp_kind kind, const mpool_value_options *options, size_t count, const void *initial,
                      void **object)
{
    struct elements *elements;
    size_t size = 0;
    void *made;
    mpool_err err = choose_size(options, &size);

    if (err == MPOOL_OK && count > (PTRDIFF_MAX - sizeof *elements) / size)
        err = mp_error(MPOOL_E_TOOBIG, "%zu elements of %zu bytes are more than any memory has", count, size);
    if (err == MPOOL_OK)
        err = mp_shared_new(kind, sizeof *elements + count * size, &made);
    if (err != MPOOL_OK)
        return err;
    elements = made;
    err = options->raw ? MPOOL_OK : mp_mutex_init(&elements->lock, true);
    if (err != MPOOL_OK) {
        mp_shared_free(made);
        return err;
    }
    atomic_store_explicit(&elements->size, size, memory_order_relaxed);
    atomic_store_explicit(&elements->count, count, memory_order_relaxed);
    atomic_store_explicit(&elements->raw, options->raw, memory_order_relaxed);
    if (initial != NULL)
        memcpy(elements->data, initial, count * size);
    *object = made;
    return MPOOL_OK;
}

/* ---- looking at the head ----------------------------------------------------------------------------------------- */

static mpool_err look(const void *object, enum mp_kind kind, struct shape *shape)
{
    const struct elements *elements = object;
    mpool_err err = mp_shared_check_kind(object, kind);
    size_t room;

    if (err != MPOOL_OK)
        return err;
    room = mp_shared_bytes(object) - sizeof *elements;
    shape->size = atomic_load_explicit(&elements->size, memory_order_relaxed);
    shape->count = atomic_load_explicit(&elements->count, memory_order_relaxed);
    shape->raw = atomic_load_explicit(&elements->raw, memory_order_relaxed) != 0;
    if (shape->size == 0 || shape->count > room / shape->size)
        return mp_error(MPOOL_E_STALE, "what should be a shared value is none any more; somebody has written over it");
    return MPOOL_OK;
}

static void *data_of(void *object, enum mp_kind kind)
{
    struct elements *elements = object;
    struct shape shape;

    return look(object, kind, &shape) == MPOOL_OK ? elements->data : NULL;
}

static mpool_rlock *lock_of(void *object, enum mp_kind kind)
{
    struct shape shape;

    return look(object, kind, &shape) == MPOOL_OK && !shape.raw ? object : NULL;
}

/* ---- copying ----------------------------------------------------------------------------------------------------- */

enum direction { OUT, IN };

/* Copies an element out of an object or into it, with its lock held. */
static mpool_err copy(enum direction direction, void *object, enum mp_kind kind, size_t index, void *element,
                      size_t size)
{
    struct elements *elements = object;
    struct shape shape;
    unsigned char *at;
    mpool_err err = look(object, kind, &shape);

    if (err != MPOOL_OK)
        return err;
    if (size != shape.size)
        return mp_error(MPOOL_E_INVAL, "an element has %zu bytes here, not %zu", shape.size, size);
    if (index >= shape.count)
        return mp_error(MPOOL_E_INVAL, "there is no element %zu; there are %zu, from 0 up", index, shape.count);
    err = shape.raw ? MPOOL_OK : mp_mutex_lock(&elements->lock, INT64_MAX);
    if (err != MPOOL_OK && err != MPOOL_E_OWNER_DIED)
        return err;
    at = elements->data + index * size;
    memcpy(direction == IN ? at : element, direction == IN ? element : at, size);
    if (!shape.raw)
        (void)mp_mutex_unlock(&elements->lock);
    return err;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

MP_SHARED_CALLS(mpool_value, MP_KIND_VALUE)

mpool_err mpool_value_new(const mpool_value_options *options, const void *initial, mpool_value **value)
{
    void *made;
    mpool_err err = make(MP_KIND_VALUE, options, 1, initial, &made);

    if (err == MPOOL_OK)
        *value = made;
    return err;
}

void *mpool_value_data(mpool_value *value)
{
    return data_of(value, MP_KIND_VALUE);
}

size_t mpool_value_size(const mpool_value *value)
{
    struct shape shape;

    return look(value, MP_KIND_VALUE, &shape) == MPOOL_OK ? shape.size : 0;
}

mpool_rlock *mpool_value_get_lock(mpool_value *value)
{
    return lock_of(value, MP_KIND_VALUE);
}

mpool_err mpool_value_get(mpool_value *value, void *element, size_t size)
{
    return copy(OUT, value, MP_KIND_VALUE, 0, element, size);
}

mpool_err mpool_value_set(mpool_value *value, const void *element, size_t size)
{
    return copy(IN, value, MP_KIND_VALUE, 0, (void *)(uintptr_t)element, size);
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

MP_SHARED_CALLS(mpool_array, MP_KIND_ARRAY)

mpool_err mpool_array_new(const mpool_value_options *options, size_t count, const void *initial, mpool_array **array)
{
    void *made;
    mpool_err err = make(MP_KIND_ARRAY, options, count, initial, &made);

    if (err == MPOOL_OK)
        *array = made;
    return err;
}

void *mpool_array_data(mpool_array *array)
{
    return data_of(array, MP_KIND_ARRAY);
}

size_t mpool_array_size(const mpool_array *array)
{
    struct shape shape;

    return look(array, MP_KIND_ARRAY, &shape) == MPOOL_OK ? shape.size : 0;
}

size_t mpool_array_count(const mpool_array *array)
{
    struct shape shape;

    return look(array, MP_KIND_ARRAY, &shape) == MPOOL_OK ? shape.count : 0;
}

mpool_rlock *mpool_array_get_lock(mpool_array *array)
{
    return lock_of(array, MP_KIND_ARRAY);
}

mpool_err mpool_array_get(mpool_array *array, size_t index, void *element, size_t size)
{
    return copy(OUT, array, MP_KIND_ARRAY, index, element, size);
}

mpool_err mpool_array_set(mpool_array *array, size_t index, const void *element, size_t size)
{
    return copy(IN, array, MP_KIND_ARRAY, index, (void *)(uintptr_t)element, size);
}
