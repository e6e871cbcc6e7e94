/*
 * cli/dry.h - what a run would do: `--dry-run`
 */
#ifndef CLI_DRY_H
#define CLI_DRY_H

#include "cli/jobfile.h"

/* dry_run - print the command of each job on standard output; returns what the program exits with */
int dry_run(const struct jobfile *jobfile);

#endif
