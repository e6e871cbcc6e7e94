/*
 * serialize/fields.h - a decoded array, read field by field
 *
 * The first field that is not as expected is remembered, and from there on all read as 0: who reads looks once, at the
 * end. What the fields say is checked for its type and range here; whether it makes sense is the reader's matter.
 */
#ifndef MP_SERIALIZE_FIELDS_H
#define MP_SERIALIZE_FIELDS_H

#include <msgpack.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_fields {
    const msgpack_object *next;
    const msgpack_object *end;
    msgpack_zone *zone; /* for lists and copies */
    const char *wrong;  /* the name of the first wrong field; NULL while all is well */
    bool no_memory;     /* there was none for it */
};

/* mp_fields_open - the fields of an array of `count`. */
struct mp_fields mp_fields_open(const msgpack_object *object, uint32_t count, msgpack_zone *zone);

/* mp_fields_next - the next field, of this type; a nil if something is wrong. */
const msgpack_object *mp_fields_next(struct mp_fields *fields, const char *name, msgpack_object_type type);

/* mp_fields_skip_nil - is the next field nil? Then it is read. */
bool mp_fields_skip_nil(struct mp_fields *fields);

/* mp_fields_unsigned - 0 to `most`. */
uint64_t mp_fields_unsigned(struct mp_fields *fields, const char *name, uint64_t most);
uint32_t mp_fields_u32(struct mp_fields *fields, const char *name);
int64_t mp_fields_signed(struct mp_fields *fields, const char *name);
bool mp_fields_bool(struct mp_fields *fields, const char *name);
double mp_fields_double(struct mp_fields *fields, const char *name);

/* mp_fields_string - without a NUL inside, copied so that it has one at its end; "" if something is wrong. */
const char *mp_fields_string(struct mp_fields *fields, const char *name);

/* mp_fields_list - the elements of an array; *count is 0 if something is wrong. */
const msgpack_object *mp_fields_list(struct mp_fields *fields, const char *name, uint32_t *count);

/* mp_fields_allocate - memory in the zone; NULL if something is or goes wrong. */
void *mp_fields_allocate(struct mp_fields *fields, size_t size);

#endif
