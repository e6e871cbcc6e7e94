/*
 * pool/order.c - what a process is to do, as a sealed memfd
 *
 * Runs in: the host. Owns: nothing; the memfd is the caller's.
 */
#include "pool/order.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "pool/lot.h"

#include <mpool/pack.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static mpool_err write_order(struct mp_process_order *order, const char *function, const char *format, va_list args,
                             struct mp_buf *buf)
{
    msgpack_packer packer;
    size_t begin;
    mpool_err err;

    order->function_size = (uint32_t)strlen(function) + 1;
    if (!mp_buf_add(buf, order, sizeof *order) || !mp_buf_add(buf, function, order->function_size))
        return mp_error_nomem();
    begin = buf->size;
    msgpack_packer_init(&packer, buf, mp_buf_write);
    err = mpool_vpack(&packer, format != NULL ? format : "n", args);
    if (err == MPOOL_OK && buf->size - begin > MPOOL_PROCESS_ARGS_MAX)
        err = mp_error(MPOOL_E_TOOBIG, "arguments of %zu bytes; a process takes %zu at most", buf->size - begin,
                       MPOOL_PROCESS_ARGS_MAX);
    if (err == MPOOL_OK)
        err = mp_lot_check_args(buf, begin);
    order->args_size = buf->size - begin;
    memcpy(buf->data, order, sizeof *order);
    return err;
}

static bool write_all(int fd, const struct mp_buf *buf)
{
    size_t done = 0;

    while (done < buf->size) {
        ssize_t written = write(fd, buf->data + done, buf->size - done);

        if (written < 0 && errno != EINTR)
            return false;
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* The bytes in a memfd that nobody can change any more. A write beyond RLIMIT_FSIZE would raise SIGXFSZ. */
static mpool_err seal(const struct mp_buf *buf, int *result)
{
    struct rlimit limit;
    int fd;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && buf->size > limit.rlim_cur)
        return mp_error(MPOOL_E_SYSTEM, "the arguments have %zu bytes, and RLIMIT_FSIZE is %zu; raise it (ulimit -f)",
                        buf->size, (size_t)limit.rlim_cur);
    fd = mp_fd_raise(memfd_create("mpool-process", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd < 0)
        return mp_error(MPOOL_E_SYSTEM, "memfd_create: %m");
    if (!write_all(fd, buf) || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        (void)mp_error(MPOOL_E_SYSTEM, "cannot write the arguments into a memfd: %m");
        (void)close(fd);
        return MPOOL_E_SYSTEM;
    }
    *result = fd;
    return MPOOL_OK;
}

mpool_err mp_order_seal(struct mp_process_order *order, const char *function, const char *format, va_list args, int *fd)
{
    struct mp_buf buf = {0};
    mpool_err err = write_order(order, function, format, args, &buf);

    if (err == MPOOL_OK)
        err = seal(&buf, fd);
    mp_buf_free(&buf);
    return err;
}
