/*
 * workers/worker.c - a worker process, from the fork to its end
 *
 * Runs in: a worker. Owns: everything in the process.
 *
 * The main thread claims jobs and runs them, one at a time; this is the loop at the end of the file. Threads of nng's
 * receive frames of jobs, give jobs back and pass on results while it does (workers/inbox.c, workers/outbox.c).
 *
 * The conversation: HELLO, then JOBS are answered by RESULTS in their order, RECALL by GIVEN_BACK; BYE or the loss of
 * the connection is the end. What comes in is checked although it comes from the supervisor; if it is not what was
 * agreed on, the process ends, and its jobs run elsewhere.
 */
#include "workers/worker.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/inject.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/channel.h"
#include "serialize/decode.h"
#include "serialize/scan.h"
#include "workers/inbox.h"
#include "workers/job.h"
#include "workers/outbox.h"
#include "workers/process.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct {
    bool is;
    struct mp_page *page;
    struct mp_inbox inbox;
    struct mp_outbox outbox;
    struct mpool_job job;
    struct mp_callee callee; /* of the frame that is being worked on */
    msgpack_zone zone;
    _Atomic uint64_t stop; /* see workers/job.h */
    uint64_t generation;
    const struct mp_totals *totals;
} worker;

bool mp_worker_is(void)
{
    return worker.is;
}

/* ---- on threads of nng's ----------------------------------------------------------------------------------------- */

static void on_gone(void *user)
{
    (void)user;
    mp_leave(0);
}

static void on_sent(void *user)
{
    (void)user;
    mp_outbox_sent(&worker.outbox);
}

static void check_jobs(const struct mp_jobs *jobs)
{
    uint32_t totals = atomic_load_explicit(&worker.totals->count, memory_order_acquire);

    MP_MUST(jobs->generation == worker.generation && jobs->count > 0);
    for (uint32_t i = 0; i < jobs->collect_count; i++)
        MP_MUST(jobs->collects[i].total < totals && totals <= MPOOL_TOTALS_MAX);
}

static void give_back(bool all)
{
    struct mp_message answer = {.type = MP_GIVEN_BACK};

    answer.as.ticket = mp_inbox_recall(&worker.inbox, all);
    /* A ticket that is given back will be given out again, to a job that nobody has asked to stop. */
    if ((int32_t)((uint32_t)atomic_load(&worker.stop) - answer.as.ticket) >= 0)
        atomic_store(&worker.stop, MP_STOP_NONE);
    mp_outbox_send(&worker.outbox, &answer);
}

static void on_received(void *user, struct mp_packet *packet)
{
    struct mp_inbox_frame *frame = calloc(1, sizeof *frame);
    struct mp_message message;

    (void)user;
    MP_MUST(frame != NULL && msgpack_zone_init(&frame->zone, 1024));
    if (mp_message_read(mp_packet_data(packet), mp_packet_size(packet), &frame->zone, &message) != MPOOL_OK)
        mp_panic("the supervisor sent what is not a message: %s", mpool_error_detail());
    if (message.type == MP_FRAME_JOBS) {
        check_jobs(&message.as.jobs);
        MP_INJECT("worker.received");
        frame->packet = packet;
        frame->jobs = message.as.jobs;
        mp_inbox_put(&worker.inbox, frame);
        return;
    }
    switch (message.type) {
    case MP_RECALL_HALF:
    case MP_RECALL_ALL:
        give_back(message.type == MP_RECALL_ALL);
        break;
    case MP_STOP:
        atomic_store(&worker.stop, MP_STOP_TICKET | message.as.ticket);
        break;
    case MP_GOODBYE:
        mp_inbox_leave(&worker.inbox);
        break;
    default:
        mp_panic("the supervisor sent a message of type %d", (int)message.type);
    }
    msgpack_zone_destroy(&frame->zone);
    free(frame);
    mp_packet_free(packet);
}

/* ---- on the main thread ------------------------------------------------------------------------------------------ */

