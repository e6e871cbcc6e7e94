/*
 * cli/console.c - what the programs of a run write, for the one who has started it
 *
 * Runs in: the mpool command, on its main thread. Owns: bytes that wait to be written.
 */
#include "cli/console.h"

#include "cli/finding.h"
#include "cli/memory.h"
#include "cli/progress.h"
#include "cli/spool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The most bytes that wait for the journal. */
#define WAITING_MOST ((size_t)4 << 20)

/* Bytes that are copied from the spool at a time. */
#define COPIED ((size_t)64 << 10)

void console_open(struct console *console, struct history *history, bool mute)
{
    *console = (struct console){.history = history, .mute = mute};
    if (!msgpack_zone_init(&console->zone, 4096))
        memory_exhausted();
    writer_init(&console->out, "standard output", STDOUT_FILENO);
    writer_init(&console->err, "standard error", STDERR_FILENO);
}

void console_close(struct console *console)
{
    writer_fini(&console->out);
    writer_fini(&console->err);
    text_free(&console->tag);
    text_free(&console->piece);
    msgpack_zone_destroy(&console->zone);
}

/* What is called while a reader is slow. */
struct waiting {
    console_wait *call;
    void *user;
};

static void flush(struct writer *writer, const struct waiting *waiting)
{
    while (!writer_flush(writer))
        waiting->call(waiting->user);
}

/* Adds what a program has written, each line with the tag in front. `begins`: a line begins here. */
static void add(struct console *console, struct writer *writer, const char *bytes, size_t size, bool *begins)
{
    struct text *to = &writer->waiting;

    if (console->tag.size == 0) {
        text_add(to, bytes, size);
        return;
    }
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t length = newline != NULL ? (size_t)(newline - bytes) + 1 - at : size - at;
        if (*begins)
            text_add(to, console->tag.data, console->tag.size);
        text_add(to, bytes + at, length);
        *begins = newline != NULL;
        at += length;
    }
}

/* A piece of the spool, a part at a time: it may be larger than memory. */
static void copy(struct console *console, struct writer *writer, struct finding_piece piece, bool *begins,
                 const struct waiting *waiting)
{
    while (piece.size > 0 && writer->error == 0) {
        size_t want = piece.size < COPIED ? (size_t)piece.size : COPIED;
        text_clear(&console->piece);
        size_t got = spool_read(piece.offset, text_room(&console->piece, want), want);
        if (got == 0)
            writer->error = EIO; /* it was written, and cannot be read: that has to be told */
        add(console, writer, console->piece.data, got, begins);
        flush(writer, waiting);
        piece.offset += got;
        piece.size -= got;
    }
}

/* Returns whether there was something. */
static bool show(struct console *console, const struct finding *finding, int number, const struct waiting *waiting)
{
    struct writer *writer = number == STDOUT_FILENO ? &console->out : &console->err;
    const msgpack_object_bin *rest = &finding->streams[number];
    bool begins = true, any = rest->size > 0;

    if (number == STDOUT_FILENO && console->mute)
        return false;
    for (uint32_t i = 0; i < finding->piece_count; i++) {
        struct finding_piece piece = finding_piece(finding, i);
        if (piece.stream != number)
            continue;
        copy(console, writer, piece, &begins, waiting);
        any = true;
    }
    if (rest->size > 0)
        add(console, writer, rest->ptr, rest->size, &begins);
    return any;
}

static void set_tag(struct console *console, const struct item *item)
{
    text_clear(&console->tag);
    if (item == NULL)
        return;
    item_show(&console->tag, item);
    text_char(&console->tag, '\t');
}

bool console_show(struct console *console, const mpool_result *result, const struct item *tag, console_wait *wait,
                  void *user)
{
    const struct waiting waiting = {.call = wait, .user = user};
    struct finding finding;
    bool shown = false;

    finding_read(result, &console->zone, &finding);
    if (finding.piece_count > 0 || finding.streams[STDOUT_FILENO].size > 0 || finding.streams[STDERR_FILENO].size > 0) {
        set_tag(console, tag);
        if (finding.piece_count > 0 || console->out.waiting.size + console->err.waiting.size > WAITING_MOST) {
            (void)history_flush(console->history);
            console_flush(console, wait, user);
        }
        shown = show(console, &finding, STDOUT_FILENO, &waiting);
        (void)show(console, &finding, STDERR_FILENO, &waiting);
    }
    for (uint32_t i = 0; i < finding.piece_count; i++) {
        struct finding_piece piece = finding_piece(&finding, i);
        spool_drop(piece.offset, piece.size);
    }
    msgpack_zone_clear(&console->zone);
    return shown;
}

void console_flush(struct console *console, console_wait *wait, void *user)
{
    const struct waiting waiting = {.call = wait, .user = user};

    if (!console_waits(console))
        return;
    progress_clear();
    flush(&console->out, &waiting);
    flush(&console->err, &waiting);
}

bool console_waits(const struct console *console)
{
    return console->out.waiting.size > 0 || console->err.waiting.size > 0;
}
