/*
 * ipc/address.c - where a server is to be found: the path of a socket
 *
 * Runs in: the host, programs that connect. Owns: an open directory for each server, and the path of its socket.
 *
 * A server that was killed leaves its socket, which nobody listens to: who finds one, of this user's, removes it. That
 * two servers find the same one, and the slower removes what the faster has put there, is what the lock of the
 * directory is for. No other program has to know of the lock.
 */
#include "ipc/address.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Others hold the lock for a moment; whoever has stopped in it is not waited for. */
#define LOCK_NS INT64_C(2000000000)

mpool_err mp_address_check(const char *path)
{
    size_t size = path != NULL ? strlen(path) : 0;

    if (size == 0)
        return mp_error(MPOOL_E_INVAL, "an address is the path of a socket; this one is empty");
    if (size > MP_ADDRESS_MAX)
        return mp_error(MPOOL_E_INVAL, "an address of %zu bytes; %d are the most", size, MP_ADDRESS_MAX);
    if (path[size - 1] == '/')
        return mp_error(MPOOL_E_INVAL, "%s: an address is the path of a socket, not of a directory", path);
    return MPOOL_OK;
}

/* ---- the directory ----------------------------------------------------------------------------------------------- */

/* Splits the path, and opens the directory. */
static mpool_err open_directory(const char *path, struct mp_address *address)
{
    const char *slash = strrchr(path, '/');
    char directory[MP_ADDRESS_MAX + 1] = ".";

    if (slash != NULL) /* "/x" is in "/" */
        (void)snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    (void)snprintf(address->name, sizeof address->name, "%s", slash != NULL ? slash + 1 : path);
    address->directory = mp_fd_raise(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (address->directory < 0)
        return mp_error(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? MPOOL_E_INVAL : MPOOL_E_SYSTEM,
                        "the directory of the address %s: %m", path);
    return MPOOL_OK;
}

static mpool_err check_directory(const char *path, const struct mp_address *address)
{
    struct stat found;

    if (fstat(address->directory, &found) != 0)
        return mp_error(MPOOL_E_SYSTEM, "fstat: %m");
    if (found.st_uid != geteuid())
        return mp_error(MPOOL_E_INVAL, "the address %s is in a directory of another user, %u", path,
                        (unsigned)found.st_uid);
    if ((found.st_mode & (S_IWGRP | S_IXGRP | S_IWOTH | S_IXOTH)) != 0)
        return mp_error(MPOOL_E_INVAL,
                        "the address %s is in a directory that others may enter or write to; chmod 700 it", path);
    return MPOOL_OK;
}

static mpool_err lock_directory(const char *path, const struct mp_address *address)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t until = mp_clock_ns() + LOCK_NS;

    while (flock(address->directory, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return mp_error(MPOOL_E_SYSTEM, "the directory of the address %s: flock: %m", path);
        if (mp_clock_ns() >= until)
            return mp_error(MPOOL_E_SYSTEM, "another program has locked the directory of the address %s", path);
        (void)nanosleep(&pause, NULL);
    }
    return MPOOL_OK;
}

/* A child that somebody has forked meanwhile may hold the directory open, and would hold the lock. */
static void close_directory(const struct mp_address *address)
{
    (void)flock(address->directory, LOCK_UN);
    (void)close(address->directory);
}

/* ---- what is at the address -------------------------------------------------------------------------------------- */

/* Does nobody listen to this socket? */
static bool is_dead(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool refused;

    if (fd < 0)
        return false;
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    refused = connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

/* With the lock held. */
static mpool_err make_room(const char *path, const struct mp_address *address)
{
    struct stat found;

    if (fstatat(address->directory, address->name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? MPOOL_OK : mp_error(MPOOL_E_SYSTEM, "the address %s: %m", path);
    if (!S_ISSOCK(found.st_mode) || found.st_uid != geteuid())
        return mp_error(MPOOL_E_INVAL, "the address %s: there is something that is no socket of this user's", path);
    if (!is_dead(path))
        return mp_error(MPOOL_E_INVAL, "the address %s: another server is there", path);
    if (unlinkat(address->directory, address->name, 0) != 0)
        return mp_error(MPOOL_E_SYSTEM, "the socket of a dead server at %s: unlink: %m", path);
    return MPOOL_OK;
}

/* A name that nobody has. */
static mpool_err choose_fresh(const char *path, struct mp_address *address)
{
    uint32_t random;
    struct stat found;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return mp_error(MPOOL_E_SYSTEM, "getrandom: %m");
    (void)snprintf(address->fresh, sizeof address->fresh, "%s.%06x", path, (unsigned)(random & 0xffffff));
    if (lstat(address->fresh, &found) == 0 || errno != ENOENT)
        return mp_error(MPOOL_E_SYSTEM, "%s: there is something where a socket is to be made", address->fresh);
    return MPOOL_OK;
}

mpool_err mp_address_open(const char *path, struct mp_address *address)
{
    struct mp_address opened = {0};
    mpool_err err = mp_address_check(path);

    if (err == MPOOL_OK)
        err = open_directory(path, &opened);
    if (err != MPOOL_OK)
        return err;
    err = check_directory(path, &opened);
    if (err == MPOOL_OK)
        err = lock_directory(path, &opened);
    if (err == MPOOL_OK)
        err = make_room(path, &opened);
    if (err == MPOOL_OK)
        err = choose_fresh(path, &opened);
    if (err == MPOOL_OK)
        *address = opened;
    else
        close_directory(&opened);
    return err;
}

mpool_err mp_address_publish(struct mp_address *address)
{
    const char *fresh = strrchr(address->fresh, '/');
    struct stat bound;
    mpool_err err = MPOOL_OK;

    fresh = fresh != NULL ? fresh + 1 : address->fresh;
    if (fstatat(address->directory, fresh, &bound, AT_SYMLINK_NOFOLLOW) != 0 ||
        linkat(address->directory, fresh, address->directory, address->name, 0) != 0)
        err = mp_error(errno == EEXIST ? MPOOL_E_INVAL : MPOOL_E_SYSTEM, "a socket cannot be made at %s: %m",
                       address->name);
    (void)unlinkat(address->directory, fresh, 0);
    (void)flock(address->directory, LOCK_UN);
    if (err == MPOOL_OK) {
        address->device = bound.st_dev;
        address->inode = bound.st_ino;
    }
    return err;
}

void mp_address_close(struct mp_address *address)
{
    struct stat found;

    if (fstatat(address->directory, address->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        found.st_dev == address->device && found.st_ino == address->inode)
        (void)unlinkat(address->directory, address->name, 0);
    close_directory(address);
}

mpool_err mp_address_look(const char *path)
{
    struct stat found;

    if (lstat(path, &found) != 0)
        return mp_error(errno == ENOENT || errno == ENOTDIR ? MPOOL_E_NOTFOUND
                        : errno == EACCES                   ? MPOOL_E_IDENTITY
                                                            : MPOOL_E_SYSTEM,
                        "the address %s: %m", path);
    if (!S_ISSOCK(found.st_mode))
        return mp_error(MPOOL_E_PROTOCOL, "the address %s: that is no socket", path);
    if (found.st_uid != geteuid())
        return mp_error(MPOOL_E_IDENTITY, "the address %s: the socket is another user's, %u", path,
                        (unsigned)found.st_uid);
    return MPOOL_OK;
}
