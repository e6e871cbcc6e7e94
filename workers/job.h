/*
 * workers/job.h - one attempt at a job, while its function runs
 */
#ifndef MP_WORKERS_JOB_H
#define MP_WORKERS_JOB_H

#include "base/buf.h"
#include "ipc/totals.h"
#include "serialize/message.h"
#include "workers/brood.h"
#include "workers/callee.h"

#include <mpool/job.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* MP_STOP for no ticket; a ticket to be stopped has bit 32 set. */
#define MP_STOP_NONE 0
#define MP_STOP_TICKET (UINT64_C(1) << 32)

struct mpool_job {
    /* For all jobs of the worker. */
    const struct mp_totals *totals;
    const _Atomic uint64_t *stop; /* which ticket has been asked to stop; written by the receiving thread */
    uint32_t slot;
    bool piped;                  /* what is printed can be captured */
    const bool *here;            /* false in a process that a job has forked */
    struct mp_brood *brood;      /* those of this attempt; NULL: it can have none */
    _Atomic uint32_t *has_group; /* on the worker's page; NULL: it can have no cgroup */
    msgpack_zone *zone;          /* memory of decoded values; cleared before each job */

    /* For this one. */
    const struct mp_jobs *frame;
    uint32_t ticket;
    bool failed;
    bool final;          /* another attempt would end the same way */
    struct mp_end end;   /* how it has failed; oom: by a limit of memory, of its own or of its cgroup */
    int64_t group_bytes; /* it has asked for a cgroup with this limit, 0: it has not; */
    bool group_killed;   /* the kernel has killed there for it */
    bool reports;        /* it has failed, and what it has packed is its value all the same */
    char reason[MP_REASON_MAX];
    uint32_t reason_size;
    uint64_t staged; /* bit n: deltas[n] has something */
    struct mp_delta deltas[MPOOL_TOTALS_MAX];
    struct mp_buf result;  /* one msgpack value, if not failed, */
    struct mp_block block; /* or, once it is copied there, in the arena */
};

/*
 * mp_job_run - run a job to its end
 *
 * job       in   its zone, totals, stop and slot are set
 * callee    in   what the frame's function name stands for
 * args      in   the job's arguments: one scanned value
 *
 * Afterwards job->failed says how it ended; job->result, job->reason and job->deltas have the rest.
 */
void mp_job_run(struct mpool_job *job, const struct mp_jobs *frame, uint32_t ticket, const struct mp_callee *callee,
                const char *args, size_t args_size);

#endif
