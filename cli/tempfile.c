/*
 * cli/tempfile.c - files without a name
 *
 * Runs in: the mpool command, and its workers. Owns: nothing.
 */
#include "cli/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *tempfile_fault(const char *directory)
{
    struct stat status;

    if (directory[0] != '/')
        return "is no absolute path";
    if (stat(directory, &status) != 0)
        return strerror(errno);
    if (!S_ISDIR(status.st_mode))
        return "is no directory";
    return access(directory, W_OK | X_OK) != 0 ? strerror(errno) : NULL;
}

const char *tempfile_dir(void)
{
    const char *directory = getenv("TMPDIR");

    return directory != NULL && tempfile_fault(directory) == NULL ? directory : "/tmp";
}

/* Where the file system knows no files without names, one is made and its name taken away at once. */
static int make_named(int flags)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/mpool-XXXXXX", tempfile_dir());

    if (size < 0 || (size_t)size >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, flags | O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

int tempfile_make(int flags)
{
    int fd = open(tempfile_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = make_named(flags);
    return fd;
}

int tempfile_again(int fd, int flags)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, flags | O_CLOEXEC);
}
