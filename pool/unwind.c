/*
 * pool/unwind.c - where another process is: its stack, as text
 *
 * Runs in: an unwinder, a child of the fork server that does this and ends. Owns: the ptrace attachment, which ends
 * with it: the worker is then stopped or running, as it was.
 *
 * The worker cannot do this itself: its heap may be broken and its locks held, and it would hang. Nor can the fork
 * server, which has to go on, and must not crash over what it reads. Here nothing is lost: the text is added line by
 * line, so what has been found until somebody kills us is kept.
 *
 * Symbols and line numbers come from the files that the worker has mapped. Separate files of debug information are not
 * looked for: to read the one of the C library takes 60 ms [measured], where all the rest takes two, and the search may
 * go out to a server.
 */
#include "pool/unwind.h"

#include "base/inject.h"
#include "base/leave.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef MPOOL_BACKTRACE
#include <elfutils/libdwfl.h>
#include <inttypes.h>

#define FRAMES_MAX 64

/* Where job functions are called from; what is below is the same in every worker. */
#define LAST_FRAME "mp_job_run"

struct frame {
    Dwarf_Addr pc;
    bool exact; /* the instruction itself, and not the one after a call */
};

struct stack {
    struct frame frames[FRAMES_MAX];
    unsigned count;
    bool more;
    Dwarf_Addr crash_pc; /* where the signal came, as long as that is not there; otherwise MP_CRASH_NO_PC */
};

bool mp_unwind_can(void)
{
    return true;
}

/* ---- the worker -------------------------------------------------------------------------------------------------- */

/* Stops a thread for us alone, whether it runs or is stopped already. */
static bool attach(pid_t tid, struct mp_trace *trace)
{
    int status;

    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0) {
        mp_trace_say(trace, "no backtrace: ptrace: %s%s", strerror(errno),
                     errno == EPERM ? "; see /proc/sys/kernel/yama/ptrace_scope, and the seccomp rules of a container"
                                    : "");
        return false;
    }
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0 && waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status))
        return true;
    mp_trace_say(trace, "no backtrace: the worker was killed meanwhile");
    return false;
}

/* Adds a frame. What lies above the instruction that a signal has interrupted is the handler's. */
static int take_frame(Dwfl_Frame *state, void *user)
{
    struct stack *stack = user;
    struct frame frame;

    if (!dwfl_frame_pc(state, &frame.pc, &frame.exact))
        return DWARF_CB_ABORT;
    if (stack->crash_pc != MP_CRASH_NO_PC && frame.pc == stack->crash_pc) {
        stack->crash_pc = MP_CRASH_NO_PC;
        stack->count = 0;
    }
    stack->more = stack->count == FRAMES_MAX;
    if (stack->more)
        return DWARF_CB_ABORT;
    stack->frames[stack->count++] = frame;
    return DWARF_CB_OK;
}

/*
 * The instruction that was interrupted is no code: a call through a bad pointer. Nothing can be unwound from there, but
 * the call has left its return address on top of the stack.
 */
static void guess_stack(struct stack *stack, const struct mp_crash *crash)
{
    stack->count = 0;
    stack->frames[stack->count++] = (struct frame){.pc = crash->pc, .exact = true};
#if defined(__x86_64__)
    errno = 0;
    stack->frames[stack->count].pc =
        (Dwarf_Addr)ptrace(PTRACE_PEEKDATA, (pid_t)crash->tid, (void *)(uintptr_t)crash->stack, NULL);
    stack->count += errno == 0;
#endif
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    return slash != NULL ? slash + 1 : path;
}

