/*
 * workers/outbox.c - results that a worker has and the supervisor has not
 *
 * Runs in: a worker, on all its threads. Owns: what has gathered, the messages that wait, and the courier: a thread
 * that sends results which would otherwise wait for a long job to end. Its clock is our own, since nng's timers
 * follow the wall clock.
 *
 * Everything happens under one lock, which nobody holds while a job runs. Out of memory is the end of the worker: its
 * jobs run again elsewhere.
 */
#include "workers/outbox.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/panic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GATHER_NS 10000000  /* the age at which results are sent: as long as a frame is meant to take */
#define PROMPT_NS 1000000   /* the same where others wait than who takes the results */
#define GATHER_BYTES 262144 /* the size at which they are sent */

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static void post(struct mp_outbox *outbox, const struct mp_message *message)
{
    struct mp_packet *packet;

    outbox->message.size = 0;
    MP_MUST(mp_message_write(&outbox->message, message) == MPOOL_OK);
    packet = mp_packet_copy(outbox->message.data, outbox->message.size);
    MP_MUST(packet != NULL);
    if (outbox->sending) {
        struct mp_outbox_waiting *waiting = malloc(sizeof *waiting);

        MP_MUST(waiting != NULL);
        *waiting = (struct mp_outbox_waiting){.packet = packet};
        if (outbox->last != NULL)
            outbox->last->next = waiting;
        else
            outbox->first = waiting;
        outbox->last = waiting;
        return;
    }
    outbox->sending = true;
    mp_channel_post(outbox->channel, packet);
}

void mp_outbox_sent(struct mp_outbox *outbox)
{
    struct mp_outbox_waiting *next;

    (void)pthread_mutex_lock(&outbox->lock);
    next = outbox->first;
    outbox->sending = next != NULL;
    if (next != NULL) {
        outbox->first = next->next;
        if (outbox->first == NULL)
            outbox->last = NULL;
        mp_channel_post(outbox->channel, next->packet);
        free(next);
    }
    (void)pthread_mutex_unlock(&outbox->lock);
}

void mp_outbox_send(struct mp_outbox *outbox, const struct mp_message *message)
{
    (void)pthread_mutex_lock(&outbox->lock);
    post(outbox, message);
    (void)pthread_mutex_unlock(&outbox->lock);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static uint32_t list_deltas(const struct mp_outbox *outbox, struct mp_total_delta *list)
{
    uint32_t count = 0;

    for (uint64_t left = outbox->staged; left != 0; left &= left - 1) {
        uint32_t number = (uint32_t)__builtin_ctzll(left);

        list[count++] = (struct mp_total_delta){.total = number, .delta = outbox->deltas[number]};
    }
    return count;
}

/* Sends what has gathered, and begins anew behind it. */
static void send_gathered(struct mp_outbox *outbox, int64_t now_ns)
{
    static const char nothing = 0;
    struct mp_total_delta deltas[MPOOL_TOTALS_MAX];
    struct mp_failure *failures = (struct mp_failure *)(void *)outbox->failures.data;
    struct mp_message message = {.type = MP_FRAME_RESULTS};
    struct mp_answers *answers = &message.as.answers;

    if (outbox->count == 0)
        return;
    answers->generation = outbox->generation;
    answers->ticket = outbox->ticket;
    answers->count = outbox->count;
    answers->busy_ns = (uint64_t)(now_ns - outbox->began_ns);
    answers->deltas = deltas;
    answers->delta_count = list_deltas(outbox, deltas);
    answers->failures = failures;
    answers->failure_count = (uint32_t)(outbox->failures.size / sizeof *failures);
    for (uint32_t i = 0, at = 0; i < answers->failure_count; at += failures[i].reason_size, i++)
        failures[i].reason = outbox->reasons.data + at;
    mp_brood_show(&outbox->brood, answers);
    answers->times = outbox->wants_times ? outbox->times.data : NULL;
    answers->values = outbox->values.data != NULL ? outbox->values.data : &nothing;
    answers->values_size = outbox->values.size;
    answers->block = outbox->block;
    if (!outbox->wants_values || outbox->block.size > 0)
        answers->values = NULL;
    post(outbox, &message);
    for (uint32_t i = 0; i < answers->delta_count; i++)
        outbox->deltas[deltas[i].total] = (struct mp_delta){0};
    outbox->staged = 0;
    outbox->ticket += outbox->count;
    outbox->count = 0;
    outbox->began_ns = now_ns;
    outbox->send_ns = 0;
    outbox->block = (struct mp_block){0};
    outbox->values.size = outbox->times.size = outbox->failures.size = outbox->reasons.size = 0;
    mp_brood_clear(&outbox->brood);
}

void mp_outbox_begin(struct mp_outbox *outbox, const struct mp_jobs *frame, uint32_t ticket)
{
    (void)pthread_mutex_lock(&outbox->lock);
    outbox->ticket = ticket;
    outbox->began_ns = mp_clock_ns();
    outbox->gather_ns = frame->limited ? PROMPT_NS : GATHER_NS;
    outbox->wants_values = !frame->discard_values;
    outbox->wants_times = frame->measure;
    (void)pthread_mutex_unlock(&outbox->lock);
}

static void add_failure(struct mp_outbox *outbox, const struct mpool_job *job)
{
    struct mp_failure failure = {
        .at = outbox->count, .final = job->final, .end = job->end, .reason_size = job->reason_size};

    MP_MUST(mp_buf_add(&outbox->failures, &failure, sizeof failure));
    MP_MUST(mp_buf_add(&outbox->reasons, job->reason, job->reason_size));
}

/* What the job does besides its result. */
static void add_effects(struct mp_outbox *outbox, const struct mpool_job *job)
{
    for (uint64_t left = job->staged; left != 0; left &= left - 1) {
        int number = __builtin_ctzll(left);

        mp_delta_merge(&outbox->deltas[number], outbox->totals->cells[number].kind, &job->deltas[number]);
    }
    outbox->staged |= job->staged;
    if (mp_brood_count(job->brood) > 0)
        MP_MUST(mp_brood_merge(&outbox->brood, job->brood, outbox->count));
}

static void add_time(struct mp_outbox *outbox, int64_t run_ns)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)run_ns >> (8 * i));
    MP_MUST(mp_buf_add(&outbox->times, bytes, sizeof bytes));
}

