/*
 * cli/finding.c - what the job of a program has reported
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/finding.h"

#include <string.h>
#include <unistd.h>

static bool is_key(const msgpack_object *key, const char *name)
{
    return key->type == MSGPACK_OBJECT_STR && key->via.str.size == strlen(name) &&
           memcmp(key->via.str.ptr, name, key->via.str.size) == 0;
}

static void take(struct finding *finding, const msgpack_object *key, const msgpack_object *value)
{
    if (is_key(key, "value")) {
        finding->value = *value;
    } else if (is_key(key, "out") && value->type == MSGPACK_OBJECT_BIN) {
        finding->streams[STDOUT_FILENO] = value->via.bin;
    } else if (is_key(key, "err") && value->type == MSGPACK_OBJECT_BIN) {
        finding->streams[STDERR_FILENO] = value->via.bin;
    } else if (is_key(key, "spool") && value->type == MSGPACK_OBJECT_ARRAY) {
        finding->pieces = value->via.array.ptr;
        finding->piece_count = value->via.array.size;
    }
}

void finding_read(const mpool_result *result, msgpack_zone *zone, struct finding *finding)
{
    msgpack_object map;

    *finding = (struct finding){.value.type = MSGPACK_OBJECT_NIL};
    if (result->value == NULL || mpool_result_object(result, zone, &map) != MPOOL_OK || map.type != MSGPACK_OBJECT_MAP)
        return;
    for (uint32_t i = 0; i < map.via.map.size; i++)
        take(finding, &map.via.map.ptr[i].key, &map.via.map.ptr[i].val);
}

struct finding_piece finding_piece(const struct finding *finding, uint32_t i)
{
    const msgpack_object *piece = &finding->pieces[i];
    const msgpack_object *numbers = piece->type == MSGPACK_OBJECT_ARRAY ? piece->via.array.ptr : NULL;

    for (uint32_t k = 0; numbers != NULL && k < piece->via.array.size; k++) {
        if (numbers[k].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
            numbers = NULL;
    }
    if (numbers == NULL || piece->via.array.size != 3 || numbers[0].via.u64 > STDERR_FILENO)
        return (struct finding_piece){0};
    return (struct finding_piece){
        .stream = (int)numbers[0].via.u64, .offset = numbers[1].via.u64, .size = numbers[2].via.u64};
}
