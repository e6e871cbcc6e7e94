/*
 * cli/options.c - the command line of `mpool run` and `mpool check`
 *
 * Runs in: the mpool command, before anything else. Owns: the settings, until options_free().
 */
#include "cli/options.h"

#include "cli/jobs_number.h"
#include "cli/memory.h"

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
    OPTION_DRY_RUN,
    OPTION_JOBLOG,
    OPTION_ONLY,
    OPTION_JOURNAL,
    OPTION_NO_JOURNAL,
    OPTION_RESUME,
    OPTION_RETRY_FAILED,
    OPTION_JOBS_FILE,
};

static const struct argp_option file_options[] = {
    {"set", OPTION_SET, "NAME=VALUE", 0, "Set a variable of the job file; again for another one", 0},
    {"directory", 'C', "DIR", 0, "Change to DIR before anything else", 0},
    {0},
};

static const struct argp_option running_options[] = {
    {"directory", 'C', "DIR", 0, "Change to DIR before anything else", 0},
    {"jobs", 'j', "N", 0, "Run N jobs at a time, 1 to 1024, or 50% of the CPUs, or one more than them: +1", 0},
    {"jobs-file", OPTION_JOBS_FILE, "FILE", 0, "Run as many at a time as FILE says, read again when it changes", 0},
    {"output", OPTION_OUTPUT, "FILE", 0, "Write a JSON line for each job to FILE, - for standard output", 0},
    {"joblog", OPTION_JOBLOG, "FILE", 0, "Write a line for each job to FILE, as GNU parallel does", 0},
    {"journal", OPTION_JOURNAL, "FILE", 0, "Write down in FILE how each job ends; programs are in any case", 0},
    {"no-journal", OPTION_NO_JOURNAL, NULL, 0, "Write nothing down: there is no --resume later", 0},
    {"resume", OPTION_RESUME, NULL, 0, "Go on with an earlier run: do not do again what is done", 0},
    {"retry-failed", OPTION_RETRY_FAILED, NULL, 0, "Run only what has failed earlier", 0},
    {"json", OPTION_JSON, NULL, 0, "Write a summary as one JSON object to standard output", 0},
    {"progress", OPTION_PROGRESS, "auto|always|never", 0, "Show a live line; auto, the default: on a terminal", 0},
    {"quiet", 'q', NULL, 0, "Show nothing but what fails, and what jobs write", 0},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "Print the command of each job, and run none", 0},
    {0},
};

