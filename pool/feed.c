/*
 * pool/feed.c - the core is told what happened, and what it says is done
 *
 * Runs in: the supervisor.
 *
 * Doing what the core says can bring further events, which are fed to it at once: what it says to those is done behind
 * what it has said before. So nothing here may be fed from within mp_core_step() itself, and all else may.
 *
 * When a step fails: a worker that cannot be spawned or talked to is fed back to the core as such; a fork server that
 * is gone breaks the pool; memory that runs out here is waited for, since nothing may be lost.
 */
#include "pool/feed.h"

#include "base/error.h"
#include "base/wait.h"
#include "pool/host.h"
#include "pool/log.h"
#include "pool/news.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static struct mp_event about(const struct mp_action *action, enum mp_event_kind kind)
{
    return (struct mp_event){
        .kind = kind, .slot = action->slot, .generation = action->generation, .ticket = action->ticket};
}

void mp_feed_lost(struct mp_supervisor *sup)
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
    mp_feed(sup, (struct mp_event){.kind = MP_LOST});
}

/* passed: a file descriptor to go with it, or -1. */
static void order(struct mp_supervisor *sup, const struct mp_fork_message *message, int passed)
{
    if (!sup->server_lost && mp_forkpipe_send(sup->pool->server_fd, message, passed, true) != MPOOL_OK)
        mp_feed_lost(sup);
}

/* A successor needs no more threads than the worker before it had; to try that costs as much as all else of a start. */
static void spawn(struct mp_supervisor *sup, const struct mp_action *action)
{
    struct mp_seat *seat = &sup->seats[action->slot];
    struct mp_fork_message message = {.kind = MP_FORK_SPAWN,
                                      .pool = sup->pool->id,
                                      .slot = action->slot,
                                      .generation = action->generation,
                                      .piped = sup->pool->output == MPOOL_OUTPUT_TAIL,
                                      .check_room = action->generation == 1 || sup->core.start_deaths > 0};
    int pipe;

    if (mp_seat_open(seat, mp_host_directory(), sup->pool->wake_fd, &message, &pipe) != MPOOL_OK) {
        mp_deliver_reason(&sup->deliver, mpool_error_detail());
        mp_feed(sup, about(action, MP_START_FAILED));
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

void mp_feed_signal(struct mp_supervisor *sup, unsigned slot, int number)
{
    const struct mp_fork_message message = {.kind = MP_FORK_SIGNAL,
                                            .pool = sup->pool->id,
                                            .slot = slot,
                                            .generation = sup->seats[slot].generation,
                                            .signal = number};

    order(sup, &message, -1);
}

/* If the frame before could not be sent, the slot is given up, and this one's jobs are in the queue again. */
static void send_jobs(struct mp_supervisor *sup, const struct mp_action *action)
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
        mp_feed(sup, about(action, MP_UNSENT));
}

/* What cannot be sent goes to a worker that is dying; its death says the rest. */
void mp_feed_word(struct mp_supervisor *sup, unsigned slot, const struct mp_message *message)
{
    while (mp_seat_send(&sup->seats[slot], message, &sup->message) == MPOOL_E_NOMEM)
        mp_wait_for_memory();
}

static void send_word(struct mp_supervisor *sup, const struct mp_action *action, enum mp_message_type type)
{
    const struct mp_message message = {.type = type, .as.ticket = action->ticket};

    mp_feed_word(sup, action->slot, &message);
}

/* A worker that is killed for its job's limit is looked at first: the job is to learn where it was. */
static void order_kill(struct mp_supervisor *sup, const struct mp_action *action)
{
    const struct mp_slot *slot = &sup->core.slots[action->slot];
    struct mp_fork_message message = {.kind = MP_FORK_KILL,
                                      .pool = sup->pool->id,
                                      .slot = action->slot,
                                      .generation = action->generation,
                                      .look_first = slot->kill == MP_KILL_JOB && !sup->core.terminated};

    order(sup, &message, -1);
}

static void set_broken(struct mp_supervisor *sup)
{
    mpool_pool *pool = sup->pool;

    (void)pthread_mutex_lock(&pool->lock);
    pool->broken = true;
    pool->closed = true;
    (void)snprintf(pool->broken_reason, sizeof pool->broken_reason, "%s", mp_deliver_last_reason(&sup->deliver));
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    mp_log_write(pool->log, MPOOL_LOG_ERROR, "the pool is broken: %s", mp_deliver_last_reason(&sup->deliver));
}

static void perform(struct mp_supervisor *sup, const struct mp_action *action)
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
        mp_feed(sup, event);
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
static void publish(struct mp_supervisor *sup)
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
void mp_feed(struct mp_supervisor *sup, struct mp_event event)
{
    bool outermost = sup->core.action_count == 0;
    struct mp_news news = mp_news_before(sup);

    event.now_ms = mp_supervisor_now_ms(sup);
    while (!mp_core_step(&sup->core, &event))
        mp_wait_for_memory();
    mp_news_tell(sup, &event, &news);
    publish(sup);
    if (!outermost)
        return;
    for (size_t i = 0; i < sup->core.action_count; i++) {
        struct mp_action action = sup->core.actions[i];

        perform(sup, &action);
    }
    sup->core.action_count = 0;
}
