/*
 * cli/from_json.c - a JSON text as a msgpack value
 *
 * Runs in: the mpool command, and its workers. Owns: nothing.
 *
 * It is read by jansson.
 */
#include "cli/from_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void pack(json_t *json, msgpack_packer *packer);

static void pack_object(json_t *object, msgpack_packer *packer)
{
    const char *key;
    json_t *value;

    (void)msgpack_pack_map(packer, json_object_size(object));
    json_object_foreach(object, key, value)
    {
        (void)msgpack_pack_str_with_body(packer, key, strlen(key)); /* jansson refuses a key with a NUL in it */
        pack(value, packer);
    }
}

static void pack_array(const json_t *array, msgpack_packer *packer)
{
    (void)msgpack_pack_array(packer, json_array_size(array));
    for (size_t i = 0; i < json_array_size(array); i++)
        pack(json_array_get(array, i), packer);
}

/* The depth is limited by jansson. */
static void pack(json_t *json, msgpack_packer *packer)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        pack_object(json, packer);
        break;
    case JSON_ARRAY:
        pack_array(json, packer);
        break;
    case JSON_STRING:
        (void)msgpack_pack_str_with_body(packer, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        (void)msgpack_pack_int64(packer, json_integer_value(json));
        break;
    case JSON_REAL:
        (void)msgpack_pack_double(packer, json_real_value(json));
        break;
    case JSON_TRUE:
        (void)msgpack_pack_true(packer);
        break;
    case JSON_FALSE:
        (void)msgpack_pack_false(packer);
        break;
    case JSON_NULL:
        (void)msgpack_pack_nil(packer);
        break;
    }
}

static bool is_deep(json_t *json, int levels)
{
    bool deep = (json_is_object(json) || json_is_array(json)) && levels == 0;
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        deep = deep || is_deep(value, levels - 1);
    }
    for (size_t i = 0; !deep && i < json_array_size(json); i++)
        deep = is_deep(json_array_get(json, i), levels - 1);
    return deep;
}

bool from_json(const char *text, size_t size, int levels, msgpack_packer *packer, struct from_json_fault *fault)
{
    json_error_t error;
    json_t *json = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (json == NULL) {
        *fault = (struct from_json_fault){.line = error.line > 0 ? error.line : 1,
                                          .column = error.column > 0 ? error.column : 1};
        (void)snprintf(fault->text, sizeof fault->text, "%s", error.text);
        return false;
    }
    bool deep = levels > 0 && is_deep(json, levels);
    if (deep) {
        *fault = (struct from_json_fault){.line = 1, .column = 1};
        (void)snprintf(fault->text, sizeof fault->text, "more than %d levels of arrays and objects", levels);
    } else {
        pack(json, packer);
    }
    json_decref(json);
    return !deep;
}
