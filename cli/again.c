/*
 * cli/again.c - the command that runs one job again
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 *
 * A program is run by a shell as it was by us. For a function it is a job file with this one job.
 */
#include "cli/again.h"

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/names.h"
#include "cli/objects.h"
#include "cli/plan.h"
#include "cli/secrets.h"
#include "cli/template.h"
#include "cli/work/making.h"
#include "cli/work/order.h"

#include <inttypes.h>
#include <string.h>

/* A command that is longer than this is of no use in a terminal. */
#define COMMAND_MAX ((size_t)2000)

#define TOO_LONG "not as a command, for it would be too long"

/* ---- a function -------------------------------------------------------------------------------------------------- */

/*
 * A job file with this one job, as a line of JSON, which is YAML too. The item is filled in already, so what looks like
 * a template in it is none, and gets braces around.
 */
static void make_jobfile(const struct step *step, const struct item *item, uint64_t index, struct text *to)
{
    struct text scratch = {0}, problem = {0}, json = {0};
    msgpack_sbuffer args;

    msgpack_sbuffer_init(&args);
    (void)plan_pack(step, item, index, &scratch, &problem, &args); /* it worked when the job was made */
    secrets_json(&json, args.data, args.size);
    text_string(to, "{mpool: 1, ");
    if (step->object != NULL) {
        text_string(to, "functions: [");
        json_string(to, step->object->path, strlen(step->object->path));
        text_string(to, "], ");
    }
    text_printf(to, "steps: {%s: {call: %s, args: ", step->name, step->object != NULL ? step->call : step->function);
    template_escape(to, json.data, json.size);
    if (step->limits.soft_timeout_ms > 0 && step->limits.timeout_ms > 0)
        text_printf(to, ", timeout: {soft: %" PRId64 "ms, hard: %" PRId64 "ms}", step->limits.soft_timeout_ms,
                    step->limits.timeout_ms);
    else if (step->limits.timeout_ms > 0)
        text_printf(to, ", timeout: %" PRId64 "ms", step->limits.timeout_ms);
    text_string(to, "}}}");
    msgpack_sbuffer_destroy(&args);
    text_free(&scratch);
    text_free(&problem);
    text_free(&json);
}

static const char *add_function(const struct step *step, const struct item *item, uint64_t index, struct text *to)
{
    struct text jobfile = {0};
    bool possible = item->size < COMMAND_MAX;

    if (!item_is_utf8(item))
        return "not as a command, for the item is not UTF-8, and a job file has to be";
    if (possible) {
        make_jobfile(step, item, index, &jobfile);
        possible = jobfile.size < COMMAND_MAX;
    }
    if (possible) {
        text_string(to, "printf %s ");
        names_shell(to, jobfile.data, jobfile.size);
        text_string(to, " | mpool run -");
    }
    text_free(&jobfile);
    return possible ? NULL : TOO_LONG;
}

/* ---- a program --------------------------------------------------------------------------------------------------- */

static const msgpack_object *find(const msgpack_object *order, const char *key, msgpack_object_type type)
{
    const msgpack_object *found = order_find(order, key);

    return found != NULL && found->type == type ? found : NULL;
}

/* Without secrets. A word that no shell reads otherwise stays without quotes. */
static void add_word(struct text *to, const char *before, const msgpack_object *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%";
    struct text text = {0};

    text_add(&text, word->via.str.ptr, word->via.str.size);
    (void)secrets_hide(&text, 0);
    bool quoted = text.size == 0;
    for (size_t i = 0; i < text.size; i++)
        quoted = quoted || text.data[i] == '\0' || strchr(plain, text.data[i]) == NULL;
    text_string(to, before);
    if (quoted)
        names_shell(to, text.data, text.size);
    else
        text_add(to, text.data, text.size);
    text_free(&text);
}

static void add_words(struct text *to, const msgpack_object_array *list)
{
    for (uint32_t i = 0; i < list->size; i++) {
        if (list->ptr[i].type == MSGPACK_OBJECT_ARRAY)
            add_words(to, &list->ptr[i].via.array);
        else
            add_word(to, i > 0 || to->size > 0 ? " " : "", &list->ptr[i]);
    }
}

