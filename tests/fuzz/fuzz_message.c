/*
 * tests/fuzz/fuzz_message.c - any bytes as a message between supervisor and worker: refused, or read and written again
 */
#include "tests/fuzz/frames.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *data = malloc(size > 0 ? size : 1); /* of exactly this size, so that a read beyond it is seen */
    msgpack_zone zone;

    HOLDS(data != NULL && msgpack_zone_init(&zone, 1024));
    if (size > 0)
        memcpy(data, bytes, size);
    (void)consume_frame(data, size, &zone);
    msgpack_zone_destroy(&zone);
    free(data);
    return 0;
}
