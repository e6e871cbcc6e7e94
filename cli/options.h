/*
 * cli/options.h - the command line of `mpool run` and `mpool check`, and what others have in common with them
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/jobfile.h"

#include <argp.h>
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
    unsigned workers;      /* 0: what the file says */
    const char *jobs_file; /* says it, and may change; NULL: none does */
    const char *only;      /* the one step to run; NULL: all */
    const char *output;    /* NULL: none; "-": standard output */
    const char *joblog;    /* NULL: none */
    const char *journal;   /* NULL: the usual one, if any */
    bool no_journal, resume, retry_failed;
    bool json;
    bool concurrent; /* several such runs at a time are usual: while one has the journal, the others have none */
    bool quiet;      /* neither a live line nor a table of what was done */
    bool dry_run;    /* commands are printed, and not run */
    enum progress_mode progress;
};

/*
 * options_run, options_check, options_functions - read the arguments of a command, argv[0] being its name
 *
 * What is wrong is reported, and ends the program with 2; --help is printed, and ends it with 0. Changes to the
 * directory of -C. Release with options_free().
 */
void options_run(struct options *options, int argc, char **argv);
void options_check(struct options *options, int argc, char **argv);
void options_functions(struct options *options, int argc, char **argv);

/* What these take, as --help prints it and shells complete it. */
extern const struct argp options_run_argp;
extern const struct argp options_check_argp;
extern const struct argp options_functions_argp;

/* The options that all commands which run jobs take; their input is a struct options. */
extern const struct argp options_running;

/* options_parse - argp_parse(), as all commands of mpool do it: what is wrong ends the program with 2 */
void options_parse(const struct argp *argp, unsigned flags, int argc, char **argv, void *input);

void options_free(struct options *options);

/* For a command that takes one word. */
struct options_word {
    const char *among; /* "bash|zsh|fish": one of these has to be there; NULL: any word, or none */
    const char *word;  /* NULL: there is none */
};

/* options_parse_word - a parser for such commands; its input is a struct options_word, without a word at first */
error_t options_parse_word(int key, char *argument, struct argp_state *state);

/* options_none - the same for a command that takes no arguments */
void options_none(int argc, char **argv, const char *doc);

#endif
