/*
 * pool/core.h - what decides in a pool: step(state, event) -> actions
 *
 * The core knows jobs as numbers and workers as slots. It holds the queue and what is in flight, and decides what is
 * sent where, whose result counts, who is to blame for a death, and when a pool has ended. It touches no file
 * descriptor, no clock, no shared memory and no lock: the supervisor (pool/supervisor.c) feeds it what happened and
 * does what it says; so does the simulator of the tests, with a seed.
 *
 * A step happens whole, or (out of memory) not at all.
 */
#ifndef MP_POOL_CORE_H
#define MP_POOL_CORE_H

#include "base/ends.h"
#include "pool/flight.h"
#include "pool/gate.h"
#include "pool/later.h"
#include "pool/pace.h"
#include "pool/queue.h"

#include <mpool/pool.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "Not in this life": the time of something that is not due. */
#define MP_NEVER INT64_MAX

/* Deaths during start-up, in a row and with no worker up, that break the pool. */
#define MP_START_DEATHS 5

enum mp_event_kind {
    MP_JOBS,         /* range: submitted; numbers continue those before */
    MP_STARTED,      /* slot, generation: the worker has said hello */
    MP_START_FAILED, /* slot, generation: there is no process */
    MP_RESULTS,      /* slot, generation, results: a frame of results came in */
    MP_RETURNED,     /* slot, generation, ticket: the worker gives back everything from ticket on */
    MP_SEEN,         /* slot, generation, sight: the answer to MP_LOOK */
    MP_UNSENT,       /* slot, generation, ticket: the frame that begins at ticket could not be sent */
    MP_BABBLE,       /* slot, generation: the worker sent what is not a message */
    MP_DIED,         /* slot, generation, sight, death: the process is gone, and its last results have been fed */
    MP_GREW,         /* slot, generation: the worker is larger than it may be, or a job had too little memory there */
    MP_RESIZE,       /* workers: so many are wanted from now on */
    MP_CANCEL,       /* wish: these jobs are not wanted any more */
    MP_TICK,         /* nothing happened but time */
    MP_CLOSE,        /* no more jobs will come */
    MP_DRAIN,        /* and those that have not begun are not wanted any more */
    MP_TERMINATE,    /* and those that have begun neither */
    MP_LOST,         /* the fork server is gone, and all workers with it */
};

/* A job of a frame of results that is not done. */
struct mp_exception {
    uint32_t at;       /* its place in the frame */
    bool final;        /* another attempt would end the same way */
    struct mp_end end; /* oom: it had a limit of memory, and met it */
};

/* A frame of results: the `count` oldest jobs in flight, in their order. */
struct mp_results {
    uint32_t ticket; /* of the first */
    uint32_t count;
    uint64_t busy_ns;                      /* what they took together */
    const struct mp_exception *exceptions; /* by `at`, rising, all below count: the decoder has checked it */
    size_t exception_count;
    const struct mp_range *births; /* what these jobs have submitted, if the frame counts; as those of MP_JOBS */
    size_t birth_count;
};

/* What a slot's page says. It is written by the worker, so it is a hint, and checked as input. */
struct mp_sight {
    uint32_t next;     /* ticket that the worker claims next */
    uint32_t returned; /* jobs whose function has returned: == next between two jobs */
    int64_t mark_ms;   /* when the job claimed last began; 0 if it has no limit */
    bool crashed;      /* it is about to die, and is being looked at */
};

/* How a process has ended. */
struct mp_death {
    int signal;      /* what has killed it; 0: it has exited */
    int exit_code;   /* with this, 0 to 255 */
    bool out_of_cpu; /* as one ends whose job has used more than its limit of CPU time */
    bool oom_killed; /* the kernel has killed it for want of memory */
    bool no_memory;  /* its last error was that there is no memory; this tells something if there was a limit of it */
};

struct mp_event {
    enum mp_event_kind kind;
    int64_t now_ms;
    unsigned slot;
    uint64_t generation;
    uint32_t ticket;
    struct mp_range range;
    struct mp_results results;
    struct mp_sight sight;
    struct mp_death death;
    struct mp_wish wish;
    unsigned workers;
};

enum mp_action_kind {
    MP_SPAWN,    /* slot, generation: fork a worker */
    MP_SEND,     /* slot, generation, ticket, range: send these jobs */
    MP_RECALL,   /* slot, generation, all: ask for half of what has not begun, or for all of it */
    MP_ASK_STOP, /* slot, generation, ticket: the soft limit of this job is over */
    MP_LOOK,     /* slot, generation: read the page, and feed MP_SEEN */
    MP_KILL,     /* slot, generation: kill the process; MP_DIED will follow */
    MP_BYE,      /* slot, generation: tell the worker to exit */
    MP_COMMIT,   /* slot, range: the frame of results just fed counts; these jobs are the ones it answers */
    MP_END,      /* slot, range, status, attempts: these jobs have ended */
    MP_BROKEN,   /* the pool is broken: no worker can start, or the fork server is gone */
    MP_ENDED,    /* no worker is left, and no job: the last action there is */
};

