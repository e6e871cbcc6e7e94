/*
 * cli/work/command.c - the job function that runs a program
 *
 * Runs in: a worker of the command, on its main thread. Owns: the program while it runs, and its output.
 *
 * A program that exits with a code that was expected is a job that is done; with another it has failed; one that a
 * signal ends has crashed; one that was ended for its time has timed out. Who is asked to end may well exit with 0,
 * having done half of its work: that is not done. In each case the worker lives on, and what the program has written
 * goes along.
 *
 * The time is kept here and not by the pool, whose way is to kill the worker: what the program has written until then
 * would be lost. The pool's own limit lies behind ours.
 */
#include "cli/board.h"
#include "cli/from_json.h"
#include "cli/median.h"
#include "cli/work/call.h"
#include "cli/work/capture.h"
#include "cli/work/gather.h"
#include "cli/work/launch.h"
#include "cli/work/making.h"
#include "cli/work/order.h"
#include "cli/work/standstill.h"
#include "cli/work/work.h"

#include <mpool/job.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often to look whether the job is still wanted. */
#define LOOK_MS 100

/* A share of the median is not less: where jobs are short, the machine itself makes one of them three times as long. */
#define SHARE_LEAST_MS 1000

/* How long a reader may stand still once the job is not wanted. */
#define READER_MS 500

/* The levels of arrays and maps of a result: a job's value has at most 30, and it is in a map with the output. */
#define RESULT_LEVELS 29

static struct gather output;

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

/* The clock of limits, which stands still with the worker. A stop in the midst of this makes it too early, not late. */
static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - standstill_ms();
}

/* Milliseconds until then, LOOK_MS at most. 0 stands for no deadline, and for one that was heeded. */
static int until(int64_t deadline_ms, int64_t now, int most)
{
    if (deadline_ms == 0)
        return most;
    if (deadline_ms <= now)
        return 0;
    return deadline_ms - now < most ? (int)(deadline_ms - now) : most;
}

/* The limit that is a share of the median, which there may be later than the program. 0: there is none. */
static int64_t limit_now(const struct order *order)
{
    int64_t limit_ms = median_ms() * order->percent / 100;

    return limit_ms == 0 ? 0 : limit_ms < SHARE_LEAST_MS ? SHARE_LEAST_MS : limit_ms;
}

/* A program that runs. */
struct watch {
    mpool_job *job;
    struct order *order;
    struct launch *launch;
    int64_t began;
    int64_t soft, hard;   /* when it is asked to end, and when it is killed; 0: never, or it was */
    mpool_status stopped; /* what it was stopped for; MPOOL_DONE: it was not */
    int64_t cancelled;    /* when that was seen; 0: it was not */
};

/* Who has ended is not stopped, though its reader may be slow to take the last of what it has written. */
static void stop(struct watch *watch, int signal, mpool_status why)
{
    struct pollfd end = {.fd = watch->launch->pidfd, .events = POLLIN};

    if (poll(&end, 1, 0) > 0)
        return;
    launch_kill(watch->launch, signal);
    watch->stopped = why;
}

static void look(struct watch *watch)
{
    int64_t now = now_ms();

    if (watch->order->percent > 0 && watch->stopped == MPOOL_DONE) {
        watch->order->hard_ms = limit_now(watch->order);
        watch->hard = watch->order->hard_ms > 0 ? watch->began + watch->order->hard_ms : 0;
    }
    if (watch->hard > 0 && now >= watch->hard) {
        stop(watch, SIGKILL, MPOOL_TIMED_OUT);
        watch->hard = 0;
    } else if (watch->soft > 0 && now >= watch->soft) {
        stop(watch, SIGTERM, MPOOL_TIMED_OUT);
        watch->soft = 0;
    } else if (watch->cancelled == 0 && mpool_job_cancelled(watch->job)) {
        watch->cancelled = now;
        if (watch->stopped == MPOOL_DONE)
            stop(watch, SIGTERM, MPOOL_CANCELLED);
    }
}

/* A reader is slow. Who has asked for the run to stop does not wait for it. */
static bool look_and_wait(void *user)
{
    struct watch *watch = user;

    look(watch);
    return watch->cancelled == 0 || now_ms() - watch->cancelled < READER_MS;
}

