/*
 * workers/collect.c - numbers of a job's result that go into totals
 *
 * Runs in: a worker, on its main thread, after the job's function has returned.
 *
 * They are taken here and not in the supervisor, so that results which nobody wants need not travel at all.
 */
#include "workers/collect.h"

#include "serialize/decode.h"

#include <math.h>
#include <string.h>

/* The value at "a.b.c" in nested maps; NULL if there is none. "" is the object itself. */
static const msgpack_object *find(const msgpack_object *object, const char *field)
{
    while (*field != '\0') {
        size_t size = strcspn(field, ".");
        const msgpack_object_kv *pair, *end;

        if (object->type != MSGPACK_OBJECT_MAP)
            return NULL;
        end = object->via.map.ptr + object->via.map.size;
        for (pair = object->via.map.ptr; pair < end; pair++)
            if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == size &&
                memcmp(pair->key.via.str.ptr, field, size) == 0)
                break;
        if (pair == end)
            return NULL;
        object = &pair->val;
        field += size + (field[size] == '.');
    }
    return object;
}

static bool add_number(struct mp_delta *delta, mpool_total_kind kind, const msgpack_object *number)
{
    switch (number->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (number->via.u64 > INT64_MAX)
            return false;
        mp_delta_add_integer(delta, kind, (int64_t)number->via.u64);
        return true;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        mp_delta_add_integer(delta, kind, number->via.i64);
        return true;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        if (!isfinite(number->via.f64))
            return false;
        mp_delta_add_real(delta, kind, number->via.f64);
        return true;
    default:
        return false;
    }
}

static bool collect_one(struct mpool_job *job, const struct mp_collect *collect, const msgpack_object *result)
{
    mpool_total_kind kind = job->totals->cells[collect->total].kind;
    const msgpack_object *number;

    job->staged |= UINT64_C(1) << collect->total;
    if (kind == MPOOL_COUNT) {
        mp_delta_add_integer(&job->deltas[collect->total], kind, 1);
        return true;
    }
    number = find(result, collect->field);
    if (number != NULL && add_number(&job->deltas[collect->total], kind, number))
        return true;
    (void)mpool_job_fail(job, "total \"%s\": %s%s%s", job->totals->cells[collect->total].name,
                         *collect->field != '\0' ? "result." : "the result", collect->field,
                         number == NULL ? " is not there" : " is not a number of at most 63 bits");
    return false;
}

void mp_collect(struct mpool_job *job)
{
    const struct mp_jobs *frame = job->frame;
    msgpack_object result = {.type = MSGPACK_OBJECT_NIL};
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->collect_count; i++) {
        bool first_number = offset == 0 && job->totals->cells[frame->collects[i].total].kind != MPOOL_COUNT;

        if (first_number &&
            mp_decode_value(job->result.data, job->result.size, &offset, job->zone, &result) != MPOOL_OK) {
            (void)mpool_job_fail(job, "out of memory");
            job->failed = true;
            return;
        }
        if (!collect_one(job, &frame->collects[i], &result)) {
            job->failed = true;
            job->final = true;
            return;
        }
    }
}