/* Says where one frame is; false after the last one of interest. */
static bool tell_frame(Dwfl *dwfl, const struct frame *frame, unsigned number, struct mp_trace *trace)
{
    Dwarf_Addr pc = frame->pc - (frame->exact ? 0 : 1);
    Dwfl_Module *module = dwfl_addrmodule(dwfl, pc);
    const char *function, *file;
    GElf_Off offset = 0;
    Dwfl_Line *line;
    GElf_Sym symbol;
    int number_in_file = 0;

    if (module == NULL) {
        mp_trace_say(trace, "%u: 0x%" PRIx64 "\n", number, (uint64_t)frame->pc);
        return true;
    }
    function = dwfl_module_addrinfo(module, pc, &offset, &symbol, NULL, NULL, NULL);
    if (function != NULL && strcmp(function, LAST_FRAME) == 0)
        return false;
    if (function != NULL)
        mp_trace_say(trace, "%u: %s+0x%" PRIx64, number, function, (uint64_t)offset + (frame->exact ? 0 : 1));
    else
        mp_trace_say(trace, "%u: 0x%" PRIx64, number, (uint64_t)frame->pc);
    line = dwfl_module_getsrc(module, pc);
    file = line != NULL ? dwfl_lineinfo(line, NULL, &number_in_file, NULL, NULL, NULL) : NULL;
    if (file != NULL)
        mp_trace_say(trace, " %s:%d", base_name(file), number_in_file);
    mp_trace_say(trace, " [%s]\n", base_name(dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL)));
    return true;
}

static void tell_stack(Dwfl *dwfl, const struct stack *stack, struct mp_trace *trace)
{
    unsigned i = 0;

    if (stack->count == 0)
        mp_trace_say(trace, "no backtrace: %s", dwfl_errmsg(-1));
    while (i < stack->count && tell_frame(dwfl, &stack->frames[i], i, trace))
        i++;
    if (i == stack->count && stack->more)
        mp_trace_say(trace, "... and more\n");
}

/* No files but those that the worker has mapped. */
static int find_no_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *file,
                             const char *link, GElf_Word crc, char **found)
{
    (void)module;
    (void)user;
    (void)name;
    (void)base;
    (void)file;
    (void)link;
    (void)crc;
    (void)found;
    return -1;
}

static void unwind(pid_t pid, pid_t tid, const struct mp_crash *crash, struct mp_trace *trace)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = find_no_debuginfo};
    struct stack stack = {.crash_pc = crash != NULL ? crash->pc : MP_CRASH_NO_PC};
    Dwfl *dwfl = dwfl_begin(&callbacks);

    if (dwfl == NULL || dwfl_linux_proc_report(dwfl, pid) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0 ||
        dwfl_linux_proc_attach(dwfl, pid, true) != 0) {
        mp_trace_say(trace, "no backtrace: %s", dwfl_errmsg(-1));
        return;
    }
    (void)dwfl_getthread_frames(dwfl, tid, take_frame, &stack);
    if (stack.crash_pc != MP_CRASH_NO_PC)
        guess_stack(&stack, crash);
    tell_stack(dwfl, &stack, trace);
}

#else

bool mp_unwind_can(void)
{
    return false;
}

static bool attach(pid_t tid, struct mp_trace *trace)
{
    (void)tid;
    mp_trace_say(trace, "no backtrace: mpool was built without libdw");
    return false;
}

static void unwind(pid_t pid, pid_t tid, const struct mp_crash *crash, struct mp_trace *trace)
{
    (void)pid;
    (void)tid;
    (void)crash;
    (void)trace;
}

#endif

/* The thread that crashed, if there is such a thread: the record is the worker's, and it may have named any process. */
static pid_t thread_of(pid_t pid, const struct mp_crash *crash)
{
    char path[64];

    if (crash == NULL)
        return pid;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d", (int)pid, (int)crash->tid);
    return crash->tid > 0 && access(path, F_OK) == 0 ? (pid_t)crash->tid : pid;
}

_Noreturn void mp_unwind_main(pid_t pid, const struct mp_crash *crash, struct mp_trace *trace)
{
    pid_t tid = thread_of(pid, crash);

    (void)prctl(PR_SET_NAME, "mpool-unwinder");
    MP_INJECT("unwinder.start");
    if (attach(tid, trace)) {
        MP_INJECT("unwinder.attached");
        unwind(pid, tid, crash, trace);
    }
    mp_leave(0);
}