/* It is asked to end first, and killed later. Returns what it was stopped for; MPOOL_DONE: it was not. */
static mpool_status watch(mpool_job *job, struct order *order, struct launch *launch)
{
    int64_t began = now_ms();
    struct watch watch = {.job = job,
                          .order = order,
                          .launch = launch,
                          .began = began,
                          .soft = order->soft_ms > 0 ? began + order->soft_ms : 0,
                          .hard = order->hard_ms > 0 ? began + order->hard_ms : 0};

    gather_lines(&output, order, (struct lines_patience){.look = look_and_wait, .user = &watch});
    while (!gather_wait(&output, launch, until(watch.hard, now_ms(), until(watch.soft, now_ms(), LOOK_MS))))
        look(&watch);
    gather_finish(&output);
    return watch.stopped;
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

static bool is_expected(const struct order *order, int status)
{
    return WIFEXITED(status) && (order->expect[WEXITSTATUS(status) / 64] >> WEXITSTATUS(status) % 64 & 1) != 0;
}

static void tell_end(const char *before, int wait_status, char *text, size_t room)
{
    const char *name = WIFSIGNALED(wait_status) ? sigabbrev_np(WTERMSIG(wait_status)) : NULL;

    if (name != NULL)
        (void)snprintf(text, room, "%swas killed by SIG%s", before, name);
    else if (WIFSIGNALED(wait_status))
        (void)snprintf(text, room, "%swas killed by signal %d", before, WTERMSIG(wait_status));
    else
        (void)snprintf(text, room, "%sexited with %d", before, WEXITSTATUS(wait_status));
}

/* The reason: what has happened, and what the program said last. */
static int fail(mpool_job *job, const struct order *order, int wait_status, mpool_status stopped)
{
    bool out_of_cpu = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU && order->cpu_s > 0;
    mpool_status status = stopped;
    /* A part of what it said may be what was lost, so both are told. */
    const char *lost = output.error != 0 ? "; its output could not be kept: " : "";
    const char *line;
    int size = (int)gather_said(&output, &line);
    char end[96];

    if (out_of_cpu) {
        status = MPOOL_TIMED_OUT;
        (void)snprintf(end, sizeof end, "used more than its limit of %" PRId64 " s of CPU time", order->cpu_s);
    } else if (stopped == MPOOL_TIMED_OUT) {
        (void)snprintf(end, sizeof end, "ran longer than its limit of %" PRId64 " ms",
                       order->soft_ms > 0 ? order->soft_ms : order->hard_ms);
    } else {
        tell_end(stopped == MPOOL_CANCELLED ? "was asked to end, and " : "", wait_status, end, sizeof end);
    }
    if (status == MPOOL_DONE)
        status = WIFSIGNALED(wait_status) ? MPOOL_CRASHED : MPOOL_FAILED;
    return mpool_job_fail_as(job, status, wait_status, "%.100s %s%s%.*s%s%s", order->argv[0], end, size > 0 ? ": " : "",
                             size, line, lost, output.error != 0 ? strerror(output.error) : "");
}

/* Standard output without what is blank at its end, and for a number at its beginning. */
static int trim(const char *text, size_t *begin, bool number)
{
    size_t end = output.streams[STDOUT_FILENO].size, from = 0;

    while (end > 0 && (text[end - 1] == '\n' || (number && isspace((unsigned char)text[end - 1]) != 0)))
        end--;
    while (number && from < end && isspace((unsigned char)text[from]) != 0)
        from++;
    *begin = from;
    return (int)(end - from);
}

static bool is_whole(const char *digits)
{
    digits += digits[0] == '+' || digits[0] == '-';
    return digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

/*
 * A whole number, of 64 bits, or a real one, both in decimal digits. A whole one that is larger is none: as a real one
 * it would be another number.
 */
static bool pack_number(const char *digits, msgpack_packer *packer)
{
    char *end;

    if (digits[strspn(digits, "+-.0123456789eE")] != '\0')
        return false;
    errno = 0;
    long long integer = strtoll(digits, &end, 10);
    if (*end == '\0' && end != digits && errno == 0)
        return msgpack_pack_int64(packer, integer) == 0;
    errno = 0;
    unsigned long long large = strtoull(digits, &end, 10);
    if (*end == '\0' && end != digits && errno == 0 && digits[0] != '-')
        return msgpack_pack_uint64(packer, large) == 0;
    if (is_whole(digits))
        return false;
    double real = strtod(digits, &end);
    return *end == '\0' && end != digits && isfinite(real) && msgpack_pack_double(packer, real) == 0;
}

/* False: it is none, which was said. */
static bool pack_value(mpool_job *job, const struct order *order, int status, msgpack_packer *packer)
{
    const char *text = output.streams[STDOUT_FILENO].data;
    bool number = order->result == RESULT_NUMBER;
    struct from_json_fault fault;
    char digits[64];
    size_t begin = 0;
    int size = trim(text != NULL ? text : "", &begin, number);

    if (!gather_is_result(&output, STDOUT_FILENO)) {
        (void)mpool_job_fail_as(job, MPOOL_FAILED, status,
                                "its result is larger than 64 KiB; `capture` writes output of any size to a file");
        return false;
    }
    if (order->result == RESULT_TEXT) {
        (void)msgpack_pack_str_with_body(packer, text != NULL ? text : "", (size_t)size);
        return true;
    }
    if (order->result == RESULT_JSON) {
        if (from_json(text != NULL ? text : "", (size_t)size, RESULT_LEVELS, packer, &fault))
            return true;
        (void)mpool_job_fail_as(job, MPOOL_FAILED, status, "its output is no JSON: line %d, column %d: %s", fault.line,
                                fault.column, fault.text);
        return false;
    }
    (void)snprintf(digits, sizeof digits, "%.*s", size, size > 0 ? text + begin : "");
    if (size > 0 && strlen(digits) == (size_t)size && pack_number(digits, packer))
        return true;
    (void)mpool_job_fail_as(job, MPOOL_FAILED, status, "its output is not a number: \"%s\"%s", digits,
                            is_whole(digits) ? "; a whole one has at most 64 bits" : "");
    return false;
}

static void pack_key(const char *key, msgpack_packer *packer)
{
    (void)msgpack_pack_str_with_body(packer, key, strlen(key));
}

static int report(mpool_job *job, const struct order *order, mpool_status stopped, int status, msgpack_packer *packer)
{
    bool done = stopped == MPOOL_DONE && is_expected(order, status), has_value = false;
    int returned = 0;

    (void)msgpack_pack_map(packer, 1 + GATHER_KEYS);
    pack_key("value", packer);
    if (done && order->result != RESULT_NONE) {
        has_value = pack_value(job, order, status, packer);
        returned = has_value ? 0 : -1;
    }
    if (!has_value)
        (void)msgpack_pack_nil(packer);
    /* What was to be the result and is none says why. */
    gather_pack(&output, !has_value && order->show != SHOW_DROP, packer);
    if (!done)
        return fail(job, order, status, stopped);
    if (output.error != 0)
        return mpool_job_fail_as(job, MPOOL_FAILED, status, "its output could not be kept: %s", strerror(output.error));
    return returned;
}

/* The program from its beginning to its end, and what came of it. */
static int run_order(mpool_job *job, struct order *order, msgpack_packer *result)
{
    struct launch launch;
    char why[LAUNCH_WHY];
    int64_t began = now_ms();
    mpool_status stopped = MPOOL_DONE;

    /* Where there can be no cgroup, the program itself is limited, and each that it starts for itself. */
    if (order->memory_bytes > 0)
        (void)mpool_job_cgroup(job, order->memory_bytes, &order->group);
    capture_begin(order);
    standstill_begin();
    int code = launch_start(order, &launch, why), status = W_EXITCODE(code, 0);
    standstill_program(code == 0 ? launch.pid : 0);
    if (code == 0) {
        board_program(job, launch.pid);
        stopped = watch(job, order, &launch);
        board_program(job, 0);
        standstill_program(0);
        status = launch_end(&launch);
    }
    int error = capture_end(order, status, now_ms() - began);
    if (code != 0)
        return mpool_job_fail_as(job, MPOOL_FAILED, status, "%s", why);
    int returned = report(job, order, stopped, status, result);
    if (error != 0 && returned == 0)
        return mpool_job_fail_as(job, MPOOL_FAILED, status, "its end could not be written to %s: %s", order->exit_file,
                                 strerror(error));
    return returned;
}

/* The same with the files that it makes. If it fails, nothing is left of them. */
static int make(mpool_job *job, const msgpack_object *args, struct making *making, msgpack_zone *zone,
                msgpack_packer *result)
{
    struct late late = {.worker = mpool_job_worker(job), .attempt = mpool_job_attempt(job)};
    struct order order;
    char why[MAKING_WHY];

    if (!making_begin(making, zone, why))
        return mpool_job_fail(job, "%s", why);
    late.outputs = making->files;
    late.output_count = making->count;
    const char *wrong = order_read(args, &late, zone, &order);
    int returned = wrong == NULL ? run_order(job, &order, result) : mpool_job_fail(job, "%s", wrong);
    if (returned != 0)
        making_drop(making);
    else if (!making_end(making, why))
        returned = mpool_job_fail_as(job, MPOOL_FAILED, W_EXITCODE(0, 0), "%s", why);
    return returned;
}

static int run_command(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    struct making making;
    msgpack_zone zone;

    if (!msgpack_zone_init(&zone, 4096))
        return mpool_job_fail(job, "out of memory");
    board_begin(job);
    gather_begin(&output);
    const char *wrong = making_read(args, &zone, &making);
    int returned = wrong == NULL ? make(job, args, &making, &zone, result) : mpool_job_fail(job, "%s", wrong);
    msgpack_zone_destroy(&zone);
    board_end(job);
    return returned;
}

mpool_err work_register(void)
{
    mpool_err err = call_register();

    return err == MPOOL_OK ? mpool_register(WORK_COMMAND, run_command) : err;
}
