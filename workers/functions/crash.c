/*
 * workers/functions/crash.c - ends its worker, for trying out supervision
 *
 * Runs in: workers. Each way to end looks to the supervisor as the real thing does: `segv` writes to an address that is
 * not mapped, `abort` calls abort(), `exit` leaves without a word, `stop` and `hang` do not end at all. The other
 * signals are raised. No handler is changed, so that a report of the crash, with the fault address, can be tried too.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The worker may have the signal blocked, and then raise() would only leave it pending. */
static void raise_unblocked(int signal)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(signal);
}

/* A sanitizer would report the write before the processor faults, and the crash would look like another. */
__attribute__((no_sanitize("address", "undefined"))) static void write_to_nowhere(void)
{
    volatile uintptr_t address = 0x10;

    *(volatile int *)address = 1;
}

static void hang(void)
{
    for (;;)
        (void)pause();
}

static void leave(void)
{
    _exit(3);
}

/* One a line; the formatter would make columns of them. */
/* clang-format off */
static const struct way {
    const char *name;
    int signal; /* to raise, if `action` is NULL */
    void (*action)(void);
} ways[] = {
    {"segv", 0, write_to_nowhere}, /* the default */
    {"abort", 0, abort},
    {"bus", SIGBUS, NULL},
    {"exit", 0, leave},
    {"fpe", SIGFPE, NULL},
    {"hang", 0, hang},             /* until a timeout */
    {"ill", SIGILL, NULL},
    {"kill", SIGKILL, NULL},       /* as the kernel does when memory runs out */
    {"stop", SIGSTOP, NULL},       /* until a timeout */
    {"term", SIGTERM, NULL},
};
/* clang-format on */

/* The way that `how` names, the first if it names none because it is nil or absent; NULL for an unknown name. */
static const struct way *find_way(const msgpack_object *how)
{
    if (how == NULL || how->type == MSGPACK_OBJECT_NIL)
        return &ways[0];
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (mp_args_is(how, ways[i].name))
            return &ways[i];
    }
    return NULL;
}

int mp_builtin_crash(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    bool is_map = args->type == MSGPACK_OBJECT_MAP;
    const struct way *way = find_way(is_map ? mp_args_field(args, "how") : args);
    const msgpack_object *until = mp_args_field(args, "until_attempt");
    struct mp_args_integer last;

    if (way == NULL)
        return mpool_job_fail(job, "crash: the way to crash is none of "
                                   "segv, abort, bus, exit, fpe, hang, ill, kill, stop, term");
    if (until != NULL) {
        if (!mp_args_integer(until, &last) || last.negative)
            return mpool_job_fail(job, "crash: until_attempt is not a whole number from 0");
        if (mpool_job_attempt(job) >= last.magnitude)
            return msgpack_pack_unsigned_int(result, mpool_job_attempt(job));
    }
    if (way->action != NULL)
        way->action();
    else
        raise_unblocked(way->signal);
    return mpool_job_fail(job, "crash: the worker has survived %s", way->name);
}
