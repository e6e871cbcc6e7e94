/*
 * cli/work/launch.c - a program, started in a process of its own
 *
 * Runs in: a worker of the command, on its main thread. Owns: the program, until it has ended; a file descriptor of
 * /dev/null; where the program that was run last is; and the worker's terminal, which it gives up.
 *
 * posix_spawn() shares the worker's memory with the child until that has become the program: nothing is copied, however
 * large the worker is. The program gets descriptors 0 to 2 and no other, all of ours being close-on-exec, and the
 * signals as a shell would have them.
 *
 * Limits and niceness are for a shell to set, which then becomes the program: posix_spawn() cannot, and from outside
 * they would come a little late.
 *
 * It leads a process group, so that ^C in a terminal is for the run to act on, and what ends the program ends what it
 * has started as well. And it has no terminal: one that asks for a password there would be stopped in the background,
 * and wait for ever; so it fails at once. A session of its own would do that too, but with it comes a scheduling group
 * (sched(7), autogroup) for each program, which costs 3 % of the time of short ones.
 */
#include "cli/work/launch.h"

#include "cli/shelf.h"
#include "cli/work/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The longest text of the shell that sets limits. */
#define SCRIPT_MAX 256

/* Where programs are if nobody says. */
#define USUAL_PATH "/bin:/usr/bin"

static struct {
    bool begun;
    int null_fd; /* 0: not opened yet */
    char name[PATH_MAX], file[PATH_MAX];
} launcher;

/* ---- where the program is ---------------------------------------------------------------------------------------- */

static bool is_program(const char *file)
{
    struct stat status;

    return stat(file, &status) == 0 && S_ISREG(status.st_mode) && access(file, X_OK) == 0;
}

/* Looks through the directories of PATH; false: it is in none of them. */
static bool search(const char *name, const char *path, char file[PATH_MAX])
{
    for (const char *end; path != NULL; path = *end == ':' ? end + 1 : NULL) {
        end = strchrnul(path, ':');
        int length = (int)(end - path);
        /* An empty one is the current directory. */
        int size = snprintf(file, PATH_MAX, "%.*s%s%s", length, path, length > 0 ? "/" : "", name);
        if (size < PATH_MAX && is_program(file))
            return true;
    }
    return false;
}

bool launch_can_find(const char *name)
{
    char file[PATH_MAX];
    const char *path = getenv("PATH");

    return strchr(name, '/') != NULL ? is_program(name) : search(name, path != NULL ? path : USUAL_PATH, file);
}

/* PATH as the program will have it. */
static const char *path_of(const struct order *order)
{
    for (char **variable = order->env; variable != NULL && *variable != NULL; variable++) {
        if (strncmp(*variable, "PATH=", 5) == 0)
            return *variable + 5;
    }
    return order->env == NULL ? getenv("PATH") : NULL;
}

/* The same program as last time is where it was, unless the step has an environment of its own. */
static const char *find(const struct order *order)
{
    const char *name = order->argv[0], *path = path_of(order);

    if (strchr(name, '/') != NULL)
        return name;
    if (order->env == NULL && strcmp(launcher.name, name) == 0)
        return launcher.file;
    launcher.name[0] = '\0';
    if (!search(name, path != NULL ? path : USUAL_PATH, launcher.file))
        return NULL;
    if (order->env == NULL && strlen(name) < sizeof launcher.name)
        memcpy(launcher.name, name, strlen(name) + 1);
    return launcher.file;
}

/* ---- what it reads and writes ------------------------------------------------------------------------------------ */

/* The program's three, and the ends that are ours. -1: none, or as the worker has it. */
struct plumbing {
    int theirs[3];
    int ours[3];
};

static void close_all(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0 && fds[i] != launcher.null_fd)
            (void)close(fds[i]);
        fds[i] = -1;
    }
}

static int null_fd(void)
{
    if (launcher.null_fd <= 0)
        launcher.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    return launcher.null_fd;
}

