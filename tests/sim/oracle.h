/*
 * tests/sim/oracle.h - what must hold
 *
 * The oracle keeps its own books: from what is fed to the core, what the core says, and what the simulated workers
 * really do, it knows for every job where it is, what it has been charged, and how it has to end. It says what each
 * event must lead to before the core gets it, watches the actions, and compares at the end of the step. Of the core's
 * own structures it reads only where the jobs are kept (census.c), to see that its books and the core's agree.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "pool/core.h"
#include "tests/sim/plan.h"
#include "tests/sim/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

enum job_state {
    JOB_UNKNOWN, /* not submitted */
    JOB_LATER,   /* its time has not come */
    JOB_WAITS,   /* in the queue */
    JOB_FLIES,   /* handed to a worker, and not answered */
    JOB_ENDING,  /* the step under way has to say MP_END, with this status */
    JOB_ENDED,
};

struct job_record {
    uint8_t state;
    uint8_t status; /* ENDING, ENDED */
    bool alone;     /* has killed a worker, or may have: attempts travel alone */
    int8_t slot;    /* FLIES: where */
    int8_t runs_on; /* the slot whose worker runs it now; -1: none */
    uint32_t attempts;
    uint32_t crashes;
    uint32_t riddles; /* deaths near it that named nobody */
    uint32_t runs;    /* how often its function was begun */
    bool unwanted;    /* was cancelled while it flew, */
    bool with_group;  /* with all of its group, */
    int64_t grace_ms; /* and has so long when asked to stop */
    int64_t least_ms; /* LATER: its time is not before this, */
    int64_t most_ms;  /* nor after this */
    const struct mp_rules *rules;
};

enum view_state {
    VIEW_EMPTY,
    VIEW_STARTING,
    VIEW_UP,
    VIEW_LEAVING,
    VIEW_DOOMED, /* MP_KILL was said */
};

struct view_frame {
    uint32_t ticket;
    uint32_t count;
    uint64_t first;
    int64_t sent_ms;
    bool solo;
};

/* A slot as the supervisor has to see it. */
struct view {
    enum view_state state;
    bool was_up;
    uint64_t generation;
    uint32_t answered;
    uint32_t sent;
    unsigned frames;
    struct view_frame frame[MP_FLIGHT_FRAMES];
    int64_t since_ms;    /* when the state began */
    int64_t spawn_ms;    /* EMPTY: not before */
    int64_t progress_ms; /* when a flight began or an answer came */
    bool recalling;
    bool barren;     /* the last recall brought nothing, and nothing has changed since */
    int64_t lull_ms; /* since when other slots idle, and nothing moves here; -1: not so */
    bool asked;      /* MP_ASK_STOP was said for asked_ticket, which still flies */
    uint32_t asked_ticket;
    bool spare;      /* the core has no use for it */
    bool retiring;   /* the core says so, and may */
    bool dismissed;  /* sent home or killed in this step: the core has to say that it retires */
    bool grew;       /* it was found too large */
    int64_t up_ms;   /* since when it is up */
    uint64_t used;   /* jobs it was sent and has not given back */
    uint64_t room;   /* so many more it may get */
    bool clearing;   /* asked for all it has not begun, for the sake of jobs nobody wants, */
    bool cleared;    /* and answered at cleared_ms with cleared_ticket */
    int64_t deaf_ms; /* since when an answer is waited for that such jobs need; -1: it is not so */
    int64_t cleared_ms;
    uint32_t cleared_ticket;
    enum mp_kill kill; /* DOOMED: why, */
    uint32_t victim;   /* and for whom */
};

/* Why the step under way may, and must, say MP_KILL of its slot. */
enum cause {
    CAUSE_NONE,
    CAUSE_GARBLED,
    CAUSE_UNSENT,
    CAUSE_LIMIT, /* may */
};

