/*
 * cli/summary.h - what a run has come to
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/run.h"

/* summary_print - the table of steps, the totals and the failures, for people, on standard error */
void summary_print(const struct run *run);

/* summary_json - append the object of `--json`; `code` is what the program will exit with */
void summary_json(const struct run *run, int code, struct text *to);

#endif
