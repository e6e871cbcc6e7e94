/*
 * pool/hear.c - what the supervisor hears, of workers, the fork server and the application
 *
 * Runs in: the supervisor.
 *
 * What workers say is input: it is checked here as far as the core cannot, and what makes no sense ends them. The last
 * results of a worker are heard before its death is.
 */
#include "pool/hear.h"

#include "base/error.h"
#include "base/wait.h"
#include "pool/births.h"
#include "pool/feed.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- what workers say -------------------------------------------------------------------------------------------- */

/* What the totals rely on, and only we can check. */
static bool results_make_sense(const struct mp_supervisor *sup, const struct mp_answers *answers)
{
    uint32_t totals;

    if (answers->delta_count == 0)
        return true;
    (void)pthread_mutex_lock(&sup->pool->lock);
    totals = sup->pool->total_count;
    (void)pthread_mutex_unlock(&sup->pool->lock);
    for (uint32_t i = 0; i < answers->delta_count; i++)
        if (answers->deltas[i].total >= totals)
            return false;
    return true;
}

/*
 * What jobs of the frame have submitted is ready to be queued in the step that commits it. That what the application
 * has said before is heard first keeps numbers in the order of the lots, and lets a wish find all it is about.
 */
static mpool_err prepare_births(struct mp_supervisor *sup, unsigned slot, const struct mp_answers *answers,
                                struct mp_births *births)
{
    const struct mp_flight *flight = &sup->core.slots[slot].flight;
    mpool_pool *pool = sup->pool;
    mpool_err err;

    *births = (struct mp_births){0};
    if (answers->birth_count == 0)
        return MPOOL_OK;
    if (flight->frame_count == 0 || answers->ticket != flight->answered ||
        answers->count > flight->frames[0].range.count)
        return MPOOL_OK; /* parents that are none: the core will not have the frame */
    err = mp_births_make(births, answers, &flight->frames[0].range, pool, sup->zone);
    if (err != MPOOL_OK)
        return err;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->inbox_first != NULL || pool->requests != NULL) {
        (void)pthread_mutex_unlock(&pool->lock);
        mp_hear_application(sup);
        (void)pthread_mutex_lock(&pool->lock);
    }
    mp_births_number(births, pool);
    (void)pthread_mutex_unlock(&pool->lock);
    return MPOOL_OK;
}

/*
 * Has a job met its limit of memory? What others have left in its worker may be why, and the next one is to have it.
 * A job's cgroup is not the worker's memory.
 */
static bool ran_short(const struct mp_flight *flight, const struct mp_answers *answers)
{
    if (flight->frame_count == 0 || !flight->frames[0].range.rules->limits_memory)
        return false;
    for (uint32_t i = 0; i < answers->failure_count; i++)
        if (answers->failures[i].end.oom)
            return true;
    return false;
}

static const struct mp_exception *list_exceptions(const struct mp_supervisor *sup, const struct mp_answers *answers)
{
    struct mp_exception *exceptions;

    while ((exceptions = msgpack_zone_malloc(sup->zone, (answers->failure_count + 1) * sizeof *exceptions)) == NULL)
        mp_wait_for_memory();
    for (uint32_t i = 0; i < answers->failure_count; i++)
        exceptions[i] = (struct mp_exception){
            .at = answers->failures[i].at, .final = answers->failures[i].final, .end = answers->failures[i].end};
    return exceptions;
}

