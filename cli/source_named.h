/*
 * cli/source_named.h - several sources with names, which a product or a zip is made of
 */
#ifndef CLI_SOURCE_NAMED_H
#define CLI_SOURCE_NAMED_H

#include "cli/source.h"

/* In the order of the job file; there is at least one. It is what a product or a zip opens. */
struct source_named {
    const char **names;
    struct source_choice *choices;
    struct shape *shapes;
    size_t count;
};

/*
 * source_named_read - read the value of `product` or `zip`: {a: {items: [1, 2]}, b: {range: 1..3}}
 *
 * what      in   that word
 *
 * Returns what lives as long as the jobfile; NULL where something is wrong, which was reported.
 */
const struct source_named *source_named_read(struct jobfile *jobfile, const struct yaml_node *value, const char *what);
extern const struct form source_named_form;

/* source_named_describe, source_named_stream - what a struct source_kind has, for a struct source_named */
void source_named_describe(const void *each, struct shape *shape);
const char *source_named_stream(const void *each);

/* source_named_item - the map of the sources' present items */
struct item source_named_item(const struct source_named *named, const struct item *items);

/* source_named_open - begin with one of the sources */
struct source *source_named_open(const struct source_named *named, size_t index);

#endif
