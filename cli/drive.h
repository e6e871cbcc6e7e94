/*
 * cli/drive.h - the jobs of one step, from the first to the last
 */
#ifndef CLI_DRIVE_H
#define CLI_DRIVE_H

#include "cli/run.h"

/* drive_step - run the jobs of a step; what goes wrong is told, and run->broken if the run cannot go on */
void drive_step(struct run *run, struct run_step *step);

/* drive_past - do not begin a step, since the run was stopped: its jobs are pending, if their number is known */
void drive_past(struct run *run, struct run_step *step);

/* drive_revoke - jobs that were done, and whose output could not be written, have failed: they are run again */
void drive_revoke(struct run *run);

#endif
