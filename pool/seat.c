/*
 * pool/seat.c - one worker as the supervisor sees it: a process and the channel to it
 *
 * Runs in: the supervisor. Owns: the channel, and the pipe for what the worker prints.
 */
#include "pool/seat.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long the connection of a dead worker is waited for: somebody else may hold its end. */
#define GRACE_MS 200

/* How long a worker whose fork server was killed is waited for, which will kill it. */
#define GONE_MS 2000

#define WEIGH_MS 100

mpool_err mp_seat_open(struct mp_seat *seat, const char *directory, int wake_fd, struct mp_fork_message *order,
                       int *pipe)
{
    mpool_err err;
    int size;

    mp_output_free(&seat->output);
    *seat =
        (struct mp_seat){.page = seat->page, .trace = seat->trace, .generation = order->generation, .output.fd = -1};
    size = snprintf(order->path, sizeof order->path, "%s/%u.%u.%" PRIu64, directory, (unsigned)order->pool,
                    (unsigned)order->slot, order->generation);
    if (size < 0 || (size_t)size >= sizeof order->path)
        return mp_error(MPOOL_E_SYSTEM, "%s: too long for the address of a socket", order->path);
    if (getrandom(seat->token, sizeof seat->token, 0) != (ssize_t)sizeof seat->token)
        return mp_error(MPOOL_E_SYSTEM, "getrandom: %m");
    memcpy(order->token, seat->token, sizeof order->token);
    err = mp_channel_listen(order->path, MP_MESSAGE_MAX, wake_fd, &seat->channel);
    if (err != MPOOL_OK)
        return err;
    err = mp_output_open(&seat->output, order->piped, pipe);
    if (err != MPOOL_OK)
        mp_seat_close(seat);
    return err;
}

