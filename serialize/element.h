/*
 * serialize/element.h - the elements of C arrays as msgpack values, by a format of one letter or none
 *
 * mpool_pool_map() and the calls of queues for many items take arrays: of numbers, strings and booleans, by one
 * conversion of mpool/pack.h, or of C structs, as bytes. What costs a packer and a zone for any value costs neither
 * here.
 */
#ifndef MP_SERIALIZE_ELEMENT_H
#define MP_SERIALIZE_ELEMENT_H

#include <mpool/error.h>
#include <msgpack.h>

#include <stdbool.h>
#include <stddef.h>

/* What an array is made of. */
struct mp_element {
    char conversion; /* one of iIUdbs; '\0': bytes */
    size_t size;     /* of one in the array; that of its C type, but for bytes */
};

/* The most bytes of a value without a body, a number: 9, and some that nobody needs. */
#define MP_ELEMENT_HEAD_MAX 12

/* A packed value: a head, and the bytes of a string or bin, which stay where they are. */
struct mp_packed {
    unsigned char head[MP_ELEMENT_HEAD_MAX];
    unsigned head_size;
    const void *body;
    size_t body_size;
};

/*
 * mp_element_check - what the caller of a public function says that its array is made of
 *
 * what      in   "item", "result": the prefix of the parameters in messages
 * format    in   NULL: bytes; else one conversion out of `allowed`
 * element   out  set on MPOOL_OK
 *
 * Errors: MPOOL_E_INVAL.
 */
mpool_err mp_element_check(const char *what, const char *format, const char *allowed, size_t size,
                           struct mp_element *element);

/* mp_element_plain - is a format one conversion of a number or boolean? Then that is what the element is. */
bool mp_element_plain(const char *format, struct mp_element *element);

/*
 * mp_element_pack - pack one element
 *
 * at        in   it need not be aligned
 * packed    out  set on MPOOL_OK; its body is what a string points to, or the element itself
 *
 * Errors: MPOOL_E_FORMAT (a string that is NULL), MPOOL_E_TOOBIG (4 GiB and more).
 */
mpool_err mp_element_pack(const struct mp_element *element, const void *at, struct mp_packed *packed);

/* mp_packed_bytes - how many bytes it has in all. */
static inline size_t mp_packed_bytes(const struct mp_packed *packed)
{
    return packed->head_size + packed->body_size;
}

/* mp_packed_write - hand it to a packer. Errors: MPOOL_E_NOMEM (the packer's buffer). */
mpool_err mp_packed_write(const struct mp_packed *packed, msgpack_packer *packer);

/*
 * mp_element_unpack - put a decoded value into an array
 *
 * at        out  set on MPOOL_OK; it need not be aligned
 *
 * Errors: MPOOL_E_FORMAT.
 */
mpool_err mp_element_unpack(const struct mp_element *element, const msgpack_object *object, void *at);

/* mp_packed_bin - the head of a bin of so many bytes. */
void mp_packed_bin(struct mp_packed *packed, const void *bytes, size_t size);

#endif
