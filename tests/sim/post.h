/*
 * tests/sim/post.h - what comes from the workers of a schedule
 */
#ifndef SIM_POST_H
#define SIM_POST_H

#include "tests/sim/world.h"

/* post_turn - what is due in a slot: its next message, its death, or something in its process. */
void post_turn(struct world *world, struct worker *worker);

/* post_death - the supervisor hears of a worker's death. What it has sent and nobody has heard yet is stale. */
void post_death(struct world *world, struct worker *worker);

/* post_stale - the supervisor hears message `at` of those that are. */
void post_stale(struct world *world, unsigned at);

#endif
