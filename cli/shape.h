/*
 * cli/shape.h - what the items of a source are, as far as it is known before any job runs
 */
#ifndef CLI_SHAPE_H
#define CLI_SHAPE_H

#include "cli/report.h"
#include "cli/text.h"
#include "cli/yaml.h"

#include <stdbool.h>

enum shape_kind {
    SHAPE_NONE = 0, /* no `each`: there is no item */
    SHAPE_PATH,     /* bytes, which may be taken as a path */
    SHAPE_NUMBER,
    SHAPE_NODES,  /* the values of a list in the job file: each is looked at */
    SHAPE_FIELDS, /* maps that all have the same fields */
    SHAPE_ANY,    /* only their source will know */
};

struct shape {
    enum shape_kind kind;
    const struct yaml_node *nodes; /* SHAPE_NODES: the list */
    const char *const *names;      /* SHAPE_FIELDS: `count` of them */
    const struct shape *fields;    /* what they are, one for each name; NULL: all are text */
    size_t count;
};

/* What a template asks of an item. */
struct shape_use {
    const char *name;   /* of the template: "item", "stem" */
    const char *fields; /* "a.b" of {item.a.b}; NULL: the item itself */
    bool path;          /* it is a part of a path */
    bool text;          /* it becomes part of a text: a list or a map will not do */
};

/*
 * shape_check - has every item what the template asks for?
 *
 * report    in   for the lines of items that are in the job file
 * problem   out  gets what is wrong, if anything is
 */
void shape_check(const struct report *report, const struct shape *shape, const struct shape_use *use,
                 struct text *problem);

#endif
