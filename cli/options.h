/*
 * cli/options.h - the command line of `mpool run` and `mpool check`
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/jobfile.h"

#include <stdbool.h>
#include <stddef.h>

enum progress_mode {
    PROGRESS_AUTO = 0, /* a live line on a terminal */
    PROGRESS_ALWAYS,
    PROGRESS_NEVER,
};

struct options {
    const char *file;
    struct setting *settings;
    size_t setting_count, setting_room;
    unsigned workers;   /* 0: what the file says */
    const char *output; /* NULL: none; "-": standard output */
    bool json;
    enum progress_mode progress;
};

/*
 * options_run, options_check - read the arguments of a command, argv[0] being its name
 *
 * What is wrong is reported, and ends the program with 2; --help is printed, and ends it with 0. Changes to the
 * directory of -C. Release with options_free().
 */
void options_run(struct options *options, int argc, char **argv);
void options_check(struct options *options, int argc, char **argv);
void options_free(struct options *options);

/* options_none - the same for a command that takes no arguments */
void options_none(int argc, char **argv, const char *doc);

#endif
