/*
 * cli/schema.h - keys and simple values of a job file, checked
 *
 * Every function reports what is wrong at its place, and returns false then; its output is untouched.
 */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include "cli/form.h"
#include "cli/yaml.h"

#include <stdint.h>

enum schema_need {
    KEY_MAY = 0,
    KEY_MUST,
    KEY_ONE, /* of all that are so, one has to be there, and no more */
};

/* A key that a map of the job file may have. A table of them ends with {0}. */
struct schema_key {
    const char *name;
    enum schema_need need;
    const struct form *form; /* of its value */
    const char *about;       /* what it is for, as an editor shows it */
};

/* schema_map - is the node a map? `what` is how messages call it: "the job file", "a step". */
bool schema_map(struct report *report, const struct yaml_node *node, const char *what);

/* schema_keys - has the map only keys of the table? Reports each that is not, with those that are. */
bool schema_keys(struct report *report, const struct yaml_node *map, const struct schema_key *keys, const char *what);

/* schema_number - a whole number in decimal digits, within limits */
bool schema_number(struct report *report, const struct yaml_node *node, const char *what, int64_t least, int64_t most,
                   int64_t *number);

bool schema_boolean(struct report *report, const struct yaml_node *node, const char *what, bool *boolean);

/* Forms that several tables have. */
extern const struct form schema_any_form;
extern const struct form schema_text_form;
extern const struct form schema_scalar_form;
extern const struct form schema_boolean_form;
extern const struct form schema_texts_form; /* a text or a list of them */

/* schema_duration - "500ms", "30s", "1.5m", "1h": milliseconds, at least 1; "none": 0 */
bool schema_duration(struct report *report, const struct yaml_node *node, const char *what, int64_t *ms);
extern const struct form schema_duration_form;

/* schema_size - "64KiB", "512MiB", "2GiB", or a number of bytes: at least 1; "none": 0 */
bool schema_size(struct report *report, const struct yaml_node *node, const char *what, int64_t *bytes);
extern const struct form schema_size_form;

/* schema_name - a name of a step, a total or a variable: letters, digits, '_' and '-', from a letter or '_' */
bool schema_name(struct report *report, const struct yaml_node *key, const char *what, size_t most);

/* The same as a pattern of a form. */
#define SCHEMA_NAME_PATTERN(most) "^(?=.{1," SCHEMA_DIGITS(most) "}$)[A-Za-z_][A-Za-z0-9_-]*$"
#define SCHEMA_DIGITS(number) SCHEMA_QUOTE(number)
#define SCHEMA_QUOTE(number) #number

/* schema_digits - read decimal digits with or without a minus; false if there is anything else, or it does not fit */
bool schema_digits(const char *text, size_t length, int64_t *number);

#endif
