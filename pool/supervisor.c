/*
 * pool/supervisor.c - the thread that owns a pool: hears what happens, tells the core, does what it says
 *
 * Runs in: the host, one thread a pool; the functions from mp_supervisor_start() on only. Owns: the core, the seats,
 * the pool's end of the socket to the fork server. It runs no code of the application's, and never waits for a lock
 * that a worker can hold.
 *
 * The loop at the end of the file is the whole story: sleep; take what the application submitted; hear the fork
 * server and the workers; bury the dead, after their last results have been heard; let time pass. Each of these feeds
 * the core an event, and does the actions that come of it before the next one is fed.
 *
 * When a step fails: a worker that cannot be spawned or talked to is fed back to the core as such; a fork server that
 * is gone breaks the pool; memory that runs out here is waited for, since nothing may be lost.
 */
#include "pool/supervisor.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "pool/block.h"
#include "pool/core.h"
#include "pool/deliver.h"
#include "pool/host.h"
#include "pool/pool.h"
#include "pool/seat.h"
#include "workers/registry.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A loop that comes back this late was stopped, or the machine slept: then no limit has run meanwhile. */
#define STALL_MS 2000

/* Of one worker. */
#define MESSAGES_A_TURN 64
#define OUTPUT_A_TURN 262144

/* What is released in a turn of blocks that were given back: half a millisecond's work, once a millisecond. */
#define SWEEP_BYTES ((size_t)4 << 20)
#define SWEEP_MS 1

struct supervisor {
    mpool_pool *pool;
    struct mp_core core;
    struct mp_seat *seats;
    struct pollfd *fds; /* the fork server, the wake-up, then of each seat that has a channel that and its output */
    unsigned *readers;  /* which seats those are */
    unsigned reader_count;
    struct mp_deliver deliver;
    struct mp_buf message; /* scratch */
    msgpack_zone *zone;    /* of the message being heard; cleared before each */
    int64_t stall_ms;      /* time that does not count, altogether */
    bool sweeping;         /* there are blocks to be released */
    bool starving;         /* a worker waits for a block */
    bool server_lost;
};

static int64_t now_ms(const struct supervisor *sup)
{
    return mp_clock_ms() - sup->stall_ms;
}

static void feed(struct supervisor *sup, struct mp_event event);

static struct mp_event about(const struct mp_action *action, enum mp_event_kind kind)
{
    return (struct mp_event){
        .kind = kind, .slot = action->slot, .generation = action->generation, .ticket = action->ticket};
}

/* ---- what the core says ------------------------------------------------------------------------------------------ */

static void lose_server(struct supervisor *sup)
{
    if (sup->server_lost)
        return;
    sup->server_lost = true;
    /* The workers die with their parent, but nobody is left to kill what they have started. */
    for (unsigned i = 0; i < sup->pool->workers; i++)
        if (sup->seats[i].pid > 0 && !sup->seats[i].dead) {
            (void)kill(-sup->seats[i].pid, SIGKILL);
            sup->seats[i].pid = 0;
        }
    mp_deliver_reason(&sup->deliver, "the fork server is gone; it may have been killed");
    feed(sup, (struct mp_event){.kind = MP_LOST});
}

/* passed: a file descriptor to go with it, or -1. */
static void order(struct supervisor *sup, const struct mp_fork_message *message, int passed)
{
    if (!sup->server_lost && mp_forkpipe_send(sup->pool->server_fd, message, passed, true) != MPOOL_OK)
        lose_server(sup);
}

