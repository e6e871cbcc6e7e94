/*
 * cli/input.h - the bytes of a job file
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/report.h"

#include <stdbool.h>

/* The largest job file. */
#define INPUT_MAX ((size_t)1 << 20)

/*
 * input_read - read a job file, and see that it is text
 *
 * path      in   a regular file, a shell's <(COMMAND), or "-" for standard input
 * report    out  its file, source and size; the source is to be freed with input_free(). What is wrong is reported.
 *
 * Never waits for a FIFO that has a name, and never reads more than INPUT_MAX bytes.
 */
bool input_read(struct report *report, const char *path);

void input_free(struct report *report);

#endif
