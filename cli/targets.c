/*
 * cli/targets.c - `outputs` and `inputs` of a step: the files that its jobs make, and of what
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; what is read lives in the jobfile's arena.
 *
 * As make has it: what is not there, or is older than what it is made of, is to be made.
 */
#include "cli/targets.h"

#include "cli/value.h"

#include <string.h>
#include <sys/stat.h>

static const struct form list_form = {.kind = FORM_LIST, .of = &schema_scalar_form};
const struct form targets_inputs_form = FORM_OR(&schema_text_form, &list_form);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A single text is a list of one. */
static const struct yaml_node *first_of(const struct yaml_node *node)
{
    return node->kind == YAML_LIST ? node->first : node;
}

static const struct yaml_node *next_of(const struct yaml_node *node, const struct yaml_node *element)
{
    return node->kind == YAML_LIST ? element->next : NULL;
}

static size_t count_of(const struct yaml_node *node)
{
    return node->kind == YAML_LIST ? node->count : 1;
}

static bool check_paths(struct report *report, const struct yaml_node *node, bool outputs)
{
    const char *key = outputs ? "outputs" : "inputs";
    bool ok = true;

    if (node->kind == YAML_MAP || (outputs && count_of(node) == 0)) {
        report_error(report, node->place, "`%s` is a path with templates, or a list of them, not %s", key,
                     node->kind == YAML_LIST ? "an empty one" : value_name(node));
        return false;
    }
    for (const struct yaml_node *path = first_of(node); path != NULL; path = next_of(node, path)) {
        if (path->kind == YAML_SCALAR && value_of(path).type != VALUE_NULL && path->length > 0)
            continue;
        report_error(report, path->place, "what `%s` names is a path, not %s", key, value_name(path));
        ok = false;
    }
    return ok;
}

/* A list of texts; `lists`: {items} alone is all of a batch. */
static const struct arguments *pack(const struct scope *scope, const struct yaml_node *node, bool lists)
{
    struct arguments_builder *builder = arguments_begin(scope);

    arguments_list(builder, count_of(node));
    for (const struct yaml_node *path = first_of(node); path != NULL; path = next_of(node, path))
        arguments_template(builder, path, lists);
    return arguments_end(builder);
}

bool targets_read(const struct scope *scope, const struct yaml_node *step, const struct targets **targets)
{
    struct report *report = &scope->jobfile->yaml.report;
    const struct yaml_node *outputs = yaml_get(step, "outputs"), *inputs = yaml_get(step, "inputs");

    *targets = NULL;
    if (outputs == NULL && inputs != NULL) {
        report_error(report, inputs->key->place,
                     "`inputs` says what `outputs` are made of, and the step has none; a file to read is in `argv`, "
                     "`args` or `stdin`");
        return false;
    }
    if (outputs == NULL)
        return true;
    if (!check_paths(report, outputs, true) || (inputs != NULL && !check_paths(report, inputs, false)))
        return false;
    struct targets *read = arena_get(&scope->jobfile->yaml.arena, sizeof *read);
    *read = (struct targets){.count = count_of(outputs), .outputs = pack(scope, outputs, false)};
    if (inputs != NULL)
        read->inputs = pack(scope, inputs, true);
    *targets = read;
    return read->outputs != NULL && (inputs == NULL || read->inputs != NULL);
}

/* ---- the paths of a job ------------------------------------------------------------------------------------------ */

static bool add_path(const msgpack_object *path, const char *what, struct text *paths, struct text *problem)
{
    const msgpack_object_str *text = &path->via.str;

    if (text->size == 0 || memchr(text->ptr, '\0', text->size) != NULL) {
        text_printf(problem, "the path of an %s %s", what, text->size == 0 ? "is empty" : "has a NUL byte in it");
        return false;
    }
    text_add(paths, text->ptr, text->size);
    text_char(paths, '\0');
    return true;
}

/* A list of texts, and of lists of them. */
static bool add_paths(const msgpack_object *list, const char *what, struct text *paths, struct text *problem)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < list->via.array.size; i++) {
        const msgpack_object *path = &list->via.array.ptr[i];
        ok = path->type == MSGPACK_OBJECT_ARRAY ? add_paths(path, what, paths, problem)
                                                : add_path(path, what, paths, problem);
    }
    return ok;
}

static bool make_paths(const struct arguments *arguments, const struct item *item, uint64_t index, const char *what,
                       struct text *paths, struct text *problem)
{
    struct text scratch = {0};
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_unpacked list;

    text_clear(paths);
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_unpacked_init(&list);
    bool ok = arguments_pack(arguments, item, index, &scratch, problem, &packer) &&
              msgpack_unpack_next(&list, buffer.data, buffer.size, NULL) == MSGPACK_UNPACK_SUCCESS &&
              add_paths(&list.data, what, paths, problem);
    msgpack_unpacked_destroy(&list);
    msgpack_sbuffer_destroy(&buffer);
    text_free(&scratch);
    return ok;
}

bool targets_outputs(const struct targets *targets, const struct item *item, uint64_t index, struct text *paths,
                     struct text *problem)
{
    return make_paths(targets->outputs, item, index, "output", paths, problem);
}

const char *targets_next(const struct text *paths, const char *path)
{
    const char *next = path != NULL ? path + strlen(path) + 1 : paths->data;

    return paths->size > 0 && next < paths->data + paths->size ? next : NULL;
}

/* ---- is there anything to be made? ------------------------------------------------------------------------------- */

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The time of the oldest one; false: one is not there. */
static bool oldest_of(const struct text *paths, struct timespec *oldest)
{
    struct stat status;
    bool first = true;

    for (const char *path = targets_next(paths, NULL); path != NULL; path = targets_next(paths, path)) {
        if (stat(path, &status) != 0 || S_ISDIR(status.st_mode))
            return false;
        if (first || is_older(&status.st_mtim, oldest))
            *oldest = status.st_mtim;
        first = false;
    }
    return !first;
}

/* An item that is the path of a file is what the outputs are made of, if nothing else is said. */
static bool is_item_newer(const struct item *item, const struct timespec *than)
{
    char number[ITEM_NUMBER_MAX];
    struct text path = {0};
    struct stat status;
    const char *text;

    for (size_t i = 0; i < item_batch_count(item); i++) {
        if (is_item_newer(item_batch_at(item, i), than))
            return true;
    }
    if (item->kind == ITEM_LIST || !item_is_path(item))
        return false;
    size_t size = item_text(item, number, &text);
    text_string(&path, "");
    text_add(&path, text, size);
    bool newer = strlen(path.data) == size && stat(path.data, &status) == 0 && S_ISREG(status.st_mode) &&
                 is_older(than, &status.st_mtim);
    text_free(&path);
    return newer;
}

bool targets_are_current(const struct targets *targets, const struct item *item, uint64_t index,
                         const struct text *paths)
{
    struct text inputs = {0}, problem = {0};
    struct timespec oldest;
    struct stat status;

    if (!oldest_of(paths, &oldest))
        return false;
    if (targets->inputs == NULL)
        return !is_item_newer(item, &oldest);
    bool current = make_paths(targets->inputs, item, index, "input", &inputs, &problem);
    for (const char *path = targets_next(&inputs, NULL); current && path != NULL; path = targets_next(&inputs, path))
        current = stat(path, &status) == 0 && !is_older(&oldest, &status.st_mtim);
    text_free(&inputs);
    text_free(&problem);
    return current;
}