static void spawn(struct supervisor *sup, const struct mp_action *action)
{
    struct mp_seat *seat = &sup->seats[action->slot];
    struct mp_fork_message message = {.kind = MP_FORK_SPAWN,
                                      .pool = sup->pool->id,
                                      .slot = action->slot,
                                      .generation = action->generation,
                                      .piped = sup->pool->output == MPOOL_OUTPUT_TAIL};
    int pipe;

    if (mp_seat_open(seat, mp_host_directory(), sup->pool->wake_fd, &message, &pipe) != MPOOL_OK) {
        mp_deliver_reason(&sup->deliver, mpool_error_detail());
        feed(sup, about(action, MP_START_FAILED));
        return;
    }
    message.page_offset = sup->pool->pages_offset + (size_t)action->slot * MP_PAGE_BYTES;
    message.trace_offset = sup->pool->traces_offset + (size_t)action->slot * MP_TRACE_BYTES;
    message.totals_offset = sup->pool->totals_offset;
    message.setup_offset = sup->pool->setup_offset;
    message.setup_size = sup->pool->setup_size;
    order(sup, &message, pipe);
    if (pipe >= 0)
        (void)close(pipe);
}

/* If the frame before could not be sent, the slot is given up, and this one's jobs are in the queue again. */
static void send_jobs(struct supervisor *sup, const struct mp_action *action)
{
    struct mp_message message = {.type = MP_FRAME_JOBS};

    if (sup->core.slots[action->slot].state != MP_SLOT_UP)
        return;
    if (mp_lot_of(&action->range)->plan->capture_bytes > 0)
        mp_seat_capture(&sup->seats[action->slot], mp_lot_of(&action->range)->plan->capture_bytes);
    message.as.jobs = mp_lot_frame(&action->range);
    message.as.jobs.generation = action->generation;
    message.as.jobs.ticket = action->ticket;
    if (mp_seat_send(&sup->seats[action->slot], &message, &sup->message) != MPOOL_OK)
        feed(sup, about(action, MP_UNSENT));
}

/* What cannot be sent goes to a worker that is dying; its death says the rest. */
static void send_to(struct supervisor *sup, unsigned slot, const struct mp_message *message)
{
    while (mp_seat_send(&sup->seats[slot], message, &sup->message) == MPOOL_E_NOMEM)
        mp_wait_for_memory();
}

static void send_word(struct supervisor *sup, const struct mp_action *action, enum mp_message_type type)
{
    const struct mp_message message = {.type = type, .as.ticket = action->ticket};

    send_to(sup, action->slot, &message);
}

/* A worker that is killed for its job's limit is looked at first: the job is to learn where it was. */
static void order_kill(struct supervisor *sup, const struct mp_action *action)
{
    const struct mp_slot *slot = &sup->core.slots[action->slot];
    struct mp_fork_message message = {.kind = MP_FORK_KILL,
                                      .pool = sup->pool->id,
                                      .slot = action->slot,
                                      .generation = action->generation,
                                      .look_first = slot->kill == MP_KILL_JOB && !sup->core.terminated};

    order(sup, &message, -1);
}

static void set_broken(struct supervisor *sup)
{
    mpool_pool *pool = sup->pool;

    (void)pthread_mutex_lock(&pool->lock);
    pool->broken = true;
    pool->closed = true;
    (void)snprintf(pool->broken_reason, sizeof pool->broken_reason, "%s", mp_deliver_last_reason(&sup->deliver));
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
}

static void perform(struct supervisor *sup, const struct mp_action *action)
{
    struct mp_event event;

    switch (action->kind) {
    case MP_SPAWN:
        spawn(sup, action);
        break;
    case MP_SEND:
        send_jobs(sup, action);
        break;
    case MP_RECALL:
        send_word(sup, action, action->all ? MP_RECALL_ALL : MP_RECALL_HALF);
        break;
    case MP_ASK_STOP:
        send_word(sup, action, MP_STOP);
        break;
    case MP_LOOK:
        event = about(action, MP_SEEN);
        event.sight = mp_seat_look(&sup->seats[action->slot], sup->stall_ms);
        feed(sup, event);
        break;
    case MP_KILL:
        order_kill(sup, action);
        break;
    case MP_BYE:
        send_word(sup, action, MP_GOODBYE);
        break;
    case MP_COMMIT:
        mp_deliver_commit(&sup->deliver, &action->range);
        break;
    case MP_END:
        mp_deliver_end(&sup->deliver, action, sup->core.draining);
        break;
    case MP_BROKEN:
        set_broken(sup);
        break;
    case MP_ENDED:
        break;
    }
}