/* With births that are prepared. */
static void hear_results(struct mp_supervisor *sup, unsigned slot, struct mp_packet *packet,
                         const struct mp_answers *answers, struct mp_births *births)
{
    struct mp_event event = {.kind = MP_RESULTS, .slot = slot, .generation = answers->generation}, grew = event;
    struct mp_seat *seat = &sup->seats[slot];

    grew.kind = MP_GREW;
    if (ran_short(&sup->core.slots[slot].flight, answers)) /* first, so that another attempt is made elsewhere */
        mp_feed(sup, grew);
    event.results = (struct mp_results){.ticket = answers->ticket,
                                        .count = answers->count,
                                        .busy_ns = answers->busy_ns,
                                        .exceptions = list_exceptions(sup, answers),
                                        .exception_count = answers->failure_count,
                                        .births = births->ranges,
                                        .birth_count = births->count};
    mp_seat_drain(seat, MP_OUTPUT_ALL);
    mp_deliver_begin(&sup->deliver, seat, packet, answers, births);
    mp_feed(sup, event);
    mp_output_answered(&seat->output, event.results.ticket + event.results.count);
    if (!mp_deliver_finish(&sup->deliver))
        mp_births_drop(births, sup->pool);
    if (sup->pool->worker_max_bytes > 0 && mp_seat_weigh(seat, mp_supervisor_now_ms(sup)) > sup->pool->worker_max_bytes)
        mp_feed(sup, grew);
}

/* A worker needs a block: for a job in flight, and only one at a time. */
static bool hear_need(struct mp_supervisor *sup, unsigned slot, const struct mp_need *need)
{
    struct mp_seat *seat = &sup->seats[slot];

    if (sup->core.slots[slot].state != MP_SLOT_UP)
        return true; /* it is being killed */
    if (!mp_flight_holds(&sup->core.slots[slot].flight, need->ticket) ||
        !mp_grant_ask(&seat->grant, need, mp_supervisor_now_ms(sup), sup->pool->room_timeout_ms))
        return false;
    sup->starving = true;
    return true;
}

/* Takes the packet. */
static void hear_message(struct mp_supervisor *sup, unsigned slot, struct mp_packet *packet)
{
    struct mp_seat *seat = &sup->seats[slot];
    struct mp_event event = {.slot = slot, .generation = seat->generation, .kind = MP_BABBLE};
    struct mp_message message;
    struct mp_births births;
    mpool_err err;

    msgpack_zone_clear(sup->zone);
    while ((err = mp_message_read(mp_packet_data(packet), mp_packet_size(packet), sup->zone, &message)) ==
           MPOOL_E_NOMEM)
        mp_wait_for_memory();
    if (err != MPOOL_OK) {
        mp_deliver_reason(&sup->deliver, mpool_error_detail());
    } else if (message.type == MP_HELLO && mp_seat_greet(seat, &message.as.hello, sup->pool->id, slot)) {
        event.kind = MP_STARTED;
    } else if (seat->greeted && message.type == MP_NEED && hear_need(sup, slot, &message.as.need)) {
        event.kind = MP_TICK;
    } else if (seat->greeted && message.type == MP_FRAME_RESULTS && results_make_sense(sup, &message.as.answers) &&
               mp_grant_admits(&seat->grant, &message.as.answers)) {
        if (prepare_births(sup, slot, &message.as.answers, &births) == MPOOL_OK) {
            hear_results(sup, slot, packet, &message.as.answers, &births);
            return;
        }
        mp_deliver_reason(&sup->deliver, mpool_error_detail());
    } else if (seat->greeted && message.type == MP_GIVEN_BACK) {
        event.kind = MP_RETURNED;
        event.ticket = message.as.ticket;
    } else {
        mp_deliver_reason(&sup->deliver, "it is one, but not one that is due");
    }
    mp_feed(sup, event);
    mp_packet_free(packet);
}

/* Hears what a worker has sent, up to `most` messages: one that talks without end must not keep us from the others. */
void mp_hear_seat(struct mp_supervisor *sup, unsigned slot, unsigned most)
{
    struct mp_packet *packet;

    while (most-- > 0 && sup->seats[slot].channel != NULL &&
           (packet = mp_channel_recv(sup->seats[slot].channel)) != NULL)
        hear_message(sup, slot, packet);
}

