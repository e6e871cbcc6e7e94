/*
 * ipc/totals.c - the totals of a pool, in the arena
 *
 * Runs in: the host (all), workers (find). Owns: nothing.
 *
 * The sequence lock is the textbook one with C11 atomics (Boehm, "Can seqlocks get along with programming language
 * memory models?", 2012): the writer makes the sequence odd, writes the words, makes it even; a reader that saw the
 * same even sequence before and after has read one state.
 */
#include "ipc/totals.h"

#include "base/error.h"

#include <string.h>

int mp_totals_find(const struct mp_totals *totals, const char *name)
{
    uint32_t count = atomic_load_explicit(&totals->count, memory_order_acquire);

    for (uint32_t i = 0; i < count && i < MPOOL_TOTALS_MAX; i++)
        if (strcmp(totals->cells[i].name, name) == 0)
            return (int)i;
    return -1;
}

mpool_err mp_totals_add(struct mp_totals *totals, const char *name, mpool_total_kind kind, uint32_t *number)
{
    uint32_t count = atomic_load_explicit(&totals->count, memory_order_relaxed);
    size_t size = name != NULL ? strlen(name) : 0;

    if (size == 0 || size > MPOOL_NAME_MAX)
        return mp_error(MPOOL_E_INVAL, "the name of a total has 1 to %d bytes, not %zu", MPOOL_NAME_MAX, size);
    if (kind < MPOOL_SUM || kind > MPOOL_COUNT)
        return mp_error(MPOOL_E_INVAL, "total \"%s\": %d is not a kind of total", name, (int)kind);
    if (mp_totals_find(totals, name) >= 0)
        return mp_error(MPOOL_E_INVAL, "total \"%s\" exists already in this pool", name);
    if (count == MPOOL_TOTALS_MAX)
        return mp_error(MPOOL_E_TOOBIG, "total \"%s\": a pool has at most %d totals", name, MPOOL_TOTALS_MAX);
    memcpy(totals->cells[count].name, name, size + 1);
    totals->cells[count].kind = kind;
    atomic_store_explicit(&totals->count, count + 1, memory_order_release);
    *number = count;
    return MPOOL_OK;
}

static uint64_t bits_of(double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    return bits;
}

static struct mp_delta from_words(const uint64_t words[5])
{
    struct mp_delta delta = {.count = words[0], .low = words[1], .high = (int64_t)words[2], .is_float = words[4] != 0};

    memcpy(&delta.real, &words[3], sizeof delta.real);
    return delta;
}

struct mp_delta mp_totals_read(const struct mp_total_cell *cell)
{
    uint64_t words[5];
    uint32_t before, after;

    do {
        before = atomic_load_explicit(&cell->sequence, memory_order_acquire);
        for (int i = 0; i < 5; i++)
            words[i] = atomic_load_explicit(&cell->words[i], memory_order_acquire);
        after = atomic_load_explicit(&cell->sequence, memory_order_relaxed);
    } while (before != after || before % 2 != 0);
    return from_words(words);
}

void mp_totals_commit(struct mp_totals *totals, uint32_t number, const struct mp_delta *more)
{
    struct mp_total_cell *cell = &totals->cells[number];
    struct mp_delta delta = mp_totals_read(cell);
    uint32_t sequence = atomic_load_explicit(&cell->sequence, memory_order_relaxed);
    uint64_t words[5];

    mp_delta_merge(&delta, cell->kind, more);
    words[0] = delta.count;
    words[1] = delta.low;
    words[2] = (uint64_t)delta.high;
    words[3] = bits_of(delta.real);
    words[4] = delta.is_float;
    atomic_store_explicit(&cell->sequence, sequence + 1, memory_order_relaxed);
    for (int i = 0; i < 5; i++)
        atomic_store_explicit(&cell->words[i], words[i], memory_order_release);
    atomic_store_explicit(&cell->sequence, sequence + 2, memory_order_release);
}
