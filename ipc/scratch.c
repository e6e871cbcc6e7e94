/*
 * ipc/scratch.c - the calling thread's memory for values on their way into shared objects and out of them
 *
 * Runs in: any process, any thread. Owns: a struct scratch for each thread that has used one, and those nested in it.
 *
 * It is made by the first use, and freed by the destructor of a pthread key when the thread ends. A nested one is kept
 * for the next time.
 */
#include "ipc/scratch.h"

#include "base/buf.h"
#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/scan.h"

#include <mpool/pack.h>
#include <mpool/pool.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The most that a thread keeps of either kind when it is not used. */
#define KEEP_BYTES ((size_t)1 << 20)

/* The first part of the zone, which is always kept. */
#define ZONE_BYTES 2048

struct scratch {
    struct mp_buf packed;
    struct mp_buf_writer writer; /* into `packed` */
    msgpack_packer packer;       /* through `writer` */
    struct mp_buf bytes;         /* what was copied out of an object */
    msgpack_zone zone;           /* what was decoded from it */
    struct scratch *outer;       /* that it is nested in; NULL: the thread's own */
    struct scratch *inner;       /* that was nested in it; NULL: none so far */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* the thread's own; the destructor frees it */
static bool has_key;

static _Thread_local struct scratch *mine; /* the innermost */

/* ---- its life ---------------------------------------------------------------------------------------------------- */

static void free_all(void *own)
{
    struct scratch *inner;

    for (struct scratch *scratch = own; scratch != NULL; scratch = inner) {
        inner = scratch->inner;
        msgpack_zone_destroy(&scratch->zone);
        mp_buf_free(&scratch->packed);
        mp_buf_free(&scratch->bytes);
        free(scratch);
    }
    mine = NULL;
}

static void make_key(void)
{
    has_key = pthread_key_create(&key, free_all) == 0;
}

static struct scratch *make(struct scratch *outer)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    if (scratch == NULL)
        return NULL;
    if (!msgpack_zone_init(&scratch->zone, ZONE_BYTES)) {
        free(scratch);
        return NULL;
    }
    scratch->outer = outer;
    return scratch;
}

/* The innermost one of this thread; NULL: there is no memory for it. */
static struct scratch *get(void)
{
    struct scratch *own;

    if (mine != NULL)
        return mine;
    (void)pthread_once(&once, make_key);
    own = has_key ? make(NULL) : NULL;
    if (own != NULL && pthread_setspecific(key, own) != 0) {
        free_all(own);
        return NULL;
    }
    return mine = own;
}

mpool_err mp_scratch_nest(void)
{
    struct scratch *scratch = get();

    if (scratch != NULL && scratch->inner == NULL)
        scratch->inner = make(scratch);
    if (scratch == NULL || scratch->inner == NULL)
        return mp_error_nomem();
    mine = scratch->inner;
    return MPOOL_OK;
}

void mp_scratch_unnest(void)
{
    mine = mine->outer;
}

/* Empties a buffer for a use that needs `size` bytes. */
static void empty(struct mp_buf *buf, size_t size)
{
    if (buf->room > KEEP_BYTES && size <= KEEP_BYTES)
        mp_buf_free(buf);
    buf->size = 0;
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

mpool_err mp_scratch_packer(msgpack_packer **packer)
{
    struct scratch *scratch = get();

    if (scratch == NULL)
        return mp_error_nomem();
    empty(&scratch->packed, 0);
    scratch->writer = (struct mp_buf_writer){.buf = &scratch->packed, .most = MPOOL_VALUE_MAX};
    msgpack_packer_init(&scratch->packer, &scratch->writer, mp_buf_write_bounded);
    *packer = &scratch->packer;
    return MPOOL_OK;
}

mpool_err mp_scratch_packed(const char **bytes, size_t *size)
{
    const struct scratch *scratch = mine;
    enum mp_scan_verdict verdict;

    if (scratch->writer.refused > 0)
        return mp_error(MPOOL_E_TOOBIG, "a value of %zu bytes; %zu are the most",
                        scratch->packed.size + scratch->writer.refused, MPOOL_VALUE_MAX);
    if (scratch->writer.failed)
        return mp_error_nomem();
    verdict = mp_scan_values(scratch->packed.data, scratch->packed.size, 1, &mp_scan_limits_value, NULL);
    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_FORMAT, "what was packed is not one value that can be unpacked again: %s",
                        mp_scan_text(verdict));
    *bytes = scratch->packed.data;
    *size = scratch->packed.size;
    return MPOOL_OK;
}

mpool_err mp_scratch_pack(const char *format, va_list args, const char **bytes, size_t *size)
{
    msgpack_packer *packer;
    mpool_err err = mp_scratch_packer(&packer);

    if (err == MPOOL_OK)
        err = mpool_vpack(packer, format, args);
    if (err != MPOOL_OK && (mine == NULL || mine->writer.refused == 0))
        return err;
    return mp_scratch_packed(bytes, size);
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

mpool_err mp_scratch_room(size_t size, char **bytes)
{
    struct scratch *scratch = get();

    if (scratch == NULL)
        return mp_error_nomem();
    msgpack_zone_clear(&scratch->zone);
    empty(&scratch->bytes, size);
    if (!mp_buf_reserve(&scratch->bytes, size))
        return mp_error_nomem();
    *bytes = scratch->bytes.data;
    return MPOOL_OK;
}

static mpool_err decode(const char *bytes, size_t size, msgpack_object *object)
{
    enum mp_scan_verdict verdict = mp_scan_values(bytes, size, 1, &mp_scan_limits_value, NULL);
    size_t offset = 0;

    if (verdict != MP_SCAN_OK)
        return mp_error(MPOOL_E_PROTOCOL, "the value in a shared object is broken: %s; somebody has written over it",
                        mp_scan_text(verdict));
    return mp_decode_value(bytes, size, &offset, &mine->zone, object);
}

mpool_err mp_scratch_decode(size_t size, msgpack_object *object)
{
    return decode(mine->bytes.data, size, object);
}

mpool_err mp_scratch_decode_packed(msgpack_object *object)
{
    size_t size = mine->packed.size;
    char *copy = msgpack_zone_malloc(&mine->zone, size);

    if (copy == NULL)
        return mp_error_nomem();
    memcpy(copy, mine->packed.data, size);
    return decode(copy, size, object);
}

mpool_err mp_scratch_unpack(size_t size, const char *format, va_list args)
{
    msgpack_object object;
    mpool_err err = mp_scratch_decode(size, &object);

    return err == MPOOL_OK ? mpool_vunpack(&object, format, args) : err;
}