/* A text to be read: in a file without a name, so that nobody has to be there who writes it. */
static int open_text(const char *text, size_t size)
{
    int fd = memfd_create("stdin", MFD_CLOEXEC);

    for (size_t done = 0; fd >= 0 && done < size;) {
        ssize_t count = write(fd, text + done, size - done);
        if (count < 0 && errno != EINTR) {
            (void)close(fd);
            return -1;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool open_input(const struct order *order, struct plumbing *plumbing, char why[LAUNCH_WHY])
{
    int *fd = &plumbing->theirs[STDIN_FILENO];

    if (order->file != NULL)
        *fd = open(order->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    else if (order->results != NULL)
        *fd = shelf_open_lines(order->results);
    else if (order->input != NULL)
        *fd = open_text(order->input, order->input_size);
    else
        *fd = null_fd();
    if (*fd >= 0)
        return true;
    (void)snprintf(why, LAUNCH_WHY, "its standard input%s%s: %s", order->file != NULL ? " " : "",
                   order->file != NULL ? order->file : "", strerror(errno));
    return false;
}

/* Both are -1 if there is none, for errno. */
static void open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        ends[0] = ends[1] = -1;
}

/* `number` is that of standard output or error. */
static bool open_output(const struct order *order, int number, struct plumbing *plumbing, char why[LAUNCH_WHY])
{
    const char *file = number == STDOUT_FILENO ? order->out_file : order->err_file;
    int ends[2] = {-1, -1};

    if (file != NULL) {
        ends[1] = capture_open(file);
    } else if (number == STDOUT_FILENO && order->result != RESULT_NONE) {
        open_pipe(ends);
    } else if (order->show == SHOW_INHERIT) {
        return true;
    } else if (order->show == SHOW_DROP && number == STDOUT_FILENO) {
        ends[1] = null_fd();
    } else {
        open_pipe(ends);
    }
    plumbing->ours[number] = ends[0];
    plumbing->theirs[number] = ends[1];
    if (ends[1] >= 0)
        return true;
    (void)snprintf(why, LAUNCH_WHY, "its standard %s%s%s: %s", number == STDOUT_FILENO ? "output" : "error",
                   file != NULL ? " " : "", file != NULL ? file : "", strerror(errno));
    return false;
}

/* ---- what it may use --------------------------------------------------------------------------------------------- */

static bool is_limited(const struct order *order)
{
    return order->memory_bytes > 0 || order->cpu_s > 0 || order->nice != 0;
}

/*
 * What a shell does before it becomes the program; $0 is the program's cgroup. At its soft limit of CPU time that gets
 * SIGXCPU.
 */
static void write_script(const struct order *order, char *script, size_t room)
{
    size_t used = 0;

    if (order->group != NULL)
        used += (size_t)snprintf(script, room, "echo 0 >\"$0/cgroup.procs\" && ");
    else if (order->memory_bytes > 0)
        used += (size_t)snprintf(script, room, "ulimit -d %" PRId64 " && ", (order->memory_bytes + 1023) / 1024);
    if (order->cpu_s > 0)
        used += (size_t)snprintf(script + used, room - used, "ulimit -St %" PRId64 " && ulimit -Ht %" PRId64 " && ",
                                 order->cpu_s, order->cpu_s + 1);
    if (order->nice != 0)
        (void)snprintf(script + used, room - used, "exec nice -n %d \"$@\"", order->nice);
    else
        (void)snprintf(script + used, room - used, "exec \"$@\"");
}

/* The arguments of that shell; to be freed. NULL: there is no memory. */
static char **wrap(const struct order *order, const char *file, char *script)
{
    static char shell[] = "/bin/sh", option[] = "-c", name[] = "sh";
    size_t count = 0;
    char **argv;

    while (order->argv[count] != NULL)
        count++;
    argv = calloc(count + 5, sizeof *argv);
    if (argv == NULL)
        return NULL;
    argv[0] = shell;
    argv[1] = option;
    argv[2] = script;
    argv[3] = name;
    if (order->group != NULL)
        memcpy(&argv[3], &order->group, sizeof order->group);
    memcpy(argv + 4, order->argv, count * sizeof *argv);
    /* The shell would search for it once more. */
    memcpy(&argv[4], &file, sizeof file);
    return argv;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

/* The worker leads no session: only it, and what it starts from now on, is without the terminal (ioctl_tty(2)). */
static void leave_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return; /* there is none */
    (void)ioctl(fd, TIOCNOTTY);
    (void)close(fd);
}

static int spawn(const struct order *order, const char *file, char **argv, const struct plumbing *plumbing, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        (void)sigemptyset(&none);
        /* All of them: workers ignore none. posix_spawn() would look at each that is not named, and then set it too. */
        (void)sigfillset(&usual);
        (void)posix_spawnattr_setflags(&attributes,
                                       POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        (void)posix_spawnattr_setpgroup(&attributes, 0);
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setsigdefault(&attributes, &usual);
        for (int i = 0; error == 0 && i < 3; i++) {
            if (plumbing->theirs[i] >= 0)
                error = posix_spawn_file_actions_adddup2(&actions, plumbing->theirs[i], i);
        }
        if (error == 0 && order->cwd != NULL)
            error = posix_spawn_file_actions_addchdir_np(&actions, order->cwd);
        if (error == 0)
            error = posix_spawn(pid, file, &actions, &attributes, argv, order->env != NULL ? order->env : environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int spawn_limited(const struct order *order, const char *file, const struct plumbing *plumbing, pid_t *pid)
{
    char script[SCRIPT_MAX];
    char **argv;
    int error;

    if (!is_limited(order))
        return spawn(order, file, order->argv, plumbing, pid);
    write_script(order, script, sizeof script);
    argv = wrap(order, file, script);
    if (argv == NULL)
        return ENOMEM;
    error = spawn(order, argv[0], argv, plumbing, pid);
    free(argv);
    return error;
}

static int tell_why(const struct order *order, int error, char why[LAUNCH_WHY])
{
    const char *name = order->argv[0], *remedy = "";

    if (error != E2BIG && order->cwd != NULL && access(order->cwd, X_OK) != 0) {
        (void)snprintf(why, LAUNCH_WHY, "its directory \"%s\": %s", order->cwd, strerror(errno));
        return LAUNCH_NOT_RUN;
    }
    if (error == ENOEXEC)
        remedy = "; a script begins with #! and the program that runs it";
    if (error == E2BIG)
        remedy = "; one argument may have 128 KiB, and all of them with the environment a quarter of the stack's limit";
    (void)snprintf(why, LAUNCH_WHY, "cannot run \"%.200s\": %s%s", name, strerror(error), remedy);
    return error == ENOENT ? LAUNCH_NOT_FOUND : LAUNCH_NOT_RUN;
}

int launch_start(const struct order *order, struct launch *launch, char why[LAUNCH_WHY])
{
    struct plumbing plumbing = {.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}};
    const char *file = find(order);
    int error = 0, code = LAUNCH_NOT_RUN;
    pid_t pid = 0;

    if (!launcher.begun)
        leave_terminal();
    launcher.begun = true;
    if (file == NULL) {
        (void)snprintf(why, LAUNCH_WHY, "cannot run \"%.200s\": there is no such program in PATH", order->argv[0]);
        return LAUNCH_NOT_FOUND;
    }
    if (open_input(order, &plumbing, why) && open_output(order, STDOUT_FILENO, &plumbing, why) &&
        open_output(order, STDERR_FILENO, &plumbing, why)) {
        error = spawn_limited(order, file, &plumbing, &pid);
        if (error != 0)
            code = tell_why(order, error, why);
    }
    close_all(plumbing.theirs);
    if (pid == 0) {
        launcher.name[0] = '\0'; /* it may have moved */
        close_all(plumbing.ours);
        return code;
    }
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        /* Nobody would hear of its end. */
        (void)snprintf(why, LAUNCH_WHY, "cannot watch \"%.200s\": %s", order->argv[0], strerror(errno));
        (void)kill(-pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        close_all(plumbing.ours);
        return LAUNCH_NOT_RUN;
    }
    *launch = (struct launch){
        .pid = pid, .pidfd = pidfd, .out = plumbing.ours[STDOUT_FILENO], .err = plumbing.ours[STDERR_FILENO]};
    return 0;
}

void launch_kill(const struct launch *launch, int signal)
{
    (void)kill(-launch->pid, signal);
}

int launch_end(struct launch *launch)
{
    int fds[3] = {launch->pidfd, launch->out, launch->err};
    int status = W_EXITCODE(LAUNCH_NOT_RUN, 0); /* if nobody can tell how it ended, it is not done */

    while (waitpid(launch->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close_all(fds);
    return status;
}
