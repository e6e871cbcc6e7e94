/*
 * cli/work/command.c - the job function that runs a program
 *
 * Runs in: a worker of the command, on its main thread. Owns: the program while it runs, and its output.
 *
 * A program that exits with a code that was expected is a job that is done; with another it has failed; one that a
 * signal ends has crashed; one that was ended for its time has timed out. In each case the worker lives on, and what
 * the program has written goes along.
 *
 * The time is kept here and not by the pool, whose way is to kill the worker: what the program has written until then
 * would be lost. The pool's own limit lies behind ours.
 */
#include "cli/from_json.h"
#include "cli/work/gather.h"
#include "cli/work/launch.h"
#include "cli/work/order.h"
#include "cli/work/work.h"

#include <mpool/job.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often to look whether the job is still wanted. */
#define LOOK_MS 100

/* Bytes of what a program said last that are in the reason. */
#define SAID_MAX 300

static struct gather output;

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

/* It is asked to end first, and killed later. Returns what it was stopped for; MPOOL_DONE: it was not. */
static mpool_status watch(mpool_job *job, const struct order *order, struct launch *launch)
{
    int64_t began = now_ms(), soft = order->soft_ms > 0 ? began + order->soft_ms : 0;
    int64_t hard = order->hard_ms > 0 ? began + order->hard_ms : 0;
    mpool_status stopped = MPOOL_DONE;

    while (!gather_wait(&output, launch, until(hard, now_ms(), until(soft, now_ms(), LOOK_MS)))) {
        int64_t now = now_ms();
        if (hard > 0 && now >= hard) {
            launch_kill(launch, SIGKILL);
            stopped = MPOOL_TIMED_OUT;
            hard = 0;
        } else if (soft > 0 && now >= soft) {
            launch_kill(launch, SIGTERM);
            stopped = MPOOL_TIMED_OUT;
            soft = 0;
        } else if (stopped == MPOOL_DONE && mpool_job_cancelled(job)) {
            launch_kill(launch, SIGTERM);
            stopped = MPOOL_CANCELLED;
        }
    }
    return stopped;
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

/* The last line of standard error that has something in it. */
static int last_line(const char **line)
{
    const struct gather_stream *stream = &output.streams[STDERR_FILENO];
    size_t end = stream->size, begin;

    while (end > 0 && isspace((unsigned char)stream->data[end - 1]) != 0)
        end--;
    for (begin = end; begin > 0 && stream->data[begin - 1] != '\n' && end - begin < SAID_MAX; begin--)
        continue;
    *line = end > 0 ? stream->data + begin : "";
    return (int)(end - begin);
}

static bool is_expected(const struct order *order, int status)
{
    return WIFEXITED(status) && (order->expect[WEXITSTATUS(status) / 64] >> WEXITSTATUS(status) % 64 & 1) != 0;
}

static void tell_end(int wait_status, char *text, size_t room)
{
    const char *name = WIFSIGNALED(wait_status) ? sigabbrev_np(WTERMSIG(wait_status)) : NULL;

    if (name != NULL)
        (void)snprintf(text, room, "was killed by SIG%s", name);
    else if (WIFSIGNALED(wait_status))
        (void)snprintf(text, room, "was killed by signal %d", WTERMSIG(wait_status));
    else
        (void)snprintf(text, room, "exited with %d", WEXITSTATUS(wait_status));
}

/* The reason: what has happened, and what the program said last. */
static int fail(mpool_job *job, const struct order *order, int wait_status, mpool_status stopped)
{
    bool out_of_cpu = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU && order->cpu_s > 0;
    mpool_status status = stopped;
    /* A part of what it said may be what was lost, so both are told. */
    const char *lost = output.error != 0 ? "; its output could not be kept: " : "";
    const char *line;
    int size = last_line(&line);
    char end[96];

    if (out_of_cpu) {
        status = MPOOL_TIMED_OUT;
        (void)snprintf(end, sizeof end, "used more than its limit of %" PRId64 " s of CPU time", order->cpu_s);
    } else if (stopped == MPOOL_TIMED_OUT) {
        (void)snprintf(end, sizeof end, "ran longer than its limit of %" PRId64 " ms",
                       order->soft_ms > 0 ? order->soft_ms : order->hard_ms);
    } else {
        tell_end(wait_status, end, sizeof end);
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

/* A whole number if it is one of 64 bits, else a real one. */
static bool pack_number(const char *digits, msgpack_packer *packer)
{
    char *end;

    errno = 0;
    long long integer = strtoll(digits, &end, 10);
    if (*end == '\0' && end != digits && errno == 0)
        return msgpack_pack_int64(packer, integer) == 0;
    errno = 0;
    unsigned long long large = strtoull(digits, &end, 10);
    if (*end == '\0' && end != digits && errno == 0 && digits[0] != '-')
        return msgpack_pack_uint64(packer, large) == 0;
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

    if (output.piece_count > 0 && output.pieces[0].stream == STDOUT_FILENO) {
        (void)mpool_job_fail_as(job, MPOOL_FAILED, status,
                                "its result is larger than 64 KiB; `capture` writes output of any size to a file");
        return false;
    }
    if (order->result == RESULT_TEXT) {
        (void)msgpack_pack_str_with_body(packer, text != NULL ? text : "", (size_t)size);
        return true;
    }
    if (order->result == RESULT_JSON) {
        if (from_json(text != NULL ? text : "", (size_t)size, packer, &fault))
            return true;
        (void)mpool_job_fail_as(job, MPOOL_FAILED, status, "its output is no JSON: line %d, column %d: %s", fault.line,
                                fault.column, fault.text);
        return false;
    }
    (void)snprintf(digits, sizeof digits, "%.*s", size, size > 0 ? text + begin : "");
    if (size > 0 && (size_t)size < sizeof digits && pack_number(digits, packer))
        return true;
    (void)mpool_job_fail_as(job, MPOOL_FAILED, status, "its output is not a number: \"%s\"", digits);
    return false;
}

static void pack_key(const char *key, msgpack_packer *packer)
{
    (void)msgpack_pack_str_with_body(packer, key, strlen(key));
}

static int report(mpool_job *job, const struct order *order, mpool_status stopped, int status, msgpack_packer *packer)
{
    bool done = is_expected(order, status);
    int returned = 0;

    (void)msgpack_pack_map(packer, 1 + GATHER_KEYS);
    pack_key("value", packer);
    if (done && order->result != RESULT_NONE && !pack_value(job, order, status, packer))
        returned = -1;
    if (!done || order->result == RESULT_NONE || returned != 0)
        (void)msgpack_pack_nil(packer);
    gather_pack(&output, order->result == RESULT_NONE, packer);
    if (!done)
        return fail(job, order, status, stopped);
    if (output.error != 0)
        return mpool_job_fail_as(job, MPOOL_FAILED, status, "its output could not be kept: %s", strerror(output.error));
    return returned;
}

static int run_command(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    struct order order;
    struct launch launch;
    char why[LAUNCH_WHY];
    msgpack_zone zone;
    int returned;

    if (!msgpack_zone_init(&zone, 4096))
        return mpool_job_fail(job, "out of memory");
    gather_begin(&output);
    const char *wrong = order_read(args, &zone, &order);
    /* Where there can be no cgroup, the program itself is limited, and each that it starts for itself. */
    if (wrong == NULL && order.memory_bytes > 0)
        (void)mpool_job_cgroup(job, order.memory_bytes, &order.group);
    int code = wrong == NULL ? launch_start(&order, &launch, why) : 0;
    if (wrong != NULL) {
        returned = mpool_job_fail(job, "%s", wrong);
    } else if (code != 0) {
        returned = mpool_job_fail_as(job, MPOOL_FAILED, W_EXITCODE(code, 0), "%s", why);
    } else {
        mpool_status stopped = watch(job, &order, &launch);
        returned = report(job, &order, stopped, launch_end(&launch), result);
    }
    msgpack_zone_destroy(&zone);
    return returned;
}

mpool_err work_register(void)
{
    return mpool_register(WORK_COMMAND, run_command);
}
