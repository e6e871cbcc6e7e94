/*
 * tests/fuzz/mutate.c - a million valid messages, each broken a little, are read without harm
 *
 *     mutate [COUNT [SEED]]        default 1000000 1
 *
 * Deterministic: the same seed makes the same messages, in every build (so no expression has two random numbers). The
 * property is that nothing bad happens: no crash, no finding of a sanitizer, no memory without bounds; and what the
 * scan admits is decoded. Each message lies in an allocation of exactly its size, so that AddressSanitizer sees a read
 * beyond its end. Exit: 0, or an abort behind a line that says what did not hold.
 *
 * To have something else fed: add it to `subjects`.
 */
#include "base/buf.h"
#include "serialize/decode.h"
#include "serialize/scan.h"
#include "tests/fuzz/frames.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/requests.h"
#include "tests/unit/values.h"

#include <mpool/pack.h>

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

/* ---- subjects ---------------------------------------------------------------------------------------------------- */

/* Something that reads bytes from another process. */
struct subject {
    const char *name;
    void (*make_valid)(struct mp_buf *buf, uint64_t *random);           /* appends one valid message */
    bool (*consume)(const char *data, size_t size, msgpack_zone *zone); /* reads one; is it still valid? */
};

static size_t below(uint64_t *random, size_t limit)
{
    return (size_t)(next_random(random) % limit);
}

static void add_value(msgpack_packer *packer, uint64_t *random, unsigned levels)
{
    static const char text[] = "a string that is cut somewhere, and is long enough for a header of two bytes or more";
    size_t size = below(random, sizeof text);
    size_t bits = below(random, 64);

    switch (below(random, levels > 0 ? 12 : 8)) {
    case 0:
        msgpack_pack_int64(packer, (int64_t)below(random, 128));
        break;
    case 1:
        msgpack_pack_int64(packer, (int64_t)(next_random(random) >> bits));
        break;
    case 2:
        msgpack_pack_int64(packer, -(int64_t)(next_random(random) >> 1 >> bits));
        break;
    case 3:
        msgpack_pack_double(packer, (double)below(random, 1000) / 8);
        break;
    case 4:
        msgpack_pack_nil(packer);
        break;
    case 5:
        msgpack_pack_true(packer);
        break;
    case 6:
        msgpack_pack_bin_with_body(packer, text, size);
        break;
    case 7:
        msgpack_pack_str_with_body(packer, text, size);
        break;
    case 8:
    case 9:
        size = below(random, bits > 15 ? 5 : 40);
        msgpack_pack_array(packer, size);
        for (size_t i = 0; i < size; i++)
            add_value(packer, random, levels - 1);
        break;
    default:
        size = below(random, 5);
        msgpack_pack_map(packer, size);
        for (size_t i = 0; i < size; i++) {
            msgpack_pack_str_with_body(packer, &"abcde"[i], 1);
            add_value(packer, random, levels - 1);
        }
        break;
    }
}

/* Takes a value apart that may have any shape. */
static void unpack(const msgpack_object *object)
{
    int64_t number;
    const char *string;
    const void *bytes;
    size_t size;

    (void)mpool_unpack(object, "{s:I,s:s?,s:{s:z}?}", "a", &number, "b", &string, "c", "a", &bytes, &size);
    if (object->type == MSGPACK_OBJECT_STR && mpool_unpack(object, "s", &string) == MPOOL_OK)
        HOLDS(strlen(string) == object->via.str.size);
    if (mpool_unpack(object, "z", &bytes, &size) == MPOOL_OK && size > 0)
        HOLDS(memchr(bytes, ((const char *)bytes)[size - 1], size) != NULL); /* all of it can be read */
}

static void make_value(struct mp_buf *buf, uint64_t *random)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, buf, mp_buf_write);
    add_value(&packer, random, 4);
}

static bool consume_value(const char *data, size_t size, msgpack_zone *zone)
{
    msgpack_object object;
    size_t end = 0;
    size_t offset = 0;

    if (mp_scan_value(data, size, &mp_scan_limits_value, &end) != MP_SCAN_OK)
        return false;
    HOLDS(mp_decode_value(data, size, &offset, zone, &object) == MPOOL_OK);
    HOLDS(offset == end);
    unpack(&object);
    return end == size;
}

/* The values of a frame: how many there are, in one byte, and then they. */
static void make_values(struct mp_buf *buf, uint64_t *random)
{
    unsigned char count = (unsigned char)below(random, 20);

    (void)mp_buf_add(buf, &count, 1);
    for (unsigned i = 0; i < count; i++)
        make_value(buf, random);
}

static bool consume_values(const char *data, size_t size, msgpack_zone *zone)
{
    size_t count = size > 0 ? (unsigned char)data[0] : 0;
    size_t offset = 1;
    size_t end = 1;
    size_t bad = 0;

    if (size == 0)
        return false;
    if (mp_scan_values(data + 1, size - 1, count, &mp_scan_limits_value, &bad) != MP_SCAN_OK) {
        HOLDS(bad <= count);
        (void)mp_scan_skip(data, size, count, &end);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        msgpack_object object;

        HOLDS(mp_scan_skip(data, size, 1, &end));
        HOLDS(mp_decode_value(data, size, &offset, zone, &object) == MPOOL_OK);
        HOLDS(offset == end);
        unpack(&object);
    }
    HOLDS(offset == size);
    return true;
}

static const struct subject subjects[] = {
    {"value", make_value, consume_value},
    {"values", make_values, consume_values},
    {"frame", make_frame, consume_frame},
    {"request", make_request, consume_request},
};

