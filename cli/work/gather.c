/*
 * cli/work/gather.c - what a program writes, kept until its job has ended
 *
 * Runs in: a worker of the command, on its main thread. Owns: two buffers, and a descriptor of the spool.
 *
 * The pipes are never waited for to end: a daemon that the program has left behind holds them as long as it likes. When
 * the program has ended, what is in them is all.
 */
#include "cli/work/gather.h"

#include "cli/spool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void gather_begin(struct gather *gather)
{
    gather->streams[STDOUT_FILENO].size = gather->streams[STDERR_FILENO].size = 0;
    gather->piece_count = 0;
    gather->error = 0;
}

static bool add_piece(struct gather *gather, const struct gather_piece *piece)
{
    if (gather->piece_count == gather->piece_room) {
        size_t room = gather->piece_room == 0 ? 16 : 2 * gather->piece_room;
        struct gather_piece *more = reallocarray(gather->pieces, room, sizeof *more);
        if (more == NULL)
            return false;
        gather->pieces = more;
        gather->piece_room = room;
    }
    gather->pieces[gather->piece_count++] = *piece;
    return true;
}

/* The buffer is full: its content becomes a piece in the spool. */
static void spill(struct gather *gather, int number)
{
    struct gather_stream *stream = &gather->streams[number];
    struct gather_piece piece = {.stream = number, .size = stream->size};

    if (gather->error == 0)
        gather->error = spool_add(stream->data, stream->size, &piece.offset);
    if (gather->error == 0 && !add_piece(gather, &piece))
        gather->error = ENOMEM;
    stream->size = 0;
}

/* One read of what is there: how many bytes it was; 0: the stream has ended, or there is no memory for it. */
static size_t take(struct gather *gather, int number, int fd)
{
    struct gather_stream *stream = &gather->streams[number];
    ssize_t count;

    if (stream->data == NULL)
        stream->data = malloc(GATHER_ROOM);
    if (stream->data == NULL) {
        gather->error = ENOMEM;
        return 0;
    }
    if (stream->size == GATHER_ROOM)
        spill(gather, number);
    do
        count = read(fd, stream->data + stream->size, GATHER_ROOM - stream->size);
    while (count < 0 && errno == EINTR);
    stream->size += count > 0 ? (size_t)count : 0;
    return count > 0 ? (size_t)count : 0;
}

/* The program has ended. What is in the pipe now is its; what comes after that is not waited for. */
static void take_rest(struct gather *gather, int number, int fd)
{
    int left = 0;

    if (fd < 0 || ioctl(fd, FIONREAD, &left) != 0)
        return;
    for (size_t count = 1; left > 0 && count > 0; left -= (int)count)
        count = take(gather, number, fd);
}

/* poll() has found something to read, or that nobody writes any more. */
static void take_some(struct gather *gather, int number, int *fd)
{
    if (take(gather, number, *fd) > 0)
        return;
    (void)close(*fd);
    *fd = -1;
}

bool gather_wait(struct gather *gather, struct launch *launch, int timeout_ms)
{
    struct pollfd fds[3] = {{.fd = launch->pidfd, .events = POLLIN},
                            {.fd = launch->out, .events = POLLIN},
                            {.fd = launch->err, .events = POLLIN}};

    if (poll(fds, 3, timeout_ms) <= 0)
        return false;
    if (fds[0].revents != 0) {
        take_rest(gather, STDOUT_FILENO, launch->out);
        take_rest(gather, STDERR_FILENO, launch->err);
        return true;
    }
    if (fds[1].revents != 0)
        take_some(gather, STDOUT_FILENO, &launch->out);
    if (fds[2].revents != 0)
        take_some(gather, STDERR_FILENO, &launch->err);
    return false;
}

static void pack_stream(const char *key, const struct gather_stream *stream, bool with, msgpack_packer *packer)
{
    (void)msgpack_pack_str_with_body(packer, key, 3);
    (void)msgpack_pack_bin_with_body(packer, stream->data != NULL ? stream->data : "", with ? stream->size : 0);
}

static size_t count_pieces(const struct gather *gather, bool with_out)
{
    size_t count = 0;

    for (size_t i = 0; i < gather->piece_count; i++)
        count += with_out || gather->pieces[i].stream != STDOUT_FILENO;
    return count;
}

void gather_pack(const struct gather *gather, bool with_out, msgpack_packer *packer)
{
    pack_stream("out", &gather->streams[STDOUT_FILENO], with_out, packer);
    pack_stream("err", &gather->streams[STDERR_FILENO], true, packer);
    (void)msgpack_pack_str_with_body(packer, "spool", 5);
    (void)msgpack_pack_array(packer, count_pieces(gather, with_out));
    for (size_t i = 0; i < gather->piece_count; i++) {
        if (!with_out && gather->pieces[i].stream == STDOUT_FILENO)
            continue;
        (void)msgpack_pack_array(packer, 3);
        (void)msgpack_pack_int(packer, gather->pieces[i].stream);
        (void)msgpack_pack_uint64(packer, gather->pieces[i].offset);
        (void)msgpack_pack_uint64(packer, gather->pieces[i].size);
    }
}
