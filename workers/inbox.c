/*
 * workers/inbox.c - the jobs a worker has received and not yet begun
 *
 * Runs in: a worker; mp_inbox_put(), _recall() and _leave() on the thread that receives, the others on the main thread.
 * Owns: the frames.
 *
 * A recall gives tickets back, and the supervisor hands the same tickets out again with other jobs. So the main
 * thread can claim a ticket that its current frame once had and has no more. It notices by the frame's limit, which
 * is lowered before the new frame raises the end of what may be claimed; the ticket then is the first of the next
 * frame.
 */
#include "workers/inbox.h"

#include "base/clock.h"
#include "base/panic.h"

#include <stdlib.h>

void mp_inbox_init(struct mp_inbox *inbox, struct mp_page *page)
{
    *inbox = (struct mp_inbox){.page = page};
    atomic_init(&inbox->limited, false);
    MP_MUST(pthread_mutex_init(&inbox->lock, NULL) == 0);
    MP_MUST(pthread_cond_init(&inbox->filled, NULL) == 0);
}

static void free_frame(struct mp_inbox_frame *frame)
{
    mp_packet_free(frame->packet);
    msgpack_zone_destroy(&frame->zone);
    free(frame);
}

void mp_inbox_put(struct mp_inbox *inbox, struct mp_inbox_frame *frame)
{
    atomic_init(&frame->limit, frame->jobs.ticket + frame->jobs.count);
    frame->next = NULL;
    if (frame->jobs.limited)
        atomic_store(&inbox->limited, true);
    (void)pthread_mutex_lock(&inbox->lock);
    if (inbox->last != NULL)
        inbox->last->next = frame;
    else
        inbox->first = frame;
    inbox->last = frame;
    MP_MUST(mp_page_extend(inbox->page, frame->jobs.count) == frame->jobs.ticket);
    (void)pthread_cond_signal(&inbox->filled);
    (void)pthread_mutex_unlock(&inbox->lock);
}

/* Lowers a frame's limit; false if nothing of it is left. */
static bool trim(struct mp_inbox_frame *frame, uint32_t end)
{
    if ((int32_t)(atomic_load(&frame->limit) - end) > 0)
        atomic_store(&frame->limit, end);
    return (int32_t)(end - frame->jobs.ticket) > 0;
}

uint32_t mp_inbox_recall(struct mp_inbox *inbox, bool all)
{
    struct mp_inbox_frame **link = &inbox->first;
    uint32_t end;

    (void)pthread_mutex_lock(&inbox->lock);
    end = mp_page_cut(inbox->page, all);
    if (inbox->current != NULL)
        (void)trim(inbox->current, end);
    inbox->last = NULL;
    while (*link != NULL) {
        struct mp_inbox_frame *frame = *link;

        if (trim(frame, end)) {
            inbox->last = frame;
            link = &frame->next;
        } else {
            *link = frame->next;
            free_frame(frame);
        }
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    return end;
}

void mp_inbox_leave(struct mp_inbox *inbox)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->leaving = true;
    (void)pthread_cond_signal(&inbox->filled);
    (void)pthread_mutex_unlock(&inbox->lock);
}

bool mp_inbox_claim(struct mp_inbox *inbox, uint32_t *ticket)
{
    if (atomic_load_explicit(&inbox->limited, memory_order_relaxed))
        atomic_store_explicit(&inbox->page->mark_ns, mp_clock_ns(), memory_order_release);
    return mp_page_claim(inbox->page, ticket);
}

bool mp_inbox_wait(struct mp_inbox *inbox)
{
    bool there;

    (void)pthread_mutex_lock(&inbox->lock);
    while (inbox->first == NULL && !inbox->leaving)
        (void)pthread_cond_wait(&inbox->filled, &inbox->lock);
    there = inbox->first != NULL;
    (void)pthread_mutex_unlock(&inbox->lock);
    return there;
}

const struct mp_jobs *mp_inbox_frame(struct mp_inbox *inbox, uint32_t ticket)
{
    struct mp_inbox_frame *frame = inbox->current;

    if (frame != NULL && (int32_t)(atomic_load_explicit(&frame->limit, memory_order_acquire) - ticket) > 0)
        return &frame->jobs;
    (void)pthread_mutex_lock(&inbox->lock);
    if (frame != NULL)
        free_frame(frame);
    frame = inbox->first;
    MP_MUST(frame != NULL && frame->jobs.ticket == ticket);
    inbox->first = frame->next;
    if (inbox->first == NULL)
        inbox->last = NULL;
    inbox->current = frame;
    (void)pthread_mutex_unlock(&inbox->lock);
    return &frame->jobs;
}
