/*
 * tests/stress/must.h - what has to hold in a stress program, which has no test framework
 */
#ifndef TESTS_STRESS_MUST_H
#define TESTS_STRESS_MUST_H

#include <mpool/error.h>
#include <stdio.h>
#include <stdlib.h>

/* The first one that does not hold ends the program, with what it was and what mpool has to say of it. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, mpool_error_detail());           \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