/* env -i -u NAME NAME=VALUE ... */
static void add_env(struct text *to, const msgpack_object *order)
{
    const msgpack_object *env = find(order, "env", MSGPACK_OBJECT_MAP);
    bool clear = find(order, "clear", MSGPACK_OBJECT_POSITIVE_INTEGER) != NULL;

    if (env == NULL && !clear)
        return;
    text_string(to, clear ? "env -i" : "env");
    for (uint32_t i = 0; env != NULL && i < env->via.map.size; i++) {
        if (env->via.map.ptr[i].val.type == MSGPACK_OBJECT_NIL)
            add_word(to, " -u ", &env->via.map.ptr[i].key);
    }
    for (uint32_t i = 0; env != NULL && i < env->via.map.size; i++) {
        if (env->via.map.ptr[i].val.type == MSGPACK_OBJECT_NIL)
            continue;
        add_word(to, " ", &env->via.map.ptr[i].key);
        add_word(to, "=", &env->via.map.ptr[i].val);
    }
    text_char(to, ' ');
}

static void add_order(struct text *to, const msgpack_object *order)
{
    const struct {
        const char *key, *before;
    } files[] = {{"file", " <"}, {"stdout", " >"}, {"stderr", " 2>"}};
    const msgpack_object *cwd = find(order, "cwd", MSGPACK_OBJECT_STR);
    const msgpack_object *input = find(order, "input", MSGPACK_OBJECT_STR);
    const msgpack_object *argv = find(order, "argv", MSGPACK_OBJECT_ARRAY);
    struct text words = {0};

    /* Files are where the run is, and not where the program is. */
    if (cwd != NULL) {
        add_word(to, "(cd ", cwd);
        text_string(to, " && ");
    }
    if (input != NULL) {
        add_word(to, "printf %s ", input);
        text_string(to, " | ");
    }
    add_env(to, order);
    if (argv != NULL)
        add_words(&words, &argv->via.array);
    text_add(to, words.data != NULL ? words.data : "", words.size);
    text_free(&words);
    text_string(to, cwd != NULL ? ")" : "");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const msgpack_object *file = find(order, files[i].key, MSGPACK_OBJECT_STR);
        if (file != NULL)
            add_word(to, files[i].before, file);
    }
}

/* The program of a job, with what was open filled in. What it makes goes to its place at once. */
static void add_whole(struct text *to, const msgpack_object *order, const struct late *late)
{
    struct late all = late->attempt > 0 ? *late : (struct late){.attempt = 1};
    struct making making = {0};
    msgpack_object whole;
    msgpack_zone zone;

    if (!msgpack_zone_init(&zone, 4096))
        memory_exhausted();
    (void)making_read(order, &zone, &making);
    all.outputs = making.files;
    all.output_count = making.count;
    if (!late_fill(order, &all, &zone, &whole))
        memory_exhausted();
    add_order(to, &whole);
    msgpack_zone_destroy(&zone);
}

static const char *add_program(const struct step *step, const struct item *item, uint64_t index,
                               const struct late *late, struct text *to)
{
    struct text scratch = {0}, problem = {0}, command = {0};
    const char *impossible = TOO_LONG;
    msgpack_unpacked order;
    msgpack_sbuffer args;

    msgpack_sbuffer_init(&args);
    msgpack_unpacked_init(&order);
    if (step->input != NULL)
        impossible = "not as a command, for it reads the results of a step";
    else if (plan_pack(step, item, index, &scratch, &problem, &args) && args.size < 2 * COMMAND_MAX &&
             msgpack_unpack_next(&order, args.data, args.size, NULL) == MSGPACK_UNPACK_SUCCESS)
        add_whole(&command, &order.data, late);
    if (command.size > 0 && memchr(command.data, '\0', command.size) != NULL) {
        impossible = "not as a command, for it has a NUL byte inside";
    } else if (command.size > 0 && command.size < COMMAND_MAX) {
        text_add(to, command.data, command.size);
        impossible = NULL;
    }
    msgpack_unpacked_destroy(&order);
    msgpack_sbuffer_destroy(&args);
    text_free(&scratch);
    text_free(&problem);
    text_free(&command);
    return impossible;
}

const char *again_add(const struct step *step, const struct item *item, uint64_t index, const struct late *late,
                      struct text *to)
{
    size_t begin = to->size;
    const char *impossible =
        step->program != NULL ? add_program(step, item, index, late, to) : add_function(step, item, index, to);

    (void)secrets_hide(to, begin);
    return impossible;
}
