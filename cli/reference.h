/*
 * cli/reference.h - what the names in templates mean
 */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

#include "cli/item.h"
#include "cli/jobfile.h"
#include "cli/shape.h"
#include "cli/template.h"

/* Where a template stands, which decides what it may name. */
struct scope {
    struct jobfile *jobfile;
    bool vars;          /* {vars.x} is known */
    bool items;         /* {item}, {path} ..., {index} are known */
    bool batch;         /* a job has several items: {items} in place of {item}, {path} ... */
    bool taken;         /* the items are those of another step, with their results: {result} is known */
    bool attempt;       /* they are for a program: {worker} and {attempt} are known when it begins */
    size_t outputs;     /* and {output} and {outputs}, if it has so many */
    unsigned *named;    /* gets 1 for {output}, 2 for {outputs}; NULL if there is none */
    const char *silent; /* but the jobs of this step have none; NULL: they have */
    struct shape shape;
};

enum reference_kind {
    REFERENCE_CONSTANT = 1, /* {vars.x}, {env.X}: known before any job runs */
    REFERENCE_ITEM,
    REFERENCE_ITEMS, /* {items}: all of a batch, as a list */
    REFERENCE_PATH,
    REFERENCE_NAME,
    REFERENCE_STEM,
    REFERENCE_EXT,
    REFERENCE_DIR,
    REFERENCE_ROOT,
    REFERENCE_INDEX,
    REFERENCE_NUMBER,  /* the index and one */
    REFERENCE_RESULT,  /* what another step has made of the item */
    REFERENCE_LATE,    /* {worker}, {attempt}, {output}: known only when an attempt begins (cli/late.h) */
    REFERENCE_OUTPUTS, /* {outputs}: a list of such */
};

struct reference {
    enum reference_kind kind;
    const char *fields;            /* REFERENCE_ITEM, _RESULT: "a.b" of {item.a.b}; NULL: the item itself */
    const struct yaml_node *value; /* REFERENCE_CONSTANT */
    unsigned number;               /* REFERENCE_LATE: what it stands for, as of enum late_number */
};

/*
 * reference_read - find out what a template names
 *
 * node      in   the scalar that it stands in; part->text points into it
 * text      in   it becomes part of a text: a list or a map will not do
 *
 * Returns false where it names nothing, which was reported.
 */
bool reference_read(const struct scope *scope, const struct yaml_node *node, const struct template_part *part,
                    bool text, struct reference *reference);

/*
 * reference_expand - put constants in place of the templates in a node, and in all that is in it
 *
 * A scalar that is exactly one template becomes what that names, with its type.
 */
bool reference_expand(const struct scope *scope, struct yaml_node *node);

/* reference_warn - warn of what is literal in a scalar, and was perhaps meant as a template: "{ item }", "{}" */
void reference_warn(const struct scope *scope, const struct yaml_node *node);

/*
 * reference_warn_code - warn of templates in the text of a shell, where they stay as they are
 *
 * args      in   the step has `args`, which are $1, $2 ...; otherwise $1 is the item
 */
void reference_warn_code(const struct scope *scope, const struct yaml_node *node, bool args);

/* reference_field - the value at "a.b" in a map; NULL if there is none */
const struct yaml_node *reference_field(const struct yaml_node *map, const char *fields);

/* reference_exact - is the text exactly one template? Then `part` is it. */
bool reference_exact(const struct yaml_node *node, struct template_part *part);

#endif
