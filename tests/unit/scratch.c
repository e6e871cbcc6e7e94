/*
 * tests/unit/scratch.c - the calling thread's memory for values on their way in and out
 */
#include "ipc/scratch.h"

#include "tests/unit/allocations.h"

#include <mpool/pack.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

static mpool_err pack(const char **bytes, size_t *size, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_pack(format, args, bytes, size);
    va_end(args);
    return err;
}

static mpool_err unpack(size_t size, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mp_scratch_unpack(size, format, args);
    va_end(args);
    return err;
}

/* What an object would do: holds the bytes in between. */
static char object[4096];

static size_t put(const char *text)
{
    const char *bytes;
    size_t size;

    cr_assert_eq(pack(&bytes, &size, "s", text), MPOOL_OK);
    cr_assert_leq(size, sizeof object);
    memcpy(object, bytes, size);
    return size;
}

static const char *take(size_t size)
{
    const char *text = NULL;
    char *bytes;

    cr_assert_eq(mp_scratch_room(size, &bytes), MPOOL_OK);
    memcpy(bytes, object, size);
    cr_assert_eq(unpack(size, "s", &text), MPOOL_OK);
    return text;
}

Test(scratch, what_came_out_may_go_in_again)
{
    const char *text = take(put("round and round"));

    for (int i = 0; i < 10; i++)
        text = take(put(text));
    cr_expect_str_eq(text, "round and round");
}

Test(scratch, packs_exactly_one_value_that_can_be_unpacked)
{
    msgpack_packer *packer;
    const char *bytes;
    size_t size;

    cr_assert_eq(mp_scratch_packer(&packer), MPOOL_OK);
    cr_expect_eq(mp_scratch_packed(&bytes, &size), MPOOL_E_FORMAT);
    cr_assert_eq(mpool_pack(packer, "i", 1), MPOOL_OK);
    cr_expect_eq(mp_scratch_packed(&bytes, &size), MPOOL_OK);
    cr_expect_eq(size, 1);
    cr_assert_eq(mpool_pack(packer, "i", 2), MPOOL_OK);
    cr_expect_eq(mp_scratch_packed(&bytes, &size), MPOOL_E_FORMAT);
    cr_assert_eq(mp_scratch_packer(&packer), MPOOL_OK);
    for (int i = 0; i < 31; i++)
        (void)msgpack_pack_array(packer, 1);
    (void)msgpack_pack_nil(packer);
    cr_expect_eq(mp_scratch_packed(&bytes, &size), MPOOL_E_FORMAT);
    cr_expect_eq(pack(&bytes, &size, "q"), MPOOL_E_FORMAT);
}

Test(scratch, broken_bytes_are_told_and_not_decoded)
{
    static const char bomb[] = "\xdd\xff\xff\xff\xff";
    msgpack_object decoded;
    char *bytes;
    int number;

    cr_assert_eq(mp_scratch_room(5, &bytes), MPOOL_OK);
    memcpy(bytes, bomb, 5);
    cr_expect_eq(unpack(5, "i", &number), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_scratch_decode(5, &decoded), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_scratch_decode(0, &decoded), MPOOL_E_PROTOCOL);
    bytes[0] = 1;
    cr_expect_eq(unpack(1, "i", &number), MPOOL_OK);
    cr_expect_eq(unpack(2, "i", &number), MPOOL_E_PROTOCOL, "bytes behind the value");
    cr_expect_eq(unpack(1, "s", &number), MPOOL_E_FORMAT);
}

Test(scratch, nested_use_leaves_the_outer_one_alone)
{
    const char *text = take(put("outside"));
    const char *bytes;
    msgpack_packer *packer;
    msgpack_object packed;
    size_t size;

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(mp_scratch_packer(&packer), MPOOL_OK);
        cr_assert_eq(mp_scratch_nest(), MPOOL_OK);
        cr_assert_eq(mp_scratch_nest(), MPOOL_OK);
        cr_expect_str_eq(take(put("inside")), "inside");
        cr_assert_eq(mpool_pack(packer, "z", "bytes", (size_t)5), MPOOL_OK);
        mp_scratch_unnest();
        cr_expect_str_eq(take(put("between")), "between");
        mp_scratch_unnest();
        cr_expect_str_eq(text, "outside");
        cr_assert_eq(mp_scratch_packed(&bytes, &size), MPOOL_OK);
        cr_assert_eq(mp_scratch_decode_packed(&packed), MPOOL_OK);
        cr_assert_eq(pack(&bytes, &size, "z", "BYTES", (size_t)5), MPOOL_OK);
        cr_expect(packed.type == MSGPACK_OBJECT_BIN && memcmp(packed.via.bin.ptr, "bytes", 5) == 0);
    }
}

static void *use(void *data)
{
    (void)data;
    cr_expect_str_eq(take(put("another thread's")), "another thread's");
    return NULL;
}

/* LeakSanitizer looks at what they leave. */
Test(scratch, each_thread_has_its_own_and_takes_it_along)
{
    const char *text = take(put("mine"));
    pthread_t thread;

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(pthread_create(&thread, NULL, use, NULL), 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
    }
    cr_expect_str_eq(text, "mine");
}

Test(scratch, of_a_huge_value_is_given_back_by_the_next_one)
{
    static char huge[4 << 20];
    const char *packed;
    char *bytes;
    size_t size;

    (void)take(put("so that there is some"));
    cr_assert_eq(pack(&packed, &size, "z", huge, sizeof huge), MPOOL_OK);
    cr_assert_eq(mp_scratch_room(size, &bytes), MPOOL_OK);
    allocations_start();
    (void)take(put("small"));
    cr_expect_lt(allocations_stop().bytes, 10000);
    allocations_start();
    (void)take(put("small"));
    cr_expect_eq(allocations_stop().calls, 0, "what is small is kept");
}

Test(scratch, without_memory_nothing_is_lost)
{
    static char large[10000];
    const char *packed;
    char *bytes;
    size_t size = 17;

    if (!allocations_fail(0))
        cr_skip_test("allocations cannot be made to fail here");
    cr_expect_eq(pack(&packed, &size, "i", 1), MPOOL_E_NOMEM);
    cr_expect_eq(mp_scratch_room(10, &bytes), MPOOL_E_NOMEM);
    cr_expect_eq(mp_scratch_nest(), MPOOL_E_NOMEM);
    allocations_succeed();
    (void)put("small");
    cr_assert(allocations_fail(0));
    cr_expect_eq(pack(&packed, &size, "z", large, sizeof large), MPOOL_E_NOMEM);
    allocations_succeed();
    cr_expect_str_eq(take(put("small")), "small");
}
