/*
 * cli/joblog.c - a line for each job that has ended, as GNU parallel's --joblog has it
 *
 * Runs in: the mpool command, on its main thread. Owns: the file, and the lines that are not written yet.
 */
#include "cli/joblog.h"

#include "cli/again.h"
#include "cli/files.h"
#include "cli/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADING "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

bool joblog_open(struct joblog *joblog, const char *path)
{
    *joblog = (struct joblog){0};
    if (path == NULL)
        return true;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0) {
        files_say("--joblog", path, ": ", strerror(errno));
        return false;
    }
    writer_init(&joblog->writer, path, fd);
    return true;
}

/* The last byte of a file; a newline if it cannot be told. */
static char last_byte(const char *path, off_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char last = '\n';

    if (fd >= 0 && pread(fd, &last, 1, size - 1) != 1)
        last = '\n';
    if (fd >= 0)
        (void)close(fd);
    return last;
}

void joblog_begin(struct joblog *joblog, bool goes_on)
{
    struct writer *writer = &joblog->writer;
    struct stat status;

    if (writer->name == NULL)
        return;
    bool file = fstat(writer->fd, &status) == 0 && S_ISREG(status.st_mode);
    if (file && !goes_on && ftruncate(writer->fd, 0) != 0)
        writer->error = errno;
    if (file && goes_on && lseek(writer->fd, 0, SEEK_END) < 0)
        writer->error = errno;
    if (!file || !goes_on || status.st_size == 0)
        text_string(&writer->waiting, HEADING);
    else if (last_byte(writer->name, status.st_size) != '\n')
        text_char(&writer->waiting, '\n'); /* a killed run has left half a line */
}

static double wall_seconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void joblog_add(struct joblog *joblog, const struct step *step, uint64_t index, const struct item *item,
                const mpool_result *result, mpool_status status)
{
    const struct late late = {.worker = result->worker, .attempt = result->attempts};
    struct text *line = &joblog->writer.waiting, command = {0};
    double ran = result->run_ns > 0 ? (double)result->run_ns / 1e9 : 0;
    int exit_code = result->exit_code;

    if (joblog->writer.name == NULL || joblog->writer.error != 0 || status == MPOOL_CANCELLED)
        return;
    if (status != MPOOL_DONE && exit_code == 0 && result->signal == 0)
        exit_code = -1;
    text_unsigned(line, index + 1);
    text_printf(line, "\t:\t%.3f\t%10.3f\t0\t0\t%d\t%d\t", wall_seconds() - ran, ran, exit_code, result->signal);
    if (again_add(step, item, index, &late, &command) != NULL)
        item_show(&command, item);
    /* One line: what would begin another is escaped. */
    names_clean(line, command.data != NULL ? command.data : "", command.size);
    text_char(line, '\n');
    text_free(&command);
}

bool joblog_flush(struct joblog *joblog)
{
    return joblog->writer.name == NULL || writer_flush(&joblog->writer);
}

void joblog_close(struct joblog *joblog)
{
    if (joblog->writer.name == NULL)
        return;
    if (close(joblog->writer.fd) != 0 && joblog->writer.error == 0)
        joblog->writer.error = errno;
    writer_fini(&joblog->writer);
}
