/*
 * tests/fuzz/frames.h - messages between supervisor and worker, as the fuzzers make and read them
 */
#ifndef MP_TESTS_FUZZ_FRAMES_H
#define MP_TESTS_FUZZ_FRAMES_H

#include "base/buf.h"

#include <msgpack.h>

#include <stdbool.h>
#include <stdint.h>

/* make_frame - appends one valid message of any type. */
void make_frame(struct mp_buf *buf, uint64_t *random);

/*
 * consume_frame - reads a message; is it valid?
 *
 * If it is, every byte that it points to can be read, and written again it says the same.
 */
bool consume_frame(const char *data, size_t size, msgpack_zone *zone);

#endif
