/*
 * tests/fuzz/fuzz_unpack.c - any format on any value: mpool_unpack() and mpool_pack() answer, and do no harm
 *
 * The first byte of an input says how long the format behind it is; the rest is a value. Formats are not input for
 * mpool, but a mistake in one has to end as an error. All arguments are pointers to the same piece of memory, which any
 * conversion may write and which is a key, too. mpool_pack() gets only the conversions that can do with such an
 * argument.
 */
#include "base/buf.h"
#include "serialize/decode.h"
#include "serialize/scan.h"
#include "tests/fuzz/fuzz.h"

#include <mpool/pack.h>

#include <string.h>

/* The longest format; each of its characters takes at most two arguments. */
enum { FORMAT_MOST = 30 };

#define FOUR(argument) (argument), (argument), (argument), (argument)
#define SIXTEEN(argument) FOUR(argument), FOUR(argument), FOUR(argument), FOUR(argument)
#define SIXTY_FOUR(argument) SIXTEEN(argument), SIXTEEN(argument), SIXTEEN(argument), SIXTEEN(argument)

static void unpack(const msgpack_object *object, const char *format)
{
    union {
        char key[64]; /* NUL behind what conversions write */
        msgpack_object object;
    } memory = {.key = "a"};
    mpool_err err = mpool_unpack(object, format, SIXTY_FOUR((void *)&memory));

    HOLDS(err == MPOOL_OK || err == MPOOL_E_FORMAT);
    HOLDS(err == MPOOL_OK || mpool_error_detail()[0] != '\0');
}

static void pack(const char *format)
{
    struct mp_buf buf = {0};
    msgpack_packer packer;
    mpool_err err;

    if (strpbrk(format, "doz") != NULL)
        return;
    msgpack_packer_init(&packer, &buf, mp_buf_write);
    err = mpool_pack(&packer, format, SIXTY_FOUR("key"));
    HOLDS(err == MPOOL_OK || err == MPOOL_E_FORMAT);
    if (err == MPOOL_OK) {
        static const struct mp_scan_limits wide = {.depth = MP_SCAN_DEPTH_MAX, .nodes = SIZE_MAX};

        HOLDS(mp_scan_values(buf.data, buf.size, 1, &wide, NULL) == MP_SCAN_OK);
    }
    mp_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char format[FORMAT_MOST + 1] = "";
    size_t format_size = size > 0 ? bytes[0] : 0;
    size_t offset = 0;
    msgpack_zone zone;
    msgpack_object object;
    char *data;

    if (size == 0 || format_size > FORMAT_MOST || format_size > size - 1)
        return 0;
    memcpy(format, bytes + 1, format_size);
    pack(format);

    size -= 1 + format_size;
    data = malloc(size > 0 ? size : 1);
    HOLDS(data != NULL);
    memcpy(data, bytes + 1 + format_size, size);
    if (mp_scan_value(data, size, &mp_scan_limits_value, &offset) == MP_SCAN_OK) {
        offset = 0;
        HOLDS(msgpack_zone_init(&zone, 256));
        HOLDS(mp_decode_value(data, size, &offset, &zone, &object) == MPOOL_OK);
        unpack(&object, format);
        msgpack_zone_destroy(&zone);
    }
    free(data);
    return 0;
}
