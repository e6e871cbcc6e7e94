/*
 * tests/fuzz/requests.h - frames between a server of queues and its clients, as the fuzzers make and read them
 */
#ifndef MP_TESTS_FUZZ_REQUESTS_H
#define MP_TESTS_FUZZ_REQUESTS_H

#include "base/buf.h"

#include <msgpack.h>

#include <stdbool.h>
#include <stdint.h>

/* make_request - appends one valid frame of any type. */
void make_request(struct mp_buf *buf, uint64_t *random);

/*
 * consume_request - reads a frame; is it valid?
 *
 * If it is, every byte that it points to can be read, and written again it says the same.
 */
bool consume_request(const char *data, size_t size, msgpack_zone *zone);

#endif