/* Takes the same time wherever the first difference is. */
static bool same_token(const unsigned char *a, const unsigned char *b)
{
    unsigned difference = 0;

    for (size_t i = 0; i < MP_TOKEN_BYTES; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

bool mp_seat_greet(struct mp_seat *seat, const struct mp_hello *hello, uint32_t pool, uint32_t slot)
{
    if (seat->greeted || hello->version != MP_PROTOCOL_VERSION || hello->pool != pool || hello->slot != slot ||
        hello->generation != seat->generation || !same_token(hello->token, seat->token))
        return false;
    seat->greeted = true;
    mp_channel_hide(seat->channel);
    return true;
}

mpool_err mp_seat_send(struct mp_seat *seat, const struct mp_message *message, struct mp_buf *scratch)
{
    struct mp_packet *packet;
    mpool_err err;

    scratch->size = 0;
    err = mp_message_write(scratch, message);
    if (err != MPOOL_OK)
        return err;
    packet = mp_packet_copy(scratch->data, scratch->size);
    if (packet == NULL)
        return mp_error_nomem();
    err = mp_channel_send(seat->channel, packet);
    if (err != MPOOL_OK)
        mp_packet_free(packet);
    return err;
}

static uint32_t next_of(const struct mp_seat *seat)
{
    return mp_page_next(atomic_load_explicit(&seat->page->claim, memory_order_acquire));
}

void mp_seat_drain(struct mp_seat *seat, size_t most)
{
    mp_output_drain(&seat->output, most);
    mp_output_see(&seat->output, next_of(seat));
}

void mp_seat_capture(struct mp_seat *seat, size_t most)
{
    mp_seat_drain(seat, MP_OUTPUT_ALL);
    mp_output_capture(&seat->output, most);
}

struct mp_sight mp_seat_look(const struct mp_seat *seat, int64_t stall_ms)
{
    const struct mp_page *page = seat->page;
    uint64_t claim, again = atomic_load_explicit(&page->claim, memory_order_acquire);
    int64_t mark_ns;
    int tries = 0;

    do {
        claim = again;
        mark_ns = atomic_load_explicit(&page->mark_ns, memory_order_acquire);
        again = atomic_load_explicit(&page->claim, memory_order_acquire);
    } while (claim != again && ++tries < 100);
    return (struct mp_sight){.next = mp_page_next(claim),
                             .returned = atomic_load_explicit(&page->returned, memory_order_acquire),
                             .mark_ms = mark_ns > 0 ? mark_ns / 1000000 - stall_ms : 0,
                             .crashed =
                                 atomic_load_explicit(&page->crash.state, memory_order_relaxed) != MP_CRASH_NONE};
}

/* A limit of the process's own (RLIMIT_CPU) has the same signal, but the kernel's code. */
static bool is_out_of_cpu(const struct mp_crash *crash)
{
    return atomic_load_explicit(&crash->state, memory_order_acquire) == MP_CRASH_WHOLE && crash->signal == SIGXCPU &&
           crash->code == SI_TIMER;
}

/* The machine's counter may have counted somebody else. */
static bool has_counted(const struct mp_seat_oom *oom)
{
    return (oom->source == MP_OOM_EVENTS || oom->source == MP_OOM_CONTROL) && oom->after != oom->before;
}

/* SIGKILL leaves no time to note the last error on the page: what is there then is of another time. */
struct mp_death mp_seat_death(const struct mp_seat *seat)
{
    const struct mp_crash *crash = &seat->page->crash;
    struct mp_death death = {0};

    if (WIFSIGNALED(seat->status))
        death.signal = WTERMSIG(seat->status);
    else
        death.exit_code = WEXITSTATUS(seat->status);
    death.out_of_cpu = death.signal == SIGXCPU && is_out_of_cpu(crash);
    death.oom_killed = death.signal == SIGKILL && has_counted(&seat->oom);
    death.no_memory = death.signal != SIGKILL && atomic_load_explicit(&crash->error, memory_order_relaxed) == ENOMEM;
    return death;
}

bool mp_seat_why(const struct mp_seat *seat, char *why, size_t room)
{
    size_t size = 0;

    for (; size < sizeof seat->page->why && size + 1 < room && seat->page->why[size] != '\0'; size++)
        why[size] = (unsigned char)seat->page->why[size] < ' ' ? ' ' : seat->page->why[size];
    why[size] = '\0';
    return size > 0;
}

void mp_seat_write_end(const struct mp_seat *seat, char *text, size_t room)
{
    if (WIFSIGNALED(seat->status)) {
        const char *name = sigabbrev_np(WTERMSIG(seat->status));

        (void)snprintf(text, room, "was killed by SIG%s (%s)", name != NULL ? name : "?",
                       sigdescr_np(WTERMSIG(seat->status)));
    } else {
        (void)snprintf(text, room, "exited with code %d", WEXITSTATUS(seat->status));
    }
}

size_t mp_seat_weigh(struct mp_seat *seat, int64_t now_ms)
{
    char text[128] = "", *rest = text;
    FILE *file;

    if (seat->pid <= 0 || now_ms < seat->weighed_ms + WEIGH_MS)
        return 0;
    seat->weighed_ms = now_ms;
    (void)snprintf(text, sizeof text, "/proc/%d/statm", (int)seat->pid);
    file = fopen(text, "re");
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    (void)fclose(file);
    (void)strtoull(text, &rest, 10); /* the pages of its address space; those in memory come second */
    return (size_t)strtoull(rest, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

bool mp_seat_over(const struct mp_seat *seat, int64_t now_ms)
{
    return seat->dead && (mp_channel_peer_gone(seat->channel) || now_ms >= mp_seat_due(seat));
}

int64_t mp_seat_due(const struct mp_seat *seat)
{
    return seat->dead ? seat->dead_ms + GRACE_MS : INT64_MAX;
}

void mp_seat_wait_gone(const struct mp_seat *seat)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    for (int i = 0; i < GONE_MS && seat->greeted && !mp_channel_peer_gone(seat->channel); i++)
        (void)nanosleep(&pause, NULL);
}

void mp_seat_close(struct mp_seat *seat)
{
    mp_channel_close(seat->channel);
    seat->channel = NULL;
    mp_output_close(&seat->output);
    mp_grant_end(&seat->grant);
}
