/*
 * cli/joblog.c - a line for each job that has ended, as GNU parallel's --joblog has it
 *
 * Runs in: the mpool command, on its main thread. Owns: the file, and the lines that are not written yet.
 */
#include "cli/joblog.h"

#include "cli/again.h"
#include "cli/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEADING "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

bool joblog_open(struct joblog *joblog, const char *path)
{
    struct text line = {0};

    *joblog = (struct joblog){0};
    if (path == NULL)
        return true;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0) {
        text_string(&line, "mpool: --joblog \"");
        names_escape(&line, path, strlen(path));
        text_printf(&line, "\": %s\n", strerror(errno));
        text_write(&line, stderr);
        text_free(&line);
        return false;
    }
    writer_init(&joblog->writer, path, fd);
    text_string(&joblog->writer.waiting, HEADING);
    return true;
}

static double wall_seconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void joblog_add(struct joblog *joblog, const struct step *step, uint64_t index, const struct item *item,
                const mpool_result *result)
{
    const struct late late = {.worker = result->worker, .attempt = result->attempts};
    struct text *line = &joblog->writer.waiting, command = {0};
    double ran = result->run_ns > 0 ? (double)result->run_ns / 1e9 : 0;

    if (joblog->writer.name == NULL || joblog->writer.error != 0)
        return;
    text_unsigned(line, index + 1);
    text_printf(line, "\t:\t%.3f\t%10.3f\t0\t0\t%d\t%d\t", wall_seconds() - ran, ran, result->exit_code,
                result->signal);
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
