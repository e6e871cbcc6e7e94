/*
 * cli/yaml.h - a job file as a tree of nodes that know where they stand
 *
 * The tree has no aliases, anchors, tags, merge keys or duplicate keys, one document, and at most YAML_DEPTH levels;
 * keys are scalars, and no text has a NUL byte inside.
 */
#ifndef CLI_YAML_H
#define CLI_YAML_H

#include "cli/memory.h"
#include "cli/report.h"

#include <stdbool.h>

/* Levels of nesting; version 1 needs seven, and arguments may have some. */
#define YAML_DEPTH 32

enum yaml_kind {
    YAML_SCALAR = 1,
    YAML_LIST,
    YAML_MAP,
};

struct yaml_node {
    enum yaml_kind kind;
    bool plain; /* scalar: written without quotes, so that 1, true and null are not text */
    bool flow;  /* list, map: written in brackets */
    size_t place;
    const char *text; /* scalar: as written, escapes undone */
    size_t length;
    struct yaml_node *key;   /* its key, if it is a value in a map */
    struct yaml_node *next;  /* the next one in the same list or map */
    struct yaml_node *first; /* list, map: what is inside; a map's are the values */
    size_t count;
};

struct yaml {
    struct report report;
    struct arena arena;
    struct yaml_node *root;
};

/*
 * yaml_read - read a job file
 *
 * path      in   as for input_read()
 * yaml      out  to be released with yaml_free(), also after an error
 *
 * Returns false where something is wrong, which was reported.
 */
bool yaml_read(struct yaml *yaml, const char *path);
void yaml_free(struct yaml *yaml);

/* yaml_get - the value of a key in a map; NULL if it is not there */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* yaml_is - is the node a scalar with this text? */
bool yaml_is(const struct yaml_node *node, const char *text);

#endif