/*
 * What others may read of us: with every event, and before what it brings is handed over, so that who has a result
 * finds it counted.
 */
static void publish(struct supervisor *sup)
{
    mpool_pool *pool = sup->pool;
    mpool_pool_stats stats = sup->core.stats;
    bool was_ready;

    stats.jobs_in_flight = stats.jobs_submitted - stats.jobs_ended - mp_core_waiting(&sup->core);
    stats.frames_received = sup->deliver.frames;
    stats.workers_ready = mp_core_count_up(&sup->core);
    for (unsigned i = 0; i < pool->workers; i++)
        stats.jobs_running += sup->core.slots[i].flight.frame_count > 0;
    (void)pthread_mutex_lock(&pool->lock);
    pool->stats = stats;
    for (unsigned i = 0; i < pool->workers; i++)
        pool->pids[i] = sup->seats[i].channel != NULL && !sup->seats[i].dead ? sup->seats[i].pid : 0;
    was_ready = pool->ready;
    pool->ready = pool->ready || stats.workers_ready > 0;
    if (pool->ready != was_ready)
        (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
}

/*
 * Tells the core, and does what it says. Doing can bring further events, whose actions are added behind; so the list is
 * worked off by index, and by whoever comes here first.
 */
static void feed(struct supervisor *sup, struct mp_event event)
{
    bool outermost = sup->core.action_count == 0;

    event.now_ms = now_ms(sup);
    while (!mp_core_step(&sup->core, &event))
        mp_wait_for_memory();
    publish(sup);
    if (!outermost)
        return;
    for (size_t i = 0; i < sup->core.action_count; i++) {
        struct mp_action action = sup->core.actions[i];

        perform(sup, &action);
    }
    sup->core.action_count = 0;
}

/* ---- what workers say -------------------------------------------------------------------------------------------- */

/* What the totals rely on, and only we can check. */
static bool results_make_sense(const struct supervisor *sup, const struct mp_answers *answers)
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

static void hear_results(struct supervisor *sup, unsigned slot, struct mp_packet *packet, struct mp_answers *answers)
{
    struct mp_event event = {.kind = MP_RESULTS, .slot = slot, .generation = answers->generation};
    struct mp_seat *seat = &sup->seats[slot];
    struct mp_exception *exceptions =
        msgpack_zone_malloc(sup->zone, (answers->failure_count > 0 ? answers->failure_count : 1) * sizeof *exceptions);

    while (exceptions == NULL) {
        mp_wait_for_memory();
        exceptions = msgpack_zone_malloc(sup->zone, (answers->failure_count + 1) * sizeof *exceptions);
    }
    for (uint32_t i = 0; i < answers->failure_count; i++)
        exceptions[i] = (struct mp_exception){.at = answers->failures[i].at, .final = answers->failures[i].final};
    event.results = (struct mp_results){.ticket = answers->ticket,
                                        .count = answers->count,
                                        .busy_ns = answers->busy_ns,
                                        .exceptions = exceptions,
                                        .exception_count = answers->failure_count};
    mp_seat_drain(seat, MP_OUTPUT_ALL);
    mp_deliver_begin(&sup->deliver, seat, packet, answers);
    feed(sup, event);
    mp_output_answered(&seat->output, event.results.ticket + event.results.count);
    mp_deliver_finish(&sup->deliver);
    if (sup->pool->worker_max_bytes > 0 &&
        mp_seat_weigh(&sup->seats[slot], now_ms(sup)) > sup->pool->worker_max_bytes) {
        event.kind = MP_GREW;
        feed(sup, event);
    }
}

/* A worker needs a block: for a job in flight, and only one at a time. */
static bool hear_need(struct supervisor *sup, unsigned slot, const struct mp_need *need)
{
    struct mp_seat *seat = &sup->seats[slot];

    if (sup->core.slots[slot].state != MP_SLOT_UP)
        return true; /* it is being killed */
    if (!mp_flight_holds(&sup->core.slots[slot].flight, need->ticket) ||
        !mp_grant_ask(&seat->grant, need, now_ms(sup), sup->pool->room_timeout_ms))
        return false;
    sup->starving = true;
    return true;
}

/* Takes the packet. */
static void hear_message(struct supervisor *sup, unsigned slot, struct mp_packet *packet)
{
    struct mp_seat *seat = &sup->seats[slot];
    struct mp_event event = {.slot = slot, .generation = seat->generation, .kind = MP_BABBLE};
    struct mp_message message;
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
        hear_results(sup, slot, packet, &message.as.answers);
        return;
    } else if (seat->greeted && message.type == MP_GIVEN_BACK) {
        event.kind = MP_RETURNED;
        event.ticket = message.as.ticket;
    }
    feed(sup, event);
    mp_packet_free(packet);
}

