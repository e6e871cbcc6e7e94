/*
 * tests/fuzz/fuzz.h - what fuzz targets share
 */
#ifndef MP_TESTS_FUZZ_FUZZ_H
#define MP_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target: libFuzzer's main() or that of replay.c calls it with one input. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A property that every input has to have. */
#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
