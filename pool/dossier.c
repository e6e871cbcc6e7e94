/*
 * pool/dossier.c - what is known about an attempt that came to nothing
 *
 * Runs in: the host; made by the supervisor, read and released by application threads. Owns: its texts.
 *
 * The page and the trace were written by processes that may have been broken when they wrote: what they say is bounded
 * and cleaned, and contradicts nothing that the kernel has said. Whether memory had run out the core has judged before,
 * by the same facts (pool/blame.c, commit.c): mpool_task.retry_on may ask for it.
 */
#include "pool/dossier.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct mp_dossier {
    atomic_uint refs;
    mpool_dossier shown;
    char signal_name[16];
    char evidence[192];
    char *backtrace;
    char output[]; /* with a NUL behind it */
};

void mp_dossier_ref(struct mp_dossier *dossier)
{
    if (dossier != NULL)
        atomic_fetch_add_explicit(&dossier->refs, 1, memory_order_relaxed);
}

void mp_dossier_unref(struct mp_dossier *dossier)
{
    if (dossier == NULL || atomic_fetch_sub_explicit(&dossier->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(dossier->backtrace);
    free(dossier);
}

const mpool_dossier *mp_dossier_shown(const struct mp_dossier *dossier)
{
    return dossier != NULL ? &dossier->shown : NULL;
}

/* ---- out of memory? ---------------------------------------------------------------------------------------------- */

static const char *name_of(enum mp_oom_source source)
{
    switch (source) {
    case MP_OOM_EVENTS:
        return "oom_kill in memory.events of the worker's cgroup";
    case MP_OOM_CONTROL:
        return "oom_kill in memory.oom_control of the worker's cgroup";
    default:
        return "oom_kill in /proc/vmstat, of the whole machine,";
    }
}

/* Somebody has sent SIGKILL, and it was not us: the kernel, if it has counted a kill since the worker was started. */
static void judge_kill(struct mp_dossier *dossier, const struct mp_seat_oom *oom, bool counted)
{
    const char *name = name_of(oom->source);
    char *text = dossier->evidence;
    size_t room = sizeof dossier->evidence;

    if (oom->source == MP_OOM_NOBODY) {
        (void)snprintf(text, room, "somebody else sent SIGKILL, and no counter of the kernel's can be read");
    } else if (oom->after == oom->before) {
        dossier->shown.out_of_memory = MPOOL_OOM_NO;
        (void)snprintf(text, room, "somebody else sent SIGKILL; %s stayed at %" PRIu64, name, oom->after);
    } else {
        if (counted)
            dossier->shown.out_of_memory = MPOOL_OOM_YES;
        (void)snprintf(text, room, "somebody else sent SIGKILL; %s went from %" PRIu64 " to %" PRIu64, name,
                       oom->before, oom->after);
    }
}

/*
 * An attempt with a limit of its own. The kernel counts no allocation that it has refused, but says ENOMEM to who
 * asked, and errno was 0 when the function was called. Other calls say ENOMEM too, and later ones something else: so it
 * is told as what it is.
 */
static void judge_limit(struct mp_dossier *dossier, const struct mp_dossier_memory *memory, bool refused)
{
    dossier->shown.out_of_memory = refused ? MPOOL_OOM_YES : MPOOL_OOM_UNKNOWN;
    (void)snprintf(dossier->evidence, sizeof dossier->evidence,
                   refused ? "the job has a memory limit of %zu bytes, and its last error was ENOMEM"
                           : "the job has a memory limit of %zu bytes, but its last error was not ENOMEM",
                   memory->limit_bytes);
}

static void judge_memory(struct mp_dossier *dossier, const struct mp_seat *seat, mpool_status status,
                         const struct mp_dossier_memory *memory)
{
    const struct mp_death death = mp_seat_death(seat);
    const char *text;

    if (dossier->shown.signal == SIGKILL && status != MPOOL_TIMED_OUT) {
        judge_kill(dossier, &seat->oom, death.oom_killed);
        return;
    }
    if (memory->limit_bytes > 0 && status != MPOOL_TIMED_OUT) {
        judge_limit(dossier, memory, status == MPOOL_FAILED ? memory->refused : death.no_memory);
        return;
    }
    dossier->shown.out_of_memory = MPOOL_OOM_NO;
    if (status == MPOOL_FAILED && memory->refused) {
        dossier->shown.out_of_memory = MPOOL_OOM_YES;
        text = "the worker lives on; the kernel killed in the job's cgroup, for its limit of memory";
    } else if (status == MPOOL_FAILED)
        text = "the worker lives on";
    else if (status == MPOOL_TIMED_OUT)
        text = dossier->shown.signal == SIGXCPU ? "the job's limit of CPU time ended the worker"
                                                : "mpool killed the worker, for the job's limit";
    else if (dossier->shown.signal != 0)
        text = "the kernel's killer sends SIGKILL, and it was another signal";
    else
        text = "the worker exited by itself";
    (void)snprintf(dossier->evidence, sizeof dossier->evidence, "%s", text);
}

/* ---- the worker's end -------------------------------------------------------------------------------------------- */

static int64_t microseconds(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

/* The kernel knows an address if it was itself that raised the signal, for an instruction of the worker's. */
static void tell_address(struct mp_dossier *dossier, const struct mp_crash *crash)
{
    if (atomic_load_explicit(&crash->state, memory_order_acquire) != MP_CRASH_WHOLE ||
        crash->signal != dossier->shown.signal || crash->signal == SIGABRT || crash->code <= 0 ||
        crash->code == SI_KERNEL)
        return;
    dossier->shown.has_fault_address = true;
    dossier->shown.fault_address = crash->address;
}

static bool tell_backtrace(struct mp_dossier *dossier, const struct mp_seat *seat)
{
    char text[MP_TRACE_BYTES];
    size_t size = mp_trace_copy(seat->trace, text);
    const char *why = "the worker was killed before it could be looked at";

    if (dossier->shown.signal == 0)
        why = "the worker exited";
    else if (dossier->shown.signal == SIGKILL)
        why = "SIGKILL cannot be caught";
    if (size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    if (size == 0)
        (void)snprintf(text, sizeof text, "no backtrace: %s", why);
    dossier->backtrace = strdup(text);
    dossier->shown.backtrace = dossier->backtrace;
    return dossier->backtrace != NULL;
}

static bool tell_end(struct mp_dossier *dossier, const struct mp_seat *seat)
{
    mpool_dossier *shown = &dossier->shown;

    if (WIFSIGNALED(seat->status)) {
        const char *name = sigabbrev_np(WTERMSIG(seat->status));

        shown->signal = WTERMSIG(seat->status);
        if (name != NULL)
            (void)snprintf(dossier->signal_name, sizeof dossier->signal_name, "SIG%s", name);
        else
            (void)snprintf(dossier->signal_name, sizeof dossier->signal_name, "signal %d", shown->signal);
        shown->signal_name = dossier->signal_name;
    } else {
        shown->exit_code = WEXITSTATUS(seat->status);
    }
    shown->user_us = microseconds(&seat->usage.ru_utime);
    shown->system_us = microseconds(&seat->usage.ru_stime);
    shown->max_rss_kib = seat->usage.ru_maxrss;
    tell_address(dossier, &seat->page->crash);
    return tell_backtrace(dossier, seat);
}

struct mp_dossier *mp_dossier_new(const struct mp_seat *seat, mpool_status status, unsigned attempt,
                                  const struct mp_dossier_memory *memory)
{
    char text[MPOOL_OUTPUT_TAIL_BYTES];
    size_t size = mp_output_copy(&seat->output, text);
    struct mp_dossier *dossier = calloc(1, sizeof *dossier + size + 1);

    if (dossier == NULL)
        return NULL;
    atomic_init(&dossier->refs, 1);
    memcpy(dossier->output, text, size);
    dossier->shown = (mpool_dossier){.attempt = attempt,
                                     .pid = seat->pid,
                                     .exit_code = -1,
                                     .user_us = -1,
                                     .system_us = -1,
                                     .max_rss_kib = -1,
                                     .out_of_memory_evidence = dossier->evidence,
                                     .output = dossier->output,
                                     .output_size = size,
                                     .output_bytes = seat->output.end - seat->output.begin,
                                     .output_shared = mp_output_shared(&seat->output)};
    if (status != MPOOL_FAILED && !tell_end(dossier, seat)) {
        mp_dossier_unref(dossier);
        return NULL;
    }
    judge_memory(dossier, seat, status, memory);
    return dossier;
}
