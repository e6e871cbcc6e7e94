/*
 * tests/unit/request.c - requests to a served queue and their answers, there and back
 */
#include "serialize/request.h"

#include <criterion/criterion.h>

#include <mpool/pool.h>
#include <stdlib.h>
#include <string.h>

static struct mp_buf buf;

static void tear_down(void)
{
    mp_buf_free(&buf);
}

TestSuite(request, .fini = tear_down);

/* Whether the bytes are those of a frame, head and all: programs of other versions read them. */
static void expect_bytes(const char *bytes, size_t size)
{
    cr_expect_eq(buf.size, size);
    cr_expect_arr_eq(buf.data, bytes, size < buf.size ? size : buf.size);
    buf.size = 0;
}

#define EXPECT_BYTES(bytes) expect_bytes(bytes, sizeof(bytes) - 1)

static const struct mp_request put = {
    .type = MP_REQUEST_PUT, .timeout_ms = -1, .items = {.count = 3, .bytes = "\x05\xa1x\xc0", .size = 4}};
static const struct mp_reply answer = {.type = MP_REPLY_ANSWER,
                                       .err = MPOOL_E_TIMEOUT,
                                       .text = "no",
                                       .text_size = 2,
                                       .number = 300,
                                       .full = true,
                                       .items = {.count = 1, .bytes = "\x07", .size = 1}};

Test(request, has_the_bytes_that_every_version_knows)
{
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_HELLO, .version = 1}), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x03\x92\x01\x01");
    cr_assert_eq(mp_request_write(&buf, &put), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x08\x93\x02\xff\x03\x05\xa1x\xc0");
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_GET, .timeout_ms = 500, .wanted = 9}),
                 MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x06\x93\x03\xcd\x01\xf4\x09");
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_CLOSE}), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x02\x91\x04");
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_SIZE}), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x02\x91\x05");
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_TASK_DONE}), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x02\x91\x06");
    cr_assert_eq(mp_request_write(&buf, &(struct mp_request){.type = MP_REQUEST_JOIN}), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x03\x92\x07\0");
    cr_assert_eq(
        mp_reply_write(&buf, &(struct mp_reply){.type = MP_REPLY_WELCOME, .version = 1, .server = 2, .most = 3}),
        MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x05\x94\x08\x01\x02\x03");
    cr_assert_eq(mp_reply_write(&buf, &answer), MPOOL_OK);
    EXPECT_BYTES("mpq\n\0\0\0\x0d\x96\x09\x0f\xc4\x02no\xcd\x01\x2c\xc3\x01\x07");
}

static mpool_err request_again(const struct mp_request *request, struct mp_request *again)
{
    buf.size = 0;
    cr_assert_eq(mp_request_write(&buf, request), MPOOL_OK);
    return mp_request_read(buf.data + MP_FRAME_HEAD, buf.size - MP_FRAME_HEAD, again);
}

static mpool_err reply_again(const struct mp_reply *reply, struct mp_reply *again)
{
    buf.size = 0;
    cr_assert_eq(mp_reply_write(&buf, reply), MPOOL_OK);
    return mp_reply_read(buf.data + MP_FRAME_HEAD, buf.size - MP_FRAME_HEAD, again);
}

Test(request, is_the_same_again_when_it_is_read)
{
    struct mp_request again;
    struct mp_reply reply;
    size_t first;

    cr_assert_eq(request_again(&put, &again), MPOOL_OK);
    cr_expect_eq(again.type, MP_REQUEST_PUT);
    cr_expect_eq(again.timeout_ms, -1);
    cr_expect_eq(again.items.count, 3);
    cr_expect_eq(again.items.size, 4);
    first = mp_items_first(&again.items);
    cr_expect_eq(first, 1);
    mp_items_pass(&again.items, first);
    cr_expect_eq(mp_items_first(&again.items), 2);
    cr_expect_eq(again.items.count, 2);

    cr_assert_eq(reply_again(&answer, &reply), MPOOL_OK);
    cr_expect_eq(reply.err, MPOOL_E_TIMEOUT);
    cr_expect(reply.text_size == 2 && memcmp(reply.text, "no", 2) == 0);
    cr_expect(reply.number == 300 && reply.full && reply.items.count == 1 && reply.items.bytes[0] == 7);
}

Test(request, that_cannot_be_is_refused)
{
    struct mp_request request = put, again;
    struct mp_reply reply = answer, reply_read;

    request.items.count = 2;
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request.items.count = 4;
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request.items.count = UINT32_MAX;
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request.items = (struct mp_items){0};
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request = (struct mp_request){.type = MP_REQUEST_GET};
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request.wanted = MP_REQUEST_ITEMS + 1;
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);
    request = (struct mp_request){.type = MP_REQUEST_SIZE, .items = {.count = 1, .bytes = "\x05", .size = 1}};
    cr_expect_eq(request_again(&request, &again), MPOOL_E_PROTOCOL);

    reply.err = (mpool_err)9999;
    cr_expect_eq(reply_again(&reply, &reply_read), MPOOL_E_PROTOCOL);
    reply = answer;
    reply.items.count = 2;
    cr_expect_eq(reply_again(&reply, &reply_read), MPOOL_E_PROTOCOL);
    reply = (struct mp_reply){.type = MP_REPLY_WELCOME, .most = MPOOL_VALUE_MAX + 1};
    cr_expect_eq(reply_again(&reply, &reply_read), MPOOL_E_PROTOCOL);
}

