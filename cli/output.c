/*
 * cli/output.c - the results of jobs as JSON lines, for `--output`
 *
 * Runs in: the mpool command, on its main thread. Owns: the file descriptor, and the lines that are not written yet.
 */
#include "cli/output.h"

#include "cli/files.h"
#include "cli/finding.h"
#include "cli/json.h"
#include "cli/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines are gathered up to this size; the run also flushes several times a second. */
#define GATHERED ((size_t)256 << 10)

bool output_open(struct output *output, const char *path)
{
    struct stat status;
    bool standard = path != NULL && strcmp(path, "-") == 0;

    *output = (struct output){0};
    if (path == NULL)
        return true;
    int fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0) {
        files_say("--output", path, ": ", strerror(errno));
        return false;
    }
    if (!msgpack_zone_init(&output->zone, 4096))
        memory_exhausted();
    output->file = !standard && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    output->bytes = output->file ? status.st_size : 0;
    writer_init(&output->writer, standard ? "standard output" : path, fd);
    return true;
}

void output_cut(struct output *output, int64_t bytes)
{
    if (!output->file)
        return;
    if ((ftruncate(output->writer.fd, bytes) != 0 || lseek(output->writer.fd, bytes, SEEK_SET) < 0) &&
        output->writer.error == 0)
        output->writer.error = errno;
    output->bytes = bytes;
}

int64_t output_end(const struct output *output)
{
    return output->file ? output->bytes : -1;
}

bool output_is_full(const struct output *output)
{
    return output->writer.waiting.size >= GATHERED;
}

bool output_flush(struct output *output)
{
    return output->writer.name == NULL || writer_flush(&output->writer);
}

static void begin_line(struct output *output, const struct step *step, uint64_t index, const struct item *item)
{
    struct text *line = &output->writer.waiting;

    output->begin = line->size;
    text_string(line, "{\"step\":\"");
    text_string(line, step->name);
    text_string(line, "\",\"index\":");
    text_unsigned(line, index);
    text_string(line, ",\"item\":");
    item_json_hidden(line, item);
}

static void end_line(struct output *output)
{
    text_string(&output->writer.waiting, "}\n");
    output->bytes += (int64_t)(output->writer.waiting.size - output->begin);
}

static void add_error(struct text *line, const char *error)
{
    text_string(line, ",\"error\":");
    if (error != NULL)
        json_string(line, error, strlen(error));
    else
        text_string(line, "null");
}

/* The result of a job that is done. Of a program it is a part of what its job has reported. */
static void add_value(struct output *output, const struct step *step, const mpool_result *result, bool done)
{
    struct finding finding;
    msgpack_object value;

    text_string(&output->writer.waiting, ",\"result\":");
    if (done && step->program != NULL) {
        finding_read(result, &output->zone, &finding);
        json_object(&output->writer.waiting, &finding.value);
    } else if (done && mpool_result_object(result, &output->zone, &value) == MPOOL_OK) {
        json_object(&output->writer.waiting, &value);
    } else {
        text_string(&output->writer.waiting, "null");
    }
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
                   const mpool_result *result, const char *fault)
{
    mpool_status status = fault != NULL ? MPOOL_FAILED : result->status;
    struct text *line = &output->writer.waiting;

    if (output->writer.name == NULL || output->writer.error != 0)
        return;
    begin_line(output, step, index, item);
    text_string(line, ",\"status\":\"");
    text_string(line, mpool_status_name(status));
    text_char(line, '"');
    add_value(output, step, result, status == MPOOL_DONE);
    add_error(line, fault != NULL ? fault : result->error);
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
                  mpool_status status, const char *reason)
{
    if (output->writer.name == NULL || output->writer.error != 0)
        return;
    begin_line(output, step, index, item);
    text_printf(&output->writer.waiting, ",\"status\":\"%s\",\"result\":null", mpool_status_name(status));
    add_error(&output->writer.waiting, reason);
    text_string(&output->writer.waiting, ",\"attempts\":0,\"worker\":null,\"seconds\":null");
    end_line(output);
}

void output_close(struct output *output)
{
    struct writer *writer = &output->writer;

    if (writer->name == NULL)
        return;
    /* Some file systems tell only now that the disk is full. Standard output is main's to close. */
    if (writer->fd != STDOUT_FILENO && close(writer->fd) != 0 && writer->error == 0)
        writer->error = errno;
    msgpack_zone_destroy(&output->zone);
    writer_fini(writer);
}
