/*
 * cli/work/gather.c - what a program writes, kept until its job has ended
 *
 * Runs in: a worker of the command, on its main thread. Owns: two buffers, and a descriptor of the spool.
 *
 * Lines that are shown as they come (`show: lines`) leave the buffer when they have their end. One that is longer than
 * the buffer goes into the spool as any output does, and comes back from there in one piece.
 *
 * The pipes are never waited for to end: a daemon that the program has left behind holds them as long as it likes. When
 * the program has ended, what is in them is all.
 */
#include "cli/work/gather.h"

#include "cli/spool.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void gather_begin(struct gather *gather)
{
    gather->streams[STDOUT_FILENO].size = gather->streams[STDERR_FILENO].size = 0;
    gather->streams[STDOUT_FILENO].lines = gather->streams[STDERR_FILENO].lines = false;
    gather->piece_count = 0;
    gather->error = 0;
    gather->said_size = 0;
}

void gather_lines(struct gather *gather, const struct order *order, struct lines_patience patience)
{
    gather->streams[STDOUT_FILENO].lines = order->show == SHOW_LINES && order->result == RESULT_NONE;
    gather->streams[STDERR_FILENO].lines = order->show == SHOW_LINES;
    gather->tag = order->tag;
    gather->patience = patience;
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

/* ---- lines as they come ------------------------------------------------------------------------------------------ */

/* Writes a part of some lines, with the tag in front of each. `begins`: a line begins here. */
static void put_tagged(struct gather *gather, int number, const char *bytes, size_t size, bool *begins)
{
    struct text *text = &gather->scratch;

    if (gather->tag == NULL) {
        lines_put(number, bytes, size, &gather->patience);
        return;
    }
    text_clear(text);
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t length = newline != NULL ? (size_t)(newline - bytes) + 1 - at : size - at;
        if (*begins)
            text_string(text, gather->tag);
        text_add(text, bytes + at, length);
        *begins = newline != NULL;
        at += length;
    }
    lines_put(number, text->data, text->size, &gather->patience);
}

/* The beginning of a long line is in the spool: writes it, and gives its room back. */
static void put_pieces(struct gather *gather, int number, bool write, bool *begins)
{
    char part[4096];
    size_t kept = 0;

    for (size_t i = 0; i < gather->piece_count; i++) {
        const struct gather_piece piece = gather->pieces[i];
        if (piece.stream != number) {
            gather->pieces[kept++] = piece;
            continue;
        }
        for (uint64_t done = 0; write && done < piece.size;) {
            uint64_t left = piece.size - done;
            size_t count = spool_read(piece.offset + done, part, left < sizeof part ? (size_t)left : sizeof part);
            if (count == 0) {
                gather->error = EIO; /* it was written, and cannot be read: that has to be told */
                break;
            }
            put_tagged(gather, number, part, count, begins);
            done += count;
        }
        spool_drop(piece.offset, piece.size);
    }
    gather->piece_count = kept;
}

/* The last line of some bytes that has something in it. */
static size_t last_line(const char *bytes, size_t size, const char **line)
{
    size_t end = size, begin;

    while (end > 0 && isspace((unsigned char)bytes[end - 1]) != 0)
        end--;
    for (begin = end; begin > 0 && bytes[begin - 1] != '\n' && end - begin < GATHER_SAID_MAX; begin--)
        continue;
    *line = end > 0 ? bytes + begin : "";
    return end - begin;
}

static void keep_said(struct gather *gather, const char *bytes, size_t size)
{
    const char *line;
    size_t length = last_line(bytes, size, &line);

    if (length == 0)
        return;
    memcpy(gather->said, line, length);
    gather->said_size = length;
}

/* Writes the first bytes of the buffer, after what is in the spool; `end`: they lack the end of their line. */
static void put_lines(struct gather *gather, int number, size_t size, bool end)
{
    struct gather_stream *stream = &gather->streams[number];
    bool begins = true, write = lines_begin(number, &gather->patience);

    put_pieces(gather, number, write, &begins);
    if (write) {
        put_tagged(gather, number, stream->data, size, &begins);
        if (end)
            lines_put(number, "\n", 1, &gather->patience);
        lines_end();
    }
    if (number == STDERR_FILENO)
        keep_said(gather, stream->data, size);
    stream->size -= size;
    memmove(stream->data, stream->data + size, stream->size);
}

/* Some bytes have come to those that were there. */
static void put_whole_lines(struct gather *gather, int number, size_t came)
{
    struct gather_stream *stream = &gather->streams[number];
    const char *newline = memrchr(stream->data + stream->size - came, '\n', came);

    if (newline != NULL)
        put_lines(gather, number, (size_t)(newline - stream->data) + 1, false);
}

static bool has_piece(const struct gather *gather, int number)
{
    for (size_t i = 0; i < gather->piece_count; i++) {
        if (gather->pieces[i].stream == number)
            return true;
    }
    return false;
}

void gather_finish(struct gather *gather)
{
    for (int number = STDOUT_FILENO; number <= STDERR_FILENO; number++) {
        struct gather_stream *stream = &gather->streams[number];
        if (stream->lines && (stream->size > 0 || has_piece(gather, number)))
            put_lines(gather, number, stream->size, true);
    }
}

bool gather_is_result(const struct gather *gather, int number)
{
    return !has_piece(gather, number) && gather->streams[number].size <= GATHER_RESULT_MAX;
}

size_t gather_said(const struct gather *gather, const char **line)
{
    const struct gather_stream *stream = &gather->streams[STDERR_FILENO];
    size_t length = last_line(stream->data, stream->data != NULL ? stream->size : 0, line);

    if (length > 0)
        return length;
    *line = gather->said;
    return gather->said_size;
}

/* ---- what comes -------------------------------------------------------------------------------------------------- */

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
    if (count > 0 && stream->lines)
        put_whole_lines(gather, number, (size_t)count);
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
