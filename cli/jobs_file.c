/*
 * cli/jobs_file.c - how many jobs to run at a time, in a file that may change while they run
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 */
#include "cli/jobs_file.h"

#include "cli/jobs_number.h"
#include "cli/notice.h"
#include "cli/progress.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOOK_NS INT64_C(1000000000)

/* 0, and why: behind the name of the file. */
static unsigned read_number(const char *path, struct text *why)
{
    char bytes[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t size = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;
    const char *begin = bytes;

    if (size < 0)
        text_string(why, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    while (size > 0 && isspace((unsigned char)begin[size - 1]) != 0)
        size--;
    while (size > 0 && isspace((unsigned char)*begin) != 0) {
        begin++;
        size--;
    }
    return size >= 0 ? jobs_number(begin, (size_t)size, why) : 0;
}

static unsigned look(struct jobs_file *file, const char *behind)
{
    struct text why = {0};
    unsigned jobs = read_number(file->path, &why);

    if (jobs == 0 && !file->wrong) {
        progress_clear();
        notice(file->path, "%s%s", why.data, behind);
    }
    file->wrong = jobs == 0;
    text_free(&why);
    return jobs;
}

bool jobs_file_open(struct jobs_file *file, const char *path)
{
    *file = (struct jobs_file){.path = path};
    if (path != NULL)
        file->jobs = look(file, "");
    return path == NULL || file->jobs > 0;
}

unsigned jobs_file_look(struct jobs_file *file, int64_t now_ns)
{
    if (file->path == NULL || now_ns - file->looked_ns < LOOK_NS)
        return 0;
    file->looked_ns = now_ns;
    unsigned jobs = look(file, "; the run goes on as before");
    if (jobs == 0 || jobs == file->jobs)
        return 0;
    return file->jobs = jobs;
}
