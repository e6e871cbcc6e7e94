/*
 * tests/proc/arena.h - the shared memory of this host, seen from outside; and values to fill it with
 */
#ifndef TESTS_PROC_ARENA_H
#define TESTS_PROC_ARENA_H

#include "tests/proc/helper.h"

#define MIB ((size_t)1 << 20)

/* arena_memory - bytes of memory that the arena of this host has. */
size_t arena_memory(void);

/* await_no_values - until no value is there: the memory of the arena is what it was when there was none. */
void await_no_values(size_t before);

/* open_small_arena - mpool_init() with an arena of so many bytes, and a pool. */
mpool_pool *open_small_arena(size_t bytes, const mpool_pool_options *options);

/* zeros - bytes that take no memory as long as they are only read. */
void *zeros(size_t size);

/* pattern - fills bytes with something that depends on the seed and on the place. */
void pattern(unsigned char *bytes, size_t size, unsigned seed);

/* new_pattern - the same in memory of its own, to be freed. */
unsigned char *new_pattern(size_t size, unsigned seed);

/* is_pattern - is it that? */
bool is_pattern(const void *bytes, size_t size, unsigned seed);

/* give - submits "give_pattern": a result of so many bytes of the pattern of that seed. */
mpool_future *give(mpool_pool *pool, const mpool_task *task, size_t size, unsigned seed);

/* check_given - its result is that; the future is freed. */
void check_given(mpool_future *future, size_t size, unsigned seed);

#endif