struct mp_action {
    enum mp_action_kind kind;
    unsigned slot;
    uint64_t generation;
    uint32_t ticket;
    uint32_t attempts;
    bool all;
    mpool_status status;
    struct mp_range range;
};

/* What a step has found out besides. It asks for nothing: it is what the log tells, see pool/news.c. */
enum mp_note_kind {
    MP_NOTE_DIED,    /* slot, doing, kill, job: a worker is dead */
    MP_NOTE_RETIRES, /* slot, retire: it gets no more jobs */
    MP_NOTE_GARBLED, /* slot: what it sent cannot be; it is killed */
};

/* What a worker did when it died. */
enum mp_doing {
    MP_DOING_STARTING,  /* it was not ready yet */
    MP_DOING_LEAVING,   /* it had been told to go */
    MP_DOING_DYING,     /* it was being killed */
    MP_DOING_A_JOB,     /* one was running */
    MP_DOING_AN_ANSWER, /* one had returned, and its result did not arrive */
    MP_DOING_ARRIVED,   /* it had been sent jobs, and had begun none */
    MP_DOING_NOTHING,
};

/* Why a worker retires. */
enum mp_retire { MP_RETIRE_JOBS, MP_RETIRE_AGE, MP_RETIRE_SIZE, MP_RETIRE_SURPLUS, MP_RETIRE_IDLE };

enum mp_slot_state {
    MP_SLOT_EMPTY,    /* no process; one is started at due_ms */
    MP_SLOT_STARTING, /* a process, which has not said hello; killed at due_ms */
    MP_SLOT_UP,       /* takes jobs; its page is looked at at due_ms */
    MP_SLOT_LEAVING,  /* was told to exit; killed at due_ms */
    MP_SLOT_KILLED,   /* is being killed */
    MP_SLOT_SPARE,    /* no process, and none is wanted here */
    MP_SLOT_GONE,     /* no process, and none will be started */
};

/* Why a worker is being killed; it decides who pays. */
enum mp_kill {
    MP_KILL_OURS,     /* for our own reasons: nobody */
    MP_KILL_JOB,      /* for the sake of one job: that job, and nobody else */
    MP_KILL_GARBLED,  /* for what it sent: as if it had crashed */
    MP_KILL_UNWANTED, /* for one job that is not wanted any more: that one ends, and nobody pays */
};

struct mp_note {
    enum mp_note_kind kind;
    unsigned slot;
    enum mp_doing doing;
    enum mp_kill kill; /* MP_DOING_DYING: why */
    bool wanted;       /* MP_DOING_STARTING: it was not one too many */
    enum mp_retire retire;
    struct mp_range job; /* the one that was charged; count is 0 if none was */
};

struct mp_slot {
    enum mp_slot_state state;
    bool was_up;         /* this process has said hello */
    uint64_t generation; /* counts the processes of the slot, from 1 */
    struct mp_flight flight;
    int64_t due_ms;
    int64_t progress_ms; /* when its flight last began or was last answered */
    bool recalling;      /* asked to give back jobs, and no answer yet */
    bool barren;         /* gave back nothing, and nothing has changed since */
    bool stop_asked;     /* MP_ASK_STOP went out for stop_ticket */
    uint32_t stop_ticket;
    enum mp_kill kill;    /* MP_SLOT_KILLED: why */
    uint32_t kill_ticket; /* MP_KILL_JOB, MP_KILL_UNWANTED: for which job */

    /* For pool/crew.c. */
    bool retiring;     /* gets no more jobs, and goes when it has done those it has */
    uint64_t room;     /* so many jobs it may still be sent before it retires; UINT64_MAX: any number */
    int64_t rest_ms;   /* the next worker starts then at the earliest */
    int64_t retire_ms; /* when it is too old; MP_NEVER: never */

    /* For pool/cancel.c. */
    bool clearing;           /* asked to give back all that has not begun, for the sake of jobs that are not wanted */
    bool cleared;            /* and has done so, all */
    uint32_t cleared_ticket; /* from here on */
    int64_t cancel_ms;       /* when it is killed if nothing happens; MP_NEVER: it is not */
};

/* How many workers there are, and how long each of them stays. */
struct mp_crew {
    unsigned wanted;
    unsigned least; /* 0: as many as there may be, always; else between this and `most`, as they are needed */
    unsigned most;
    int64_t idle_ms; /* a worker that idles for so long is not needed */
    uint64_t jobs;   /* a worker retires when it has been sent so many; 0: never */
    int64_t age_ms;  /* or is so old; 0: never */
    unsigned jitter; /* per cent of these two, at most, that are taken off them at random */
};

