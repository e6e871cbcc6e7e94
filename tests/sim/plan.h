/*
 * tests/sim/plan.h - what one schedule is like: the jobs, the times, and what goes wrong
 *
 * Every seed draws which kinds of trouble there are at all, and how much of each (swarm testing): a schedule with a
 * little of everything would never have much of one thing, and would look like all others.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "pool/core.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_SLOTS 8
#define SIM_JOBS 256
#define SIM_RULES 4
#define SIM_PACES 3
#define SIM_GATES 2
#define SIM_LANES 3 /* priorities 1, 0 and -1 */
#define SIM_FAULTS 32

/* What every schedule has at least. */
#define SIM_LEAST_SLOTS 3
#define SIM_LEAST_JOBS 20
#define SIM_LEAST_FAULTS 2

/* "Not in this life", in microseconds. */
#define SIM_NEVER INT64_MAX

/* How an attempt at a job goes. */
enum plan_fate {
    FATE_WELL,
    FATE_FAIL,  /* an exception */
    FATE_FINAL, /* an exception that another attempt would repeat */
    FATE_CRASH, /* takes its worker along */
    FATE_HANG,  /* never returns: only jobs with a limit do */
    FATE_COUNT,
};

/* Ends of an attempt that are followed by another: the words for the core, and what the oracle takes them for. */
struct plan_retry {
    const char *words;
    bool failed, crashed, timed_out, oom;
    bool exits; /* failures and crashes with exit_code */
    int exit_code;
    int signal; /* crashes by it; 0: none */
};

struct plan_job {
    enum plan_fate fate;
    unsigned times; /* so many attempts go that way, the others well */
    int64_t run_us; /* how long an attempt takes */
    int64_t delta;  /* what it adds to the total when it is done */
    bool obliging;  /* comes to an end when it is asked to stop */
    int brood;      /* the lot that it submits when it is done; -1: none */
};

/* Jobs that are submitted together: by the host, or by a job. */
struct plan_lot {
    int64_t at_us;  /* by the host: when */
    unsigned first; /* of the jobs drawn; what numbers they have turns out when they are submitted */
    uint32_t count;
    const struct mp_rules *rules;
};

enum plan_fault_kind {
    FAULT_KILL,       /* a worker dies, whatever it is doing */
    FAULT_KILL_STATE, /* a worker dies that is doing something particular */
    FAULT_STOP,       /* SIGSTOP, and SIGCONT later */
    FAULT_BABBLE,     /* a worker sends what is not a message, */
    FAULT_RESULTS,    /* or results nobody asked for, */
    FAULT_RETURN,     /* or gives back what nobody asked back */
    FAULT_UNSENT,     /* the next frame to a worker cannot be sent */
    FAULT_LIE,        /* a worker's page turns into garbage */
    FAULT_CLOSE,      /* the pool is closed early: this one and those below happen once */
    FAULT_DRAIN,      /* and what has not begun is cancelled */
    FAULT_TERMINATE,  /* and what has begun too */
    FAULT_LOST,       /* the fork server dies */
    FAULT_KINDS,
};

struct plan_fault {
    enum plan_fault_kind kind;
    uint64_t at; /* which happening of the schedule it follows */
};

/* A time is drawn anew each time between these two. */
struct plan_span {
    int64_t low_us;
    int64_t high_us;
};

struct plan {
    uint64_t seed;
    unsigned slots;
    unsigned jobs;   /* the host's, */
    unsigned lots;   /* and its lots */
    unsigned broods; /* lots behind those, which jobs submit */
    unsigned rules_count;
    unsigned faults;
    uint32_t first_ticket; /* of every generation: near the wrap in some schedules */
    int64_t start_us;      /* the clock when it all begins */
    int64_t start_timeout_ms;
    int64_t late_ms;          /* a tick comes at most so much too late */
    struct plan_span delay;   /* a message's way */
    struct plan_span send;    /* how long a send keeps the worker from sending more */
    struct plan_span gap;     /* between two jobs */
    struct plan_span birth;   /* from fork to hello */
    struct plan_span notice;  /* from a death to the supervisor's knowing */
    struct plan_span signal;  /* from MP_KILL to the death */
    struct plan_span stop;    /* from SIGSTOP to SIGCONT */
    struct plan_span stale;   /* how late a message of a dead worker comes */
    unsigned fork_fails;      /* per mille of starts, all three as long as bad_starts lasts */
    unsigned birth_deaths;    /* deaths before hello */
    unsigned slow_births;     /* hello after the time-out */
    unsigned bad_starts;      /* how many starts may go wrong */
    unsigned letters_lost;    /* per mille: a message dies with its sender */
    unsigned letters_stale;   /* per mille: it comes when the death is already known */
    unsigned answers_twice;   /* per mille of recalls */
    unsigned deaf_to_bye;     /* per mille of workers */
    unsigned lies_busy;       /* per mille of frames of results: a wrong busy_ns */
    unsigned cpu_deaths;      /* per mille of crashes: as by a limit of CPU time */
    unsigned no_memory;       /* per mille of deaths and failures: memory had run out */
    unsigned processes;       /* per mille of failures: a process that the job has run failed */
    unsigned dead_sends_fail; /* per mille of sends to a worker that is dead already */
    unsigned forks_refused;   /* per mille of forks that fail: that is known before the fork server is asked */
    struct mp_crew crew;
    unsigned resizes;     /* per mille of happenings: the host wants another number of workers, */
    unsigned grows;       /* or a worker is found too large */
    unsigned cancels;     /* per mille of happenings: the host cancels a job, */
    unsigned cancels_all; /* or, per mille of these, all of a group */
    int64_t grace_ms;     /* up to so much they are given */
    bool unsent_each;     /* the supervisor sends to slots that are not up too, and reports each frame */
    struct mp_rules rules[SIM_RULES];
    struct mp_ends retry_on[SIM_RULES]; /* theirs, */
    const struct plan_retry *retries[SIM_RULES];
    struct plan_lot lot[SIM_JOBS];
    struct plan_job drawn[SIM_JOBS]; /* in the order of the lots, */
    struct plan_job job[SIM_JOBS];   /* and by number, when they have one */
    struct plan_fault fault[SIM_FAULTS];
};

/* plan_draw - the schedule of a seed. */
void plan_draw(struct plan *plan, uint64_t seed);

/* plan_number - the lot is submitted, and its jobs have the numbers from `first` on. */
struct mp_range plan_number(struct plan *plan, const struct plan_lot *lot, uint64_t first);

#endif
