/*
 * cli/needs.h - which steps a step needs, and the order that makes of them
 *
 *     needs: [a, b]          when all jobs of these have ended, if all are done
 *     needs: {a: any}        when all jobs of it have ended, whatever they have come to
 */
#ifndef CLI_NEEDS_H
#define CLI_NEEDS_H

#include "cli/form.h"
#include "cli/jobfile.h"

#include <stdbool.h>

/* A step that another one needs. */
struct need {
    const char *name;
    size_t place;
    size_t step; /* its number in the file */
    bool any;    /* whatever it has come to */
};

/*
 * needs_read - read `needs` of a step; whether there are such steps is for needs_order()
 *
 * Returns false where something is wrong, which was reported.
 */
bool needs_read(struct jobfile *jobfile, struct step *step, const struct yaml_node *node);
extern const struct form needs_form;

/*
 * needs_order - find the steps that are needed, and put all into an order in which each comes behind what it needs
 *
 * It is that of the file where nothing else is needed. Sets jobfile->order. Returns false where a step is not there, or
 * where they need each other in a circle, which was reported.
 */
bool needs_order(struct jobfile *jobfile);

#endif
