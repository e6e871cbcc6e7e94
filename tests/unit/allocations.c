/*
 * tests/unit/allocations.c - counts what the calling thread allocates, and makes allocations fail
 */
#include "tests/unit/allocations.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

static _Thread_local struct allocations counted;
static _Thread_local bool counting;
#ifndef ASAN
static _Thread_local bool failing;
static _Thread_local size_t successes_left;
#endif

static void count(size_t bytes)
{
    if (counting) {
        counted.calls++;
        counted.bytes += bytes;
    }
}

#ifdef ASAN

int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                              void (*free_hook)(const volatile void *));

static void allocated(const volatile void *memory, size_t bytes)
{
    (void)memory;
    count(bytes);
}

static void freed(const volatile void *memory)
{
    (void)memory;
}

__attribute__((constructor)) static void install_hooks(void)
{
    (void)__sanitizer_install_malloc_and_free_hooks(allocated, freed);
}

#else

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t number, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

static bool refused(size_t bytes)
{
    count(bytes);
    if (!failing)
        return false;
    if (successes_left > 0) {
        successes_left--;
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    return refused(bytes) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes)
{
    return refused(number * bytes) ? NULL : __libc_calloc(number, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    return refused(bytes) ? NULL : __libc_realloc(memory, bytes);
}

#endif

void allocations_start(void)
{
    counted = (struct allocations){0};
    counting = true;
}

struct allocations allocations_stop(void)
{
    counting = false;
    return counted;
}

bool allocations_fail(size_t successes)
{
#ifdef ASAN
    (void)successes;
    return false;
#else
    successes_left = successes;
    failing = true;
    return true;
#endif
}

void allocations_succeed(void)
{
#ifndef ASAN
    failing = false;
#endif
}
