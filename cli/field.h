/*
 * cli/field.h - a field of a job's result
 */
#ifndef CLI_FIELD_H
#define CLI_FIELD_H

#include "cli/text.h"

#include <msgpack.h>
#include <stdbool.h>

/* field_find - the value at "a.b" in nested maps; NULL: the result itself. Returns NULL where there is none. */
const msgpack_object *field_find(const msgpack_object *result, const char *fields);

/* field_text - append a value as a template has it; false: it is no text, number, true or false, and has none */
bool field_text(const msgpack_object *value, struct text *to);

#endif
