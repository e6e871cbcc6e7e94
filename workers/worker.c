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
#include "base/here.h"
#include "base/inject.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "ipc/shared.h"
#include "serialize/decode.h"
#include "serialize/scan.h"
#include "workers/crash.h"
#include "workers/inbox.h"
#include "workers/job.h"
#include "workers/limit.h"
#include "workers/outbox.h"
#include "workers/parcel.h"
#include "workers/process.h"
#include "workers/setup.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRAY_EXIT 127
#define SETUP_EXIT 1

static struct {
    bool is;
    const bool *here; /* not a process that a job has forked */
    struct mp_page *page;
    struct mp_inbox inbox;
    struct mp_outbox outbox;
    struct mp_parcel parcel;
    struct mpool_job job;
    struct mp_brood brood;   /* of the job */
    struct mp_callee callee; /* of the frame that is being worked on */
    msgpack_zone zone;
    _Atomic uint64_t stop; /* see workers/job.h */
    uint64_t generation;
    const struct mp_totals *totals;
    const struct mp_setup *setup; /* NULL: none */
    const struct mp_arena *arena;
} worker;

/* A buffer for results that has become larger than this is not kept. */
#define RESULT_ROOM (4 * MP_INLINE_MAX)

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

/* Arguments in the arena: nobody writes to them while the job has not ended. */
static const char *args_at(const struct mp_block *block)
{
    return mp_arena_at(worker.arena, block->offset, block->size);
}

static void check_jobs(const struct mp_jobs *jobs)
{
    const struct mp_block *block = &jobs->block;
    uint32_t totals = atomic_load_explicit(&worker.totals->count, memory_order_acquire);

    MP_MUST(jobs->generation == worker.generation && jobs->count > 0);
    for (uint32_t i = 0; i < jobs->collect_count; i++)
        MP_MUST(jobs->collects[i].total < totals && totals <= MPOOL_TOTALS_MAX);
    if (block->size > 0)
        MP_MUST(args_at(block) != NULL &&
                mp_scan_values(args_at(block), block->size, 1, &mp_scan_limits_value, NULL) == MP_SCAN_OK);
}

