/*
 * cli/input.c - the bytes of a job file
 *
 * Runs in: the mpool command, before anything is forked. Owns: the file descriptor, while it reads.
 *
 * The encoding is checked here, so that the rest may rely on UTF-8 without control characters: libfyaml would take
 * UTF-16, and pass on what terminals act on.
 */
#include "cli/input.h"

#include "cli/memory.h"
#include "cli/names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    case S_IFSOCK:
        return "a socket";
    default:
        return "something else";
    }
}

/* What a shell makes of <(COMMAND) has had a writer, so reading it comes to an end, as with standard input. */
static bool is_pipe(int fd)
{
    struct statfs status;

    return fstatfs(fd, &status) == 0 && status.f_type == PIPEFS_MAGIC && fcntl(fd, F_SETFL, O_RDONLY) == 0;
}

/* Opens without waiting; a FIFO without a writer would hold us up for ever. */
static int open_file(struct report *report, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        report_error(report, PLACE_FILE, "%s",
                     errno == ENXIO ? "a socket or device, not a regular file" : strerror(errno));
        return -1;
    }
    if (fstat(fd, &status) != 0) {
        report_error(report, PLACE_FILE, "%s", strerror(errno));
    } else if (S_ISFIFO(status.st_mode) && is_pipe(fd)) {
        return fd;
    } else if (S_ISFIFO(status.st_mode)) {
        report_error(report, PLACE_FILE, "a FIFO, not a regular file; to read one: mpool run - <FIFO");
    } else if (!S_ISREG(status.st_mode)) {
        report_error(report, PLACE_FILE, "%s, not a regular file", kind_of(status.st_mode));
    } else if (status.st_size > (off_t)INPUT_MAX) {
        report_error(report, PLACE_FILE, "a job file may have 1 MiB, and this one has %lld bytes",
                     (long long)status.st_size);
    } else {
        return fd;
    }
    (void)close(fd);
    return -1;
}

/* Reads to the end; `data` has room for INPUT_MAX + 1 bytes, one more than may be there. */
static bool read_all(struct report *report, int fd, char *data)
{
    while (report->size <= INPUT_MAX) {
        ssize_t got = read(fd, data + report->size, INPUT_MAX + 1 - report->size);
        if (got == 0)
            return true;
        if (got > 0) {
            report->size += (size_t)got;
        } else if (errno != EINTR) {
            report_error(report, PLACE_FILE, "%s", strerror(errno));
            return false;
        }
    }
    report_error(report, PLACE_FILE, "a job file may have 1 MiB, and this one has more");
    return false;
}

static bool is_wide(const char *data, size_t size)
{
    const unsigned char *s = (const unsigned char *)data;

    return size >= 2 && ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff) || s[0] == 0 || s[1] == 0);
}

static bool check_text(struct report *report)
{
    const char *source = report->source;

    for (size_t i = 0; i < report->size;) {
        unsigned c = 0;
        size_t length = names_utf8(source + i, report->size - i, &c);
        if (length == 0) {
            report_error(report, i, "the byte 0x%02x is not UTF-8", (unsigned char)source[i]);
            return false;
        }
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
            report_error(report, i, "the control character 0x%02x is not allowed", c);
            return false;
        }
        i += length;
    }
    return true;
}

bool input_read(struct report *report, const char *path)
{
    bool standard = strcmp(path, "-") == 0;

    *report = (struct report){.file = standard ? "<stdin>" : path};
    int fd = standard ? STDIN_FILENO : open_file(report, path);
    if (fd < 0)
        return false;
    char *data = memory_get(INPUT_MAX + 2);
    bool ok = read_all(report, fd, data);
    if (!standard)
        (void)close(fd);
    if (!ok) {
        free(data);
        return false;
    }
    if (is_wide(data, report->size)) {
        report_error(report, PLACE_FILE, "this is UTF-16 or UTF-32; a job file is UTF-8");
        free(data);
        return false;
    }
    if (report->size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        report->size -= 3;
        memmove(data, data + 3, report->size);
    }
    data[report->size] = '\0';
    report->source = data;
    return check_text(report);
}

void input_free(struct report *report)
{
    char *data;

    memcpy(&data, &report->source, sizeof data); /* it is ours: constant only for those who read it */
    free(data);
    report->source = NULL;
    report->size = 0;
}
