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
#include "cli/shelf.h"

#include <stdbool.h>

/* A step that another one needs. */
struct need {
    const char *name;
    size_t place;
    size_t step; /* its number in the file */
    bool any;    /* whatever it has come to */
    bool taken;  /* its results are taken */
};

/*
 * needs_read - read `needs` of a step; whether there are such steps is for needs_order()
 *
 * Returns false where something is wrong, which was reported.
 */
bool needs_read(struct jobfile *jobfile, struct step *step, const struct yaml_node *node);
extern const struct form needs_form;

/*
 * needs_take - the step that is being read takes the results of an earlier one
 *
 * node      in   the earlier one's name
 * what      in   how messages call it: "`results`"
 *
 * It needs that step then, whatever its jobs have come to. Call it after needs_read(). Returns the earlier step, with a
 * shelf; NULL if there is none, which was reported.
 */
const struct step *needs_take(struct jobfile *jobfile, const struct yaml_node *node, const char *what,
                              enum shelf_form form);

/*
 * needs_order - find the steps that are needed, and put all into an order in which each comes behind what it needs
 *
 * It is that of the file where nothing else is needed. Sets jobfile->order. Returns false where a step is not there, or
 * where they need each other in a circle, which was reported.
 */
bool needs_order(struct jobfile *jobfile);

#endif
