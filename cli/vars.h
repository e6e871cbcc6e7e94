/*
 * cli/vars.h - the variables of a job file
 *
 *     vars: {root: /usr/share, token: {value: "{env.API_TOKEN}", secret: true}}
 */
#ifndef CLI_VARS_H
#define CLI_VARS_H

#include "cli/form.h"
#include "cli/jobfile.h"

/*
 * vars_read - read `vars`, and set what --set says
 *
 * node      in   may be NULL; each variable is a scalar afterwards
 *
 * Returns false where something is wrong, which was reported.
 */
bool vars_read(struct jobfile *jobfile, struct yaml_node *node, const struct setting *settings, size_t count);

extern const struct form vars_form;

#endif
