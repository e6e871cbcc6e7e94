/*
 * cli/step.h - the steps of a job file
 */
#ifndef CLI_STEP_H
#define CLI_STEP_H

#include "cli/form.h"
#include "cli/jobfile.h"
#include "cli/reference.h"

/* step_read - read one step; what is wrong is reported. The step has its name, place and default limits already. */
bool step_read(struct jobfile *jobfile, struct step *step, const struct yaml_node *node);

/* One step; and the totals of one. */
extern const struct form step_form;
extern const struct form total_form;

/* total_read - read one entry of `totals`; `scope` is what templates in the step may name */
bool total_read(const struct scope *scope, const struct step *step, struct total *total, const struct yaml_node *node);

#endif
