/*
 * tests/unit/allocations.h - counts what the calling thread allocates, and makes allocations fail
 *
 * The test program has a malloc() of its own that counts and calls the C library's; libmsgpackc uses it too. Under
 * AddressSanitizer, whose malloc() cannot be replaced, its hooks count, and allocations cannot be made to fail.
 */
#ifndef MP_TESTS_UNIT_ALLOCATIONS_H
#define MP_TESTS_UNIT_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

struct allocations {
    size_t calls;
    size_t bytes; /* asked for, whether or not they were freed again */
};

/* allocations_start - count from zero. */
void allocations_start(void);

/* allocations_stop - what was allocated since allocations_start(). */
struct allocations allocations_stop(void);

/* allocations_fail - let `successes` more calls of this thread succeed, and all later ones fail; false: cannot. */
bool allocations_fail(size_t successes);

/* allocations_succeed - the end of allocations_fail(). */
void allocations_succeed(void);

#endif
