/*
 * cli/value.h - what a scalar of the job file means, by YAML's core schema
 *
 *     42  -7  0x1f  0o17    integers       true  false   booleans      ~  null  (nothing)   null
 *     1.5  1e3  .inf        floats         everything else, and everything in quotes, is a string
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/yaml.h"

#include <msgpack.h>
#include <stdint.h>

enum value_type {
    VALUE_NULL = 1,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_UNSIGNED, /* an integer beyond INT64_MAX */
    VALUE_FLOAT,
    VALUE_STRING, /* also an integer beyond 64 bits: its digits */
    VALUE_LIST,
    VALUE_MAP,
};

struct value {
    enum value_type type;
    bool boolean;
    int64_t integer;
    uint64_t large;
    double number;
};

/* value_of - the type of a node, and its value unless it is a string, a list or a map */
struct value value_of(const struct yaml_node *node);

/* value_name - what a node is, for a message: "a list", "the number 1.5" ...; valid until the next call */
const char *value_name(const struct yaml_node *node);

/* value_is_json - has JSON a form for the scalar? It has none for .inf, .nan and 1e999. */
bool value_is_json(const struct yaml_node *node);

/* value_check - report what JSON has no form for, in a node and all that is in it */
bool value_check(struct report *report, const struct yaml_node *node);

/* value_pack - append a node with all that is in it */
void value_pack(const struct yaml_node *node, msgpack_packer *packer);

#endif