static void give_back(bool all)
{
    struct mp_message answer = {.type = MP_GIVEN_BACK};

    answer.as.ticket = mp_inbox_recall(&worker.inbox, all);
    /* A ticket that is given back will be given out again, to a job that nobody has asked to stop. */
    if ((int32_t)((uint32_t)atomic_load(&worker.stop) - answer.as.ticket) >= 0)
        atomic_store(&worker.stop, MP_STOP_NONE);
    /* First what has gathered: what is not answered and does not come back counts as being worked on. */
    mp_outbox_flush(&worker.outbox);
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
    case MP_STOP: /* unless the job was given back meanwhile: its ticket will be another's */
        if ((int32_t)(message.as.ticket - mp_page_end(atomic_load(&worker.page->claim))) < 0)
            atomic_store(&worker.stop, MP_STOP_TICKET | message.as.ticket);
        break;
    case MP_GRANTED:
    case MP_REFUSED:
        MP_MUST(mp_parcel_answer(&worker.parcel, &message));
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

/* What has gone wrong in here, for the supervisor to read off the page. */
static void say_why(const char *what, bool first)
{
    (void)snprintf(worker.page->why, sizeof worker.page->why, "its %s \"%s\" failed: %.*s", what,
                   mp_setup_name(worker.setup, first), (int)worker.job.reason_size, worker.job.reason);
}

/* A worker that is not set up does not start. The page says why; the supervisor hears of the rest as of a death. */
static void set_up(const struct mp_worker_start *start)
{
    if (start->setup_size > 0)
        worker.setup = mp_arena_at(start->arena, start->setup_offset, start->setup_size);
    atomic_store(&worker.page->in_setup, mp_setup_name(worker.setup, true) != NULL);
    if (mp_setup_run(worker.setup, &worker.job, true)) {
        atomic_store(&worker.page->in_setup, 0);
        return;
    }
    say_why("initializer", true);
    (void)fflush(NULL);
    mp_leave(SETUP_EXIT);
}

/* A finalizer that fails says so on stderr too: the program may have no log. */
static _Noreturn void go(void)
{
    worker.job.brood = NULL;
    worker.job.has_group = NULL;
    if (!mp_setup_run(worker.setup, &worker.job, false)) {
        say_why("finalizer", false);
        mp_process_say("mpool", "%s", worker.page->why);
    }
    mp_process_leave(0);
}

/* A pipe would have stdout buffered, and what a crashing job said last would be lost in there. */
static void settle_output(bool piped)
{
    if (piped)
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
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
    worker.arena = start->arena;
    worker.page = mp_arena_at(start->arena, start->page_offset, MP_PAGE_BYTES);
    worker.totals = mp_arena_at(start->arena, start->totals_offset, sizeof *worker.totals);
    begin(start);
    settle_output(start->piped);
    mp_crash_catch(&worker.page->crash);
    MP_INJECT("worker.start");
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    mp_inbox_init(&worker.inbox, worker.page);
    mp_outbox_init(&worker.outbox, worker.generation, worker.totals);
    mp_parcel_init(&worker.parcel, worker.arena);
    MP_MUST(msgpack_zone_init(&worker.zone, 8192));
    worker.job.totals = worker.totals;
    worker.job.stop = &worker.stop;
    worker.job.slot = start->hello.slot;
    worker.job.piped = start->piped;
    worker.job.zone = &worker.zone;
    if (mp_here_mark(&worker.here) != MPOOL_OK ||
        mp_arena_guard(start->arena, start->page_offset, MP_PAGE_BYTES) != MPOOL_OK ||
        mp_shared_join(start->arena) != MPOOL_OK || (start->check_room && mp_room_check_worker() != MPOOL_OK) ||
        mp_channel_dial(start->path, MP_MESSAGE_MAX, &handler, &channel) != MPOOL_OK ||
        mp_outbox_open(&worker.outbox, channel) != MPOOL_OK)
        mp_panic("worker %u cannot start: %s", (unsigned)start->hello.slot, mpool_error_detail());
    MP_INJECT("worker.connected");
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    set_up(start);
    worker.job.here = worker.here;
    worker.job.brood = &worker.brood;
    worker.job.has_group = &worker.page->has_group;
    mp_limit_ready();
    mp_outbox_send(&worker.outbox, &hello);
}

/* The frame that is being worked on. */
struct at_work {
    const struct mp_jobs *frame; /* NULL: none */
    size_t offset;               /* of the next job's arguments */
};

static void end_frame(struct at_work *work)
{
    if (work->frame != NULL)
        mp_outbox_flush(&worker.outbox);
    work->frame = NULL;
}

/* What jobs have left behind and is dead. */
static void reap_children(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static void begin_frame(struct at_work *work, const struct mp_jobs *frame, uint32_t ticket)
{
    end_frame(work);
    reap_children();
    *work = (struct at_work){.frame = frame};
    mp_callee_find(frame->function, &worker.callee);
    mp_outbox_begin(&worker.outbox, frame, ticket);
}

/*
 * A process that a job forked has no business here: it would claim jobs and answer them with its parent's voice. Most
 * often its exec has failed, and it has returned what it should have exited with.
 */
static void end_strays(const struct mp_jobs *frame)
{
    if (*worker.here)
        return;
    mp_process_say("mpool", "a process that job function \"%s\" has forked returned from it; it ends", frame->function);
    _exit(STRAY_EXIT);
}

/* A result that is too large for a message goes ahead of it. */
static void send_ahead(struct mpool_job *job, uint32_t ticket)
{
    mpool_err err =
        mp_parcel_pack(&worker.parcel, &worker.outbox, ticket, job->result.data, job->result.size, &job->block);

    if (err == MPOOL_OK)
        return;
    (void)mpool_job_fail(job, "%s", mpool_error_detail());
    job->failed = true;
    job->final = err == MPOOL_E_TOOBIG;
}

static const char *next_args(struct at_work *work, size_t *size)
{
    const struct mp_jobs *frame = work->frame;
    size_t begin = work->offset;

    *size = frame->block.size;
    if (*size > 0)
        return args_at(&frame->block);
    MP_MUST(mp_scan_skip(frame->values, frame->values_size, 1, &work->offset));
    *size = work->offset - begin;
    return frame->values + begin;
}

/* What a job has printed is out before its result counts: the process may not live to flush it later. */
static void run_job(struct at_work *work, uint32_t ticket)
{
    const struct mp_jobs *frame = work->frame;
    int64_t run_ns = 0;
    size_t size;
    const char *args = next_args(work, &size);

    if (frame->measure)
        run_ns = mp_clock_ns();
    mp_job_run(&worker.job, frame, ticket, &worker.callee, args, size);
    end_strays(frame);
    if (frame->measure)
        run_ns = mp_clock_ns() - run_ns;
    if (__fpending(stdout) > 0)
        (void)fflush(stdout);
    if (__fpending(stderr) > 0)
        (void)fflush(stderr);
    if (!worker.job.failed && !frame->discard_values && worker.job.result.size > MP_INLINE_MAX)
        send_ahead(&worker.job, ticket);
    MP_INJECT("worker.before_reply");
    mp_outbox_add(&worker.outbox, &worker.job, run_ns, ticket + 1 == frame->ticket + frame->count);
    atomic_store_explicit(&worker.page->returned, ticket + 1, memory_order_release);
    if (worker.job.result.room > RESULT_ROOM)
        mp_buf_free(&worker.job.result);
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
            reap_children();
            if (!mp_inbox_wait(&worker.inbox))
                go();
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
