/*
 * cli/lines.c - whole lines of many processes, on standard output and error of the run
 *
 * Runs in: the mpool command, and its workers. Owns: a file in memory, which all of them have mapped; in each process,
 * a descriptor of its own of that file, for the lock.
 *
 * The lock is one of an open file description: the kernel gives it back when the process that has it ends, however that
 * is. Such a process may have left half a line; then the next one ends that first. Nobody waits in the kernel for the
 * lock or for a reader: a worker has to look after its program meanwhile.
 *
 * struct shared is written by who has the lock, but for the command's own `drawn = false`. `torn` is true while a write
 * goes on, so that a death in it leaves at worst an empty line more; `error` stays once it is set.
 */
#include "cli/lines.h"

#include "cli/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often to look around while waiting, and how often to try to take the lock. */
#define LOOK_MS 100
#define TRY_MS 1

struct shared {
    _Atomic int error[3]; /* by the number of the stream */
    _Atomic bool torn[3]; /* a line has a beginning there and no end yet */
    _Atomic bool drawn;   /* the live line is on the terminal */
};

static struct {
    int fd;  /* 0: not open; for workers to keep */
    int own; /* of this process; 0: not open yet */
    bool mute;
    struct shared *shared;
    struct sigaction usual; /* for SIGPIPE, of a worker */
} lines;

int lines_open(bool mute)
{
    int fd = memfd_create("mpool-lines", MFD_CLOEXEC);
    void *memory = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof(struct shared)) == 0)
        memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return error;
    }
    lines.fd = fd;
    lines.mute = mute;
    lines.shared = memory;
    return 0;
}

int lines_fd(void)
{
    return lines.fd;
}

void lines_close(void)
{
    if (lines.fd <= 0)
        return;
    (void)munmap(lines.shared, sizeof *lines.shared);
    (void)close(lines.fd);
    if (lines.own > 0)
        (void)close(lines.own);
    memset(&lines, 0, sizeof lines);
}

int lines_error(int number)
{
    return lines.shared != NULL ? atomic_load(&lines.shared->error[number]) : 0;
}

/* ---- the lock ---------------------------------------------------------------------------------------------------- */

/* 0; or EAGAIN, somebody else has it; or why it cannot be had at all. */
static int try_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

    if (lines.own <= 0)
        lines.own = tempfile_again(lines.fd, O_RDWR);
    if (lines.own < 0 || fcntl(lines.own, F_OFD_SETLK, &lock) != 0)
        return errno == EACCES || errno == EINTR ? EAGAIN : errno;
    return 0;
}

static void unlock(void)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_len = 1};

    (void)fcntl(lines.own, F_OFD_SETLK, &lock);
}

/* ---- in a worker ------------------------------------------------------------------------------------------------- */

/* Waits with a look around now and then. */
static bool wait_for_lock(const struct lines_patience *patience, int *error)
{
    for (unsigned tries = 1; (*error = try_lock()) == EAGAIN; tries++) {
        if (tries % (LOOK_MS / TRY_MS) == 0 && !patience->look(patience->user))
            return false;
        (void)poll(NULL, 0, TRY_MS);
    }
    return *error == 0;
}

static void clear_live_line(int number)
{
    static const char clear[] = "\r\033[J";

    if (!atomic_load(&lines.shared->drawn) || isatty(number) != 1)
        return;
    if (write(STDERR_FILENO, clear, sizeof clear - 1) >= 0)
        atomic_store(&lines.shared->drawn, false);
}

bool lines_begin(int number, const struct lines_patience *patience)
{
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct shared *shared = lines.shared;
    int error = 0;

    if ((number == STDOUT_FILENO && lines.mute) || lines_error(number) != 0)
        return false;
    if (!wait_for_lock(patience, &error)) {
        if (error != EAGAIN)
            atomic_store(&shared->error[number], error);
        return false;
    }
    /* That nobody reads any more is for the command to know, and no end of the worker. */
    (void)sigaction(SIGPIPE, &ignored, &lines.usual);
    clear_live_line(number);
    if (atomic_load(&shared->torn[number]))
        lines_put(number, "\n", 1, patience);
    return true;
}

void lines_put(int number, const char *bytes, size_t size, const struct lines_patience *patience)
{
    struct pollfd fd = {.fd = number, .events = POLLOUT};
    struct stat status;
    size_t most = fstat(number, &status) == 0 && S_ISREG(status.st_mode) ? size : PIPE_BUF;

    for (size_t done = 0; done < size && lines_error(number) == 0;) {
        int ready = poll(&fd, 1, LOOK_MS);
        if (ready == 0 && !patience->look(patience->user))
            return;
        if (ready <= 0)
            continue;
        atomic_store(&lines.shared->torn[number], true);
        ssize_t count = write(number, bytes + done, size - done < most ? size - done : most);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            atomic_store(&lines.shared->error[number], errno);
        done += count > 0 ? (size_t)count : 0;
        atomic_store(&lines.shared->torn[number], done > 0 && bytes[done - 1] != '\n');
    }
}

void lines_end(void)
{
    (void)sigaction(SIGPIPE, &lines.usual, NULL);
    unlock();
}

/* ---- in the command ---------------------------------------------------------------------------------------------- */

bool lines_draw(void)
{
    return lines.shared == NULL || try_lock() == 0;
}

void lines_drew(void)
{
    if (lines.shared == NULL)
        return;
    atomic_store(&lines.shared->drawn, true);
    unlock();
}

void lines_cleared(void)
{
    if (lines.shared != NULL)
        atomic_store(&lines.shared->drawn, false);
}

bool lines_took_away(void)
{
    return lines.shared != NULL && !atomic_load(&lines.shared->drawn);
}
