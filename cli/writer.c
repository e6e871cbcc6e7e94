/*
 * cli/writer.c - bytes for a reader that may be slow, or gone
 *
 * Runs in: the mpool command, on its main thread. Owns: the bytes that wait; the file descriptor is its user's.
 *
 * A pipe that is full holds up who writes to it. ^C has to be heeded then too, so that nothing waits in write(): poll()
 * does, for the reader and for signals. What poll() finds writable takes PIPE_BUF bytes at once; a file takes all.
 */
#include "cli/writer.h"

#include "cli/signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a reader may stand still once a signal has asked to stop at once. */
#define GRACE_MS 500

void writer_init(struct writer *writer, const char *name, int fd)
{
    struct stat status;
    bool file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);

    *writer = (struct writer){.name = name, .fd = fd, .most = file ? SIZE_MAX : PIPE_BUF};
}

void writer_fini(struct writer *writer)
{
    text_free(&writer->waiting);
    text_free(&writer->owed);
}

/* Forgets jobs whose output is written. */
static void settle(struct writer *writer, uint64_t end)
{
    struct text *owed = &writer->owed;
    struct writer_job job;
    size_t at = 0;

    for (; at < owed->size; at += sizeof job) {
        memcpy(&job, owed->data + at, sizeof job);
        if (job.end > end)
            break;
    }
    text_drop(owed, at);
}

bool writer_flush(struct writer *writer)
{
    struct pollfd fds[2] = {{.fd = writer->fd, .events = POLLOUT}, {.fd = signals_fd(), .events = POLLIN}};
    struct text *waiting = &writer->waiting;
    size_t written = 0;
    bool broken = writer->error != 0;

    while (writer->error == 0 && written < waiting->size) {
        int ready = poll(fds, 2, signals_asked() > 1 ? GRACE_MS : -1);
        if (ready == 0)
            writer->error = ECANCELED;
        /* A signal, of whatever kind: who called looks what it is. */
        if (ready < 0 || fds[1].revents != 0)
            break;
        if (ready == 0)
            continue;
        size_t left = waiting->size - written;
        ssize_t count = write(writer->fd, waiting->data + written, left < writer->most ? left : writer->most);
        if (count >= 0)
            written += (size_t)count;
        else if (errno != EAGAIN && errno != EINTR)
            writer->error = errno;
    }
    if (!broken)
        settle(writer, writer->before + written);
    writer->before += written;
    text_drop(waiting, writer->error != 0 ? waiting->size : written);
    return waiting->size == 0;
}

void writer_owe(struct writer *writer, uint64_t row, struct tally *tally)
{
    const struct writer_job job = {.row = row, .tally = tally, .end = writer->before + writer->waiting.size};

    if (writer->waiting.size > 0 || writer->error != 0)
        text_add(&writer->owed, &job, sizeof job);
}

bool writer_lost(struct writer *writer, struct writer_job *job)
{
    if (writer->error == 0 || writer->owed.size == 0)
        return false;
    writer->owed.size -= sizeof *job;
    memcpy(job, writer->owed.data + writer->owed.size, sizeof *job);
    return true;
}

void writer_forget(struct writer *writer, uint64_t row)
{
    struct text *owed = &writer->owed;
    struct writer_job job;

    /* From the end, as they are lost. */
    for (size_t at = owed->size; at > 0; at -= sizeof job) {
        memcpy(&job, owed->data + at - sizeof job, sizeof job);
        if (job.row != row)
            continue;
        memmove(owed->data + at - sizeof job, owed->data + at, owed->size - at);
        owed->size -= sizeof job;
        return;
    }
}

const char *writer_failure(const struct writer *writer)
{
    bool quiet = writer->error == 0 || writer->error == EPIPE || writer->error == ECANCELED;

    return quiet ? NULL : strerror(writer->error);
}