/* ---- mutations --------------------------------------------------------------------------------------------------- */

static void flip_bit(struct mp_buf *buf, uint64_t *random)
{
    size_t bit = below(random, 8);

    if (buf->size > 0)
        buf->data[below(random, buf->size)] ^= (char)(1U << bit);
}

static void set_byte(struct mp_buf *buf, uint64_t *random)
{
    static const unsigned char heads[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7,
                                          0xc9, 0xca, 0xcf, 0xd3, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff};
    unsigned char head = heads[below(random, sizeof heads)];

    if (buf->size > 0)
        buf->data[below(random, buf->size)] = (char)head;
}

static void truncate_it(struct mp_buf *buf, uint64_t *random)
{
    buf->size = below(random, buf->size + 1);
}

static void append_bytes(struct mp_buf *buf, uint64_t *random)
{
    uint64_t bytes[3] = {next_random(random), next_random(random), next_random(random)};
    size_t size = 1 + below(random, sizeof bytes);

    (void)mp_buf_add(buf, bytes, size);
}

/* Copies a piece of the message over another, or behind its end. */
static void splice(struct mp_buf *buf, uint64_t *random)
{
    char piece[64];
    size_t size = below(random, sizeof piece);
    size_t from = below(random, buf->size + 1);
    size_t to = below(random, buf->size + 1);

    size = size < buf->size - from ? size : buf->size - from;
    if (size == 0)
        return;
    memcpy(piece, buf->data + from, size);
    if (size <= buf->size - to)
        memcpy(buf->data + to, piece, size);
    else
        (void)mp_buf_add(buf, piece, size);
}

/* The number behind a byte that may be the header of a string, bin, array or map becomes another. */
static void edit_length(struct mp_buf *buf, uint64_t *random)
{
    static const uint32_t lengths[] = {0,   1,   2,     15,    16,         31,        32,
                                       255, 256, 65535, 65536, 0x00ffffff, INT32_MAX, UINT32_MAX};
    size_t begin = buf->size > 0 ? below(random, buf->size) : 0;

    for (size_t i = 0; i < buf->size; i++) {
        unsigned char *at = (unsigned char *)buf->data + (begin + i) % buf->size;
        size_t room = buf->size - (begin + i) % buf->size - 1;
        uint32_t length = lengths[below(random, sizeof lengths / sizeof lengths[0])];

        if (*at >= 0x80 && *at < 0xc0) {
            *at = (unsigned char)((*at & (*at < 0xa0 ? 0xf0 : 0xe0)) | below(random, *at < 0xa0 ? 16 : 32));
            return;
        }
        if ((*at >= 0xc4 && *at <= 0xc9) || *at >= 0xd9) {
            for (size_t n = 0; n < 4 && n < room; n++)
                at[1 + n] = (unsigned char)(length >> (24 - 8 * n));
            return;
        }
    }
}

static void (*const mutations[])(struct mp_buf *, uint64_t *) = {flip_bit,     set_byte, truncate_it,
                                                                 append_bytes, splice,   edit_length};

/* ---- the run ----------------------------------------------------------------------------------------------------- */

/* Feeds `count` broken messages to a subject; how many were valid nevertheless. */
static uint64_t feed(const struct subject *subject, uint64_t count, uint64_t *random)
{
    struct mp_buf valid = {0}, broken = {0};
    uint64_t still_valid = 0;
    msgpack_zone zone;

    HOLDS(msgpack_zone_init(&zone, 8192));
    for (uint64_t i = 0; i < count; i++) {
        char *data;

        if (i % 16 == 0) {
            valid.size = 0;
            subject->make_valid(&valid, random);
            HOLDS(subject->consume(valid.data, valid.size, &zone));
            msgpack_zone_clear(&zone);
        }
        broken.size = 0;
        HOLDS(mp_buf_add(&broken, valid.data, valid.size));
        for (size_t n = 1 + below(random, 3); n > 0; n--)
            mutations[below(random, sizeof mutations / sizeof mutations[0])](&broken, random);
        data = exact(broken.data, broken.size);
        HOLDS(data != NULL);
        still_valid += subject->consume(data, broken.size, &zone);
        free(data);
        msgpack_zone_clear(&zone);
    }
    msgpack_zone_destroy(&zone);
    mp_buf_free(&valid);
    mp_buf_free(&broken);
    return still_valid;
}

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

/* No message may make us allocate much: then an allocation fails, and a message that was admitted is not decoded. */
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "max_allocation_size_mb=64";
}

#define LIMIT_MEMORY() (void)0
#elif defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define LIMIT_MEMORY() (void)0 /* the sanitizer itself needs terabytes of address space */
#else
#define LIMIT_MEMORY() limit_memory()

static void limit_memory(void)
{
    struct rlimit limit;

    HOLDS(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = (rlim_t)256 << 20;
    HOLDS(setrlimit(RLIMIT_AS, &limit) == 0);
}
#endif

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    size_t number = sizeof subjects / sizeof subjects[0];

    LIMIT_MEMORY();
    printf("seed %" PRIu64 "\n", seed);
    for (size_t i = 0; i < number; i++) {
        uint64_t random = seed + i;
        uint64_t share = count / number + (i < count % number);
        uint64_t still_valid;

        (void)fflush(stdout);
        still_valid = feed(&subjects[i], share, &random);
        printf("%-12s %9" PRIu64 " broken messages, %" PRIu64 " of them still valid\n", subjects[i].name, share,
               still_valid);
    }
    return 0;
}
