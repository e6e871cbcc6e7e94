/*
 * tests/proc/runner.c - a test starts proc-helper, waits, and looks at what is left
 *
 * Runs in: the process of one Criterion test. What the helper says goes to a memfd, which nobody has to read while it
 * runs. It has a process group of its own, so that all of it can be ended when its time is up.
 */
#include "tests/proc/runner.h"

#include "tests/proc/left.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 60000

extern char **environ;

/* How much slower everything is than in a plain build. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWNESS 5
#else
#define SLOWNESS 1
#endif

struct helper {
    const struct proc_run *run;
    pid_t pid;
    int output;         /* a memfd: what it says on stdout and stderr */
    char directory[64]; /* its TMPDIR */
    char marker[64];
    int status;
    struct left_names shm; /* what was in /dev/shm before */
    char *text;            /* what went wrong */
    size_t room;
};

static void nap(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    (void)nanosleep(&pause, NULL);
}

static bool wrong(struct helper *helper, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct helper *helper, const char *format, ...)
{
    size_t used = strlen(helper->text);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(helper->text + used, helper->room - used, format, args);
    va_end(args);
    return false;
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

/* Our environment with a few variables changed. The caller frees the array; the strings are not copied. */
static char **environment_of(const char *const *changes, size_t change_count)
{
    static const char *const dropped[] = {"TMPDIR=", "XDG_RUNTIME_DIR=", "MPOOL_FAULT=", "MPOOL_WORKERS="};
    size_t count = 0, used = 0;
    char **list;

    while (environ[count] != NULL)
        count++;
    list = calloc(count + change_count + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < count; i++) {
        bool drop = false;

        for (size_t k = 0; k < sizeof dropped / sizeof dropped[0]; k++)
            drop = drop || strncmp(environ[i], dropped[k], strlen(dropped[k])) == 0;
        if (!drop)
            list[used++] = environ[i];
    }
    for (size_t i = 0; list != NULL && i < change_count; i++)
        list[used++] = (char *)(uintptr_t)changes[i];
    return list;
}

/* A process without the test's signal settings and file descriptors. */
static int spawn(struct helper *helper, char **environment)
{
    char *const arguments[] = {(char *)(uintptr_t)PROC_HELPER, (char *)(uintptr_t)helper->run->scenario, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
        return ENOMEM;
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, helper->output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, helper->output, STDERR_FILENO);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    error = posix_spawn(&helper->pid, PROC_HELPER, &actions, &attributes, arguments, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool start(struct helper *helper)
{
    struct rlimit core;
    char tmpdir[96], fault[256];
    const char *changes[] = {tmpdir, helper->marker, fault};
    char **environment;
    int error;

    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0; /* a scenario may want them back */
        (void)setrlimit(RLIMIT_CORE, &core);
    }
    (void)snprintf(helper->directory, sizeof helper->directory, "/tmp/mpool-proc.XXXXXX");
    helper->output = memfd_create("proc-helper", MFD_CLOEXEC);
    if (helper->output < 0 || mkdtemp(helper->directory) == NULL)
        return wrong(helper, "cannot set up: %s\n", strerror(errno));
    (void)snprintf(helper->marker, sizeof helper->marker, "MPOOL_TEST_RUN=%s", helper->directory + strlen("/tmp/"));
    (void)snprintf(tmpdir, sizeof tmpdir, "TMPDIR=%s", helper->directory);
    (void)snprintf(fault, sizeof fault, "MPOOL_FAULT=%s", helper->run->fault != NULL ? helper->run->fault : "");
    left_list("/dev/shm", &helper->shm);
    environment = environment_of(changes, sizeof changes / sizeof changes[0]);
    error = environment != NULL ? spawn(helper, environment) : ENOMEM;
    free(environment);
    return error == 0 || wrong(helper, "cannot start %s: %s\n", PROC_HELPER, strerror(error));
}

/* ---- its end ----------------------------------------------------------------------------------------------------- */

/* False: it did not end in time. */
static bool wait_for(struct helper *helper)
{
    struct pollfd fd = {.fd = (int)syscall(SYS_pidfd_open, helper->pid, 0), .events = POLLIN};
    int deadline_ms = DEADLINE_MS * SLOWNESS * (helper->run->patience > 0 ? helper->run->patience : 1);
    bool in_time = fd.fd >= 0 && poll(&fd, 1, deadline_ms) == 1;

    if (!in_time) {
        (void)kill(-helper->pid, SIGKILL);
        (void)wrong(helper, "it has not ended after %d s\n", deadline_ms / 1000);
    }
    (void)waitpid(helper->pid, &helper->status, 0);
    if (fd.fd >= 0)
        (void)close(fd.fd);
    return in_time;
}

static bool ended_as_wanted(struct helper *helper)
{
    if (helper->run->dies_by != 0) {
        if (WIFSIGNALED(helper->status) && WTERMSIG(helper->status) == helper->run->dies_by)
            return true;
        return wrong(helper, "it was to die of signal %d, and its status is %#x\n", helper->run->dies_by,
                     (unsigned)helper->status);
    }
    if (WIFEXITED(helper->status) && WEXITSTATUS(helper->status) == 0)
        return true;
    if (WIFEXITED(helper->status))
        return wrong(helper, "it exited with %d\n", WEXITSTATUS(helper->status));
    return wrong(helper, "it was killed by SIG%s\n", sigabbrev_np(WTERMSIG(helper->status)));
}

/* ---- what is left ------------------------------------------------------------------------------------------------ */

/* The pid behind "survivor" in what it said; 0: there is none. */
static pid_t survivor_of(const struct helper *helper)
{
    char said[4096];
    ssize_t size = pread(helper->output, said, sizeof said - 1, 0);
    const char *place;

    if (!helper->run->survivor || size <= 0)
        return 0;
    said[size] = '\0';
    place = strstr(said, "survivor ");
    return place != NULL ? (pid_t)strtol(place + strlen("survivor "), NULL, 10) : 0;
}

/* Waits for the processes to vanish, counting our own naps: a machine that is busy is slow for both sides. */
static bool nobody_is_left(struct helper *helper)
{
    int naps = (helper->run->within_a_second ? 1000 : 2000) * SLOWNESS;
    pid_t survivor = survivor_of(helper);
    char text[1024] = "";

    while (left_processes(helper->marker, survivor, text, sizeof text) > 0 && naps-- > 0)
        nap();
    if (text[0] != '\0')
        return wrong(helper, "these processes are left:%s\n", text);
    if (!helper->run->survivor)
        return true;
    if (survivor <= 0 || kill(survivor, 0) != 0)
        return wrong(helper, "the child that was to survive is not there\n");
    (void)kill(survivor, SIGKILL);
    (void)waitpid(survivor, NULL, 0);
    return true;
}

/* Criterion has files in /dev/shm of its own, and other programs have some for a while. */
static bool nothing_is_left(struct helper *helper)
{
    char text[1024];
    int naps = 2000;

    if (left_files(helper->directory, NULL, NULL, text, sizeof text))
        return wrong(helper, "these files are left:%s\n", text);
    while (left_files("/dev/shm", &helper->shm, "bxf", text, sizeof text) && naps-- > 0)
        nap();
    return text[0] == '\0' || wrong(helper, "these files are left:%s\n", text);
}

static void quote_output(struct helper *helper)
{
    char said[4096];
    off_t size = lseek(helper->output, 0, SEEK_END);
    ssize_t got = pread(helper->output, said, sizeof said - 1, size > 4000 ? size - 4000 : 0);

    if (got > 0) {
        said[got] = '\0';
        (void)wrong(helper, "it said:\n%s", said);
    }
}

/* It said why it cannot run here. */
static bool was_skipped(struct helper *helper)
{
    return WIFEXITED(helper->status) && WEXITSTATUS(helper->status) == 77;
}

enum proc_verdict proc_run(const struct proc_run *run, char *text, size_t room)
{
    struct helper helper = {.run = run, .text = text, .room = room};
    enum proc_verdict verdict = PROC_FAILED;

    text[0] = '\0';
    if (start(&helper)) {
        bool in_time = wait_for(&helper);
        bool skipped = in_time && was_skipped(&helper);
        bool ended = in_time && (skipped || ended_as_wanted(&helper));
        bool alone = nobody_is_left(&helper);
        bool clean = nothing_is_left(&helper);

        if (ended && alone && clean)
            verdict = skipped ? PROC_SKIPPED : PROC_PASSED;
        if (verdict != PROC_PASSED)
            quote_output(&helper);
    }
    left_kill(helper.marker);
    left_remove(helper.directory);
    left_free(&helper.shm);
    if (helper.output >= 0)
        (void)close(helper.output);
    return verdict;
}
