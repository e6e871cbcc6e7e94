/*
 * tests/sim/watch.h - a core that crashes, goes round in circles or eats memory is reported with its seed as well
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include <stdint.h>

/* watch_start - from now on. A schedule that takes more than some seconds of processor time goes round in circles. */
void watch_start(void);

/* watch_schedule - the schedule of this seed begins. */
void watch_schedule(uint64_t seed);

#endif
