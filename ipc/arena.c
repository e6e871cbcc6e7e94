/*
 * ipc/arena.c - the memory that all processes of a host have mapped
 *
 * Runs in: any process; only the host takes and gives. Owns: the memfd and its mapping.
 *
 * The free pages are a short array of extents. What lives long goes into the lowest extent that is large enough; a
 * value into the smallest one, at its high end: values of all sizes come and go, and the best fit keeps large gaps
 * large.
 *
 * Backing and emptying are apart from taking and giving: they take time in proportion to the bytes, and are done by
 * whoever has the time, without a lock, between a take and a give.
 */
#include "ipc/arena.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SMALLEST ((size_t)1 << 20)
#define PIECE_BYTES ((size_t)256 << 10) /* whose memory is asked for in one system call */

/* An eighth more, in whole pages. */
static size_t tail_of(size_t size)
{
    return mp_arena_bytes(size / 8);
}

/*
 * A size beyond RLIMIT_FSIZE would raise SIGXFSZ on ftruncate, beyond RLIMIT_AS make mmap fail: the first is asked
 * before, the second is tried.
 */
static bool try_size(struct mp_arena *arena, size_t size)
{
    size_t tail = tail_of(size);
    struct rlimit limit;
    void *base;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size + tail > limit.rlim_cur) {
        errno = EFBIG;
        return false;
    }
    if (ftruncate(arena->fd, (off_t)(size + tail)) != 0)
        return false;
    base = mmap(NULL, size + tail, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, arena->fd, 0);
    if (base == MAP_FAILED)
        return false;
    arena->base = base;
    arena->size = size;
    arena->tail = tail;
    return true;
}

/* Of a limited address space the arena takes a quarter at most: threads and heaps need the rest. */
static size_t fair_share(size_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && wanted > limit.rlim_cur / 4)
        wanted = limit.rlim_cur / 4;
    return wanted < SMALLEST ? SMALLEST : wanted / MP_ARENA_PAGE * MP_ARENA_PAGE;
}

/* Room for one extent more than there are things taken: there are never more gaps than that. */
static bool reserve(struct mp_arena *arena)
{
    size_t room = 2 * (arena->taken + 2);
    struct mp_extent *bigger;

    if (arena->taken + 2 <= arena->free_room)
        return true;
    bigger = realloc(arena->free, room * sizeof *bigger);
    if (bigger == NULL)
        return false;
    arena->free = bigger;
    arena->free_room = room;
    return true;
}

/* With it a core dump of a worker takes more than a minute to write. */
static void leave_out_of_cores(const struct mp_arena *arena)
{
    (void)madvise(arena->base, arena->size + arena->tail, MADV_DONTDUMP);
}

mpool_err mp_arena_open(size_t wanted, struct mp_arena *arena)
{
    size_t size = fair_share(wanted);

    *arena = (struct mp_arena){.fd = mp_fd_raise(memfd_create("mpool", MFD_CLOEXEC))};
    if (arena->fd < 0)
        return mp_error(MPOOL_E_SYSTEM, "memfd_create: %m");
    while (!try_size(arena, size)) {
        if (size <= SMALLEST) {
            (void)mp_error(MPOOL_E_SYSTEM, "cannot map %zu bytes of shared memory: %m; raise RLIMIT_AS or RLIMIT_FSIZE",
                           size);
            mp_arena_close(arena);
            return MPOOL_E_SYSTEM;
        }
        size = size / 2 / MP_ARENA_PAGE * MP_ARENA_PAGE;
    }
    leave_out_of_cores(arena);
    if (!reserve(arena)) {
        mp_arena_close(arena);
        return mp_error_nomem();
    }
    arena->free[arena->free_count++] = (struct mp_extent){.pages = arena->size / MP_ARENA_PAGE};
    return MPOOL_OK;
}

