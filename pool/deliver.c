/*
 * pool/deliver.c - from what the core decided to what the application gets
 *
 * Runs in: the supervisor. Owns: the frame of results that is being fed.
 *
 * Totals are committed first and results handed over second, so whoever sees a job done sees its share in the totals.
 * Memory that runs out is waited for: a result that was committed must not be lost.
 */
#include "pool/deliver.h"

#include "base/error.h"
#include "base/wait.h"
#include "pool/host.h"
#include "pool/log.h"
#include "serialize/scan.h"
#include "workers/setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

mpool_err mp_deliver_init(struct mp_deliver *deliver, mpool_pool *pool)
{
    *deliver = (struct mp_deliver){.pool = pool};
    return MPOOL_OK;
}

void mp_deliver_fini(struct mp_deliver *deliver)
{
    mp_reply_unref(deliver->reply);
}

/* ---- what is going on -------------------------------------------------------------------------------------------- */

void mp_deliver_begin(struct mp_deliver *deliver, struct mp_seat *seat, struct mp_packet *packet,
                      const struct mp_answers *answers, const struct mp_births *births)
{
    deliver->seat = seat;
    while ((deliver->reply = mp_reply_new(packet)) == NULL)
        mp_wait_for_memory();
    deliver->reply->values = answers->values;
    deliver->reply->values_size = answers->values_size;
    deliver->reply->times = answers->times;
    deliver->answers = answers;
    deliver->births = births;
    deliver->counts = false;
    deliver->cursor = 0;
    deliver->values_at = 0;
}

bool mp_deliver_finish(struct mp_deliver *deliver)
{
    mp_reply_unref(deliver->reply);
    for (int i = 0; i < 2; i++)
        mp_dossier_unref(deliver->failures[i]);
    deliver->reply = NULL;
    memset(deliver->failures, 0, sizeof deliver->failures);
    deliver->answers = NULL;
    return deliver->counts;
}

/* A worker that does not get up has said why, if it could, on stderr: the last line is the reason's. */
static void quote_output(struct mp_deliver *deliver, const struct mp_output *output)
{
    char text[MPOOL_OUTPUT_TAIL_BYTES];
    size_t end = mp_output_copy(output, text), begin;
    size_t used = strlen(deliver->reason);

    while (end > 0 && text[end - 1] == '\n')
        end--;
    for (begin = end; begin > 0 && text[begin - 1] != '\n'; begin--)
        if ((unsigned char)text[begin - 1] < ' ' || text[begin - 1] == 0x7f)
            text[begin - 1] = '?';
    if (end > begin)
        (void)snprintf(deliver->reason + used, sizeof deliver->reason - used, "; it said: %.*s", (int)(end - begin),
                       text + begin);
}

/* What a worker that does not get up was at: its initializer has a name. */
static const char *setup_of(const mpool_pool *pool, const struct mp_seat *seat)
{
    if (seat->greeted || atomic_load(&seat->page->in_setup) == 0 || pool->setup_size == 0)
        return NULL;
    return mp_setup_name(mp_host_at(pool->setup_offset, pool->setup_size), true);
}

void mp_deliver_death(struct mp_deliver *deliver, struct mp_seat *seat, bool late)
{
    const char *setup = setup_of(deliver->pool, seat);
    char end[128], limit[96] = "", at[128] = "";

    deliver->seat = seat;
    deliver->status = seat->status;
    mp_seat_write_end(seat, end, sizeof end);
    if (late)
        (void)snprintf(limit, sizeof limit,
                       "it was not ready within start_timeout_ms, %" PRId64 " ms: ", deliver->pool->start_timeout_ms);
    if (setup != NULL)
        (void)snprintf(at, sizeof at, " while its initializer \"%s\" ran", setup);
    (void)snprintf(deliver->reason, sizeof deliver->reason, "%sthe worker %s%s", limit, end, at);
    if (!seat->greeted)
        quote_output(deliver, &seat->output);
}

void mp_deliver_reason(struct mp_deliver *deliver, const char *reason)
{
    (void)snprintf(deliver->reason, sizeof deliver->reason, "%s", reason);
}

const char *mp_deliver_last_reason(const struct mp_deliver *deliver)
{
    return deliver->reason;
}

/* ---- commit ------------------------------------------------------------------------------------------------------ */

