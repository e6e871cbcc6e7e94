/*
 * mpool/dossier.h - what is known about a job that failed, crashed or ran out of time
 *
 * mpool_result.dossier has it, for the attempt that the job has ended with. It belongs to the result.
 */
#ifndef MPOOL_DOSSIER_H
#define MPOOL_DOSSIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Had memory run out? Either the kernel has killed the worker for it, or a process in the job's cgroup
 * (mpool_job_cgroup()), which its counters say; or the job has a memory_bytes, and was refused more, which is told from
 * its errno: 0 when it began, and ENOMEM when it failed, crashed or called exit(). So YES can also be an attempt that
 * got over that and went wrong for a reason that has no errno, and one whose errno is another is UNKNOWN. Numbers never
 * change.
 */
typedef enum mpool_oom {
    MPOOL_OOM_UNKNOWN = 0,
    MPOOL_OOM_NO = 1,
    MPOOL_OOM_YES = 2,
} mpool_oom;

typedef struct mpool_dossier {
    unsigned attempt; /* which one it was: 1, 2 ... */
    pid_t pid;        /* of the worker; there may be another process of this number by now */

    /* How the worker ended; a job that failed has not ended it. */
    int signal;              /* the signal that ended it; 0: none has */
    const char *signal_name; /* "SIGSEGV"; NULL without a signal. For a job that timed out it is our SIGKILL, or SIGXCPU
                                for its CPU time. */
    int exit_code;           /* what it exited with; -1: it has not exited */
    bool has_fault_address;
    uint64_t fault_address; /* SIGSEGV, SIGBUS: what was accessed; SIGFPE, SIGILL: the instruction */
    const char *backtrace; /* where it was, the innermost call first, one a line: "0: function+0x1c file.c:42 [module]";
                               or "no backtrace: " and why. NULL if the worker has not ended. */
    int64_t user_us;       /* CPU time of the worker and its children in all its life; -1 if it has not ended */
    int64_t system_us;
    int64_t max_rss_kib; /* the most memory it had */
    mpool_oom out_of_memory;
    const char *out_of_memory_evidence; /* what that is based on, one line */

    /* What the job has printed, on stdout and stderr together: bytes as they came, with a NUL behind them. */
    const char *output; /* the last MPOOL_OUTPUT_TAIL_BYTES of it; never NULL; "" in a pool with MPOOL_OUTPUT_INHERIT */
    size_t output_size;
    uint64_t output_bytes; /* how many there were */
    bool output_shared;    /* it may begin with what jobs before it have printed, in the same worker */
} mpool_dossier;

#endif
