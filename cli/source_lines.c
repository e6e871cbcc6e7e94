/*
 * cli/source_lines.c - the lines of a file, or of standard input
 *
 *     each: {lines: names.txt}      {lines: "-", separator: nul}
 *
 * A line is an item byte for byte, without its separator; also an empty one, and the last one without a newline.
 *
 * Runs in: the mpool command. Owns: the file descriptor, and a buffer that grows to the longest line, within limits. A
 * line that is too long for an argument is a fault, and is passed over without being kept.
 */
#include "cli/signals.h"
#include "cli/source_file.h"
#include "cli/value.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_FIRST ((size_t)64 << 10)
#define WAIT_MS 100

struct lines {
    struct source source;
    int fd;
    char separator;
    bool ended;         /* nothing more to read */
    bool too_long;      /* the rest of the line that is being read is passed over */
    const char *failed; /* reading has failed with this, which was not told yet */
    const char *path;
    char *data;
    size_t room;
    size_t start;    /* of the line that comes next */
    size_t searched; /* up to here there is no separator */
    size_t end;      /* of what was read */
    char shown[SOURCE_LINE_SHOWN];
};

static const struct form separator_form = {.kind = FORM_WORD, .words = "newline|nul"};

static const struct schema_key options[] = {
    {"lines", KEY_MUST, &schema_text_form, "The file whose lines are the items; \"-\": standard input"},
    {"separator", KEY_MAY, &separator_form, "What ends a line: newline, the default, or nul"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

static const void *lines_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    const struct yaml_node *separator = yaml_get(each, "separator");
    struct source_file *file = arena_get(&jobfile->yaml.arena, sizeof *file);
    bool ok = source_file_read(jobfile, value, "lines", file);

    if (separator != NULL && yaml_is(separator, "nul")) {
        file->separator = '\0';
    } else if (separator != NULL && !yaml_is(separator, "newline")) {
        report_error(&jobfile->yaml.report, separator->place, "`separator` is newline or nul, not %s",
                     value_name(separator));
        ok = false;
    }
    return ok ? file : NULL;
}

static struct source *lines_open(const void *each)
{
    const struct source_file *file = each;
    struct lines *lines = memory_get(sizeof *lines);

    *lines = (struct lines){.source.kind = &source_lines, .separator = file->separator, .room = BUFFER_FIRST};
    lines->path = source_file_name(file);
    /* A FIFO that nobody writes to is waited for later, in poll(), where a signal is heeded. */
    lines->fd = file->path != NULL ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : STDIN_FILENO;
    if (lines->fd < 0)
        lines->failed = strerror(errno);
    lines->ended = lines->fd < 0;
    lines->data = memory_get(lines->room);
    return &lines->source;
}

/* Waits a little until there is something to read. */
static enum source_answer wait_readable(const struct lines *lines)
{
    struct pollfd fds[2] = {{.fd = lines->fd, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    int ready = poll(fds, 2, WAIT_MS);

    if (signals_asked() != 0)
        return SOURCE_END;
    /* An error is one of read() too, which says what it is. */
    return ready == 0 || (ready < 0 && errno == EINTR) ? SOURCE_LATER : SOURCE_ITEM;
}

/* Makes room behind what is there, and reads. SOURCE_ITEM: something was read, or there is no more. */
static enum source_answer read_more(struct lines *lines)
{
    enum source_answer answer = wait_readable(lines);

    if (answer != SOURCE_ITEM)
        return answer;
    if (lines->start > 0) {
        memmove(lines->data, lines->data + lines->start, lines->end - lines->start);
        lines->searched -= lines->start;
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->end == lines->room) {
        lines->room *= 2;
        lines->data = memory_grow(lines->data, lines->room);
    }
    ssize_t got = read(lines->fd, lines->data + lines->end, lines->room - lines->end);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return SOURCE_LATER;
    lines->ended = got <= 0;
    if (got < 0)
        lines->failed = strerror(errno);
    else
        lines->end += (size_t)got;
    return SOURCE_ITEM;
}

/* A line is longer than any argument may be: from here on only its end is looked for. */
static void pass_over(struct lines *lines)
{
    if (!lines->too_long)
        memcpy(lines->shown, lines->data + lines->start, SOURCE_LINE_SHOWN);
    lines->too_long = true;
    lines->start = lines->end;
    lines->searched = lines->end;
}

static enum source_answer give(struct lines *lines, struct item *item, size_t end, size_t next)
{
    *item = (struct item){.kind = ITEM_BYTES, .bytes = lines->data + lines->start, .size = end - lines->start};
    lines->start = next;
    lines->searched = next;
    if (!lines->too_long)
        return SOURCE_ITEM;
    lines->too_long = false;
    *item = (struct item){.kind = ITEM_BYTES, .bytes = lines->shown, .size = SOURCE_LINE_SHOWN};
    lines->source.fault = "the line is longer than 8 MiB, the most that an argument may have";
    return SOURCE_FAULT;
}

static enum source_answer lines_next(struct source *source, struct item *item)
{
    struct lines *lines = (struct lines *)source;

    for (;;) {
        const char *separator = memchr(lines->data + lines->searched, lines->separator, lines->end - lines->searched);
        if (separator != NULL) {
            size_t end = (size_t)(separator - lines->data);
            if (end - lines->start > SOURCE_LINE_MAX)
                pass_over(lines);
            return give(lines, item, end > lines->start ? end : lines->start, end + 1);
        }
        lines->searched = lines->end;
        if (lines->end - lines->start > SOURCE_LINE_MAX)
            pass_over(lines);
        if (lines->ended)
            break;
        enum source_answer answer = read_more(lines);
        if (answer != SOURCE_ITEM)
            return answer;
    }
    if (lines->end > lines->start || lines->too_long)
        return give(lines, item, lines->end, lines->end);
    if (lines->failed == NULL)
        return SOURCE_END;
    *item = (struct item){.kind = ITEM_BYTES, .bytes = lines->path, .size = strlen(lines->path)};
    lines->source.fault = lines->failed;
    lines->failed = NULL;
    return SOURCE_FAULT;
}

static uint64_t lines_left(const struct source *source)
{
    (void)source;
    return SOURCE_UNKNOWN;
}

static void lines_close(struct source *source)
{
    struct lines *lines = (struct lines *)source;

    if (lines->fd > STDERR_FILENO)
        (void)close(lines->fd);
    free(lines->data);
    free(lines);
}

const struct source_kind source_lines = {
    .name = "lines",
    .options = options,
    .shape = SHAPE_PATH,
    .nothing = "its file has no line",
    .unit = "lines",
    .fault_is_item = true,
    .read = lines_read,
    .stream = source_file_stream,
    .open = lines_open,
    .next = lines_next,
    .left = lines_left,
    .close = lines_close,
};
