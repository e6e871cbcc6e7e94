/*
 * pool/output.c - what a worker prints: the end of it
 *
 * Runs in: the supervisor. Owns: the reading end of the pipe.
 *
 * The end of the file is never waited for: a process that the job has started may hold the pipe for as long as it
 * likes. When a worker is dead, or has sent the result of a job, all that it has printed is in the pipe.
 */
#include "pool/output.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define READ_BYTES 16384

mpool_err mp_output_open(struct mp_output *output, bool piped, int *theirs)
{
    int ends[2] = {-1, -1};

    mp_output_free(output);
    output->end = output->begin = 0;
    output->last = output->before = (struct mp_output_sight){0};
    output->shared = false;
    output->ticket = 0;
    output->fd = *theirs = -1;
    if (!piped)
        return MPOOL_OK;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        ends[0] = mp_fd_raise(ends[0]);
        ends[1] = mp_fd_raise(ends[1]);
        if (ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) {
            output->fd = ends[0];
            *theirs = ends[1];
            return MPOOL_OK;
        }
    }
    (void)mp_error(MPOOL_E_SYSTEM, "no pipe for a worker's output: %m");
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return MPOOL_E_SYSTEM;
}

/* What there is no memory for is cut as well: the job itself is none the worse for it. */
static void capture(struct mp_output *output, const char *data, size_t size)
{
    size_t room = output->capture_most - output->captured.size;

    if (output->captured_cut)
        return;
    output->captured_cut = size > room || !mp_buf_add(&output->captured, data, size);
    if (size > room)
        (void)mp_buf_add(&output->captured, data, room);
}

static void keep(struct mp_output *output, const char *data, size_t size)
{
    size_t skip = size > sizeof output->tail ? size - sizeof output->tail : 0;
    size_t at = (size_t)((output->end + skip) % sizeof output->tail);
    size_t left = size - skip;
    size_t first = left < sizeof output->tail - at ? left : sizeof output->tail - at;

    memcpy(output->tail + at, data + skip, first);
    memcpy(output->tail, data + skip + first, left - first);
    output->end += size;
}

void mp_output_drain(struct mp_output *output, size_t most)
{
    char data[READ_BYTES];
    ssize_t got = 1;
    int there = 0;

    if (output->fd < 0)
        return;
    if (most == MP_OUTPUT_ALL && ioctl(output->fd, FIONREAD, &there) == 0)
        most = (size_t)there;
    for (size_t taken = 0; taken < most && got > 0; taken += (size_t)got) {
        size_t wanted = most - taken < sizeof data ? most - taken : sizeof data;

        got = read(output->fd, data, wanted);
        if (got > 0 && output->capture_most > 0)
            capture(output, data, (size_t)got);
        if (got > 0)
            keep(output, data, (size_t)got);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        mp_output_close(output);
}

void mp_output_see(struct mp_output *output, uint32_t next)
{
    output->before = output->last;
    output->last = (struct mp_output_sight){.end = output->end, .next = next};
}

/* If the job with the ticket has begun already, some of what came last may be its own. */
void mp_output_answered(struct mp_output *output, uint32_t ticket)
{
    bool begun = (int32_t)(output->last.next - ticket) > 0;

    if (!begun)
        output->begin = output->last.end;
    else if ((int32_t)(output->before.next - ticket) <= 0)
        output->begin = output->before.end;
    output->shared = begun && output->last.end > output->begin;
    output->ticket = ticket;
}

bool mp_output_shared(const struct mp_output *output)
{
    return output->end > output->begin && (output->shared || (int32_t)(output->last.next - output->ticket) > 1);
}

size_t mp_output_copy(const struct mp_output *output, char text[MPOOL_OUTPUT_TAIL_BYTES])
{
    uint64_t size = output->end - output->begin;
    size_t at, first;

    size = size < sizeof output->tail ? size : sizeof output->tail;
    at = (size_t)((output->end - size) % sizeof output->tail);
    first = size < sizeof output->tail - at ? (size_t)size : sizeof output->tail - at;
    memcpy(text, output->tail + at, first);
    memcpy(text + first, output->tail, (size_t)size - first);
    return (size_t)size;
}

void mp_output_capture(struct mp_output *output, size_t most)
{
    output->capture_most = most;
    output->captured_cut = false;
    output->captured.size = 0;
}

bool mp_output_take_captured(struct mp_output *output, struct mp_buf *captured)
{
    while (!mp_buf_add(&output->captured, "", 1))
        mp_wait_for_memory();
    *captured = output->captured;
    output->captured = (struct mp_buf){0};
    output->capture_most = 0;
    return output->captured_cut;
}

void mp_output_free(struct mp_output *output)
{
    mp_output_close(output);
    mp_buf_free(&output->captured);
    output->capture_most = 0;
}

void mp_output_close(struct mp_output *output)
{
    if (output->fd >= 0)
        (void)close(output->fd);
    output->fd = -1;
}