void mp_deliver_commit(struct mp_deliver *deliver, const struct mp_range *range)
{
    const struct mp_answers *answers = deliver->answers;
    mpool_pool *pool = deliver->pool;

    deliver->committed = *range;
    deliver->frames++;
    deliver->counts = true;
    mp_births_adopt(deliver->births);
    deliver->reply->block = mp_grant_take(&deliver->seat->grant, answers);
    if (answers->delta_count == 0)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; i < answers->delta_count; i++) {
        mpool_total *total = &pool->total_handles[answers->deltas[i].total];

        mp_delta_merge(&total->sum, total->kind, &answers->deltas[i].delta);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* What the current frame says of a job that failed. */
static const struct mp_failure *failure_of(const struct mp_deliver *deliver, const struct mp_range *job)
{
    static const struct mp_failure none = {.reason = ""};
    const struct mp_answers *answers = deliver->answers;

    for (uint32_t i = 0; i < answers->failure_count; i++)
        if (answers->failures[i].at == (uint32_t)(job->first - deliver->committed.first))
            return &answers->failures[i];
    return &none;
}

/* Its reason, as a string. */
static void failure_text(const struct mp_failure *failure, char *text, size_t room)
{
    size_t size = failure->reason_size < room - 1 ? failure->reason_size : room - 1;

    memcpy(text, failure->reason, size);
    text[size] = '\0';
}

/* Did the worker itself say that the job is not done, and why? Otherwise it is the worker's end that says so. */
static bool is_told(const struct mp_deliver *deliver, const struct mp_action *action)
{
    return deliver->answers != NULL &&
           (action->status == MPOOL_FAILED || action->status == MPOOL_CRASHED || action->status == MPOOL_TIMED_OUT);
}

/* Who has asked for more attempts is told why there are none. */
static void add_crash_limit(const struct mp_action *action, char *text, size_t room)
{
    const struct mp_range *job = &action->range;
    size_t used = strlen(text);

    if (action->status == MPOOL_CRASHED && job->crashes >= job->rules->crash_limit &&
        action->attempts <= job->rules->retries)
        (void)snprintf(text + used, room - used, "; it has crashed %u times, which is the limit whatever retries says",
                       (unsigned)job->crashes);
}

static void error_text(const struct mp_deliver *deliver, const struct mp_action *action, bool draining, char *text,
                       size_t room)
{
    if (is_told(deliver, action)) {
        failure_text(failure_of(deliver, &action->range), text, room);
        add_crash_limit(action, text, room);
        return;
    }
    switch (action->status) {
    case MPOOL_CRASHED:
        (void)snprintf(text, room, "%s", deliver->reason);
        add_crash_limit(action, text, room);
        break;
    case MPOOL_TIMED_OUT:
        if (action->range.rules->cpu_ms > 0 && mp_seat_death(deliver->seat).out_of_cpu)
            (void)snprintf(text, room, "it used more than its limit of %" PRId64 " ms of CPU time",
                           action->range.rules->cpu_ms);
        else
            (void)snprintf(text, room, "it ran longer than its limit of %" PRId64 " ms",
                           action->range.rules->timeout_ms);
        break;
    case MPOOL_CANCELLED:
        if (deliver->pool->broken)
            (void)snprintf(text, room, "the pool is broken: %s", deliver->pool->broken_reason);
        else if (!draining)
            (void)snprintf(text, room, "it was cancelled");
        else
            (void)snprintf(text, room, "the pool ended before the job");
        break;
    case MPOOL_FAILED:
    case MPOOL_DONE:
    case MPOOL_SKIPPED:
        text[0] = '\0';
        break;
    }
}

/* The values and times of jobs that have returned are in the frame: finds where those of the range begin. */
static void attach_reply(struct mp_deliver *deliver, const struct mp_range *range, struct mp_part *part)
{
    uint32_t place = (uint32_t)(range->first - deliver->committed.first);

    if (deliver->answers == NULL ||
        (deliver->reply->values == NULL && deliver->reply->times == NULL && deliver->reply->block.size == 0))
        return;
    if (deliver->reply->values != NULL)
        (void)mp_scan_skip(deliver->reply->values, deliver->reply->values_size, place - deliver->cursor,
                           &deliver->values_at);
    deliver->cursor = place;
    part->values_at = deliver->values_at;
    part->times_at = place;
    part->reply = deliver->reply;
    mp_reply_ref(part->reply);
}

/*
 * Jobs that failed in one frame have a dossier in common, if they agree on memory: they have had the same number of
 * attempts, and it cannot be told who of them has printed what.
 */
static struct mp_dossier *make_dossier(struct mp_deliver *deliver, const struct mp_action *action)
{
    struct mp_dossier_memory memory = {.limit_bytes = mp_lot_of(&action->range)->plan->memory_bytes};
    struct mp_dossier *dossier = NULL;
    bool told = is_told(deliver, action);

    if (action->status != MPOOL_FAILED && action->status != MPOOL_CRASHED && action->status != MPOOL_TIMED_OUT)
        return NULL;
    if (told) {
        memory.refused = failure_of(deliver, &action->range)->end.oom;
        dossier = deliver->failures[memory.refused];
    }
    if (dossier == NULL)
        while ((dossier = mp_dossier_new(deliver->seat, told ? MPOOL_FAILED : action->status, action->attempts,
                                         &memory)) == NULL)
            mp_wait_for_memory();
    if (told) {
        deliver->failures[memory.refused] = dossier;
        mp_dossier_ref(dossier);
    }
    return dossier;
}

/* Who has met a limit of memory is told so, whatever the job has made of it. */
static void add_memory_limit(const struct mp_lot *lot, const struct mp_dossier *dossier, char *text, size_t room)
{
    size_t used = strlen(text);

    if (dossier != NULL && lot->plan->memory_bytes > 0 && mp_dossier_shown(dossier)->out_of_memory == MPOOL_OOM_YES)
        (void)snprintf(text + used, room - used, "; it was refused memory, and memory_bytes is %zu",
                       lot->plan->memory_bytes);
}

static struct mp_part *make_part(struct mp_deliver *deliver, const struct mp_action *action, bool draining,
                                 struct mp_lot *lot)
{
    struct mp_dossier *dossier = make_dossier(deliver, action);
    char text[MP_REASON_MAX + 128];
    struct mp_part *part;

    error_text(deliver, action, draining, text, MP_REASON_MAX + 1);
    add_memory_limit(lot, dossier, text, sizeof text);
    while ((part = mp_part_new(lot, text)) == NULL)
        mp_wait_for_memory();
    part->at = (uint32_t)(action->range.first - lot->first);
    part->count = action->range.count;
    part->status = action->status;
    part->attempts = action->attempts;
    part->worker = action->slot;
    part->dossier = dossier;
    if (is_told(deliver, action)) {
        const struct mp_end *end = &failure_of(deliver, &action->range)->end;

        part->signal = end->signal;
        part->exit_code = end->exit_code > 0 ? end->exit_code : 0;
    } else if (action->status == MPOOL_CRASHED) {
        part->signal = WIFSIGNALED(deliver->status) ? WTERMSIG(deliver->status) : 0;
        part->exit_code = WIFEXITED(deliver->status) ? WEXITSTATUS(deliver->status) : 0;
    }
    if (lot->plan->capture_bytes > 0 && action->status != MPOOL_CANCELLED) {
        part->is_captured = true;
        part->captured_cut = mp_output_take_captured(&deliver->seat->output, &part->captured);
    }
    if (action->status == MPOOL_DONE || is_told(deliver, action))
        attach_reply(deliver, &action->range, part);
    return part;
}

/* A job that went wrong, and whose result nobody gets: without this nobody would ever know. */
static void tell_log(struct mp_deliver *deliver, const struct mp_action *action, bool draining,
                     const struct mp_lot *lot)
{
    char text[MP_REASON_MAX + 1], job[160];

    if (deliver->pool->log == NULL || action->status == MPOOL_DONE || action->status == MPOOL_CANCELLED ||
        !mp_lot_is_unheard(lot, (uint32_t)(action->range.first - lot->first)))
        return;
    error_text(deliver, action, draining, text, sizeof text);
    mp_lot_name_job(&action->range, job, sizeof job);
    mp_log_write(deliver->pool->log, MPOOL_LOG_WARNING, "%s, whose result nobody gets, %s: %s", job,
                 mpool_status_name(action->status), text);
}

void mp_deliver_end(struct mp_deliver *deliver, const struct mp_action *action, bool draining)
{
    mpool_pool *pool = deliver->pool;
    struct mp_lot *lot = mp_lot_of(&action->range);
    uint32_t count = action->range.count;

    tell_log(deliver, action, draining, lot);
    if (lot->sink != NULL)
        lot->sink->deliver(lot->sink, make_part(deliver, action, draining, lot));
    lot->ended += count;
    if (lot->ended == lot->count)
        mp_lot_unref(lot);
    (void)pthread_mutex_lock(&pool->lock);
    pool->open_jobs -= count;
    if (pool->waiters != NULL)
        (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
}
