/*
 * cli/spool.c - output of commands that is too much to be sent along with results
 *
 * Runs in: the mpool command, and its workers. Owns: a file without a name; in a worker, a descriptor of its own of it.
 *
 * O_APPEND makes each write a piece that no other is mixed with, whoever writes at the same time. A worker opens the
 * file again, by the descriptor that it has inherited: its own file position then says where its piece went. Pieces of
 * an attempt that was killed are nobody's, and stay until the end of the run.
 */
#include "cli/spool.h"

#include "cli/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct {
    int fd;  /* 0: not open; for workers to keep */
    int own; /* in a worker; 0: not open yet */
} spool;

int spool_open(void)
{
    int fd = tempfile_make(O_APPEND);

    if (fd < 0)
        return errno;
    spool.fd = fd;
    return 0;
}

int spool_fd(void)
{
    return spool.fd;
}

void spool_close(void)
{
    if (spool.fd > 0)
        (void)close(spool.fd);
    spool.fd = 0;
}

/* False, and errno, where it cannot be had. */
static bool open_own(void)
{
    if (spool.own <= 0)
        spool.own = tempfile_again(spool.fd, O_WRONLY | O_APPEND);
    return spool.own >= 0;
}

int spool_add(const void *bytes, size_t size, uint64_t *offset)
{
    if (!open_own())
        return errno;
    ssize_t count;
    do
        count = write(spool.own, bytes, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno;
    /* A file system that is nearly full takes a part. */
    if ((size_t)count < size)
        return ENOSPC;
    off_t end = lseek(spool.own, 0, SEEK_CUR);
    if (end < 0)
        return errno;
    *offset = (uint64_t)end - size;
    return 0;
}

size_t spool_read(uint64_t offset, char *bytes, size_t room)
{
    ssize_t count;

    do
        count = pread(spool.fd, bytes, room, (off_t)offset);
    while (count < 0 && errno == EINTR);
    return count > 0 ? (size_t)count : 0;
}

void spool_drop(uint64_t offset, uint64_t size)
{
    (void)fallocate(spool.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);
}
