/*
 * cli/json.h - values as JSON
 *
 * Written here and not by a library, because integers go to 64 bits unsigned, and a name may be no UTF-8: neither has a
 * form in jansson. A number that JSON cannot hold (infinity, NaN) is null.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/text.h"

#include <msgpack.h>

/* json_string - a text in quotes; bytes that are not UTF-8 come as \xNN, for messages */
void json_string(struct text *to, const char *text, size_t size);

/* json_bytes - a name: a string if it is UTF-8, and {"bytes": BASE64} if not */
void json_bytes(struct text *to, const char *bytes, size_t size);

void json_double(struct text *to, double number);

/* json_object - a msgpack value; binary data come as {"bytes": BASE64} */
void json_object(struct text *to, const msgpack_object *object);

/* json_packed - the same for one that is packed; null if the bytes are not one value */
void json_packed(struct text *to, const char *bytes, size_t size);

#endif
