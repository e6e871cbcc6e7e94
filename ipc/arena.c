/*
 * ipc/arena.c - the memory that all processes of a host have mapped
 *
 * Runs in: any process; only the host takes and gives. Owns: the memfd and its mapping.
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

#define PAGE_BYTES ((size_t)4096)
#define SMALLEST ((size_t)1 << 20)

/*
 * A size beyond RLIMIT_FSIZE would raise SIGXFSZ on ftruncate, beyond RLIMIT_AS make mmap fail: the first is asked
 * before, the second is tried.
 */
static bool try_size(struct mp_arena *arena, size_t size)
{
    struct rlimit limit;
    void *base;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur) {
        errno = EFBIG;
        return false;
    }
    if (ftruncate(arena->fd, (off_t)size) != 0)
        return false;
    base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, arena->fd, 0);
    if (base == MAP_FAILED)
        return false;
    arena->base = base;
    arena->size = size;
    return true;
}

/* Of a limited address space the arena takes a quarter at most: threads and heaps need the rest. */
static size_t fair_share(size_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && wanted > limit.rlim_cur / 4)
        wanted = limit.rlim_cur / 4;
    return wanted < SMALLEST ? SMALLEST : wanted / PAGE_BYTES * PAGE_BYTES;
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
        size = size / 2 / PAGE_BYTES * PAGE_BYTES;
    }
    arena->taken = calloc(arena->size / PAGE_BYTES, 1);
    if (arena->taken == NULL) {
        mp_arena_close(arena);
        return mp_error_nomem();
    }
    return MPOOL_OK;
}

mpool_err mp_arena_map(int fd, size_t size, struct mp_arena *arena)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

    if (base == MAP_FAILED)
        return mp_error(MPOOL_E_SYSTEM, "cannot map the shared memory of the host, %zu bytes: %m", size);
    *arena = (struct mp_arena){.fd = -1, .base = base, .size = size};
    return MPOOL_OK;
}

void mp_arena_close(struct mp_arena *arena)
{
    if (arena->base != NULL)
        (void)munmap(arena->base, arena->size);
    if (arena->fd >= 0)
        (void)close(arena->fd);
    free(arena->taken);
    *arena = (struct mp_arena){.fd = -1};
}

/* The first run of `pages` free pages; the number of pages of the arena if there is none. */
static size_t find_run(const struct mp_arena *arena, size_t pages)
{
    size_t all = arena->size / PAGE_BYTES, run = 0;

    for (size_t i = 0; i < all; i++) {
        run = arena->taken[i] ? 0 : run + 1;
        if (run == pages)
            return i + 1 - pages;
    }
    return all;
}

mpool_err mp_arena_take(struct mp_arena *arena, size_t bytes, size_t *offset)
{
    size_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    size_t first = find_run(arena, pages);

    if (pages == 0 || first == arena->size / PAGE_BYTES)
        return mp_error(MPOOL_E_NOMEM, "the arena of %zu bytes has no %zu bytes left", arena->size, bytes);
    if (fallocate(arena->fd, 0, (off_t)(first * PAGE_BYTES), (off_t)(pages * PAGE_BYTES)) != 0)
        return mp_error(MPOOL_E_NOMEM, "no memory for %zu bytes of the arena: %m", bytes);
    memset(arena->taken + first, 1, pages);
    *offset = first * PAGE_BYTES;
    return MPOOL_OK;
}

void mp_arena_give(struct mp_arena *arena, size_t offset, size_t bytes)
{
    size_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;

    (void)fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)(pages * PAGE_BYTES));
    memset(arena->taken + offset / PAGE_BYTES, 0, pages);
}

void *mp_arena_at(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (offset > arena->size || bytes > arena->size - offset)
        return NULL;
    return arena->base + offset;
}

mpool_err mp_arena_guard(const struct mp_arena *arena, size_t offset, size_t bytes)
{
    if (mprotect(arena->base, arena->size, PROT_READ) != 0 ||
        mprotect(arena->base + offset, bytes, PROT_READ | PROT_WRITE) != 0)
        return mp_error(MPOOL_E_SYSTEM, "mprotect: %m");
    return MPOOL_OK;
}
