/*
 * tests/fuzz/fuzz_request.c - any bytes as a frame of a served queue's: refused, or read and written again
 *
 * The size in the head is made right: else the fuzzer would have to find it.
 */
#include "serialize/request.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/requests.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *data = malloc(size > 0 ? size : 1); /* of exactly this size, so that a read beyond it is seen */
    msgpack_zone zone;

    HOLDS(data != NULL && msgpack_zone_init(&zone, 1024));
    if (size > 0)
        memcpy(data, bytes, size);
    for (int i = 0; i < 4 && size >= MP_FRAME_HEAD; i++)
        data[4 + i] = (char)((size - MP_FRAME_HEAD) >> (24 - 8 * i));
    (void)consume_request(data, size, &zone);
    msgpack_zone_destroy(&zone);
    free(data);
    return 0;
}