Test(request, is_not_taken_for_an_answer)
{
    struct mp_request request;
    struct mp_reply reply;

    cr_assert_eq(request_again(&put, &request), MPOOL_OK);
    cr_expect_eq(mp_reply_read(buf.data + MP_FRAME_HEAD, buf.size - MP_FRAME_HEAD, &reply), MPOOL_E_PROTOCOL);
    cr_assert_eq(reply_again(&answer, &reply), MPOOL_OK);
    cr_expect_eq(mp_request_read(buf.data + MP_FRAME_HEAD, buf.size - MP_FRAME_HEAD, &request), MPOOL_E_PROTOCOL);
}

/* In an allocation of exactly that size. */
static mpool_err read_cut(size_t size)
{
    struct mp_request request;
    char *cut = malloc(size > 0 ? size : 1);
    mpool_err err;

    cr_assert_not_null(cut);
    memcpy(cut, buf.data + MP_FRAME_HEAD, size);
    err = mp_request_read(cut, size, &request);
    free(cut);
    return err;
}

Test(request, that_was_cut_anywhere_is_refused)
{
    struct mp_request again;

    cr_assert_eq(request_again(&put, &again), MPOOL_OK);
    for (size_t size = 0; size < buf.size - MP_FRAME_HEAD; size++)
        cr_expect_eq(read_cut(size), MPOOL_E_PROTOCOL);
}

Test(request, has_a_head_that_claims_no_more_than_it_may)
{
    size_t size = 77;

    cr_expect_eq(mp_frame_size("GET / HT", SIZE_MAX, &size), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_frame_size("\0SP\0\0\x10\0\0", SIZE_MAX, &size), MPOOL_E_PROTOCOL);
    cr_expect_eq(mp_frame_size("mpq\n\xff\xff\xff\xff", mp_frame_most(100), &size), MPOOL_E_PROTOCOL);
    cr_expect_eq(size, 77);
    cr_assert_eq(mp_frame_size("mpq\n\0\x01\x02\x03", mp_frame_most(100), &size), MPOOL_OK);
    cr_expect_eq(size, 0x10203);
    cr_expect(mp_frame_most(MPOOL_VALUE_MAX) < UINT32_MAX && mp_frame_most(MPOOL_VALUE_MAX) > MPOOL_VALUE_MAX);
}
