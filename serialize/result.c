/*
 * serialize/result.c - takes the value of a result apart, for the program that got it
 *
 * Runs in: the host, on the thread that owns the result. Owns: the zone in each struct mp_result.
 *
 * The bytes of a value come from our own supervisor, which has scanned the frame they came in. They are scanned again,
 * for that costs a fifth of decoding them, and what is decoded was allocated by what is in them.
 */
#include "serialize/result.h"

#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/scan.h"

#include <mpool/pack.h>

#include <inttypes.h>

/* The zone of a result: the first part of it, which mp_result_clear() keeps. */
enum { ZONE_BYTES = 1024 };

void mp_result_clear(struct mp_result *result)
{
    if (result->decoded)
        msgpack_zone_clear(result->zone);
    result->decoded = false;
}

void mp_result_fini(struct mp_result *result)
{
    msgpack_zone_free(result->zone);
    *result = (struct mp_result){0};
}

static mpool_err must_be_done(const mpool_result *result)
{
    if (result->status == MPOOL_DONE)
        return MPOOL_OK;
    return mp_error(MPOOL_E_JOB, "job %" PRIu64 " ended as %s, without a value%s%s", result->index,
                    mpool_status_name(result->status), result->error != NULL ? ": " : "",
                    result->error != NULL ? result->error : "");
}

/* Decodes the value, which is there, into a zone. */
static mpool_err decode(const mpool_result *result, msgpack_zone *zone, msgpack_object *object)
{
    size_t offset = 0;
    enum mp_scan_verdict verdict = mp_scan_values(result->value, result->value_size, 1, &mp_scan_limits_value, NULL);

    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "the value of job %" PRIu64 " is broken: %s", result->index,
                        mp_scan_text(verdict));
    return mp_decode_value(result->value, result->value_size, &offset, zone, object);
}

/* Decodes the value, which is there, unless that has been done. */
static mpool_err decode_once(struct mp_result *result)
{
    mpool_err err;

    if (result->decoded)
        return MPOOL_OK;
    if (result->zone == NULL)
        result->zone = msgpack_zone_new(ZONE_BYTES);
    if (result->zone == NULL)
        return mp_error_nomem();
    err = decode(&result->shown, result->zone, &result->object);
    if (err == MPOOL_OK)
        result->decoded = true;
    else
        msgpack_zone_clear(result->zone);
    return err;
}

mpool_err mpool_result_unpack(const mpool_result *result, const char *format, ...)
{
    /* Ours, and not const: see struct mp_result. */
    struct mp_result *whole = (struct mp_result *)(uintptr_t)result;
    va_list args;
    mpool_err err = must_be_done(result);

    if (err != MPOOL_OK)
        return err;
    if (result->value == NULL)
        return mp_error(MPOOL_E_FORMAT, "job %" PRIu64 " has no value: its task discards them", result->index);
    err = decode_once(whole);
    if (err != MPOOL_OK)
        return err;
    va_start(args, format);
    err = mpool_vunpack(&whole->object, format, args);
    va_end(args);
    return err;
}

mpool_err mpool_result_object(const mpool_result *result, msgpack_zone *zone, msgpack_object *object)
{
    mpool_err err = result->value == NULL ? must_be_done(result) : MPOOL_OK;

    if (err != MPOOL_OK)
        return err;
    if (result->value == NULL) {
        *object = (msgpack_object){.type = MSGPACK_OBJECT_NIL};
        return MPOOL_OK;
    }
    return decode(result, zone, object);
}