/* How often what has happened: a simulator that never gets somewhere proves nothing about it. */
enum reach {
    REACH_COMMITS,
    REACH_LARGE, /* frames of more than one job */
    REACH_FAILED,
    REACH_CRASHED,
    REACH_TIMED_OUT,
    REACH_CANCELLED,
    REACH_RETRIED,
    REACH_TOLD_CRASH,   /* crashes that a worker has lived to tell of */
    REACH_ASKED_EXIT,   /* and of those that might be, as their exit code, */
    REACH_ASKED_SIGNAL, /* signal, */
    REACH_ASKED_OOM,    /* or want of memory was named, */
    REACH_NOT_ASKED,    /* and not, as nothing was named that they are */
    REACH_RETURNED,     /* jobs given back by recalled workers */
    REACH_BARREN,       /* recalls that brought nothing */
    REACH_UNSENT,
    REACH_UNSENT_TWICE, /* when the frame before had taken its jobs along */
    REACH_SKIPPED,      /* frames for slots that were no longer up when their turn came */
    REACH_NESTED,       /* steps while the actions of another were being done */
    REACH_STALE,
    REACH_GARBLED,
    REACH_LATE_ANSWERS, /* results of workers that are being killed */
    REACH_PARDONED,     /* killed for a job that was answered in time */
    REACH_CLAIMED,      /* deaths, by what the worker was doing */
    REACH_RECALLED,
    REACH_UNCOMMITTED,
    REACH_UNSTARTED,
    REACH_IDLE,
    REACH_UNBORN,
    REACH_REFUSED,      /* no process, known at once */
    REACH_RIDDLES,      /* nobody to blame */
    REACH_OUT_OF_CPU,   /* ended by the job's limit of CPU time */
    REACH_SOLO_CHARGED, /* alone in its flight, and the page named nobody */
    REACH_ASKED,
    REACH_WRAPS,     /* tickets past 2^32 */
    REACH_PREFERRED, /* frames that went before others with lower numbers */
    REACH_DELAYED,
    REACH_BACKED_OFF,
    REACH_GATED, /* frames that went before others, which found their gate full */
    REACH_CANCELLED_WAITING,
    REACH_CANCELLED_RETURNED,
    REACH_CANCELLED_KILLED,
    REACH_CANCELLED_LATE, /* the result came first */
    REACH_CANCEL_DEAF,    /* the worker did not even answer */
    REACH_RETIRED_USED,
    REACH_RETIRED_OLD,
    REACH_RETIRED_LARGE,
    REACH_RETIRED_SURPLUS,
    REACH_GROWN,
    REACH_SHRUNK,
    REACH_BORN,          /* jobs that others have submitted, */
    REACH_BORN_UNWANTED, /* and nobody wants, as their parents, */
    REACH_BORN_LATE,     /* or in a pool that drains, */
    REACH_BORN_STALE,    /* or whose parents' results do not count */
    REACH_SPENT,         /* jobs that must not run twice, and may have begun */
    REACH_BROKEN,
    REACH_LOST,
    REACH_LOST_LATE,   /* when the pool was broken already */
    REACH_LOST_NESTED, /* noticed by an order that could not be given */
    REACH_DRAINED,
    REACH_DRAIN_RETURNED,   /* jobs given back to a pool that drains */
    REACH_DRAIN_FAILED,     /* jobs that might have been tried again, but for that */
    REACH_DRAIN_TERMINATED, /* pools drained first, and terminated then */
    REACH_TERMINATED,
    REACH_COUNT,
};

#define SIM_WORDS (SIM_JOBS / 64)
#define SIM_NOBODY UINT64_MAX

