/*
 * tests/proc/helper.c - proc-helper SCENARIO: a host program to be watched by a test
 *
 * `proc-helper --list` names the scenarios. Exit: 0 all held, 1 a check failed, 2 no such scenario, 77 skipped.
 */
#include "tests/proc/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SCENARIOS_MAX 512

static struct {
    const char *name;
    scenario *run;
} scenarios[SCENARIOS_MAX];
static size_t scenario_count;
static const char *running = "";

struct board *board;

void scenario_add(const char *name, scenario *run)
{
    if (scenario_count == SCENARIOS_MAX)
        abort();
    scenarios[scenario_count].name = name;
    scenarios[scenario_count++].run = run;
}

/* ---- the start method -------------------------------------------------------------------------------------------- */

#define BOARD_VARIABLE "MPOOL_TEST_BOARD"
#define KEEP_MAX 8

static int board_fd = -1;

static void map_board(int fd)
{
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(board != MAP_FAILED);
}

static void make_board(void)
{
    board_fd = fcntl(memfd_create("board", MFD_CLOEXEC), F_DUPFD_CLOEXEC, 200);
    CHECK(board_fd >= 200 && ftruncate(board_fd, sizeof *board) == 0);
    map_board(board_fd);
}

/* In a worker program: the host's board. */
static void inherit_board(void)
{
    const char *inherited = getenv(BOARD_VARIABLE);

    if (inherited == NULL)
        return;
    board_fd = (int)strtol(inherited, NULL, 10);
    map_board(board_fd);
    CHECK(close(board_fd) == 0 && unsetenv(BOARD_VARIABLE) == 0);
}

bool spawns(void)
{
    const char *method = getenv("MPOOL_TEST_START");

    return method != NULL && strcmp(method, "spawn") == 0;
}

void needs_fork(const char *why)
{
    if (spawns())
        skip(why);
}

mpool_err init_by_method(const mpool_init_options *options)
{
    mpool_init_options spawn = options != NULL ? *options : (mpool_init_options){0};
    int keep[KEEP_MAX];
    char number[16];
    mpool_err err;

    if (!spawns())
        return (mpool_init)(options);
    CHECK(spawn.keep_fd_count < KEEP_MAX);
    for (size_t i = 0; i < spawn.keep_fd_count; i++)
        keep[i] = spawn.keep_fds[i];
    keep[spawn.keep_fd_count++] = board_fd;
    spawn.keep_fds = keep;
    spawn.start_method = MPOOL_START_SPAWN;
    spawn.worker_program = "/proc/self/exe";
    (void)snprintf(number, sizeof number, "%d", board_fd);
    (void)setenv(BOARD_VARIABLE, number, 1);
    err = (mpool_init)(&spawn);
    (void)unsetenv(BOARD_VARIABLE);
    return err;
}

#if defined(__SANITIZE_ADDRESS__)
/* Workers have to die of their signals here as they do elsewhere. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
}
#endif

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/* Also for processes that scenarios fork: so without exit handlers. */
_Noreturn void fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%d: in %s: ", file, line, running);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\n");
    (void)fflush(NULL);
    _exit(1);
}

_Noreturn void skip(const char *why)
{
    (void)printf("skipped: %s\n", why);
    (void)fflush(NULL);
    _exit(77);
}

void check_err(const char *file, int line, const char *call, mpool_err err, mpool_err wanted)
{
    if (err != wanted)
        fail(file, line, "%s is %s, not %s: %s", call, mpool_err_name(err), mpool_err_name(wanted),
             err != MPOOL_OK ? mpool_error_detail() : "");
}

void check_int(const char *file, int line, const char *what, long long value, long long wanted)
{
    if (value != wanted)
        fail(file, line, "%s: it is %lld, not %lld", what, value, wanted);
}

void check_text(const char *file, int line, const char *what, const char *text, const char *wanted)
{
    if (text == NULL || strcmp(text, wanted) != 0)
        fail(file, line, "%s is \"%s\", not \"%s\"", what, text != NULL ? text : "(null)", wanted);
}

void check_says(const char *file, int line, const char *what, const char *text, const char *word)
{
    if (text == NULL || strstr(text, word) == NULL)
        fail(file, line, "%s is \"%s\", without \"%s\"", what, text != NULL ? text : "(null)", word);
}

int64_t monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    (void)nanosleep(&pause, NULL);
}

/* ---- pools ------------------------------------------------------------------------------------------------------- */

mpool_pool *open_another(const mpool_pool_options *options)
{
    mpool_pool *pool;

    CHECK_OK(mpool_pool_open(options, &pool));
    AWAIT(stats_of(pool).workers_ready == stats_of(pool).workers);
    return pool;
}

mpool_pool *open_pool(unsigned workers)
{
    const mpool_pool_options options = {.workers = workers};

    CHECK_OK(mpool_init(NULL));
    return open_another(&options);
}

void close_pool(mpool_pool *pool)
{
    mpool_pool_free(pool);
    mpool_fini();
}

mpool_pool_stats stats_of(mpool_pool *pool)
{
    mpool_pool_stats stats;

    CHECK_OK(mpool_pool_stats_read(pool, &stats));
    return stats;
}

const mpool_result *result_of(mpool_future *future)
{
    const mpool_result *result;

    CHECK_OK(mpool_future_wait(future, LONG_MS, &result));
    return result;
}

