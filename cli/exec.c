/*
 * cli/exec.c - `mpool exec`: one program for each of many items
 *
 *     find . -name '*.gz' | mpool exec gunzip --keep
 *     mpool exec -j4 convert {} {//}/{/.}.png ::: *.jpg
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; the tree is the jobfile's.
 *
 * What is asked for is made into the tree of a job file with one step, and run as any other: nothing here knows how
 * jobs are run. The replacement strings of GNU parallel become templates; who wrote none gets the item at the end.
 */
#include "cli/command.h"
#include "cli/placeholder.h"
#include "cli/run.h"
#include "cli/schema.h"
#include "cli/script.h"
#include "cli/source_batch.h"
#include "cli/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name of the step, in tables and lines of --output. */
#define STEP "exec"

/* What stands before items on the command line, as GNU parallel has it; and before those that go along with them. */
#define ITEMS ":::"
#define LINKED ":::+"

enum {
    OPTION_TIMEOUT = 2000,
    OPTION_RETRIES,
    OPTION_TAG,
    OPTION_HALT,
    OPTION_LINE_BUFFER,
    OPTION_RESULTS,
    OPTION_BAR,
};

/* A part of the command line. */
struct words {
    char **first;
    size_t count;
};

struct exec {
    struct options options;
    struct words program;                    /* and its arguments */
    struct words items[PLACEHOLDER_SOURCES]; /* each behind a ":::" */
    size_t item_lists;                       /* 0: they are read */
    bool linked;                             /* one of each list for a job, and not every combination */
    const char *file;
    const char *timeout, *retries, *halt, *batch, *results;
    struct text name; /* the program and its arguments, for the journal */
    bool nul, keep_order, ungroup, line_buffer, tag;
};

static const struct argp_option exec_options[] = {
    {"arg-file", 'a', "FILE", 0, "Read the items from FILE, and not from standard input", 0},
    {"null", '0', NULL, 0, "Items end with a NUL, as of find -print0, and not with a newline", 0},
    {"max-args", 'n', "N", 0, "Give each run of the program N items, and {} all of them", 0},
    {"keep-order", 'k', NULL, 0, "Show output in the order of the items", 0},
    {"ungroup", 'u', NULL, 0, "Let programs write straight to the terminal, mixed as it comes", 0},
    {"line-buffer", OPTION_LINE_BUFFER, NULL, 0, "Show each line of output as it comes, lines of jobs in turn", 0},
    {"tag", OPTION_TAG, NULL, 0, "Begin each line of output with the item and a tab", 0},
    {"results", OPTION_RESULTS, "DIR", 0, "Put what each job writes, and how it ends, in files below DIR", 0},
    {"bar", OPTION_BAR, NULL, 0, "The same as --progress=always", 0},
    {"eta", OPTION_BAR, NULL, 0, "The same as --progress=always: when the jobs will be done is part of it", 0},
    {"timeout", OPTION_TIMEOUT, "TIME", 0, "End a program that runs longer than TIME, 30s or 300% of the median", 0},
    {"halt", OPTION_HALT, "WHEN", 0, "End the run early, at soon,fail=3, now,fail=10% or now,success=1", 0},
    {"retries", OPTION_RETRIES, "N", 0, "Run a program that fails up to N more times", 0},
    {0},
};

/* ---- the command line -------------------------------------------------------------------------------------------- */

/* A list of items begins behind it. */
static struct words *take_separator(struct exec *exec, struct argp_state *state, char **word)
{
    bool linked = strcmp(*word, LINKED) == 0;

    if (!linked && strcmp(*word, ITEMS) != 0)
        argp_error(state, "'%s' is not known here; items of a file are read by -a FILE", *word);
    else if (linked && exec->item_lists == 0)
        argp_error(state, "'" LINKED "' stands behind \"" ITEMS "\" and its items");
    else if (exec->item_lists == PLACEHOLDER_SOURCES)
        argp_error(state, "there are more than %d lists of items", PLACEHOLDER_SOURCES);
    else if (exec->item_lists > 1 && linked != exec->linked)
        argp_error(state, "\"" ITEMS "\" and \"" LINKED "\" are not mixed; a job file can, with product and zip");
    exec->linked = linked;
    exec->items[exec->item_lists] = (struct words){.first = word + 1};
    return &exec->items[exec->item_lists++];
}

/* All from the first argument on is the program's, but for what is behind ":::". */
static void take_words(struct exec *exec, struct argp_state *state, char *first)
{
    char **word = state->argv + state->next - 1;
    struct words *words = &exec->program;

    *words = (struct words){.first = word};
    state->next = state->argc;
    for (; *word != NULL; word++) {
        if (strncmp(*word, ITEMS, strlen(ITEMS)) == 0)
            words = take_separator(exec, state, word);
        else
            words->count++;
    }
    if (exec->program.count == 0)
        argp_error(state, "there is no program before '%s'", first);
}

