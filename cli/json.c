/*
 * cli/json.c - values as JSON
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/json.h"

#include "cli/names.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What stands in a string as it is: everything but quotes, backslashes and control characters. Some of those are above
 * ASCII, so it ends also at the bytes that these begin with.
 */
static size_t plain_length(const char *text, size_t size)
{
    size_t i = 0;

    for (; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xef)
            break;
    }
    return i;
}

static void add_escaped(struct text *to, unsigned c)
{
    static const char letters[] = "\"\"\\\\\nn\tt\rr\bb\ff";

    for (const char *letter = letters; *letter != '\0'; letter += 2) {
        if ((unsigned char)letter[0] == c) {
            text_char(to, '\\');
            text_char(to, letter[1]);
            return;
        }
    }
    text_printf(to, "\\u%04x", c);
}

/* A string of valid UTF-8. What a terminal would act on is escaped, so that a line can be looked at there. */
static void add_string(struct text *to, const char *text, size_t size)
{
    text_char(to, '"');
    while (size > 0) {
        size_t length = plain_length(text, size);
        text_add(to, text, length);
        text += length;
        size -= length;
        if (size == 0)
            break;
        unsigned c = 0;
        length = names_utf8(text, size, &c);
        if (c == '"' || c == '\\' || names_is_control(c))
            add_escaped(to, c);
        else
            text_add(to, text, length);
        text += length;
        size -= length;
    }
    text_char(to, '"');
}

void json_string(struct text *to, const char *text, size_t size)
{
    struct text valid = {0};

    if (names_is_utf8(text, size)) {
        add_string(to, text, size);
        return;
    }
    names_valid(&valid, text, size);
    add_string(to, valid.data, valid.size);
    text_free(&valid);
}

static void add_base64(struct text *to, const char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned three = (unsigned)s[i] << 16 | (left > 1 ? (unsigned)s[i + 1] << 8 : 0) | (left > 2 ? s[i + 2] : 0);
        const char four[4] = {digits[three >> 18], digits[three >> 12 & 63], left > 1 ? digits[three >> 6 & 63] : '=',
                              left > 2 ? digits[three & 63] : '='};
        text_add(to, four, 4);
    }
}

static void add_bytes_map(struct text *to, const char *bytes, size_t size)
{
    text_string(to, "{\"bytes\":\"");
    add_base64(to, bytes, size);
    text_string(to, "\"}");
}

void json_bytes(struct text *to, const char *bytes, size_t size)
{
    if (names_is_utf8(bytes, size))
        add_string(to, bytes, size);
    else
        add_bytes_map(to, bytes, size);
}

/* The shortest digits that give the same number again. */
void json_double(struct text *to, double number)
{
    char digits[40];

    if (!isfinite(number)) {
        text_string(to, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    text_string(to, digits);
}

static void add_array(struct text *to, const msgpack_object_array *array)
{
    text_char(to, '[');
    for (uint32_t i = 0; i < array->size; i++) {
        if (i > 0)
            text_char(to, ',');
        json_object(to, &array->ptr[i]);
    }
    text_char(to, ']');
}

/* A key has to be a string: other keys come as the text of their JSON. */
static void add_key(struct text *to, const msgpack_object *key)
{
    struct text json = {0};

    if (key->type == MSGPACK_OBJECT_STR) {
        json_string(to, key->via.str.ptr, key->via.str.size);
        return;
    }
    json_object(&json, key);
    add_string(to, json.data, json.size);
    text_free(&json);
}

static void add_map(struct text *to, const msgpack_object_map *map)
{
    text_char(to, '{');
    for (uint32_t i = 0; i < map->size; i++) {
        if (i > 0)
            text_char(to, ',');
        add_key(to, &map->ptr[i].key);
        text_char(to, ':');
        json_object(to, &map->ptr[i].val);
    }
    text_char(to, '}');
}

void json_object(struct text *to, const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        text_string(to, "null");
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        text_string(to, object->via.boolean ? "true" : "false");
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        text_unsigned(to, object->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        text_signed(to, object->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        json_double(to, object->via.f64);
        break;
    case MSGPACK_OBJECT_STR:
        json_bytes(to, object->via.str.ptr, object->via.str.size);
        break;
    case MSGPACK_OBJECT_BIN:
        add_bytes_map(to, object->via.bin.ptr, object->via.bin.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        add_array(to, &object->via.array);
        break;
    case MSGPACK_OBJECT_MAP:
        add_map(to, &object->via.map);
        break;
    case MSGPACK_OBJECT_EXT:
        add_bytes_map(to, object->via.ext.ptr, object->via.ext.size);
        break;
    }
}

void json_packed(struct text *to, const char *bytes, size_t size)
{
    msgpack_unpacked value;
    size_t offset = 0;

    msgpack_unpacked_init(&value);
    if (msgpack_unpack_next(&value, bytes, size, &offset) == MSGPACK_UNPACK_SUCCESS)
        json_object(to, &value.data);
    else
        text_string(to, "null");
    msgpack_unpacked_destroy(&value);
}
