/*
 * tests/sim/world.h - the supervisor's loop, the workers, the network and the clock, for one schedule
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "pool/core.h"
#include "tests/sim/oracle.h"
#include "tests/sim/plan.h"
#include "tests/sim/trace.h"
#include "tests/sim/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* A message of a dead worker that is still under way. */
struct world_stale {
    unsigned slot;
    uint64_t generation;
    struct letter letter;
};

#define WORLD_STALE 32

struct world {
    struct dice dice;
    struct mp_core core;
    int64_t now_us;
    int64_t tick_us;  /* when the timer rings */
    int64_t due_ms;   /* what it was set for */
    int64_t close_us; /* when the host closes the pool */
    uint64_t steps;
    uint64_t happenings;
    unsigned bad_starts; /* that may still come */
    unsigned next_lot;
    unsigned next_fault;
    unsigned faults;  /* that have happened */
    bool closed;      /* by the host */
    bool send_fails;  /* the next one */
    bool server_dead; /* the fork server, */
    bool server_lost; /* and the core knows it, */
    int64_t lost_us;  /* at this time at the latest */
    unsigned nested;  /* steps while the actions of another are being done */
    unsigned stale_count;
    struct world_stale stale[WORLD_STALE];
    struct mp_exception exceptions[SIM_JOBS];
    struct mp_range births[SIM_JOBS];
    struct trace trace;
    struct worker workers[SIM_SLOTS];
    struct oracle oracle;
    struct plan plan;
};

/*
 * world_run - the schedule of a seed, from the first tick to MP_ENDED or to the first violation
 *
 * reached   inout  counts by enum reach
 *
 * False: something is wrong; world->oracle.verdict says what, world->trace how it came about.
 */
bool world_run(struct world *world, uint64_t seed, bool aloud, uint64_t *reached);

/* ---- for its own parts ------------------------------------------------------------------------------------------- */

/* world_feed - a step of the core, and what it leads to. */
void world_feed(struct world *world, struct mp_event *event);

/* world_close - the host closes the pool. */
void world_close(struct world *world);

#endif