/* Workers that wait for a block get it, as far as there is room. The flag is up before we look for room. */
static void feed_starving(struct supervisor *sup)
{
    struct mp_message answer;
    bool more_room;

    if (!sup->starving)
        return;
    sup->starving = false;
    (void)pthread_mutex_lock(&sup->pool->lock);
    more_room = !sup->pool->starved;
    sup->pool->starved = true;
    (void)pthread_mutex_unlock(&sup->pool->lock);
    for (unsigned slot = 0; slot < sup->pool->workers; slot++) {
        struct mp_grant *grant = &sup->seats[slot].grant;

        if (grant->state != MP_GRANT_ASKED)
            continue;
        if (more_room)
            mp_grant_put_off(grant, now_ms(sup), sup->pool->room_timeout_ms);
        if (!mp_grant_decide(grant, now_ms(sup), &answer))
            sup->starving = true;
        else
            send_to(sup, slot, &answer);
    }
}

/* Hears what a worker has sent, up to `most` messages: one that talks without end must not keep us from the others. */
static void hear_seat(struct supervisor *sup, unsigned slot, unsigned most)
{
    struct mp_packet *packet;

    while (most-- > 0 && sup->seats[slot].channel != NULL &&
           (packet = mp_channel_recv(sup->seats[slot].channel)) != NULL)
        hear_message(sup, slot, packet);
}

/* Generations that are dead, once all that they have sent was heard. */
static void bury_dead(struct supervisor *sup)
{
    char why[MP_PAGE_WHY];

    for (unsigned slot = 0; slot < sup->pool->workers; slot++) {
        struct mp_seat *seat = &sup->seats[slot];
        struct mp_event event = {.kind = MP_DIED, .slot = slot, .generation = seat->generation};

        if (seat->channel == NULL || !mp_seat_over(seat, mp_clock_ms()))
            continue;
        hear_seat(sup, slot, UINT_MAX);
        mp_seat_drain(seat, MP_OUTPUT_ALL);
        mp_deliver_death(&sup->deliver, seat);
        if (!seat->greeted && mp_seat_why(seat, why, sizeof why))
            mp_deliver_reason(&sup->deliver, why);
        event.sight = mp_seat_look(seat, sup->stall_ms);
        event.out_of_cpu = mp_seat_out_of_cpu(seat);
        mp_seat_close(seat);
        feed(sup, event);
    }
}

/* ---- what the fork server and the application say ---------------------------------------------------------------- */

static void hear_report(struct supervisor *sup, const struct mp_fork_message *message)
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
        feed(sup, (struct mp_event){.kind = MP_START_FAILED, .slot = message->slot, .generation = message->generation});
        break;
    default:
        break;
    }
}

static void hear_server(struct supervisor *sup)
{
    struct mp_fork_message message;
    enum mp_forkpipe_answer answer;

    while ((answer = mp_forkpipe_recv(sup->pool->server_fd, false, &message, NULL)) == MP_FORKPIPE_MESSAGE)
        hear_report(sup, &message);
    if (answer == MP_FORKPIPE_END)
        lose_server(sup);
}

