/*
 * cli/words.c - the command line of `mpool status`, `mpool log` and `mpool audit`: a few words, and --json
 *
 * Runs in: the mpool command, before anything else. Owns: nothing.
 */
#include "cli/words.h"

#define OPTION_JSON 1000 /* it has no short form */

static const struct argp_option json_option[] = {
    {"json", OPTION_JSON, NULL, 0, "Write JSON", 0},
    {0},
};

/* Takes at least `least` words and at most `most`. */
static error_t parse(int key, char *argument, struct argp_state *state, size_t least, size_t most)
{
    struct words *words = state->input;

    switch (key) {
    case OPTION_JSON:
        words->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (words->count == most)
            argp_error(state, "'%s' is one word too many", argument);
        words->words[words->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (words->count < least)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_status(int key, char *argument, struct argp_state *state)
{
    return parse(key, argument, state, 0, 2);
}

static error_t parse_log(int key, char *argument, struct argp_state *state)
{
    return parse(key, argument, state, 1, 2);
}

static error_t parse_audit(int key, char *argument, struct argp_state *state)
{
    return parse(key, argument, state, 1, 1);
}

#define RUN_IS                                                                                                         \
    "RUN is a number that mpool status lists, the name of a run, of which the last one is meant, or a journal."

#define JOB_IS "JOB is STEP/INDEX, or INDEX where the run has one step."

const struct argp words_status_argp = {
    .options = json_option,
    .parser = parse_status,
    .args_doc = "[RUN [JOB]]",
    .doc = "List the runs that have a journal, the last one first; with RUN, the steps of one, and what its workers do "
           "if it runs; with JOB, the state of one job, and why it waits.\v" RUN_IS " " JOB_IS,
};

const struct argp words_log_argp = {
    .options = json_option,
    .parser = parse_log,
    .args_doc = "RUN [JOB]",
    .doc = "List the jobs of a run that failed; with JOB, tell all that is known of one job.\v" RUN_IS " " JOB_IS
           " With --json, an object for each job, one a line.",
};

const struct argp words_audit_argp = {
    .options = json_option,
    .parser = parse_audit,
    .args_doc = "JOURNAL",
    .doc =
        "Check the record of each run in a journal: that every job has ended once, with no more attempts than it may "
        "have, that totals are what the results come to, and that --output has a line for each job.\v"
        "Exit status: 0 all is as it should be, 1 something is not, 4 the file is no journal.",
};

void words_read(struct words *words, const struct argp *argp, int argc, char **argv)
{
    *words = (struct words){0};
    argp_err_exit_status = 2;
    (void)argp_parse(argp, argc, argv, 0, NULL, words);
}