static void begin(const struct mp_worker_start *start)
{
    char name[32];

    (void)snprintf(name, sizeof name, "Worker-%u", (unsigned)start->hello.slot);
    mp_process_begin(start->parent, start->host, name, true);
    (void)snprintf(name, sizeof name, "mpool-worker%u", (unsigned)start->hello.slot);
    (void)prctl(PR_SET_NAME, name);
}

/* Everything up to HELLO. A failure is said on stderr and ends the process: a start-up death. */
static void start_up(const struct mp_worker_start *start)
{
    const struct mp_channel_handler handler = {.received = on_received, .sent = on_sent, .gone = on_gone};
    struct mp_message hello = {.type = MP_HELLO, .as.hello = start->hello};
    struct mp_channel *channel;
    sigset_t all, none;

    worker.is = true;
    worker.generation = start->hello.generation;
    worker.page = mp_arena_at(start->arena, start->page_offset, MP_PAGE_BYTES);
    worker.totals = mp_arena_at(start->arena, start->totals_offset, sizeof *worker.totals);
    begin(start);
    MP_INJECT("worker.start");
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    mp_inbox_init(&worker.inbox, worker.page);
    mp_outbox_init(&worker.outbox, worker.generation, worker.totals);
    MP_MUST(msgpack_zone_init(&worker.zone, 8192));
    worker.job.totals = worker.totals;
    worker.job.stop = &worker.stop;
    worker.job.slot = start->hello.slot;
    worker.job.zone = &worker.zone;
    if (mp_arena_guard(start->arena, start->page_offset, MP_PAGE_BYTES) != MPOOL_OK ||
        mp_channel_dial(start->path, MP_MESSAGE_MAX, &handler, &channel) != MPOOL_OK ||
        mp_outbox_open(&worker.outbox, channel) != MPOOL_OK)
        mp_panic("worker %u cannot start: %s", (unsigned)start->hello.slot, mpool_error_detail());
    MP_INJECT("worker.connected");
    mp_outbox_send(&worker.outbox, &hello);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The frame that is being worked on. */
struct at_work {
    const struct mp_jobs *frame; /* NULL: none */
    size_t offset;               /* of the next job's arguments */
};

static void end_frame(struct at_work *work)
{
    if (work->frame != NULL)
        mp_outbox_end(&worker.outbox);
    work->frame = NULL;
}

static void begin_frame(struct at_work *work, const struct mp_jobs *frame, uint32_t ticket)
{
    end_frame(work);
    *work = (struct at_work){.frame = frame};
    mp_callee_find(frame->function, &worker.callee);
    mp_outbox_begin(&worker.outbox, frame, ticket);
}

/* What a job has printed is out before its result counts: the process may not live to flush it later. */
static void run_job(struct at_work *work, uint32_t ticket)
{
    const struct mp_jobs *frame = work->frame;
    size_t begin = work->offset;
    int64_t run_ns = 0;

    MP_MUST(mp_scan_skip(frame->values, frame->values_size, 1, &work->offset));
    if (frame->measure)
        run_ns = mp_clock_ns();
    mp_job_run(&worker.job, frame, ticket, &worker.callee, frame->values + begin, work->offset - begin);
    if (frame->measure)
        run_ns = mp_clock_ns() - run_ns;
    if (__fpending(stdout) > 0)
        (void)fflush(stdout);
    MP_INJECT("worker.before_reply");
    mp_outbox_add(&worker.outbox, &worker.job, run_ns, ticket + 1 == frame->ticket + frame->count);
    atomic_store_explicit(&worker.page->returned, ticket + 1, memory_order_release);
}

_Noreturn void mp_worker_main(const struct mp_worker_start *start)
{
    struct at_work work = {0};
    uint32_t ticket;

    start_up(start);
    for (;;) {
        const struct mp_jobs *frame;

        if (!mp_inbox_claim(&worker.inbox, &ticket)) {
            end_frame(&work);
            if (!mp_inbox_wait(&worker.inbox))
                mp_process_leave(0);
            continue;
        }
        MP_INJECT("worker.claimed");
        frame = mp_inbox_frame(&worker.inbox, ticket);
        if (frame != work.frame)
            begin_frame(&work, frame, ticket);
        run_job(&work, ticket);
        MP_INJECT("worker.replied");
    }
}
