/*
 * tests/sim/faults.h - what goes wrong, when its time has come
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "tests/sim/world.h"

/* faults_apply - let the faults of the plan happen that are due. */
void faults_apply(struct world *world);

/* faults_kill_server - all workers die with it; when the supervisor notices is another matter. */
void faults_kill_server(struct world *world);

/* faults_hurry - something goes wrong that the plan does not have. */
void faults_hurry(struct world *world);

#endif