/* Would this job's results be too much for the message, with what has gathered? */
static bool is_full(const struct mp_outbox *outbox, const struct mpool_job *job)
{
    if (outbox->values.size + job->result.size > GATHER_BYTES || outbox->reasons.size > GATHER_BYTES ||
        job->block.size > 0)
        return true;
    return mp_brood_count(job->brood) > 0 &&
           (mp_brood_bytes(&outbox->brood) + mp_brood_bytes(job->brood) > GATHER_BYTES ||
            mp_brood_count(&outbox->brood) + mp_brood_count(job->brood) > MPOOL_CHILDREN_MAX);
}

/* The courier sends it then, if nobody has before. */
static void arm(struct mp_outbox *outbox, int64_t gather_ns)
{
    int64_t due_ns = mp_clock_ns() + gather_ns;

    if (outbox->send_ns != 0 && outbox->send_ns <= due_ns)
        return;
    outbox->send_ns = due_ns;
    if (due_ns < outbox->courier_ns)
        (void)pthread_cond_signal(&outbox->armed);
}

void mp_outbox_add(struct mp_outbox *outbox, const struct mpool_job *job, int64_t run_ns, bool last)
{
    static const char nil = '\xc0';

    (void)pthread_mutex_lock(&outbox->lock);
    if (is_full(outbox, job))
        send_gathered(outbox, mp_clock_ns());
    if (job->failed)
        add_failure(outbox, job);
    else
        add_effects(outbox, job);
    if (outbox->wants_times)
        add_time(outbox, run_ns);
    if (job->block.size > 0)
        outbox->block = job->block;
    else if (outbox->wants_values)
        MP_MUST(job->failed && !job->reports ? mp_buf_add(&outbox->values, &nil, 1)
                                             : mp_buf_add(&outbox->values, job->result.data, job->result.size));
    if (outbox->count++ == 0 && job->block.size > 0)
        send_gathered(outbox, mp_clock_ns());
    else if (!last && (job->failed || mp_brood_count(job->brood) > 0))
        arm(outbox, PROMPT_NS);
    else if (!last && outbox->count == 1)
        arm(outbox, outbox->gather_ns);
    (void)pthread_mutex_unlock(&outbox->lock);
}

void mp_outbox_flush(struct mp_outbox *outbox)
{
    (void)pthread_mutex_lock(&outbox->lock);
    send_gathered(outbox, mp_clock_ns());
    (void)pthread_mutex_unlock(&outbox->lock);
}

/* ---- the courier ------------------------------------------------------------------------------------------------- */

static void *carry(void *data)
{
    struct mp_outbox *outbox = data;

    (void)pthread_mutex_lock(&outbox->lock);
    for (;;) {
        int64_t due = outbox->send_ns;

        outbox->courier_ns = due != 0 ? due : INT64_MAX;
        if (due == 0) {
            (void)pthread_cond_wait(&outbox->armed, &outbox->lock);
        } else if (due <= mp_clock_ns()) {
            send_gathered(outbox, mp_clock_ns());
        } else {
            struct timespec until = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};

            (void)pthread_cond_timedwait(&outbox->armed, &outbox->lock, &until);
        }
    }
    return NULL;
}

void mp_outbox_init(struct mp_outbox *outbox, uint64_t generation, const struct mp_totals *totals)
{
    pthread_condattr_t attributes;

    *outbox = (struct mp_outbox){.generation = generation, .totals = totals};
    MP_MUST(pthread_mutex_init(&outbox->lock, NULL) == 0);
    MP_MUST(pthread_condattr_init(&attributes) == 0);
    MP_MUST(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    MP_MUST(pthread_cond_init(&outbox->armed, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
}

mpool_err mp_outbox_open(struct mp_outbox *outbox, struct mp_channel *channel)
{
    outbox->channel = channel;
    if (pthread_create(&outbox->courier, NULL, carry, outbox) != 0)
        return mp_error(MPOOL_E_SYSTEM, "cannot start a thread");
    return MPOOL_OK;
}
