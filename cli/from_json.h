/*
 * cli/from_json.h - a JSON text as a msgpack value
 */
#ifndef CLI_FROM_JSON_H
#define CLI_FROM_JSON_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

#define FROM_JSON_WHY 160

/* Where a text is no JSON, and why. */
struct from_json_fault {
    int line, column; /* from 1 */
    char text[FROM_JSON_WHY];
};

/*
 * from_json - pack the one value that a text has
 *
 * levels    in   of arrays and objects, that it may have; 0: as many as there are
 *
 * A key that is there twice, and an integer that does not fit 64 bits with a sign, are wrong. Returns false if it is
 * wrong; then nothing was packed, and `fault` says what it is.
 */
bool from_json(const char *text, size_t size, int levels, msgpack_packer *packer, struct from_json_fault *fault);

#endif