struct mp_core {
    struct mp_queue queue;
    struct mp_later later;
    struct mp_gates gates;
    struct mp_wish *wishes; /* those that are not fulfilled, as workers have jobs that they are about */
    size_t wish_count;
    size_t wish_room;
    int64_t now_ms; /* of the step under way */
    struct mp_slot *slots;
    unsigned slot_count;
    struct mp_crew crew;
    struct mp_pace *paces;
    unsigned pace_count;
    int64_t start_timeout_ms;
    int64_t recall_ms;     /* when to think about recalls again */
    unsigned start_deaths; /* in a row */
    bool closed;           /* no more jobs will come */
    bool draining;         /* no job is begun any more */
    bool terminated;       /* and all workers are killed */
    bool broken;
    bool ended;
    mpool_pool_stats stats; /* the counters that the core can know */
    struct mp_action *actions;
    size_t action_count;
    size_t action_room;
    struct mp_note *notes; /* of the last step: one of each kind for a slot at most */
    size_t note_count;
};

/*
 * mp_core_init - a core without jobs, whose workers are all about to start
 *
 * slots             in  at most so many workers at a time, those that retire included
 * crew              in  crew->wanted and crew->most are 1 to slots
 * paces             in  how many functions there are; more become known by the mp_rules.pace of what is submitted
 * start_timeout_ms  in  from MP_SPAWN to MP_STARTED
 *
 * The first step (MP_TICK) asks for the workers. Errors: MPOOL_E_NOMEM.
 */
mpool_err mp_core_init(struct mp_core *core, unsigned slots, const struct mp_crew *crew, unsigned paces,
                       int64_t start_timeout_ms);

void mp_core_fini(struct mp_core *core);

/*
 * mp_core_step - something happened
 *
 * The actions are added to core->actions[0 .. action_count); the caller does them in their order and sets
 * action_count to 0. False: out of memory, nothing has changed.
 */
bool mp_core_step(struct mp_core *core, const struct mp_event *event);

/* mp_core_due - when the core wants an MP_TICK at the latest; MP_NEVER if it waits for others only. */
int64_t mp_core_due(const struct mp_core *core);

/* ---- for the core's own parts: dispatch, limits, blame ----------------------------------------------------------- */

/* mp_core_act - add an action; its generation is the slot's. Valid until the next one is added. */
struct mp_action *mp_core_act(struct mp_core *core, enum mp_action_kind kind, unsigned slot);

/* mp_core_take_jobs - jobs come in; if they are not wanted any more, they end at once. */
void mp_core_take_jobs(struct mp_core *core, struct mp_range range, bool wanted);

/* mp_core_note - make a note. Valid until the next step. */
struct mp_note *mp_core_note(struct mp_core *core, enum mp_note_kind kind, unsigned slot);

/* mp_core_end - these jobs have ended. */
void mp_core_end(struct mp_core *core, unsigned slot, struct mp_range range, mpool_status status, uint32_t attempts);

/* mp_core_give_back - jobs whose attempt does not count: to the queue, or cancelled if nobody wants them any more. */
void mp_core_give_back(struct mp_core *core, unsigned slot, struct mp_range range);

/* mp_core_cut - take everything from `ticket` on off a slot's flight, as mp_flight_cut(). */
unsigned mp_core_cut(struct mp_core *core, struct mp_slot *slot, uint32_t ticket,
                     struct mp_range cut[MP_FLIGHT_FRAMES]);

/* mp_core_waiting - jobs that are with no worker. */
uint64_t mp_core_waiting(const struct mp_core *core);

/* mp_core_recall - ask a worker to give back half of what it has not begun, or all of it. */
void mp_core_recall(struct mp_core *core, unsigned index, bool all);

/* mp_core_ask_stop - ask the job of this ticket to stop, if it has not been asked yet. */
void mp_core_ask_stop(struct mp_core *core, unsigned index, uint32_t ticket);

/* mp_core_kill - have a worker killed, if it is not being killed already. */
void mp_core_kill(struct mp_core *core, unsigned index, enum mp_kill why);

/* mp_core_claimed - is a job running, if the page makes sense? *ticket is the job's, and untouched if there is none. */
bool mp_core_claimed(const struct mp_slot *slot, const struct mp_sight *sight, uint32_t *ticket);

/* mp_core_flies_solo - is the slot's flight one that tolerates no company? */
bool mp_core_flies_solo(const struct mp_slot *slot);

/* mp_core_count_up - workers that take jobs. */
unsigned mp_core_count_up(const struct mp_core *core);

static inline int64_t mp_sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t mp_later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