mpool_future *submit(mpool_pool *pool, const mpool_task *task, int argument)
{
    mpool_future *future;

    CHECK_OK(mpool_pool_submit(pool, task, &future, "i", argument));
    return future;
}

void run_one(mpool_pool *pool, const mpool_task *task, int argument, mpool_status wanted)
{
    wait_free(submit(pool, task, argument), wanted);
}

void wait_free(mpool_future *future, mpool_status wanted)
{
    const mpool_result *result = result_of(future);

    if (result->status != wanted)
        fail(__FILE__, __LINE__, "job %llu is %s, not %s: %s", (unsigned long long)result->index,
             mpool_status_name(result->status), mpool_status_name(wanted), result->error != NULL ? result->error : "");
    mpool_future_free(future);
}

void still_works(mpool_pool *pool)
{
    const mpool_task task = {.function = "square", .item_format = "I", .result_format = "I"};
    int64_t items[100], results[100];

    for (int i = 0; i < 100; i++)
        items[i] = i;
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], results, sizeof results[0], NULL));
    for (int i = 0; i < 100; i++)
        CHECK_INT(results[i], (int64_t)i * i);
}

mpool_future *hold_worker(mpool_pool *pool)
{
    const mpool_task task = {.function = "hold"};
    int before = atomic_load(&board->held);
    mpool_future *future = submit(pool, &task, 0);

    AWAIT(atomic_load(&board->held) > before);
    return future;
}

void finish_pool(mpool_pool *pool)
{
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    close_pool(pool);
}

void let_pass(int64_t ms)
{
    for (int64_t until_ms = monotonic_ms() + ms; monotonic_ms() < until_ms;)
        nap();
}

void open_gate(void)
{
    atomic_store(&board->gate, 1);
}

unsigned count_in_output(const char *text)
{
    static char said[65536];
    unsigned count = 0;
    ssize_t size;

    (void)fflush(stdout);
    size = pread(STDOUT_FILENO, said, sizeof said - 1, 0);
    if (size < 0)
        skip("its output is not a file");
    said[size] = '\0';
    for (const char *place = said; (place = strstr(place, text)) != NULL; place++)
        count++;
    return count;
}

/* ---- processes that run one function ----------------------------------------------------------------------------- */

mpool_process *start_process(const char *function, int argument)
{
    const mpool_process_options options = {.function = function};
    mpool_process *process = NULL;

    CHECK_OK(mpool_process_start(&options, &process, "i", argument));
    return process;
}

void join_free(mpool_process *process, int wanted)
{
    int code = 1000;

    CHECK_OK(mpool_process_join(process, LONG_MS));
    CHECK(!mpool_process_is_alive(process));
    CHECK_OK(mpool_process_exitcode(process, &code));
    CHECK_INT(code, wanted);
    mpool_process_free(process);
}

mpool_process *hold_process(void)
{
    int before = atomic_load(&board->held);
    mpool_process *process = start_process("hold", 0);

    AWAIT(atomic_load(&board->held) > before);
    return process;
}

bool readable(int fd, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, timeout_ms) == 1 && (ready.revents & POLLIN) != 0;
}

/* ---- processes --------------------------------------------------------------------------------------------------- */

/* The name, state and parent of a process. False: there is none. */
static bool read_stat(pid_t pid, char name[64], char *state, pid_t *parent)
{
    char path[64];
    FILE *file;
    int got;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    got = fscanf(file, "%*d (%63[^)]) %c %d", name, state, parent);
    (void)fclose(file);
    return got == 3;
}

pid_t fork_server(void)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    pid_t found = 0, its_parent = spawns() ? getppid() : getpid(); /* the runner inherits what was spawned */

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), parent;
        char name[64], state;

        if (pid > 0 && read_stat(pid, name, &state, &parent) && parent == its_parent &&
            strcmp(name, "mpool-server") == 0)
            found = pid;
    }
    (void)closedir(directory);
    CHECK(found > 0);
    return found;
}

bool process_is_there(pid_t pid)
{
    char name[64], state;
    pid_t parent;

    return read_stat(pid, name, &state, &parent) && state != 'Z' && state != 'X';
}

/* ---- main -------------------------------------------------------------------------------------------------------- */

static void run(scenario *body)
{
    unsigned before, tries = 0;

    make_board();
    before = count_fds();
    body();
    /* nng closes sockets on a thread of its own. */
    while (count_fds() != before && tries++ < 10000)
        nap();
    if (count_fds() != before)
        list_fds();
    CHECK_INT(count_fds(), before);
}

int main(int argc, char **argv)
{
    inherit_board();
    if (getenv("MPOOL_TEST_FORGETS") != NULL) {
        CHECK_ERR((mpool_init)(NULL), MPOOL_E_NESTED);
        (void)printf("[mpool_init() said: %s]\n", mpool_error_detail());
        return 0;
    }
    mpool_worker_program_main();
    if (argc != 2) {
        (void)fprintf(stderr, "usage: proc-helper SCENARIO | --list\n");
        return 2;
    }
    for (size_t i = 0; i < scenario_count; i++) {
        if (strcmp(argv[1], "--list") == 0)
            (void)printf("%s\n", scenarios[i].name);
        if (strcmp(argv[1], scenarios[i].name) != 0)
            continue;
        running = scenarios[i].name;
        run(scenarios[i].run);
        return 0;
    }
    if (strcmp(argv[1], "--list") == 0)
        return 0;
    (void)fprintf(stderr, "proc-helper: there is no scenario \"%s\"\n", argv[1]);
    return 2;
}
