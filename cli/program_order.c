/*
 * cli/program_order.c - the order of a step that runs programs, as the arguments of its function
 *
 *     [{argv: [gunzip, --stdout, a.gz]}, {nice: 5}]       what is run, and how: see cli/work/order.h
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 *
 * Such a step calls a function as any other does, so its order is arguments as any others: templates in it are filled
 * in for each job. What a program runs is what makes a job the same as one of an earlier run, and how it runs is not:
 * so that is a map of its own, at the end, where it can be left off. A map of msgpack begins with the number of its
 * keys: those that are there are counted first, then added.
 */
#include "cli/program_order.h"

#include "cli/targets.h"
#include "cli/value.h"

#include <string.h>

static void add_list(struct arguments_builder *builder, const struct yaml_node *list)
{
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next)
        arguments_template(builder, node, true);
}

/* sh -c SCRIPT sh $1 $2 ... */
static void add_shell(struct arguments_builder *builder, const struct program_parts *parts, bool item)
{
    size_t count = parts->args != NULL ? parts->args->count : item;

    arguments_list(builder, 4 + count);
    arguments_string(builder, "/bin/sh");
    arguments_string(builder, "-c");
    arguments_string(builder, parts->shell->text);
    arguments_string(builder, "sh");
    if (parts->args != NULL)
        add_list(builder, parts->args);
    else if (item)
        arguments_item(builder);
}

static bool is_clear(const struct yaml_node *variable)
{
    return strcmp(variable->key->text, "clear") == 0 && value_of(variable).type == VALUE_BOOLEAN;
}

static size_t count_variables(const struct yaml_node *env)
{
    size_t count = 0;

    for (const struct yaml_node *node = env->first; node != NULL; node = node->next)
        count += !is_clear(node);
    return count;
}

static void add_env(struct arguments_builder *builder, const struct yaml_node *env)
{
    arguments_string(builder, "env");
    arguments_map(builder, count_variables(env));
    for (const struct yaml_node *node = env->first; node != NULL; node = node->next) {
        if (is_clear(node))
            continue;
        arguments_string(builder, node->key->text);
        if (value_of(node).type == VALUE_NULL)
            arguments_nil(builder);
        else
            arguments_template(builder, node, false);
    }
}

static void add_expect(struct arguments_builder *builder, const struct yaml_node *expect)
{
    bool list = expect->kind == YAML_LIST;

    arguments_string(builder, "expect");
    arguments_list(builder, list ? expect->count : 1);
    for (const struct yaml_node *node = list ? expect->first : expect; node != NULL; node = list ? node->next : NULL)
        arguments_number(builder, value_of(node).integer);
}

/* What is run. The keys that are there are counted first, then added. */
static void add_what(struct arguments_builder *builder, const struct program_parts *parts,
                     const struct targets *targets, bool item)
{
    const struct {
        const char *key;
        const struct yaml_node *node;
    } texts[] = {{"cwd", parts->cwd},    {"input", parts->text}, {"file", parts->file}, {"results", parts->results},
                 {"stdout", parts->out}, {"stderr", parts->err}, {"exit", parts->exit}};
    bool clear = parts->env != NULL && count_variables(parts->env) < parts->env->count &&
                 value_of(yaml_get(parts->env, "clear")).boolean;
    bool tag = parts->show == SHOW_LINES && parts->tag;
    size_t count = 1 + (parts->env != NULL) + clear + (parts->expect != NULL) + (parts->result != RESULT_NONE) +
                   (targets != NULL) + tag;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        count += texts[i].node != NULL;
    arguments_map(builder, count);
    arguments_string(builder, "argv");
    if (parts->shell != NULL) {
        add_shell(builder, parts, item);
    } else {
        arguments_list(builder, parts->argv->count);
        add_list(builder, parts->argv);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].node == NULL)
            continue;
        arguments_string(builder, texts[i].key);
        arguments_template(builder, texts[i].node, false);
    }
    if (targets != NULL) {
        arguments_string(builder, "outputs");
        arguments_append(builder, targets->outputs);
    }
    if (parts->result != RESULT_NONE) {
        arguments_string(builder, "result");
        arguments_number(builder, (int64_t)parts->result);
    }
    if (parts->env != NULL)
        add_env(builder, parts->env);
    if (parts->expect != NULL)
        add_expect(builder, parts->expect);
    if (clear) {
        arguments_string(builder, "clear");
        arguments_number(builder, 1);
    }
    /* It is none of what is run; but it depends on the item. */
    if (tag) {
        arguments_string(builder, "tag");
        arguments_tag(builder);
    }
}

/* How it is run, which is the same for all jobs. Returns its size in bytes. */
static size_t add_how(struct arguments_builder *builder, const struct program_parts *parts, const struct limits *limits)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"show", (int64_t)parts->show},
                   {"soft", limits->soft_timeout_ms},
                   {"hard", limits->timeout_ms},
                   {"percent", limits->timeout_percent},
                   {"nice", parts->nice},
                   {"memory", limits->memory_bytes},
                   {"cpu", (limits->cpu_ms + 999) / 1000}};
    size_t count = 0, begin = arguments_size(builder);

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        count += numbers[i].number != 0;
    arguments_map(builder, count);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].number == 0)
            continue;
        arguments_string(builder, numbers[i].key);
        arguments_number(builder, numbers[i].number);
    }
    return arguments_size(builder) - begin;
}

const struct arguments *program_order(const struct scope *scope, const struct step *step,
                                      const struct program_parts *parts, size_t *how_size)
{
    struct arguments_builder *builder = arguments_begin(scope);

    arguments_list(builder, 2);
    add_what(builder, parts, step->targets, scope->shape.kind != SHAPE_NONE);
    *how_size = add_how(builder, parts, &step->limits);
    return arguments_end(builder);
}
