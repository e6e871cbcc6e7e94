/*
 * serialize/pack.c - mpool_pack(): C values to msgpack, by a format
 *
 * Runs in: any process, any thread. Owns: nothing; bytes go to the caller's packer as they are made.
 *
 * One function a shape: a value is a conversion or a bracket, a bracket holds values. The size of an array or map comes
 * before its elements in msgpack, so the reader counts them ahead. When something fails the value is cut short where it
 * is; the caller throws the bytes away.
 */
#include <mpool/pack.h>

#include "base/error.h"
#include "serialize/format.h"
#include "serialize/handle.h"

#include <string.h>

static mpool_err pack_value(struct mp_format *format, msgpack_packer *packer);

/* What a msgpack_pack function returned. They fail only when the packer's write function does. */
static mpool_err packed(int code)
{
    return code == 0 ? MPOOL_OK : mp_error(MPOOL_E_NOMEM, "the packer's buffer did not take the value");
}

static mpool_err too_big(const char *what, size_t size)
{
    return mp_error(MPOOL_E_TOOBIG, "%s of %zu is too big: 4294967295 is the most in msgpack", what, size);
}

static mpool_err pack_string(msgpack_packer *packer, const char *string, const char *what)
{
    size_t size;

    if (string == NULL)
        return mp_error(MPOOL_E_FORMAT, "the argument for %s is NULL", what);
    size = strlen(string);
    if (size > UINT32_MAX)
        return too_big("a string", size);
    return packed(msgpack_pack_str_with_body(packer, string, size));
}

static mpool_err pack_bytes(msgpack_packer *packer, const void *bytes, size_t size)
{
    if (bytes == NULL && size > 0)
        return mp_error(MPOOL_E_FORMAT, "the argument for 'z' is NULL, with a size of %zu", size);
    if (size > UINT32_MAX)
        return too_big("bin", size);
    return packed(msgpack_pack_bin_with_body(packer, size > 0 ? bytes : "", size));
}

static mpool_err pack_handle(msgpack_packer *packer, mpool_handle handle)
{
    unsigned char bytes[MP_HANDLE_BYTES];

    mp_handle_write(handle, bytes);
    return packed(msgpack_pack_ext_with_body(packer, bytes, sizeof bytes, MP_HANDLE_EXT));
}

/* Behind a '[' or '{'. */
static mpool_err pack_elements(struct mp_format *format, msgpack_packer *packer, bool map)
{
    size_t count, i;
    mpool_err err = mp_format_open(format, &count);

    if (err == MPOOL_OK)
        err = packed(map ? msgpack_pack_map(packer, count) : msgpack_pack_array(packer, count));
    for (i = 0; err == MPOOL_OK && i < count; i++) {
        if (i > 0)
            err = mp_format_expect(format, ',');
        if (err == MPOOL_OK && map)
            err = mp_format_expect(format, 's');
        if (err == MPOOL_OK && map)
            err = pack_string(packer, va_arg(format->args, const char *), "a key");
        if (err == MPOOL_OK && map)
            err = mp_format_expect(format, ':');
        if (err == MPOOL_OK)
            err = pack_value(format, packer);
    }
    return err == MPOOL_OK ? mp_format_close(format, map ? '}' : ']') : err;
}

static mpool_err pack_value(struct mp_format *format, msgpack_packer *packer)
{
    const void *bytes;

    switch (mp_format_next(format)) {
    case 'i':
        return packed(msgpack_pack_int(packer, va_arg(format->args, int)));
    case 'I':
        return packed(msgpack_pack_int64(packer, va_arg(format->args, int64_t)));
    case 'U':
        return packed(msgpack_pack_uint64(packer, va_arg(format->args, uint64_t)));
    case 'd':
        return packed(msgpack_pack_double(packer, va_arg(format->args, double)));
    case 'b': /* a bool comes as an int */
        return packed(va_arg(format->args, int) ? msgpack_pack_true(packer) : msgpack_pack_false(packer));
    case 's':
        return pack_string(packer, va_arg(format->args, const char *), "'s'");
    case 'z':
        bytes = va_arg(format->args, const void *);
        return pack_bytes(packer, bytes, va_arg(format->args, size_t));
    case 'o':
        return packed(msgpack_pack_object(packer, va_arg(format->args, msgpack_object)));
    case 'h':
        return pack_handle(packer, va_arg(format->args, mpool_handle));
    case 'n':
        return packed(msgpack_pack_nil(packer));
    case '[':
        return pack_elements(format, packer, false);
    case '{':
        return pack_elements(format, packer, true);
    default:
        return mp_format_bad(format, "one of iIUdbszohn[{");
    }
}

mpool_err mpool_vpack(msgpack_packer *packer, const char *format, va_list args)
{
    struct mp_format reader = {.text = format, .at = format};
    mpool_err err;

    va_copy(reader.args, args);
    err = pack_value(&reader, packer);
    if (err == MPOOL_OK)
        err = mp_format_expect(&reader, '\0');
    va_end(reader.args);
    return err;
}

mpool_err mpool_pack(msgpack_packer *packer, const char *format, ...)
{
    va_list args;
    mpool_err err;

    va_start(args, format);
    err = mpool_vpack(packer, format, args);
    va_end(args);
    return err;
}
