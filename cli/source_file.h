/*
 * cli/source_file.h - the file that a source reads line by line: a regular one, a FIFO, or standard input
 */
#ifndef CLI_SOURCE_FILE_H
#define CLI_SOURCE_FILE_H

#include "cli/source.h"

/* What source_lines.open() takes. Sources that read lines have a struct that begins with this one. */
struct source_file {
    const char *path; /* NULL: standard input */
    char separator;
};

/* The longest line, or row: some room is left for what stands around it in the arguments. */
#define SOURCE_LINE_MAX (SOURCE_ARGS_MAX - 64)

/* Bytes that are shown of one that is too long, or wrong. */
#define SOURCE_LINE_SHOWN 60

/*
 * source_file_read - the value of `lines`, `csv` or `jsonl`: a path, or "-" for standard input
 *
 * what      in   that word
 *
 * The file has to be there, and to be readable; a FIFO is not opened, for that would take what is in it.
 */
bool source_file_read(struct jobfile *jobfile, const struct yaml_node *value, const char *what,
                      struct source_file *file);

/* source_file_stream - a struct source_kind's `stream`, for a struct that begins with a struct source_file */
const char *source_file_stream(const void *each);

/* source_file_name - the path, or "standard input" */
const char *source_file_name(const struct source_file *file);

#endif
