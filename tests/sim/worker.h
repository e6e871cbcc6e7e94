/*
 * tests/sim/worker.h - one simulated worker process, and its channel to the supervisor
 *
 * It does what a real worker does (docs/DESIGN.md, steps W1 to W4), on a simulated clock: frames come into its inbox,
 * `end` rises; it claims the job at `next`, runs it, publishes `returned`; results gather, and go when no send is
 * under way, a frame of results for each frame of jobs, oldest first; a recall lowers `end` to keep the smaller half
 * of what has not begun, or nothing of it, while a job runs. When results are sent is up to the worker, so sends take
 * up to 10 ms here; that a real one sends what has gathered before it gives jobs back is nothing that the core may
 * count on.
 */
#ifndef SIM_WORKER_H
#define SIM_WORKER_H

#include "pool/core.h"
#include "tests/sim/dice.h"
#include "tests/sim/oracle.h"
#include "tests/sim/plan.h"
#include "tests/sim/trace.h"

#include <stdbool.h>
#include <stdint.h>

enum letter_kind {
    /* to the worker */
    LETTER_JOBS, /* ticket, count */
    LETTER_RECALL_HALF,
    LETTER_RECALL_ALL,
    LETTER_STOP, /* ticket */
    LETTER_BYE,
    /* from it */
    LETTER_HELLO,
    LETTER_RESULTS,  /* ticket, count */
    LETTER_RETURNED, /* ticket */
    LETTER_NOISE,    /* not a message */
    LETTER_WRONG_RESULTS,
    LETTER_WRONG_RETURN,
};

struct letter {
    enum letter_kind kind;
    uint32_t ticket;
    uint32_t count;
    int64_t at_us;
};

#define MAILBOX_ROOM 32

/* Letters on their way, in order. */
struct mailbox {
    unsigned first;
    unsigned count;
    int64_t last_us; /* when the last one arrives: none overtakes another */
    struct letter letters[MAILBOX_ROOM];
};

enum worker_life {
    WORKER_NONE,   /* no process */
    WORKER_BORN,   /* has not said hello */
    WORKER_READY,  /* waits or works */
    WORKER_DEAD,   /* and the supervisor does not know it yet */
    WORKER_FAILED, /* could not be forked, likewise */
};

/* How a page lies. */
enum worker_lie {
    LIE_NOT,
    LIE_NEIGHBOUR, /* the job after the one that runs */
    LIE_IDLE,      /* nothing runs */
    LIE_MARK,      /* began in the far future, or never */
    LIE_GARBAGE,   /* the same nonsense for ever */
    LIE_COUNT,
};

/* What came of a job, until its result is on its way. */
struct outcome {
    uint16_t job;
    uint8_t fate;
    struct mp_end end; /* FATE_FAIL, FATE_FINAL */
    uint32_t took_us;
};

struct worker {
    /* what it lives in */
    unsigned slot;
    const struct plan *plan;
    struct dice *dice;
    struct oracle *oracle;
    struct trace *trace;
    /* one life */
    enum worker_life life;
    uint64_t generation;
    int64_t next_us;              /* when something happens here next */
    int64_t hello_us;             /* when it will be ready */
    int64_t run_us;               /* when the job that runs, or the gap after it, is over */
    int64_t send_us;              /* when the send under way is over */
    int64_t die_us;               /* when a signal hits it */
    int64_t notice_us;            /* dead: when the supervisor hears of it */
    int64_t stopped_us;           /* stopped until then */
    bool running;                 /* a job runs: the one at next - 1 */
    bool crashes;                 /* and will not return */
    struct mp_death death;        /* how it has ended */
    bool pipe_broken;             /* what is sent to it does not go out */
    bool deaf;                    /* ignores BYE */
    uint32_t next, end, returned; /* its page */
    int64_t begun_us;
    uint32_t reported; /* ticket of the first result that has not been sent */
    unsigned frames;   /* frames of jobs whose results have not all been sent */
    struct {
        uint32_t end;
    } frame[MP_FLIGHT_FRAMES + 1];
    unsigned stale; /* letters in the outbox, at its end, that come after the news of its death */
    enum worker_lie lie;
    struct mp_sight garbage;
    struct mailbox inbox;
    struct mailbox outbox;
    struct outcome outcomes[SIM_JOBS]; /* by ticket */
};

/* worker_spawn - a process is forked. Nothing but slot, plan, dice, oracle and trace is left of the one before. */
void worker_spawn(struct worker *worker, uint64_t generation, int64_t now_us, unsigned *bad_starts);

/* worker_post - a letter to it. */
void worker_post(struct worker *worker, enum letter_kind kind, uint32_t ticket, uint32_t count, int64_t now_us);

/* worker_noise - it sends what it should not. */
void worker_noise(struct worker *worker, enum letter_kind kind, uint32_t ticket, uint32_t count, int64_t now_us);

/* worker_turn - what is due in the process happens: one thing. */
void worker_turn(struct worker *worker, int64_t now_us);

/* worker_stop - SIGSTOP, and SIGCONT after `for_us`. */
void worker_stop(struct worker *worker, int64_t now_us, int64_t for_us);

/* worker_die - the process is gone; its letters that are under way come, or are lost, or come too late. */
void worker_die(struct worker *worker, int64_t now_us);

/* worker_schedule - compute next_us anew, after anything was changed from outside. */
void worker_schedule(struct worker *worker);

/* worker_sight - what its page says. */
struct mp_sight worker_sight(const struct worker *worker);

static inline bool worker_lives(const struct worker *worker)
{
    return worker->life == WORKER_BORN || worker->life == WORKER_READY;
}

static inline const struct letter *mailbox_head(const struct mailbox *box)
{
    return box->count > 0 ? &box->letters[box->first % MAILBOX_ROOM] : NULL;
}

static inline struct letter mailbox_take(struct mailbox *box)
{
    box->count--;
    return box->letters[box->first++ % MAILBOX_ROOM];
}

#endif
