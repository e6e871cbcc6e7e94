/*
 * ipc/forkpipe.c - what the host and the fork server say to each other
 *
 * Runs in: the host and the fork server. Only async-signal-safe calls.
 */
#include "ipc/forkpipe.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

mpool_err mp_forkpipe_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return mp_error(MPOOL_E_SYSTEM, "socketpair: %m");
    ends[0] = mp_fd_raise(ends[0]);
    ends[1] = mp_fd_raise(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return MPOOL_OK;
    (void)mp_error(MPOOL_E_SYSTEM, "fcntl: %m");
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return MPOOL_E_SYSTEM;
}

/* Room for one file descriptor beside a message, aligned as sendmsg() wants it. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

mpool_err mp_forkpipe_send(int fd, const struct mp_fork_message *message, int passed, bool wait)
{
    struct mp_fork_message copy = *message;
    struct iovec data = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
    union control control;
    ssize_t sent;

    if (passed >= 0) {
        struct cmsghdr *item;

        memset(&control, 0, sizeof control);
        header.msg_control = &control;
        header.msg_controllen = sizeof control.room;
        item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(item), &passed, sizeof passed);
    }
    do {
        sent = sendmsg(fd, &header, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return MPOOL_E_FULL;
    if (sent != (ssize_t)sizeof copy)
        return mp_error(MPOOL_E_SYSTEM, "the fork server does not take messages: %m");
    return MPOOL_OK;
}

enum mp_forkpipe_answer mp_forkpipe_recv(int fd, bool wait, struct mp_fork_message *message, int *passed)
{
    struct iovec data = {.iov_base = message, .iov_len = sizeof *message};
    union control control;
    struct msghdr header = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    struct cmsghdr *item;
    ssize_t got;

    do {
        got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return MP_FORKPIPE_NOTHING;
    if (got != (ssize_t)sizeof *message)
        return MP_FORKPIPE_END;
    if (passed != NULL) {
        *passed = -1;
        item = CMSG_FIRSTHDR(&header);
        if (item != NULL && item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS &&
            item->cmsg_len == CMSG_LEN(sizeof *passed))
            memcpy(passed, CMSG_DATA(item), sizeof *passed);
    }
    return MP_FORKPIPE_MESSAGE;
}