struct oracle {
    const struct plan *plan;
    const struct worker *workers;
    struct trace *trace;
    uint64_t *reached;
    /* the books */
    bool closed, draining, terminated, broken, lost, ended;
    unsigned start_deaths;
    unsigned wanted, most;           /* workers */
    uint64_t submitted, gone;        /* jobs; those that have ended */
    unsigned ending;                 /* jobs that have to end in this step */
    mpool_pool_stats stats;          /* what the core has to have counted */
    int64_t committed;               /* the total, as the supervisor adds it up: the deltas of the frames that count */
    int64_t deserved;                /* the sum over the jobs that ended as done */
    uint32_t largest[SIM_PACES];     /* frame */
    uint64_t quickest_ns[SIM_PACES]; /* how fast jobs ever were, as their frames say; 0: unknown */
    uint64_t waiting[SIM_LANES][SIM_WORDS]; /* the jobs that wait, by priority */
    uint64_t later[SIM_WORDS];              /* the jobs whose time has not come */
    unsigned later_jobs;
    uint32_t inside[SIM_GATES]; /* jobs in flight, by gate */
    struct view views[SIM_SLOTS];
    /* the step under way */
    int64_t now_ms;
    enum cause cause;
    unsigned cause_slot;
    uint32_t limit_ticket;  /* CAUSE_LIMIT: who it can be about */
    int64_t limit_age_ms;   /* and for how long it has run */
    struct mp_range commit; /* what MP_COMMIT has to name; count 0: no commit */
    int64_t commit_delta;
    bool break_due;
    uint64_t charged; /* the job that a death was charged to, until the core's note says so; SIM_NOBODY: none */
    /* the verdict */
    bool violated;
    char verdict[300];
    struct job_record jobs[SIM_JOBS];
};

void oracle_init(struct oracle *oracle, const struct plan *plan, const struct worker *workers, struct trace *trace,
                 uint64_t *reached);

/* oracle_fail - this is wrong. Only the first one counts. */
void oracle_fail(struct oracle *oracle, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- around a step of the core ----------------------------------------------------------------------------------- */

/* oracle_accepts - would this message of a worker be in order? */
bool oracle_accepts(const struct oracle *oracle, const struct mp_event *event);

/* oracle_expect - an event is about to be fed: what does it have to lead to? */
void oracle_expect(struct oracle *oracle, const struct mp_event *event);

/* oracle_witness - the core said this. */
void oracle_witness(struct oracle *oracle, const struct mp_action *action);

/* oracle_witness_notes - it has noted this, and has said all there is to the event. */
void oracle_witness_notes(struct oracle *oracle, const struct mp_note *notes, size_t count);

/* oracle_settle - the step is over. */
void oracle_settle(struct oracle *oracle, const struct mp_core *core);

/* ---- what the workers really do ---------------------------------------------------------------------------------- */

/* oracle_begins - a worker calls a job's function. Returns how often that has happened. */
uint32_t oracle_begins(struct oracle *oracle, unsigned slot, unsigned job);

/* oracle_stops - the function has returned, or its process is dead. */
void oracle_stops(struct oracle *oracle, unsigned job);

/* ---- for its own parts ------------------------------------------------------------------------------------------- */

/* oracle_has_work - is there a job that has not ended? */
static inline bool oracle_has_work(const struct oracle *oracle)
{
    return oracle->submitted > oracle->gone;
}

/* oracle_up - slots that take jobs. */
unsigned oracle_up(const struct oracle *oracle);

/* view_holds - is this the ticket of a job in flight? */
static inline bool view_holds(const struct view *view, uint32_t ticket)
{
    return ticket - view->answered < view->sent - view->answered;
}

/* view_frame_of - the frame of a ticket in flight */
static inline const struct view_frame *view_frame_of(const struct view *view, uint32_t ticket)
{
    const struct view_frame *frame = &view->frame[0];

    return ticket - frame->ticket < frame->count ? frame : frame + 1;
}

static inline uint64_t view_job_of(const struct view *view, uint32_t ticket)
{
    const struct view_frame *frame = view_frame_of(view, ticket);

    return frame->first + (ticket - frame->ticket);
}

/* view_unwanted - does the slot have a job that nobody wants any more? */
bool view_unwanted(const struct oracle *oracle, const struct view *view);

/* muster_check - how many workers there are, who retires, and why. */
void muster_check(struct oracle *oracle, const struct mp_core *core);

/* census_take - where the core keeps the jobs: does that agree with the books? */
void census_take(struct oracle *oracle, const struct mp_core *core);

/* law_check - what has to hold of time: limits, recalls, idle slots, no spinning. */
void law_check(struct oracle *oracle, const struct mp_core *core);

#endif