static void hear_application(struct supervisor *sup)
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

        feed(sup, (struct mp_event){.kind = MP_JOBS,
                                    .range = {.first = lot->first, .count = lot->count, .rules = &lot->rules}});
        lot = next;
    }
    if (resized > 0)
        feed(sup, (struct mp_event){.kind = MP_RESIZE, .workers = resized});
    while (requests != NULL) {
        struct mp_request *request = requests;

        requests = request->next;
        feed(sup, (struct mp_event){.kind = MP_CANCEL, .wish = request->wish});
        free(request);
    }
    if (terminated && !sup->core.terminated)
        feed(sup, (struct mp_event){.kind = MP_TERMINATE});
    else if (drained && !sup->core.draining)
        feed(sup, (struct mp_event){.kind = MP_DRAIN});
    else if (closed && !sup->core.closed)
        feed(sup, (struct mp_event){.kind = MP_CLOSE});
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static int timeout_until(const struct supervisor *sup)
{
    int64_t now = mp_clock_ms(), due = mp_core_due(&sup->core);

    for (unsigned i = 0; i < sup->pool->workers; i++)
        due = mp_sooner(due, mp_grant_due(&sup->seats[i].grant));
    if (due != MP_NEVER)
        due += sup->stall_ms;
    for (unsigned i = 0; i < sup->pool->workers; i++)
        if (sup->seats[i].channel != NULL)
            due = mp_sooner(due, mp_seat_due(&sup->seats[i]));
    if (sup->sweeping)
        due = mp_sooner(due, now + SWEEP_MS);
    if (due == MP_NEVER)
        return -1;
    return due <= now ? 0 : (int)mp_sooner(due - now, 1000000);
}

/* Only what is open is polled: poll() refuses a longer list than the process may have file descriptors. */
static void set_up_poll(struct supervisor *sup)
{
    sup->fds[0] = (struct pollfd){.fd = sup->server_lost ? -1 : sup->pool->server_fd, .events = POLLIN};
    sup->fds[1] = (struct pollfd){.fd = sup->pool->wake_fd, .events = POLLIN};
    sup->reader_count = 0;
    for (unsigned i = 0; i < sup->pool->workers; i++) {
        struct pollfd *fds = &sup->fds[2 + 2 * (size_t)sup->reader_count];

        if (sup->seats[i].channel == NULL)
            continue;
        fds[0] = (struct pollfd){.fd = mp_channel_fd(sup->seats[i].channel), .events = POLLIN};
        fds[1] = (struct pollfd){.fd = sup->seats[i].output.fd, .events = POLLIN};
        sup->readers[sup->reader_count++] = i;
    }
}

/* True if nothing was submitted meanwhile: then the next submit will wake us. */
static bool may_sleep(const struct supervisor *sup)
{
    mpool_pool *pool = sup->pool;
    const struct mp_core *core = &sup->core;
    bool may;

    (void)pthread_mutex_lock(&pool->lock);
    may = pool->inbox_first == NULL && pool->requests == NULL && pool->resized == 0 && pool->closed <= core->closed &&
          pool->drained <= core->draining && pool->terminated <= core->terminated && sup->starving <= pool->starved;
    pool->supervisor_awake = !may;
    (void)pthread_mutex_unlock(&pool->lock);
    return may;
}

static void sleep_until_something(struct supervisor *sup)
{
    int timeout = may_sleep(sup) ? timeout_until(sup) : 0;
    int64_t before = mp_clock_ms(), slept;
    uint64_t wakes;

    set_up_poll(sup);
    if (poll(sup->fds, 2 + 2 * (size_t)sup->reader_count, timeout) < 0 && errno != EINTR)
        mp_wait_for_memory();
    slept = mp_clock_ms() - before;
    if (timeout >= 0 && slept > timeout + STALL_MS)
        sup->stall_ms += slept - timeout;
    (void)pthread_mutex_lock(&sup->pool->lock);
    sup->pool->supervisor_awake = true;
    (void)pthread_mutex_unlock(&sup->pool->lock);
    if (sup->fds[1].revents != 0 && read(sup->pool->wake_fd, &wakes, sizeof wakes) < 0) {
        /* Somebody else's wake-up was taken with the last one. */
    }
}

