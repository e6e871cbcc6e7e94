/*
 * cli/options.c - the command line of `mpool run` and `mpool check`
 *
 * Runs in: the mpool command, before anything else. Owns: the settings, until options_free().
 */
#include "cli/options.h"

#include "cli/memory.h"
#include "cli/schema.h"

#include <mpool/pool.h>

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPTION_SET = 1000, /* those without a short form */
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_PROGRESS,
};

/* `mpool check` takes the first two. */
static const struct argp_option file_options[] = {
    {"set", OPTION_SET, "NAME=VALUE", 0, "Set a variable of the job file; again for another one", 0},
    {"directory", 'C', "DIR", 0, "Change to DIR before anything else", 0},
    {0},
};

static const struct argp_option run_options[] = {
    {"set", OPTION_SET, "NAME=VALUE", 0, "Set a variable of the job file; again for another one", 0},
    {"directory", 'C', "DIR", 0, "Change to DIR before anything else", 0},
    {"jobs", 'j', "N", 0, "Run N jobs at a time, 1 to 1024, whatever the file says", 0},
    {"output", OPTION_OUTPUT, "FILE", 0, "Write a JSON line for each job to FILE, - for standard output", 0},
    {"json", OPTION_JSON, NULL, 0, "Write a summary as one JSON object to standard output", 0},
    {"progress", OPTION_PROGRESS, "WHEN", 0, "Show a live line: auto (on a terminal), always or never", 0},
    {0},
};

static void parse_setting(struct argp_state *state, struct options *options, char *text)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        argp_error(state, "--set takes NAME=VALUE, not '%s'", text);
    *equals = '\0';
    for (size_t i = 0; i < options->setting_count; i++) {
        if (strcmp(options->settings[i].name, text) == 0)
            argp_error(state, "--set %s is given twice", text);
    }
    options->settings =
        memory_more(options->settings, &options->setting_room, options->setting_count, sizeof *options->settings);
    options->settings[options->setting_count++] = (struct setting){.name = text, .value = equals + 1};
}

static void parse_workers(struct argp_state *state, struct options *options, const char *text)
{
    int64_t workers = 0;

    if (!schema_digits(text, strlen(text), &workers) || workers < 1 || workers > MPOOL_WORKERS_MAX)
        argp_error(state, "-j takes a whole number from 1 to %d, not '%s'", MPOOL_WORKERS_MAX, text);
    options->workers = (unsigned)workers;
}

static void parse_progress(struct argp_state *state, struct options *options, const char *text)
{
    static const char *const modes[] = {"auto", "always", "never"};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i], text) == 0) {
            options->progress = (enum progress_mode)i;
            return;
        }
    }
    argp_error(state, "--progress takes auto, always or never, not '%s'", text);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_SET:
        parse_setting(state, options, argument);
        return 0;
    case 'C':
        if (chdir(argument) != 0)
            argp_failure(state, 2, errno, "%s", argument);
        return 0;
    case 'j':
        parse_workers(state, options, argument);
        return 0;
    case OPTION_OUTPUT:
        options->output = argument;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_PROGRESS:
        parse_progress(state, options, argument);
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL)
            argp_error(state, "one job file at a time, and '%s' is a second one", argument);
        options->file = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        options->file = "job.yaml";
        if (access(options->file, F_OK) != 0)
            argp_error(state, "no job file is named, and there is no ./job.yaml; name one: %s FILE", state->name);
        return 0;
    case ARGP_KEY_END:
        if (options->json && options->output != NULL && strcmp(options->output, "-") == 0)
            argp_error(state, "--json and --output - both write to standard output");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_all(struct options *options, int argc, char **argv, const struct argp *argp)
{
    *options = (struct options){0};
    argp_err_exit_status = 2;
    (void)argp_parse(argp, argc, argv, 0, NULL, options);
}

void options_run(struct options *options, int argc, char **argv)
{
    static const struct argp argp = {
        run_options,
        parse,
        "[FILE]",
        "Run the jobs of a job file, ./job.yaml by default, - for standard input.\v"
        "Exit status: 0 all jobs are done, 1 some job is not, 2 the command line or the job file is wrong, "
        "3 the run could not go on, 128+N ended by signal N.",
        NULL,
        NULL,
        NULL,
    };

    parse_all(options, argc, argv, &argp);
}

void options_check(struct options *options, int argc, char **argv)
{
    static const struct argp argp = {
        file_options, parse,
        "[FILE]",     "Check a job file, ./job.yaml by default, and count the jobs of each step. Nothing is run.",
        NULL,         NULL,
        NULL,
    };

    parse_all(options, argc, argv, &argp);
}

void options_free(struct options *options)
{
    free(options->settings);
    *options = (struct options){0};
}

static error_t parse_none(int key, char *argument, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG)
        argp_error(state, "this command takes no arguments, and here is '%s'", argument);
    return ARGP_ERR_UNKNOWN;
}

void options_none(int argc, char **argv, const char *doc)
{
    const struct argp argp = {NULL, parse_none, "", doc, NULL, NULL, NULL};

    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, NULL);
}
