/*
 * pool/supervisor.c - the thread that owns a pool: hears what happens, tells the core, does what it says
 *
 * Runs in: the host, one thread a pool; the functions from mp_supervisor_start() on only. Owns: the core, the seats,
 * the pool's end of the socket to the fork server. It runs no code of the application's, and never waits for a lock
 * that a worker can hold.
 *
 * The loop is the whole story: sleep; take what the application submitted; hear the fork server and the workers; bury
 * the dead, after their last results have been heard; let time pass. Each of these (pool/hear.c) feeds the core an
 * event (pool/feed.c), and does the actions that come of it before the next one is fed.
 */
#include "pool/supervisor.h"

#include "base/error.h"
#include "base/thread.h"
#include "base/wait.h"
#include "pool/block.h"
#include "pool/feed.h"
#include "pool/hear.h"
#include "pool/host.h"
#include "pool/log.h"
#include "pool/pause.h"
#include "workers/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* A loop that comes back this late was stopped, or the machine slept: then no limit has run meanwhile. */
#define STALL_MS 2000

/* Of one worker. */
#define MESSAGES_A_TURN 64
#define OUTPUT_A_TURN 262144

/* What is released in a turn of blocks that were given back: half a millisecond's work, once a millisecond. */
#define SWEEP_BYTES ((size_t)4 << 20)
#define SWEEP_MS 1

/* Workers that wait for a block get it, as far as there is room. The flag is up before we look for room. */
static void serve_starving(struct mp_supervisor *sup)
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
            mp_grant_put_off(grant, mp_supervisor_now_ms(sup), sup->pool->room_timeout_ms);
        if (!mp_grant_decide(grant, mp_supervisor_now_ms(sup), &answer))
            sup->starving = true;
        else
            mp_feed_word(sup, slot, &answer);
    }
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static int timeout_until(const struct mp_supervisor *sup)
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
static void set_up_poll(struct mp_supervisor *sup)
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
static bool may_sleep(const struct mp_supervisor *sup)
{
    mpool_pool *pool = sup->pool;
    const struct mp_core *core = &sup->core;
    bool may;

    (void)pthread_mutex_lock(&pool->lock);
    may = pool->inbox_first == NULL && pool->requests == NULL && pool->resized == 0 && pool->closed <= core->closed &&
          pool->drained <= core->draining && pool->terminated <= core->terminated &&
          (!pool->paused || pool->terminated) && sup->starving <= pool->starved;
    pool->supervisor_awake = !may;
    (void)pthread_mutex_unlock(&pool->lock);
    return may;
}

static void sleep_until_something(struct mp_supervisor *sup)
{
    int timeout = may_sleep(sup) ? timeout_until(sup) : 0;
    int64_t before = mp_clock_ms(), slept;
    uint64_t wakes;

    set_up_poll(sup);
    if (poll(sup->fds, 2 + 2 * (size_t)sup->reader_count, timeout) < 0 && errno != EINTR)
        mp_wait_for_memory();
    slept = mp_clock_ms() - before;
    if (timeout >= 0 && slept > timeout + STALL_MS) {
        sup->stall_ms += slept - timeout;
        mp_log_write(sup->pool->log, MPOOL_LOG_WARNING,
                     "the clock of limits stood still for %" PRId64 " ms: the program or the machine was stopped",
                     slept - timeout);
    }
    (void)pthread_mutex_lock(&sup->pool->lock);
    sup->pool->supervisor_awake = true;
    (void)pthread_mutex_unlock(&sup->pool->lock);
    if (sup->fds[1].revents != 0 && read(sup->pool->wake_fd, &wakes, sizeof wakes) < 0) {
        /* Somebody else's wake-up was taken with the last one. */
    }
}

static void tear_down(struct mp_supervisor *sup)
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
    struct mp_supervisor *sup = data;
    mpool_pool *pool = sup->pool;

    mp_block_defer();
    mp_feed(sup, (struct mp_event){.kind = MP_TICK});
    while (!sup->core.ended) {
        sleep_until_something(sup);
        mp_pause_stand(sup);
        mp_hear_application(sup);
        if (sup->fds[0].revents != 0)
            mp_hear_server(sup);
        for (unsigned i = 0; i < sup->reader_count; i++) {
            if (sup->fds[3 + 2 * i].revents != 0)
                mp_seat_drain(&sup->seats[sup->readers[i]], OUTPUT_A_TURN);
            if (sup->fds[2 + 2 * i].revents != 0)
                mp_hear_seat(sup, sup->readers[i], MESSAGES_A_TURN);
        }
        mp_hear_deaths(sup);
        serve_starving(sup);
        sup->sweeping = mp_block_sweep(SWEEP_BYTES);
        mp_feed(sup, (struct mp_event){.kind = MP_TICK});
    }
    mp_hear_application(sup); /* what came in while the pool broke: it ends as cancelled */
    tear_down(sup);
    while (mp_block_sweep(SIZE_MAX))
        continue;
    (void)pthread_mutex_lock(&pool->lock);
    pool->ended = true;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static mpool_err set_up(struct mp_supervisor *sup, mpool_pool *pool)
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
    struct mp_supervisor *sup = calloc(1, sizeof *sup);
    mpool_err err;

    if (sup == NULL)
        return mp_error_nomem();
    err = set_up(sup, pool);
    if (err == MPOOL_OK)
        err = mp_thread_start(&pool->supervisor, run, sup); /* nng's threads are its children, and inherit its mask */
    if (err != MPOOL_OK)
        tear_down(sup);
    return err;
}
