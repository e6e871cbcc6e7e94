/*
 * cli/stages.h - how a run ends early, stage by stage
 */
#ifndef CLI_STAGES_H
#define CLI_STAGES_H

#include "cli/run.h"

/* stages_look - do what signals and write errors ask for; `user` is the struct run, for who calls back */
void stages_look(void *user);

/* stages_halt - end the run because of `halt`, and say so */
void stages_halt(struct run *run, const struct halt *halt);

#endif
