/*
 * cli/output.c - the results of jobs as JSON lines, for `--output`
 *
 * Runs in: the mpool command, on its main thread. Owns: the file descriptor.
 */
#include "cli/output.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines are gathered up to this size; the run also flushes several times a second. */
#define GATHERED ((size_t)256 << 10)

/* `mpool run --output job.yaml` would be the end of job.yaml. */
static bool is_same(const char *path, const char *jobfile)
{
    struct stat a, b;

    return stat(path, &a) == 0 && stat(jobfile, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
           S_ISREG(a.st_mode);
}

int output_open(struct output *output, const char *path, const char *jobfile)
{
    *output = (struct output){.fd = -1};
    if (path == NULL)
        return EXIT_DONE;
    if (strcmp(path, "-") == 0) {
        output->name = "standard output";
        output->fd = STDOUT_FILENO;
    } else if (is_same(path, jobfile)) {
        (void)fprintf(stderr, "mpool: --output %s is the job file itself\n", path);
        return EXIT_USAGE;
    } else {
        output->name = path;
        output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    }
    if (output->fd < 0) {
        (void)fprintf(stderr, "mpool: --output %s: %s\n", path, strerror(errno));
        output->name = NULL;
        return EXIT_BROKEN;
    }
    if (!msgpack_zone_init(&output->zone, 4096)) {
        (void)fputs("mpool: out of memory\n", stderr);
        return EXIT_BROKEN;
    }
    return EXIT_DONE;
}

/* Standard output may be somebody's pipe in non-blocking mode. */
static void wait_writable(int fd)
{
    struct pollfd fds = {.fd = fd, .events = POLLOUT};

    (void)poll(&fds, 1, 1000);
}

void output_flush(struct output *output)
{
    size_t written = 0;

    if (output->name == NULL)
        return;
    while (output->error == 0 && written < output->lines.size) {
        ssize_t count = write(output->fd, output->lines.data + written, output->lines.size - written);
        if (count >= 0)
            written += (size_t)count;
        else if (errno == EAGAIN)
            wait_writable(output->fd);
        else if (errno != EINTR || signals_asked() > 1)
            output->error = errno; /* also when who reads does not, and ^C says that it is not worth waiting for */
    }
    text_clear(&output->lines);
}

static void begin_line(struct output *output, const struct step *step, uint64_t index, const struct item *item)
{
    struct text *line = &output->lines;

    text_string(line, "{\"step\":\"");
    text_string(line, step->name);
    text_string(line, "\",\"index\":");
    text_unsigned(line, index);
    text_string(line, ",\"item\":");
    item_json(line, item);
}

static void end_line(struct output *output)
{
    text_string(&output->lines, "}\n");
    if (output->lines.size >= GATHERED)
        output_flush(output);
}

static void add_error(struct text *line, const char *error)
{
    text_string(line, ",\"error\":");
    if (error != NULL)
        json_string(line, error, strlen(error));
    else
        text_string(line, "null");
}

static void add_value(struct output *output, const mpool_result *result)
{
    msgpack_object value;

    text_string(&output->lines, ",\"result\":");
    if (result->status == MPOOL_DONE && mpool_result_object(result, &output->zone, &value) == MPOOL_OK)
        json_object(&output->lines, &value);
    else
        text_string(&output->lines, "null");
    msgpack_zone_clear(&output->zone);
}

/* The time in the function, to the nanosecond. */
static void add_seconds(struct text *line, int64_t run_ns)
{
    text_string(line, ",\"seconds\":");
    if (run_ns < 0)
        text_string(line, "null");
    else
        text_printf(line, "%lld.%09lld", (long long)(run_ns / 1000000000), (long long)(run_ns % 1000000000));
}

void output_result(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                   const mpool_result *result)
{
    struct text *line = &output->lines;

    if (output->name == NULL || output->error != 0)
        return;
    begin_line(output, step, index, item);
    text_string(line, ",\"status\":\"");
    text_string(line, mpool_status_name(result->status));
    text_char(line, '"');
    add_value(output, result);
    add_error(line, result->error);
    text_string(line, ",\"attempts\":");
    text_unsigned(line, result->attempts);
    text_string(line, ",\"worker\":");
    if (result->attempts > 0)
        text_unsigned(line, result->worker);
    else
        text_string(line, "null");
    add_seconds(line, result->run_ns);
    end_line(output);
}

void output_fault(struct output *output, const struct step *step, uint64_t index, const struct item *item,
                  const char *error)
{
    if (output->name == NULL || output->error != 0)
        return;
    begin_line(output, step, index, item);
    text_string(&output->lines, ",\"status\":\"failed\",\"result\":null");
    add_error(&output->lines, error);
    text_string(&output->lines, ",\"attempts\":0,\"worker\":null,\"seconds\":null");
    end_line(output);
}

void output_close(struct output *output)
{
    if (output->name == NULL)
        return;
    output_flush(output);
    /* Some file systems tell only now that the disk is full. Standard output is main's to close. */
    if (output->fd != STDOUT_FILENO && close(output->fd) != 0 && output->error == 0)
        output->error = errno;
    msgpack_zone_destroy(&output->zone);
    text_free(&output->lines);
}