mpool_err mp_arena_map(int fd, size_t size, struct mp_arena *arena)
{
    size_t tail = tail_of(size);
    void *base = mmap(NULL, size + tail, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

    if (base == MAP_FAILED)
        return mp_error(MPOOL_E_SYSTEM, "cannot map the shared memory of the host, %zu bytes: %m", size + tail);
    *arena = (struct mp_arena){.fd = -1, .base = base, .size = size, .tail = tail};
    leave_out_of_cores(arena);
    return MPOOL_OK;
}

void mp_arena_close(struct mp_arena *arena)
{
    if (arena->base != NULL)
        (void)munmap(arena->base, arena->size + arena->tail);
    if (arena->fd >= 0)
        (void)close(arena->fd);
    free(arena->free);
    *arena = (struct mp_arena){.fd = -1};
}

mpool_err mp_arena_part(const struct mp_arena *arena, size_t offset, size_t bytes, struct mp_arena *part)
{
    *part = (struct mp_arena){
        .fd = arena->fd, .base = mp_arena_tail(arena) + offset, .size = bytes, .origin = arena->size + offset};
    if (!reserve(part))
        return mp_error_nomem();
    part->free[part->free_count++] = (struct mp_extent){.pages = bytes / MP_ARENA_PAGE};
    return MPOOL_OK;
}

void mp_arena_part_close(struct mp_arena *part)
{
    free(part->free);
    *part = (struct mp_arena){.fd = -1};
}

/* ---- which pages are whose --------------------------------------------------------------------------------------- */

/* The extent to take pages from; free_count if none has as many. */
static size_t find(const struct mp_arena *arena, size_t pages, enum mp_arena_end end)
{
    size_t best = arena->free_count;

    for (size_t i = 0; i < arena->free_count; i++) {
        if (arena->free[i].pages < pages)
            continue;
        if (end == MP_ARENA_LOW)
            return i;
        if (best == arena->free_count || arena->free[i].pages <= arena->free[best].pages)
            best = i;
    }
    return best;
}

static void remove_extent(struct mp_arena *arena, size_t at)
{
    arena->free_count--;
    memmove(&arena->free[at], &arena->free[at + 1], (arena->free_count - at) * sizeof arena->free[0]);
}

mpool_err mp_arena_take(struct mp_arena *arena, size_t bytes, enum mp_arena_end end, size_t *offset)
{
    size_t pages = bytes <= arena->size ? mp_arena_bytes(bytes) / MP_ARENA_PAGE : SIZE_MAX;
    size_t at = find(arena, pages, end);
    struct mp_extent *extent;

    if (pages == 0 || at == arena->free_count)
        return mp_error(MPOOL_E_FULL, "the arena of %zu bytes has no %zu bytes left in a row", arena->size, bytes);
    if (!reserve(arena))
        return mp_error_nomem();
    extent = &arena->free[at];
    extent->pages -= pages;
    *offset = extent->first * MP_ARENA_PAGE;
    if (end == MP_ARENA_LOW)
        extent->first += pages;
    else
        *offset += extent->pages * MP_ARENA_PAGE;
    if (extent->pages == 0)
        remove_extent(arena, at);
    arena->taken++;
    return MPOOL_OK;
}

void mp_arena_give(struct mp_arena *arena, size_t offset, size_t bytes)
{
    struct mp_extent given = {.first = offset / MP_ARENA_PAGE, .pages = mp_arena_bytes(bytes) / MP_ARENA_PAGE};
    size_t low = 0, high = arena->free_count;

    while (low < high) { /* the first extent behind it */
        size_t middle = low + (high - low) / 2;

        if (arena->free[middle].first < given.first)
            low = middle + 1;
        else
            high = middle;
    }
    arena->taken--;
    if (low < arena->free_count && given.first + given.pages == arena->free[low].first) {
        given.pages += arena->free[low].pages;
        remove_extent(arena, low);
    }
    if (low > 0 && arena->free[low - 1].first + arena->free[low - 1].pages == given.first) {
        arena->free[low - 1].pages += given.pages;
        return;
    }
    memmove(&arena->free[low + 1], &arena->free[low], (arena->free_count - low) * sizeof given);
    arena->free[low] = given;
    arena->free_count++;
}

/* ---- their memory ------------------------------------------------------------------------------------------------ */

/* Piece by piece: a signal that comes meanwhile undoes the piece. */
mpool_err mp_arena_back(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    size_t end = offset + mp_arena_bytes(bytes);

    while (offset < end) {
        size_t piece = end - offset < PIECE_BYTES ? end - offset : PIECE_BYTES;

        if (fallocate(arena->fd, 0, (off_t)(arena->origin + offset), (off_t)piece) == 0)
            offset += piece;
        else if (errno != EINTR)
            return mp_error(MPOOL_E_NOMEM, "no memory for %zu bytes of the arena: %m", bytes);
    }
    return MPOOL_OK;
}

void mp_arena_empty(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    (void)fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(arena->origin + offset),
                    (off_t)mp_arena_bytes(bytes));
}

void *mp_arena_at(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (offset > arena->size || bytes > arena->size - offset)
        return NULL;
    return arena->base + offset;
}

/*
 * madvise() that says no only where it knows that there is no memory: kernels before 5.14 do not know the advice. Piece
 * by piece: it holds the lock of the whole address space, for which other threads' allocations would have to wait.
 */
static bool populate(const struct mp_arena *arena, size_t offset, size_t bytes, int advice)
{
    size_t end = offset + mp_arena_bytes(bytes);

    while (offset < end) {
        size_t piece = end - offset < PIECE_BYTES ? end - offset : PIECE_BYTES;

        if (madvise(arena->base + offset, piece, advice) == 0)
            offset += piece;
        else if (errno != EINTR)
            return errno == EINVAL;
    }
    return true;
}

bool mp_arena_readable(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    return populate(arena, offset, bytes, MADV_POPULATE_READ);
}

mpool_err mp_arena_guard(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (mprotect(arena->base, arena->size + arena->tail, PROT_READ) != 0 ||
        mprotect(arena->base + offset, bytes, PROT_READ | PROT_WRITE) != 0)
        return mp_error(MPOOL_E_SYSTEM, "mprotect: %m");
    return MPOOL_OK;
}

mpool_err mp_arena_unlock(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (mprotect(arena->base + offset, mp_arena_bytes(bytes), PROT_READ | PROT_WRITE) != 0)
        return mp_error(MPOOL_E_SYSTEM, "mprotect: %m");
    if (populate(arena, offset, bytes, MADV_POPULATE_WRITE))
        return MPOOL_OK;
    (void)mp_error(MPOOL_E_NOMEM, "no memory for %zu bytes of the arena: %m", bytes);
    (void)mp_arena_lock(arena, offset, bytes);
    return MPOOL_E_NOMEM;
}

mpool_err mp_arena_lock(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (mprotect(arena->base + offset, mp_arena_bytes(bytes), PROT_READ) != 0)
        return mp_error(MPOOL_E_SYSTEM, "mprotect: %m");
    return MPOOL_OK;
}
