/*
 * base/fd.c - file descriptors that keep out of the way of 0, 1 and 2
 *
 * Runs in: any process.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mp_fd_raise(int fd)
{
    int raised, error;

    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    error = errno;
    (void)close(fd);
    errno = error;
    return raised;
}
