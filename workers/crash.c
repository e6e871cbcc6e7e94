/*
 * workers/crash.c - what a worker does when a signal of its own making ends it
 *
 * Runs in: a worker, in signal handlers on a stack of their own. Owns: that stack.
 *
 * The process is broken when it comes here: its heap may be garbage, its locks may be held. So nothing is looked at in
 * it. The handler stores a few numbers and stops the whole process, so that it can be looked at from outside
 * (pool/unwind.c). When it is continued, it sends itself the same signal with the same siginfo, which is pending until
 * the handler returns and then does what it would have done without us: status and core dump are those of the crash.
 *
 * SIGXCPU comes here too: the timer of a job's limit of CPU time raises it (workers/limit.c). It may come too late, and
 * then it is nothing.
 *
 * Only async-signal-safe calls. A child of the job's that has not called exec has the handler too, but not this
 * process's number: nobody would continue it, so it just dies.
 */
#include "workers/crash.h"

#include "base/panic.h"
#include "workers/limit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES 65536

/* How long a second thread that crashes waits for the first one to end the process. */
#define WAIT_S 10

static struct {
    struct mp_crash *record;
    pid_t pid;
    _Alignas(64) char stack[STACK_BYTES]; /* sanitizers want it aligned */
} crash;

static void fill_in(struct mp_crash *record, int number, const siginfo_t *info, const ucontext_t *context, int error)
{
    atomic_store_explicit(&record->error, error, memory_order_relaxed);
    record->signal = number;
    record->code = info->si_code;
    record->tid = (int32_t)gettid();
    record->address = (uint64_t)(uintptr_t)info->si_addr;
#if defined(__x86_64__)
    record->pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    record->stack = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    record->pc = context->uc_mcontext.pc;
    record->stack = context->uc_mcontext.sp;
#else
    (void)context;
    record->pc = MP_CRASH_NO_PC;
#endif
    atomic_store_explicit(&record->state, MP_CRASH_WHOLE, memory_order_release);
}

/*
 * Signal dispositions are those of SA_RESETHAND: the default, unless somebody has set them since. A limit is no bug,
 * and leaves no core dump.
 */
static void send_again(int number, siginfo_t *info)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};

    if (number == SIGXCPU && info->si_code == SI_TIMER)
        (void)prctl(PR_SET_DUMPABLE, 0);
    (void)sigaction(number, &standard, NULL);
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info) != 0)
        (void)syscall(SYS_tgkill, getpid(), gettid(), number);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    uint32_t none = MP_CRASH_NONE;
    int error = errno;

    if (number == SIGXCPU && mp_limit_spares(info)) {
        errno = error;
        return;
    }
    if (getpid() == crash.pid) {
        if (atomic_compare_exchange_strong(&crash.record->state, &none, MP_CRASH_BEGUN)) {
            fill_in(crash.record, number, info, context, error);
            (void)syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
        } else {
            const struct timespec wait = {.tv_sec = WAIT_S};

            (void)nanosleep(&wait, NULL);
        }
    }
    send_again(number, info);
}

/* A job that ends the process itself, often for want of memory. */
static void on_exit_called(void)
{
    if (getpid() == crash.pid)
        atomic_store_explicit(&crash.record->error, errno, memory_order_relaxed);
}

void mp_crash_catch(struct mp_crash *record)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const stack_t stack = {.ss_sp = crash.stack, .ss_size = sizeof crash.stack};
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};

    crash.record = record;
    crash.pid = getpid();
    (void)sigfillset(&action.sa_mask);
    MP_MUST(sigaltstack(&stack, NULL) == 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        MP_MUST(sigaction(numbers[i], &action, NULL) == 0);
    action.sa_flags &= ~SA_RESETHAND; /* one that was for nothing may be followed by one that is not */
    MP_MUST(sigaction(SIGXCPU, &action, NULL) == 0);
    (void)atexit(on_exit_called);
    /* Where Yama guards processes, the fork server and its descendants may look at this one. */
    (void)prctl(PR_SET_PTRACER, (unsigned long)getppid());
}
