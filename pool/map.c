/*
 * pool/map.c - a function over an array
 *
 * Runs in: the host, on the calling thread. Owns: nothing that outlives the call.
 *
 * An array is a generator, and its results know their index: so a map is an imap_unordered() whose results are put
 * where they belong.
 */
#include "base/error.h"
#include "serialize/decode.h"
#include "serialize/element.h"
#include "serialize/message.h"

#include <mpool/pack.h>
#include <mpool/pool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_RESULTS 1024 /* results decoded before their memory is used again */

struct map {
    const char *items;
    size_t count;
    struct mp_element item;
    size_t next; /* the item to be generated next */

    char *results;
    struct mp_element result;
    mpool_status *statuses;
    msgpack_zone zone;
    unsigned decoded;

    mpool_err pack_err; /* of the item that could not be packed; its text is in detail */
    mpool_err err;      /* of the first job that is not done, or whose result has another shape */
    char detail[512];
};

static mpool_err generate(void *user, msgpack_packer *packer, uint64_t *tag)
{
    struct map *map = user;
    struct mp_packed packed;

    *tag = 0;
    if (map->next == map->count)
        return MPOOL_E_END;
    map->pack_err = mp_element_pack(&map->item, map->items + map->next * map->item.size, &packed);
    if (map->pack_err == MPOOL_OK)
        map->pack_err = mp_packed_write(&packed, packer);
    if (map->pack_err != MPOOL_OK)
        (void)snprintf(map->detail, sizeof map->detail, "item %zu: %s", map->next, mpool_error_detail());
    map->next++;
    return map->pack_err;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void note(struct map *map, mpool_err err, const mpool_result *result, const char *text)
{
    if (map->err != MPOOL_OK || map->pack_err != MPOOL_OK)
        return;
    map->err = err;
    (void)snprintf(
        map->detail, sizeof map->detail, "%sitem %llu %s: %s", result->child ? "a child of " : "",
        (unsigned long long)result->index,
        result->status == MPOOL_DONE ? "has another result than asked for" : mpool_status_name(result->status), text);
}

static void take_result(struct map *map, const mpool_result *result)
{
    msgpack_object object;
    size_t offset = 0;
    mpool_err err;

    if (map->statuses != NULL && !result->child)
        map->statuses[result->index] = result->status;
    if (result->status != MPOOL_DONE) {
        note(map, MPOOL_E_JOB, result, result->error);
        return;
    }
    if (map->results == NULL || result->child)
        return;
    if (++map->decoded % ZONE_RESULTS == 0)
        msgpack_zone_clear(&map->zone);
    /* The supervisor has scanned what came in a message, and not what came in the arena. */
    if (result->value_size > MP_INLINE_MAX)
        err = mpool_result_object(result, &map->zone, &object);
    else
        err = mp_decode_value(result->value, result->value_size, &offset, &map->zone, &object);
    if (err == MPOOL_OK)
        err = mp_element_unpack(&map->result, &object, map->results + result->index * map->result.size);
    if (err != MPOOL_OK)
        note(map, err, result, mpool_error_detail());
}

static mpool_err run(mpool_pool *pool, const mpool_task *task, struct map *map)
{
    const mpool_result *result;
    mpool_iter *iter;
    mpool_err err = mpool_pool_imap_unordered(pool, task, generate, map, &iter);

    if (err != MPOOL_OK)
        return err;
    while ((err = mpool_iter_next(iter, MPOOL_FOREVER, &result)) == MPOOL_OK)
        take_result(map, result);
    mpool_iter_free(iter);
    if (map->pack_err != MPOOL_OK)
        return mp_error(map->pack_err, "%s", map->detail);
    if (err != MPOOL_E_END)
        return err;
    return map->err != MPOOL_OK ? mp_error(map->err, "%s", map->detail) : MPOOL_OK;
}

mpool_err mpool_pool_map(mpool_pool *pool, const mpool_task *task, const void *items, size_t count, size_t item_size,
                         void *results, size_t result_size, mpool_status *statuses)
{
    struct map map = {.items = items, .count = count, .results = results, .statuses = statuses};
    mpool_task copy;
    mpool_err err;

    if (task == NULL || (items == NULL && count > 0))
        return mp_error(MPOOL_E_INVAL, "a map without a task or without items");
    err = mp_element_check("item", task->item_format, "iIUdbs", item_size, &map.item);
    if (err == MPOOL_OK && results != NULL)
        err = mp_element_check("result", task->result_format, "iIUdb", result_size, &map.result);
    if (err != MPOOL_OK)
        return err;
    copy = *task;
    copy.discard_value = results == NULL;
    for (size_t i = 0; statuses != NULL && i < count; i++)
        statuses[i] = MPOOL_CANCELLED;
    if (!msgpack_zone_init(&map.zone, 8192))
        return mp_error_nomem();
    err = run(pool, &copy, &map);
    msgpack_zone_destroy(&map.zone);
    return err;
}
