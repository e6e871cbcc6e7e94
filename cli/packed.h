/*
 * cli/packed.h - a msgpack value as it lies packed: its fields, its text, and whether a job may have it
 *
 * The bytes are one whole value, packed by this process.
 */
#ifndef CLI_PACKED_H
#define CLI_PACKED_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the text of any number. */
#define PACKED_DIGITS 32

/*
 * packed_field - the value at "a.b" in a map
 *
 * field     out  points into the value; may be where `value` is
 *
 * Returns false if there is none.
 */
bool packed_field(const char *value, size_t size, const char *fields, const char **field, size_t *field_size);

/* packed_is_string, packed_is_scalar - what the value is; a scalar is no list and no map */
bool packed_is_string(const char *value);
bool packed_is_scalar(const char *value);

/*
 * packed_text - a scalar as text: a string as it is, and anything else as JSON has it
 *
 * digits    out  room for a number
 * text      out  points into the value, to `digits` or to a constant
 */
size_t packed_text(const char *value, size_t size, char digits[PACKED_DIGITS], const char **text);

/* packed_refused - why libmpool takes no such value as the arguments of a job; NULL: it does */
const char *packed_refused(const char *value, size_t size);

#endif
