/*
 * pool/news.c - what a step of the core means, in lines of the log
 *
 * Runs in: the supervisor.
 *
 * The core makes notes of what it finds out; the rest is seen in what has changed. Each line names its worker and its
 * job. Deaths that are as they should be, of workers that were told to go or of a pool that ends, are for debugging.
 */
#include "pool/news.h"

#include "pool/log.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME_MAX_BYTES 48

/* "worker 3 (pid 4711)", or without a pid if there is no process. */
static const char *name_of(const struct mp_supervisor *sup, unsigned slot, char text[NAME_MAX_BYTES])
{
    if (sup->seats[slot].pid > 0)
        (void)snprintf(text, NAME_MAX_BYTES, "worker %u (pid %d)", slot, (int)sup->seats[slot].pid);
    else
        (void)snprintf(text, NAME_MAX_BYTES, "worker %u", slot);
    return text;
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

static void tell_start_death(const struct mp_supervisor *sup, const struct mp_note *note, const char *name)
{
    const struct mp_slot *slot = &sup->core.slots[note->slot];
    char again[64] = "";

    if (!note->wanted) {
        mp_log_write(sup->pool->log, MPOOL_LOG_DEBUG, "%s: ended before it was ready, and was not wanted any more",
                     name);
        return;
    }
    if (slot->state == MP_SLOT_EMPTY)
        (void)snprintf(again, sizeof again, "; the next try is in %" PRId64 " ms", slot->due_ms - sup->core.now_ms);
    mp_log_write(sup->pool->log, MPOOL_LOG_WARNING, "%s: did not start: %s%s", name,
                 mp_deliver_last_reason(&sup->deliver), again);
}

/* What the worker was at; for the middle of a sentence. */
static const char *doing_of(const struct mp_note *note)
{
    static const char *const dying[] = {[MP_KILL_OURS] = ", by the pool, for it did not listen",
                                        [MP_KILL_JOB] = ", by the pool, for its job was over its limit",
                                        [MP_KILL_GARBLED] = ", by the pool, for what it had sent",
                                        [MP_KILL_UNWANTED] = ", by the pool, for its job was cancelled"};

    switch (note->doing) {
    case MP_DOING_A_JOB:
        return " while a job ran";
    case MP_DOING_AN_ANSWER:
        return " before the result of its job had arrived";
    case MP_DOING_ARRIVED:
        return " before it had begun the jobs it was sent";
    case MP_DOING_NOTHING:
        return " while it had nothing to do";
    case MP_DOING_DYING:
        return dying[note->kill];
    case MP_DOING_STARTING:
    case MP_DOING_LEAVING:
        break;
    }
    return "";
}

static void tell_death(const struct mp_supervisor *sup, const struct mp_note *note)
{
    bool expected = note->doing == MP_DOING_LEAVING || sup->core.terminated, asked_for;
    char name[NAME_MAX_BYTES], end[128], job[160] = "no job", why[MP_PAGE_WHY];

    (void)name_of(sup, note->slot, name);
    if (note->doing == MP_DOING_STARTING) {
        tell_start_death(sup, note, name);
        return;
    }
    mp_seat_write_end(&sup->seats[note->slot], end, sizeof end);
    if (expected && mp_seat_why(&sup->seats[note->slot], why, sizeof why)) {
        mp_log_write(sup->pool->log, MPOOL_LOG_WARNING, "%s: %s", name, why);
        return;
    }
    if (expected) {
        mp_log_write(sup->pool->log, MPOOL_LOG_DEBUG, "%s: %s, as it was meant to", name, end);
        return;
    }
    if (note->job.count > 0)
        mp_lot_name_job(&note->job, job, sizeof job);
    asked_for = note->doing == MP_DOING_DYING && note->kill == MP_KILL_UNWANTED;
    mp_log_write(sup->pool->log, asked_for ? MPOOL_LOG_INFO : MPOOL_LOG_WARNING, "%s: %s%s; %s is charged", name, end,
                 doing_of(note), job);
}

/* ---- all else ---------------------------------------------------------------------------------------------------- */

static void tell_retirement(const struct mp_supervisor *sup, const struct mp_note *note)
{
    static const char *const why[] = {[MP_RETIRE_JOBS] = "is replaced: it has been sent its number of jobs",
                                      [MP_RETIRE_AGE] = "is replaced: it is old",
                                      [MP_RETIRE_SIZE] = "is replaced: it has too much memory, or a job had too little",
                                      [MP_RETIRE_SURPLUS] = "goes: it is one too many",
                                      [MP_RETIRE_IDLE] = "goes: it has idled for long"};
    bool replaced = note->retire <= MP_RETIRE_SIZE;
    char name[NAME_MAX_BYTES];

    mp_log_write(sup->pool->log, replaced ? MPOOL_LOG_INFO : MPOOL_LOG_DEBUG, "%s %s", name_of(sup, note->slot, name),
                 why[note->retire]);
}

static void tell_notes(const struct mp_supervisor *sup, const struct mp_event *event)
{
    char name[NAME_MAX_BYTES];

    for (size_t i = 0; i < sup->core.note_count; i++) {
        const struct mp_note *note = &sup->core.notes[i];

        switch (note->kind) {
        case MP_NOTE_DIED:
            tell_death(sup, note);
            break;
        case MP_NOTE_RETIRES:
            tell_retirement(sup, note);
            break;
        case MP_NOTE_GARBLED:
            mp_log_write(sup->pool->log, MPOOL_LOG_ERROR, "%s: sent what it could not, and is killed for it: %s",
                         name_of(sup, note->slot, name),
                         event->kind == MP_BABBLE ? mp_deliver_last_reason(&sup->deliver)
                                                  : "an answer to what it was not asked");
            break;
        }
    }
}

struct mp_news mp_news_before(const struct mp_supervisor *sup)
{
    return (struct mp_news){.workers = sup->core.stats.workers, .stale_results = sup->core.stats.stale_results};
}

void mp_news_tell(const struct mp_supervisor *sup, const struct mp_event *event, const struct mp_news *before)
{
    const mpool_pool_stats *stats = &sup->core.stats;
    char name[NAME_MAX_BYTES];

    if (sup->pool->log == NULL)
        return;
    if (event->kind == MP_STARTED && sup->core.slots[event->slot].state == MP_SLOT_UP)
        mp_log_write(sup->pool->log, MPOOL_LOG_DEBUG, "%s: started, generation %" PRIu64,
                     name_of(sup, event->slot, name), event->generation);
    if (event->kind == MP_RESIZE)
        mp_log_write(sup->pool->log, MPOOL_LOG_INFO, "resized to %u workers", event->workers);
    else if (stats->workers != before->workers)
        mp_log_write(sup->pool->log, MPOOL_LOG_DEBUG, "%s from %u to %u workers",
                     stats->workers > before->workers ? "grown" : "shrunk", before->workers, stats->workers);
    if (stats->stale_results > before->stale_results)
        mp_log_write(sup->pool->log, MPOOL_LOG_DEBUG,
                     "worker %u: results of a dead generation, %" PRIu64 ", are dropped", event->slot,
                     event->generation);
    tell_notes(sup, event);
}
