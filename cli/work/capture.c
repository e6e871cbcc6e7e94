/*
 * cli/work/capture.c - files that have what a program wrote, and how it ended
 *
 *     {"argv":["gzip","a.txt"],"exit":1,"signal":null,"seconds":0.012}
 *
 * Runs in: a worker of the command, on its main thread. Owns: nothing.
 *
 * The file of the end is taken away when an attempt begins, and written when it has ended: who finds it knows that
 * the other files are complete.
 */
#include "cli/work/capture.h"

#include "cli/json.h"
#include "cli/secrets.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Makes the directories of a path, as mkdir -p. Others may make them at the same time. */
static int make_directories(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);

    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(part, path, length + 1);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return 0;
}

int capture_open(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags, 0666);

    if (fd < 0 && errno == ENOENT && strchr(path, '/') != NULL && make_directories(path) == 0)
        fd = open(path, flags, 0666);
    return fd;
}

void capture_begin(const struct order *order)
{
    if (order->exit_file != NULL)
        (void)unlink(order->exit_file);
}

static void make_line(struct text *line, const struct order *order, int wait_status, int64_t run_ms)
{
    text_string(line, "{\"argv\":[");
    for (char **word = order->argv; *word != NULL; word++) {
        text_string(line, word > order->argv ? "," : "");
        const char *shown = secrets_hidden(*word);
        json_bytes(line, shown, strlen(shown));
    }
    if (WIFSIGNALED(wait_status))
        text_printf(line, "],\"exit\":null,\"signal\":%d", WTERMSIG(wait_status));
    else
        text_printf(line, "],\"exit\":%d,\"signal\":null", WEXITSTATUS(wait_status));
    text_printf(line, ",\"seconds\":%" PRId64 ".%03" PRId64 "}\n", run_ms / 1000, run_ms % 1000);
}

int capture_end(const struct order *order, int wait_status, int64_t run_ms)
{
    struct text line = {0};
    int error = 0;

    if (order->exit_file == NULL)
        return 0;
    int fd = capture_open(order->exit_file);
    if (fd < 0)
        return errno;
    make_line(&line, order, wait_status, run_ms);
    for (size_t done = 0; error == 0 && done < line.size;) {
        ssize_t count = write(fd, line.data + done, line.size - done);
        if (count < 0 && errno != EINTR)
            error = errno;
        done += count > 0 ? (size_t)count : 0;
    }
    text_free(&line);
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error;
}
