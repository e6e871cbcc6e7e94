/*
 * pool/seat.c - one worker as the supervisor sees it: a process and the channel to it
 *
 * Runs in: the supervisor. Owns: the channel and the socket's path.
 */
#include "pool/seat.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* How long the connection of a dead worker is waited for: somebody else may hold its end. */
#define GRACE_MS 200

mpool_err mp_seat_open(struct mp_seat *seat, const char *directory, uint32_t pool, uint32_t slot, uint64_t generation,
                       int wake_fd, struct mp_fork_message *order)
{
    const struct mp_page *page = seat->page;
    mpool_err err;
    int size;

    *seat = (struct mp_seat){.page = page, .generation = generation};
    size = snprintf(seat->path, sizeof seat->path, "%s/%u.%u.%" PRIu64, directory, (unsigned)pool, (unsigned)slot,
                    generation);
    if (size < 0 || (size_t)size >= sizeof seat->path)
        return mp_error(MPOOL_E_SYSTEM, "%s: too long for the address of a socket", seat->path);
    if (getrandom(seat->token, sizeof seat->token, 0) != (ssize_t)sizeof seat->token)
        return mp_error(MPOOL_E_SYSTEM, "getrandom: %m");
    err = mp_channel_listen(seat->path, MP_MESSAGE_MAX, wake_fd, &seat->channel);
    if (err != MPOOL_OK)
        return err;
    *order = (struct mp_fork_message){.kind = MP_FORK_SPAWN, .pool = pool, .slot = slot, .generation = generation};
    memcpy(order->token, seat->token, sizeof order->token);
    memcpy(order->path, seat->path, sizeof order->path);
    return MPOOL_OK;
}

static void remove_path(struct mp_seat *seat)
{
    if (seat->path[0] != '\0')
        (void)unlink(seat->path);
    seat->path[0] = '\0';
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
    remove_path(seat);
    return true;
}

bool mp_seat_over(const struct mp_seat *seat, int64_t now_ms)
{
    return seat->dead && (mp_channel_peer_gone(seat->channel) || now_ms >= mp_seat_due(seat));
}

int64_t mp_seat_due(const struct mp_seat *seat)
{
    return seat->dead ? seat->dead_ms + (seat->greeted ? GRACE_MS : 0) : INT64_MAX;
}

void mp_seat_close(struct mp_seat *seat)
{
    mp_channel_close(seat->channel);
    seat->channel = NULL;
    remove_path(seat);
}