static const struct argp_option run_options[] = {
    {"set", OPTION_SET, "NAME=VALUE", 0, "Set a variable of the job file; again for another one", 0},
    {"only", OPTION_ONLY, "STEP", 0, "Run this step and no other; what it needs counts as done", 0},
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
    struct text why = {0};

    options->workers = jobs_number(text, strlen(text), &why);
    if (options->workers == 0)
        argp_error(state, "-j %s", why.data);
    text_free(&why);
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

static error_t change_directory(struct argp_state *state, const char *path)
{
    if (chdir(path) != 0)
        argp_failure(state, 2, errno, "%s", path);
    return 0;
}

/* Options that do not go together. */
static void check_running(const struct argp_state *state, const struct options *options)
{
    bool earlier = options->resume || options->retry_failed;

    if (options->workers > 0 && options->jobs_file != NULL)
        argp_error(state, "-j and --jobs-file both say how many jobs to run at a time");
    if (options->json && options->output != NULL && strcmp(options->output, "-") == 0)
        argp_error(state, "--json and --output - both write to standard output");
    if (options->json && options->dry_run)
        argp_error(state, "--dry-run prints commands, and there is no summary for --json");
    if (options->no_journal && (options->journal != NULL || earlier))
        argp_error(state, "--no-journal does not go with --journal, --resume and --retry-failed, which need one");
    if (options->dry_run && earlier)
        argp_error(state, "--dry-run prints the jobs of a new run, and does not go with --resume and --retry-failed");
    if (options->resume && options->retry_failed)
        argp_error(state, "--resume does all that is not done, and --retry-failed a part of it; give one of them");
}

static error_t parse_running(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'C':
        return change_directory(state, argument);
    case 'j':
        parse_workers(state, options, argument);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case OPTION_JOBS_FILE:
        options->jobs_file = argument;
        return 0;
    case OPTION_OUTPUT:
        options->output = argument;
        return 0;
    case OPTION_JOBLOG:
        if (strcmp(argument, "-") == 0)
            argp_error(state, "--joblog takes the name of a file; standard output is for --output -");
        options->joblog = argument;
        return 0;
    case OPTION_JOURNAL:
        if (argument[0] == '\0')
            argp_error(state, "--journal needs the name of a file, not an empty one");
        options->journal = argument;
        return 0;
    case OPTION_NO_JOURNAL:
        options->no_journal = true;
        return 0;
    case OPTION_RESUME:
        options->resume = true;
        return 0;
    case OPTION_RETRY_FAILED:
        options->retry_failed = true;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_PROGRESS:
        parse_progress(state, options, argument);
        return 0;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        return 0;
    case ARGP_KEY_END:
        check_running(state, options);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp options_running = {running_options, parse_running, NULL, NULL, NULL, NULL, NULL};

/* A job file, and its variables. */
static error_t parse_file(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        if (state->child_inputs != NULL)
            state->child_inputs[0] = options;
        return 0;
    case OPTION_SET:
        parse_setting(state, options, argument);
        return 0;
    case OPTION_ONLY:
        if (options->only != NULL)
            argp_error(state, "--only %s is not the first; it takes one step", argument);
        options->only = argument;
        return 0;
    case 'C':
        return change_directory(state, argument);
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
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child run_children[] = {{&options_running, 0, NULL, 0}, {0}};

const struct argp options_run_argp = {
    run_options,
    parse_file,
    "[FILE]",
    "Run the jobs of a job file, ./job.yaml by default, - for standard input.\v"
    "Exit status: 0 all jobs are done, 1 some job is not, 2 the command line or the job file is wrong, "
    "3 the run could not go on, 128+N ended by signal N.",
    run_children,
    NULL,
    NULL,
};

const struct argp options_check_argp = {
    file_options, parse_file,
    "[FILE]",     "Check a job file, ./job.yaml by default, and count the jobs of each step. Nothing is run.",
    NULL,         NULL,
    NULL,
};

/* Without a job file there are the built-in functions. */
static error_t parse_functions(int key, char *argument, struct argp_state *state)
{
    return key == ARGP_KEY_NO_ARGS ? 0 : parse_file(key, argument, state);
}

const struct argp options_functions_argp = {
    file_options,
    parse_functions,
    "[FILE]",
    "List the functions that a step can call, with what they take and what they give; with a job file also those of "
    "the shared objects that it names, which are loaded for that.",
    NULL,
    NULL,
    NULL,
};

void options_parse(const struct argp *argp, unsigned flags, int argc, char **argv, void *input)
{
    argp_err_exit_status = 2;
    (void)argp_parse(argp, argc, argv, flags, NULL, input);
}

void options_run(struct options *options, int argc, char **argv)
{
    *options = (struct options){0};
    options_parse(&options_run_argp, 0, argc, argv, options);
}

void options_check(struct options *options, int argc, char **argv)
{
    *options = (struct options){0};
    options_parse(&options_check_argp, 0, argc, argv, options);
}

void options_functions(struct options *options, int argc, char **argv)
{
    *options = (struct options){0};
    options_parse(&options_functions_argp, 0, argc, argv, options);
}

void options_free(struct options *options)
{
    free(options->settings);
    *options = (struct options){0};
}

/* ---- commands without a job file --------------------------------------------------------------------------------- */

static error_t parse_none(int key, char *argument, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG)
        argp_error(state, "this command takes no arguments, and here is '%s'", argument);
    return ARGP_ERR_UNKNOWN;
}

void options_none(int argc, char **argv, const char *doc)
{
    const struct argp argp = {NULL, parse_none, "", doc, NULL, NULL, NULL};

    options_parse(&argp, 0, argc, argv, NULL);
}

/* Is the word one of "bash|zsh|fish"? */
static bool is_one_of(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (; *list != '\0'; list += strcspn(list, "|"), list += *list == '|') {
        if (strcspn(list, "|") == length && strncmp(list, word, length) == 0)
            return true;
    }
    return false;
}

error_t options_parse_word(int key, char *argument, struct argp_state *state)
{
    struct options_word *options = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (options->word != NULL)
            argp_error(state, "one argument at a time, and '%s' is a second one", argument);
        if (options->among != NULL && !is_one_of(options->among, argument))
            argp_error(state, "one of %s is wanted, not '%s'", options->among, argument);
        options->word = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        if (options->among != NULL)
            argp_error(state, "one of %s is wanted, and there is none", options->among);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