static void tear_down(struct supervisor *sup)
{
    for (unsigned i = 0; sup->seats != NULL && i < sup->pool->workers; i++) {
        if (sup->seats[i].channel != NULL) {
            mp_seat_wait_gone(&sup->seats[i]);
            mp_seat_close(&sup->seats[i]);
        }
        mp_output_free(&sup->seats[i].output);
    }
    mp_deliver_fini(&sup->deliver);
    mp_core_fini(&sup->core);
    mp_buf_free(&sup->message);
    msgpack_zone_free(sup->zone);
    free(sup->seats);
    free(sup->fds);
    free(sup->readers);
    free(sup);
}

static void *run(void *data)
{
    struct supervisor *sup = data;
    mpool_pool *pool = sup->pool;

    mp_block_defer();
    feed(sup, (struct mp_event){.kind = MP_TICK});
    while (!sup->core.ended) {
        sleep_until_something(sup);
        hear_application(sup);
        if (sup->fds[0].revents != 0)
            hear_server(sup);
        for (unsigned i = 0; i < sup->reader_count; i++) {
            if (sup->fds[3 + 2 * i].revents != 0)
                mp_seat_drain(&sup->seats[sup->readers[i]], OUTPUT_A_TURN);
            if (sup->fds[2 + 2 * i].revents != 0)
                hear_seat(sup, sup->readers[i], MESSAGES_A_TURN);
        }
        bury_dead(sup);
        feed_starving(sup);
        sup->sweeping = mp_block_sweep(SWEEP_BYTES);
        feed(sup, (struct mp_event){.kind = MP_TICK});
    }
    hear_application(sup); /* what came in while the pool broke: it ends as cancelled */
    tear_down(sup);
    while (mp_block_sweep(SIZE_MAX))
        continue;
    (void)pthread_mutex_lock(&pool->lock);
    pool->ended = true;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static mpool_err set_up(struct supervisor *sup, mpool_pool *pool)
{
    mpool_err err;

    sup->pool = pool;
    sup->seats = calloc(pool->workers, sizeof *sup->seats);
    sup->fds = calloc(2 + 2 * (size_t)pool->workers, sizeof *sup->fds);
    sup->readers = calloc(pool->workers, sizeof *sup->readers);
    sup->zone = msgpack_zone_new(8192);
    for (unsigned i = 0; sup->seats != NULL && i < pool->workers; i++)
        sup->seats[i] =
            (struct mp_seat){.page = mp_host_at(pool->pages_offset + (size_t)i * MP_PAGE_BYTES, MP_PAGE_BYTES),
                             .trace = mp_host_at(pool->traces_offset + (size_t)i * MP_TRACE_BYTES, MP_TRACE_BYTES),
                             .output.fd = -1};
    if (sup->readers == NULL || sup->zone == NULL || sup->seats == NULL || sup->fds == NULL)
        return mp_error_nomem();
    err = mp_deliver_init(&sup->deliver, pool);
    if (err != MPOOL_OK)
        return err;
    return mp_core_init(&sup->core, pool->workers, &pool->crew, (unsigned)mp_registry_count(), pool->start_timeout_ms);
}

mpool_err mp_supervisor_start(mpool_pool *pool)
{
    struct supervisor *sup = calloc(1, sizeof *sup);
    sigset_t all, before;
    mpool_err err;
    int error;

    if (sup == NULL)
        return mp_error_nomem();
    err = set_up(sup, pool);
    if (err != MPOOL_OK) {
        tear_down(sup);
        return err;
    }
    /* The threads that nng starts from here on inherit the mask: no signal of the program's is handled on them. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&pool->supervisor, NULL, run, sup);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        tear_down(sup);
        return mp_error(MPOOL_E_SYSTEM, "cannot start a thread: %s", strerror(error));
    }
    return MPOOL_OK;
}
