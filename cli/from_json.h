/*
 * cli/from_json.h - a JSON text as a msgpack value
 */
#ifndef CLI_FROM_JSON_H
#define CLI_FROM_JSON_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

#define FROM_JSON_WHY 160

/* Arguments and results have at most 30 levels (serialize/scan.h), and the command puts such a value into its own. */
#define FROM_JSON_DEPTH 28

/* Where a text is no JSON, and why. */
struct from_json_fault {
    int line, column; /* from 1 */
    char text[FROM_JSON_WHY];
};

/*
 * from_json - pack the one value that a text has
 *
 * A key that is there twice, an integer that does not fit 64 bits with a sign, and more levels of arrays and maps than
 * FROM_JSON_DEPTH are wrong. Returns false if it is
 * wrong; then nothing was packed, and `fault` says what it is.
 */
bool from_json(const char *text, size_t size, msgpack_packer *packer, struct from_json_fault *fault);

#endif
