/*
 * workers/process.c - what all children of the fork server are, and those that run one function
 *
 * Runs in: a worker or a process, on its main thread. Owns: everything in the process.
 *
 * A process talks to nobody. What it has to do lies in a memfd; how it ended is in its exit status. The function is
 * called as that of a job, an only attempt whose result nobody wants.
 */
#include "workers/process.h"

#include "base/inject.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/shared.h"
#include "serialize/message.h"
#include "workers/callee.h"
#include "workers/job.h"
#include "workers/local.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char self_name[MPOOL_NAME_MAX + 1] = "MainProcess";
static mpool_process_info self = {.name = self_name};
static pid_t self_host;
static bool self_is;

const mpool_process_info *mpool_process_current(void)
{
    return &self;
}

pid_t mpool_process_parent(void)
{
    return self_host;
}

bool mp_process_is(void)
{
    return self_is;
}

/* ---- every child of the fork server ------------------------------------------------------------------------------ */

void mp_process_begin(pid_t parent, pid_t host, const char *name, bool daemon)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* Without a parent there is nobody to end us. */
    if (getppid() != parent)
        mp_leave(0);
    mp_locals_begin();
    (void)snprintf(self_name, sizeof self_name, "%s", name);
    self.daemon = daemon;
    self_host = host;
}

void mp_process_say(const char *who, const char *format, ...)
{
    char line[MPOOL_NAME_MAX + MP_REASON_MAX + 4];
    size_t size = (size_t)snprintf(line, sizeof line, "%.*s: ", MPOOL_NAME_MAX, who);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line + size, sizeof line - size - 1, format, args);
    va_end(args);
    size = strlen(line);
    for (size_t i = 0; i < size; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[size++] = '\n';
    if (write(STDERR_FILENO, line, size) < 0) {
        /* There is nobody left to tell. */
    }
}

_Noreturn void mp_process_leave(int code)
{
    mp_locals_end();
    (void)fflush(NULL);
    mp_leave(code);
}

/* ---- one that runs one function ---------------------------------------------------------------------------------- */

/* Reads all of the memfd. It stays in memory to the end of the process. */
static struct mp_process_order *read_order(int fd)
{
    struct stat file;
    struct mp_process_order *order;
    size_t size, got = 0;
    ssize_t more;

    MP_MUST(fstat(fd, &file) == 0 && file.st_size >= (off_t)sizeof *order);
    size = (size_t)file.st_size;
    order = malloc(size);
    if (order == NULL)
        mp_panic("no memory for the arguments of a process, %zu bytes", size);
    while (got < size && (more = pread(fd, (char *)order + got, size - got, (off_t)got)) > 0)
        got += (size_t)more;
    MP_MUST(got == size && order->function_size > 0 && sizeof *order + order->function_size + order->args_size == size);
    (void)close(fd);
    return order;
}

static bool run(const struct mp_process_order *order)
{
    static const _Atomic uint64_t never = MP_STOP_NONE;
    static struct mp_totals none;
    static msgpack_zone zone;
    static struct mpool_job job = {.totals = &none, .stop = &never, .zone = &zone};
    const char *name = (const char *)(order + 1), *args = name + order->function_size;
    const struct mp_jobs frame = {.attempt = 1, .count = 1, .function = name};
    static struct mp_callee callee;

    MP_MUST(name[order->function_size - 1] == '\0' && msgpack_zone_init(&zone, 8192));
    mp_callee_find(name, &callee);
    mp_job_run(&job, &frame, 0, &callee, args, order->args_size);
    (void)fflush(stdout);
    if (job.failed)
        mp_process_say(self_name, "%.*s", (int)job.reason_size, job.reason);
    return !job.failed;
}

_Noreturn void mp_process_main(const struct mp_process_start *start)
{
    const struct mp_process_order *order = read_order(start->order);
    sigset_t none;

    self_is = true;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    mp_process_begin(start->parent, start->host, order->name, order->daemon);
    (void)prctl(PR_SET_NAME, self_name);
    MP_INJECT("process.start");
    /* A wild write must not hit what pools have in the arena. */
    if (mp_arena_guard(start->arena, 0, 0) != MPOOL_OK || mp_shared_join(start->arena) != MPOOL_OK)
        mp_panic("a process cannot start: %s", mpool_error_detail());
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    mp_process_leave(run(order) ? 0 : 1);
}
