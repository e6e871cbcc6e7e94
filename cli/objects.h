/*
 * cli/objects.h - `functions` of a job file: shared objects, whose functions a step can call
 *
 *     functions: [./libmine.so]
 */
#ifndef CLI_OBJECTS_H
#define CLI_OBJECTS_H

#include "cli/form.h"
#include "cli/jobfile.h"

struct object {
    const char *path;   /* with a slash in it */
    const char **names; /* of the functions that it defines with MPOOL_FUNCTION */
    size_t count;
    bool broken; /* it cannot be loaded, which was reported: nobody knows what it has */
};

extern const struct form objects_form;

/*
 * objects_read - read the key, and ask each file what it has
 *
 * Returns false where something is wrong, which was reported.
 */
bool objects_read(struct jobfile *jobfile, const struct yaml_node *node);

/* objects_export - does the file export a symbol of this name? Its functions may be defined without MPOOL_FUNCTION. */
bool objects_export(const struct object *object, const char *symbol);

#endif