static void take_file(struct exec *exec, struct argp_state *state, const char *path)
{
    if (exec->file != NULL)
        argp_error(state,
                   "one -a FILE at a time, and '%s' is a second one: cat(1) joins files, and `product` of a job file "
                   "combines them",
                   path);
    exec->file = path;
}

/* It becomes `batch` of the step, where another message would speak of that. */
static void take_batch(struct exec *exec, struct argp_state *state, const char *text)
{
    int64_t count;

    if (!schema_digits(text, strlen(text), &count) || count < 1 || count > SOURCE_BATCH_MAX)
        argp_error(state, "-n takes a number of items from 1 to %d, not '%s'", SOURCE_BATCH_MAX, text);
    exec->batch = text;
}

/* What does not go together. */
static void check_words(const struct exec *exec, const struct argp_state *state)
{
    if (exec->item_lists > 0 && exec->file != NULL)
        argp_error(state, "-a and \"" ITEMS "\" both say what the items are");
    if (exec->item_lists > 0 && exec->nul)
        argp_error(state, "-0 says how items that are read end, and here they stand behind \"" ITEMS "\"");
    if (exec->item_lists > 1 && exec->batch != NULL)
        argp_error(state, "-n is for one list of items, and here are %zu", exec->item_lists);
    if (exec->ungroup && (exec->tag || exec->keep_order || exec->line_buffer))
        argp_error(state, "-u shows output as it comes, and cannot go with -k, --line-buffer or --tag");
    if (exec->ungroup && exec->options.json)
        argp_error(state, "-u has programs write to standard output themselves, where --json writes");
    if (exec->line_buffer && exec->keep_order)
        argp_error(state, "--line-buffer shows lines as they come, and cannot go with -k");
    if (exec->results != NULL && (exec->tag || exec->ungroup || exec->line_buffer))
        argp_error(state, "--results puts output in files, and cannot go with -u, --line-buffer or --tag");
    if (exec->results != NULL && exec->results[0] == '\0')
        argp_error(state, "--results takes a directory, as in --results out");
    if (exec->item_lists == 0 && exec->file == NULL && isatty(STDIN_FILENO) == 1)
        argp_error(state, "there are no items, and standard input is a terminal; name them behind \"" ITEMS
                          "\", or pipe them in");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct exec *exec = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &exec->options;
        return 0;
    case 'a':
        take_file(exec, state, argument);
        return 0;
    case '0':
        exec->nul = true;
        return 0;
    case 'n':
        take_batch(exec, state, argument);
        return 0;
    case 'k':
        exec->keep_order = true;
        return 0;
    case 'u':
        exec->ungroup = true;
        return 0;
    case OPTION_LINE_BUFFER:
        exec->line_buffer = true;
        return 0;
    case OPTION_TAG:
        exec->tag = true;
        return 0;
    case OPTION_RESULTS:
        exec->results = argument;
        return 0;
    case OPTION_BAR:
        exec->options.progress = PROGRESS_ALWAYS;
        return 0;
    case OPTION_TIMEOUT:
        exec->timeout = argument;
        return 0;
    case OPTION_HALT:
        exec->halt = argument;
        return 0;
    case OPTION_RETRIES:
        exec->retries = argument;
        return 0;
    case ARGP_KEY_ARG:
        take_words(exec, state, argument);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no program is named; as in: %s gzip --keep " ITEMS " *.txt", state->name);
        return 0;
    case ARGP_KEY_SUCCESS:
        check_words(exec, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child exec_children[] = {{&options_running, 0, NULL, 0}, {0}};

const struct argp exec_argp = {
    exec_options,
    parse,
    "[--] PROGRAM [ARGUMENT...] [" ITEMS " ITEM...]...",
    "Run a program for each item: each line of standard input, or each ITEM.\v"
    "In the arguments {} stands for the item, {/} for its name without directories, {//} for the directory, {.} "
    "for all but its extension, {/.} for its name without that, {#} for its number; without any of these the "
    "item comes last. With several lists of items there is a job for every combination, or behind " LINKED
    " for one of each, and {1}, {2} ... stand for these items. All other braces stay as they are, as do ${} and "
    "${1}. No shell is between: for one, write sh -c 'SCRIPT with \"$1\"' sh {}. In the script itself an item would "
    "be code, and is refused.\n\n"
    "Exit status: as of mpool run.",
    exec_children,
    NULL,
    NULL,
};

/* What the journal knows the run by: the whole command, as it was given. */
static void join_words(struct exec *exec)
{
    text_string(&exec->name, "mpool exec");
    for (size_t i = 0; i < exec->program.count; i++) {
        text_char(&exec->name, ' ');
        text_string(&exec->name, exec->program.first[i]);
    }
    exec->options.file = exec->name.data;
    exec->options.concurrent = true;
}

static void read_command_line(struct exec *exec, int argc, char **argv)
{
    options_parse(&exec_argp, ARGP_IN_ORDER, argc, argv, exec);
    join_words(exec);
}

/* ---- as a tree --------------------------------------------------------------------------------------------------- */

static struct yaml_node *make(struct arena *arena, enum yaml_kind kind)
{
    struct yaml_node *node = arena_get(arena, sizeof *node);

    *node = (struct yaml_node){.kind = kind, .place = PLACE_FILE};
    return node;
}

static struct yaml_node *make_text(struct arena *arena, const char *text)
{
    struct yaml_node *node = make(arena, YAML_SCALAR);

    node->text = text;
    node->length = strlen(text);
    return node;
}

/* As written without quotes. */
static struct yaml_node *make_plain(struct arena *arena, const char *text)
{
    struct yaml_node *node = make_text(arena, text);

    node->plain = true;
    return node;
}

static void append(struct yaml_node *to, struct yaml_node *node)
{
    struct yaml_node **end = &to->first;

    while (*end != NULL)
        end = &(*end)->next;
    *end = node;
    to->count++;
}

static void set(struct arena *arena, struct yaml_node *map, const char *key, struct yaml_node *value)
{
    value->key = make_text(arena, key);
    append(map, value);
}

/* A list of many is made at its end, not by append(). */
static struct yaml_node *make_items(struct arena *arena, const struct words *items)
{
    struct yaml_node *list = make(arena, YAML_LIST), **end = &list->first;

    for (; list->count < items->count; list->count++) {
        const char *item = items->first[list->count];
        struct text literal = {0};
        template_escape(&literal, item, strlen(item));
        *end = make_text(arena, literal.size > 0 ? arena_copy(arena, literal.data, literal.size) : "");
        end = &(*end)->next;
        text_free(&literal);
    }
    return list;
}

/* Sources with the names that {1}, {2} ... stand for. */
static struct yaml_node *make_lists(struct arena *arena, const struct exec *exec)
{
    struct yaml_node *lists = make(arena, YAML_MAP);

    for (size_t i = 0; i < exec->item_lists; i++) {
        struct yaml_node *list = make(arena, YAML_MAP);
        set(arena, list, "items", make_items(arena, &exec->items[i]));
        set(arena, lists, placeholder_source(i), list);
    }
    return lists;
}

static struct yaml_node *make_each(struct arena *arena, const struct exec *exec)
{
    struct yaml_node *each = make(arena, YAML_MAP);

    if (exec->batch != NULL)
        set(arena, each, "batch", make_plain(arena, exec->batch));
    if (exec->item_lists == 1) {
        set(arena, each, "items", make_items(arena, &exec->items[0]));
        return each;
    }
    if (exec->item_lists > 1) {
        set(arena, each, exec->linked ? "zip" : "product", make_lists(arena, exec));
        return each;
    }
    set(arena, each, "lines", make_text(arena, exec->file != NULL ? exec->file : "-"));
    if (exec->nul)
        set(arena, each, "separator", make_text(arena, "nul"));
    return each;
}

static void append_template(struct arena *arena, struct yaml_node *argv, const struct text *template)
{
    append(argv, make_text(arena, template->size > 0 ? arena_copy(arena, template->data, template->size) : ""));
}

/* The items, each as an argument. */
static void append_items(struct arena *arena, struct yaml_node *argv, const struct exec *exec)
{
    if (exec->item_lists <= 1)
        append(argv, make_text(arena, exec->batch != NULL ? "{items}" : "{item}"));
    for (size_t i = 0; exec->item_lists > 1 && i < exec->item_lists; i++) {
        struct text template = {0};
        text_printf(&template, "{item.%s}", placeholder_source(i));
        append_template(arena, argv, &template);
        text_free(&template);
    }
}

/* NULL: one of them cannot be, which was said. */
static struct yaml_node *make_argv(struct arena *arena, const struct exec *exec)
{
    const struct placeholders how = {.batch = exec->batch != NULL, .sources = exec->item_lists};
    struct yaml_node *argv = make(arena, YAML_LIST);
    enum placeholder_use use = PLACEHOLDER_NONE;

    for (size_t i = 0; i < exec->program.count; i++) {
        const char *word = exec->program.first[i];
        struct text template = {0};
        const char *problem = placeholder_template(word, &how, &template, &use);
        if (problem != NULL)
            (void)fprintf(stderr, "mpool exec: %s\n", problem);
        else if (strcmp(word, "{}") == 0)
            append_items(arena, argv, exec);
        else
            append_template(arena, argv, &template);
        text_free(&template);
        if (problem != NULL)
            return NULL;
    }
    if (use == PLACEHOLDER_NONE)
        append_items(arena, argv, exec);
    return argv;
}

/* A directory for each job, by its number: nothing of an item is in a path. */
static struct yaml_node *make_capture(struct arena *arena, const char *directory)
{
    static const char *const files[] = {"stdout", "stderr", "exit"};
    struct yaml_node *capture = make(arena, YAML_MAP);

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct text template = {0};
        template_escape(&template, directory, strlen(directory));
        text_printf(&template, "/{number}/%s", files[i]);
        set(arena, capture, files[i], make_text(arena, arena_copy(arena, template.data, template.size)));
        text_free(&template);
    }
    return capture;
}

static bool make_tree(struct jobfile *jobfile, const struct exec *exec)
{
    struct arena *arena = &jobfile->yaml.arena;
    struct yaml_node *root = make(arena, YAML_MAP), *steps = make(arena, YAML_MAP), *step = make(arena, YAML_MAP);
    struct yaml_node *vars = make(arena, YAML_MAP), *argv = make_argv(arena, exec);

    if (argv == NULL)
        return false;
    set(arena, root, "mpool", make_plain(arena, "1"));
    set(arena, root, "vars", vars);
    set(arena, vars, PLACEHOLDER_BRACE, make_text(arena, "{"));
    set(arena, root, "steps", steps);
    set(arena, steps, STEP, step);
    set(arena, step, "each", make_each(arena, exec));
    set(arena, step, "argv", argv);
    if (exec->timeout != NULL)
        set(arena, step, "timeout", make_plain(arena, exec->timeout));
    if (exec->retries != NULL)
        set(arena, step, "retries", make_plain(arena, exec->retries));
    if (exec->halt != NULL)
        set(arena, step, "halt", make_text(arena, exec->halt));
    if (exec->keep_order)
        set(arena, step, "order", make_text(arena, "items"));
    if (exec->ungroup)
        set(arena, step, "show", make_text(arena, "straight"));
    if (exec->results != NULL)
        set(arena, step, "capture", make_capture(arena, exec->results));
    if (exec->line_buffer)
        set(arena, step, "show", make_text(arena, "lines"));
    if (exec->tag)
        set(arena, step, "tag", make_plain(arena, "true"));
    jobfile->yaml.report = (struct report){.file = "mpool exec"};
    jobfile->yaml.root = root;
    return true;
}

/* Are there as many items in each list, where one of each makes a job? */
static bool check_lists(const struct exec *exec)
{
    for (size_t i = 1; exec->linked && i < exec->item_lists; i++) {
        if (exec->items[i].count == exec->items[0].count)
            continue;
        (void)fprintf(stderr,
                      "mpool exec: lists with \"" LINKED
                      "\" have as many items each; the first has %zu, and number %zu "
                      "has %zu\n",
                      exec->items[0].count, i + 1, exec->items[i].count);
        return false;
    }
    return true;
}

/* A list without items makes no job at all, and may be a pattern that matched nothing. */
static bool say_empty(const struct exec *exec)
{
    for (size_t i = 0; i < exec->item_lists; i++) {
        if (exec->items[i].count > 0)
            continue;
        (void)fputs("mpool exec: there are no jobs, since there is nothing behind ", stderr);
        if (exec->item_lists > 1)
            (void)fprintf(stderr, "\"" ITEMS "\" number %zu\n", i + 1);
        else
            (void)fputs("\"" ITEMS "\"\n", stderr);
        return true;
    }
    return false;
}

int command_exec(int argc, char **argv)
{
    struct exec exec = {0};
    struct run run;
    int code = EXIT_USAGE;

    read_command_line(&exec, argc, argv);
    if (script_is_word(exec.program.first, exec.program.count) ||
        script_has_item(exec.program.first, exec.program.count, exec.item_lists) || !check_lists(&exec))
        code = EXIT_USAGE;
    else if (!run_begin(&run, &exec.options))
        code = EXIT_BROKEN;
    else if (!make_tree(&run.jobfile, &exec) || !jobfile_take(&run.jobfile, NULL, 0))
        jobfile_free(&run.jobfile);
    else {
        run.said_nothing = say_empty(&exec);
        code = run_whole(&run);
    }
    options_free(&exec.options);
    text_free(&exec.name);
    return code;
}
