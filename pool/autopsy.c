/*
 * pool/autopsy.c - a worker that is to die is looked at first
 *
 * Runs in: the fork server. Owns: the unwinders, by the record of the child that each of them looks at.
 *
 * A child's autopsy is NONE, then WANTED while it waits for its turn, RUNNING while there is an unwinder, and OVER. A
 * death on the way cuts it short. Whatever goes wrong, it gets OVER, and the worker dies as it was to.
 */
#include "pool/autopsy.h"

#include "base/clock.h"
#include "base/leave.h"
#include "pool/unwind.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Calls `look` for each child until it returns true; returns that child. */
static struct mp_child *find(bool (*look)(const struct mp_child *child, int64_t value), int64_t value)
{
    for (struct mp_family *family = mp_families(); family != NULL; family = family->next)
        for (struct mp_child *child = family->children; child != NULL; child = child->next)
            if (look(child, value))
                return child;
    return NULL;
}

static bool has_unwinder(const struct mp_child *child, int64_t pid)
{
    return child->autopsy == MP_AUTOPSY_RUNNING && child->unwinder == pid;
}

static bool is_due(const struct mp_child *child, int64_t now_ms)
{
    return (child->autopsy == MP_AUTOPSY_WANTED || child->autopsy == MP_AUTOPSY_RUNNING) &&
           child->autopsy_due_ms <= now_ms;
}

static bool is_wanted(const struct mp_child *child, int64_t unused)
{
    (void)unused;
    return child->autopsy == MP_AUTOPSY_WANTED;
}

/* ---- one autopsy ------------------------------------------------------------------------------------------------- */

/* The record of a crash, once it is there. Processes that run one function (workers/process.h) leave none. */
static const struct mp_crash *crash_of(const struct mp_child *child)
{
    const struct mp_crash *crash = child->page != NULL ? &child->page->crash : NULL;

    if (crash == NULL)
        return NULL;
    return atomic_load_explicit(&crash->state, memory_order_acquire) == MP_CRASH_WHOLE ? crash : NULL;
}

static void finish(struct mp_child *child)
{
    child->autopsy = MP_AUTOPSY_OVER;
    if (child->dead)
        return;
    if (child->kill_after)
        mp_child_kill(child);
    else
        (void)kill(child->pid, SIGCONT);
}

/* Nobody looks at it. */
static void give_up(struct mp_child *child, const char *why)
{
    mp_trace_say(child->trace, "no backtrace: %s", why);
    finish(child);
}

static void want(struct mp_child *child)
{
    child->autopsy = MP_AUTOPSY_WANTED;
    child->autopsy_due_ms = mp_clock_ms() + MP_AUTOPSY_WAIT_MS;
    if (!mp_unwind_can())
        give_up(child, "mpool was built without libdw");
}

static void start(struct mp_child *child)
{
    const struct mp_crash *crash = crash_of(child);
    struct mp_crash copy = {0};
    pid_t self = getpid();

    if (crash != NULL)
        memcpy(&copy, crash, sizeof copy);
    child->unwinder = fork();
    if (child->unwinder == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            mp_leave(0);
        mp_unwind_main(child->pid, crash != NULL ? &copy : NULL, child->trace);
    }
    if (child->unwinder < 0) {
        give_up(child, strerror(errno));
        return;
    }
    child->autopsy = MP_AUTOPSY_RUNNING;
    child->autopsy_due_ms = mp_clock_ms() + MP_AUTOPSY_MS;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

void mp_autopsy_stopped(struct mp_child *child)
{
    if (crash_of(child) == NULL)
        return; /* somebody else has stopped it, and may continue it */
    if (child->autopsy == MP_AUTOPSY_NONE)
        want(child);
    else if (child->autopsy == MP_AUTOPSY_OVER)
        (void)kill(child->pid, SIGCONT);
}

void mp_autopsy_then_kill(struct mp_child *child)
{
    if (child->dead)
        return;
    child->kill_after = true;
    if (child->autopsy == MP_AUTOPSY_NONE) {
        (void)kill(-child->pid, SIGSTOP);
        (void)kill(child->pid, SIGSTOP);
        want(child);
    } else if (child->autopsy == MP_AUTOPSY_OVER) {
        mp_child_kill(child);
    }
}

void mp_autopsy_died(struct mp_child *child)
{
    if (child->autopsy == MP_AUTOPSY_WANTED)
        child->autopsy = MP_AUTOPSY_OVER;
    if (child->autopsy == MP_AUTOPSY_RUNNING)
        (void)kill(child->unwinder, SIGKILL);
}

bool mp_autopsy_has(pid_t pid)
{
    return find(has_unwinder, pid) != NULL;
}

bool mp_autopsy_ended(pid_t pid)
{
    struct mp_child *child = find(has_unwinder, pid);
    const char *why = "the unwinder was killed";

    if (child == NULL)
        return false;
    if (child->dead)
        why = "the worker was killed meanwhile";
    else if (child->autopsy_late)
        why = "it took longer than 2 s";
    if (atomic_load(&child->trace->size) == 0)
        mp_trace_say(child->trace, "no backtrace: %s", why);
    else if (child->autopsy_late)
        mp_trace_say(child->trace, "... and more, but %s\n", why);
    finish(child);
    return true;
}

void mp_autopsy_turn(void)
{
    int64_t now_ms = mp_clock_ms();
    struct mp_child *child;
    unsigned running = 0;

    while ((child = find(is_due, now_ms)) != NULL) {
        if (child->autopsy == MP_AUTOPSY_RUNNING) {
            (void)kill(child->unwinder, SIGKILL);
            child->autopsy_late = true;
            child->autopsy_due_ms = INT64_MAX;
        } else {
            give_up(child, "too many workers were dying at once");
        }
    }
    for (struct mp_family *family = mp_families(); family != NULL; family = family->next)
        for (child = family->children; child != NULL; child = child->next)
            running += child->autopsy == MP_AUTOPSY_RUNNING;
    for (; running < MP_AUTOPSIES && (child = find(is_wanted, 0)) != NULL; running++)
        start(child);
}

int mp_autopsy_wait_ms(void)
{
    int64_t due_ms = INT64_MAX, now_ms = mp_clock_ms();

    for (struct mp_family *family = mp_families(); family != NULL; family = family->next)
        for (const struct mp_child *child = family->children; child != NULL; child = child->next)
            if ((child->autopsy == MP_AUTOPSY_WANTED || child->autopsy == MP_AUTOPSY_RUNNING) &&
                child->autopsy_due_ms < due_ms)
                due_ms = child->autopsy_due_ms;
    if (due_ms == INT64_MAX)
        return -1;
    return due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
}
