/*
 * serialize/result.h - a result that a program is given, and what it unpacks from it
 */
#ifndef MP_SERIALIZE_RESULT_H
#define MP_SERIALIZE_RESULT_H

#include <mpool/result.h>

#include <stdbool.h>

/*
 * Every `const mpool_result *` that libmpool gives out points to `shown` in one of these: mpool_result_unpack() relies
 * on it. {0} is a valid one. One thread at a time.
 *
 * What is unpacked has to live as long as the result, and C strings need a NUL byte that msgpack does not have: so the
 * value is decoded once, when it is first asked for, and kept here.
 */
struct mp_result {
    mpool_result shown;    /* first; its value and error belong to whoever filled it in */
    msgpack_zone *zone;    /* owned; NULL until something was unpacked */
    msgpack_object object; /* the value, if it has been decoded */
    bool decoded;
};

/* mp_result_clear - forget what was unpacked, when `shown` gets another value; its memory is used for that. */
void mp_result_clear(struct mp_result *result);

/* mp_result_fini - release what was unpacked. Strings that the program was given end here. */
void mp_result_fini(struct mp_result *result);

#endif