/* Generations that are dead, once all that they have sent was heard. */
void mp_hear_deaths(struct mp_supervisor *sup)
{
    char why[MP_PAGE_WHY];

    for (unsigned slot = 0; slot < sup->pool->workers; slot++) {
        struct mp_seat *seat = &sup->seats[slot];
        struct mp_event event = {.kind = MP_DIED, .slot = slot, .generation = seat->generation};

        if (seat->channel == NULL || !mp_seat_over(seat, mp_clock_ms()))
            continue;
        mp_hear_seat(sup, slot, UINT_MAX);
        mp_seat_drain(seat, MP_OUTPUT_ALL);
        mp_deliver_death(&sup->deliver, seat,
                         !seat->greeted && sup->core.slots[slot].state == MP_SLOT_KILLED && !sup->core.draining);
        if (!seat->greeted && mp_seat_why(seat, why, sizeof why))
            mp_deliver_reason(&sup->deliver, why);
        event.sight = mp_seat_look(seat, sup->stall_ms);
        event.death = mp_seat_death(seat);
        mp_seat_close(seat);
        mp_feed(sup, event);
    }
}

/* ---- what the fork server and the application say ---------------------------------------------------------------- */

static void hear_report(struct mp_supervisor *sup, const struct mp_fork_message *message)
{
    struct mp_seat *seat;

    if (message->slot >= sup->pool->workers || message->generation != sup->seats[message->slot].generation)
        return;
    seat = &sup->seats[message->slot];
    switch (message->kind) {
    case MP_FORK_BORN:
        seat->pid = message->pid;
        break;
    case MP_FORK_DIED:
        seat->dead = true;
        seat->dead_ms = mp_clock_ms();
        seat->status = message->status;
        seat->usage = message->usage;
        seat->oom = (struct mp_seat_oom){
            .source = message->oom_source, .before = message->oom_before, .after = message->oom_after};
        break;
    case MP_FORK_FAILED:
        mp_deliver_reason(&sup->deliver, strerror(message->error));
        mp_seat_close(seat);
        mp_feed(sup,
                (struct mp_event){.kind = MP_START_FAILED, .slot = message->slot, .generation = message->generation});
        break;
    default:
        break;
    }
}

void mp_hear_server(struct mp_supervisor *sup)
{
    struct mp_fork_message message;
    enum mp_forkpipe_answer answer;

    while ((answer = mp_forkpipe_recv(sup->pool->server_fd, false, &message, NULL)) == MP_FORKPIPE_MESSAGE)
        hear_report(sup, &message);
    if (answer == MP_FORKPIPE_END)
        mp_feed_lost(sup);
}

void mp_hear_application(struct mp_supervisor *sup)
{
    mpool_pool *pool = sup->pool;
    struct mp_request *requests;
    struct mp_lot *lot;
    bool closed, drained, terminated;
    unsigned resized;

    (void)pthread_mutex_lock(&pool->lock);
    resized = pool->resized;
    pool->resized = 0;
    lot = pool->inbox_first;
    pool->inbox_first = pool->inbox_last = NULL;
    requests = pool->requests;
    pool->requests = NULL;
    closed = pool->closed;
    drained = pool->drained;
    terminated = pool->terminated;
    (void)pthread_mutex_unlock(&pool->lock);
    while (lot != NULL) {
        struct mp_lot *next = lot->next;

        mp_feed(sup, (struct mp_event){.kind = MP_JOBS,
                                       .range = {.first = lot->first, .count = lot->count, .rules = &lot->rules}});
        lot = next;
    }
    if (resized > 0)
        mp_feed(sup, (struct mp_event){.kind = MP_RESIZE, .workers = resized});
    while (requests != NULL) {
        struct mp_request *request = requests;

        requests = request->next;
        mp_feed(sup, (struct mp_event){.kind = MP_CANCEL, .wish = request->wish});
        free(request);
    }
    if (terminated && !sup->core.terminated)
        mp_feed(sup, (struct mp_event){.kind = MP_TERMINATE});
    else if (drained && !sup->core.draining)
        mp_feed(sup, (struct mp_event){.kind = MP_DRAIN});
    else if (closed && !sup->core.closed)
        mp_feed(sup, (struct mp_event){.kind = MP_CLOSE});
}
