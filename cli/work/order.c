/*
 * cli/work/order.c - what a job of a command says: which program, and how to run it
 *
 * Runs in: a worker of the command; order_find() in the command, too. Owns: nothing.
 */
#include "cli/work/order.h"

#include "cli/field.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUT_OF_MEMORY "out of memory"

/* What is read goes here; the first thing that is wrong stays. */
struct reader {
    msgpack_zone *zone;
    struct order *order;
    const msgpack_object *argv, *env;
    bool clear;
    const char *wrong;
};

static void *get(struct reader *reader, size_t size)
{
    void *memory = msgpack_zone_malloc(reader->zone, size);

    if (memory == NULL)
        reader->wrong = OUT_OF_MEMORY;
    return memory;
}

/* A system call takes a text up to its first NUL: what is behind that would be lost in silence. */
static char *text_of(struct reader *reader, const msgpack_object *object)
{
    const msgpack_object_str *text = &object->via.str;

    if (object->type != MSGPACK_OBJECT_STR) {
        reader->wrong = "an argument of a command is not a text";
        return NULL;
    }
    if (memchr(text->ptr, '\0', text->size) != NULL) {
        reader->wrong = "an argument of a command has a NUL byte inside, which no program can be given";
        return NULL;
    }
    char *copy = get(reader, (size_t)text->size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text->ptr, text->size);
    copy[text->size] = '\0';
    return copy;
}

static int64_t number_of(struct reader *reader, const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
        (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 <= INT64_MAX))
        return object->via.i64;
    reader->wrong = "a number of a command is none";
    return 0;
}

/* ---- argv and env ------------------------------------------------------------------------------------------------ */

static size_t count_texts(const msgpack_object_array *list)
{
    size_t count = 0;

    for (uint32_t i = 0; i < list->size; i++)
        count += list->ptr[i].type == MSGPACK_OBJECT_ARRAY ? list->ptr[i].via.array.size : 1;
    return count;
}

static void read_argv(struct reader *reader)
{
    const msgpack_object *object = reader->argv;
    size_t count = 0;

    if (object == NULL || object->type != MSGPACK_OBJECT_ARRAY || count_texts(&object->via.array) == 0) {
        reader->wrong = "the command is empty";
        return;
    }
    const msgpack_object_array *list = &object->via.array;
    char **argv = get(reader, (count_texts(list) + 1) * sizeof *argv);
    for (uint32_t i = 0; argv != NULL && i < list->size; i++) {
        const msgpack_object *element = &list->ptr[i];
        bool spread = element->type == MSGPACK_OBJECT_ARRAY;
        for (uint32_t k = 0; k < (spread ? element->via.array.size : 1); k++)
            argv[count++] = text_of(reader, spread ? &element->via.array.ptr[k] : element);
    }
    if (argv != NULL)
        argv[count] = NULL;
    reader->order->argv = argv;
}

/* Is the variable one that the step sets, or takes away? */
static bool is_set(const msgpack_object_map *env, const char *variable)
{
    size_t length = strcspn(variable, "=");

    for (uint32_t i = 0; i < env->size; i++) {
        const msgpack_object_str *name = &env->ptr[i].key.via.str;
        if (name->size == length && memcmp(name->ptr, variable, length) == 0)
            return true;
    }
    return false;
}

static char *join(struct reader *reader, const msgpack_object *name, const msgpack_object *value)
{
    const char *left = text_of(reader, name), *right = text_of(reader, value);
    size_t room = left != NULL && right != NULL ? strlen(left) + strlen(right) + 2 : 0;
    char *both = room > 0 ? get(reader, room) : NULL;

    if (both != NULL)
        (void)snprintf(both, room, "%s=%s", left, right);
    return both;
}

static void read_env(struct reader *reader)
{
    static const msgpack_object_map none = {0};
    const msgpack_object_map *set = reader->env != NULL ? &reader->env->via.map : &none;
    size_t had = 0, count = 0;

    while (environ != NULL && environ[had] != NULL)
        had++;
    char **env = get(reader, (had + set->size + 1) * sizeof *env);
    if (env == NULL)
        return;
    for (size_t i = 0; !reader->clear && i < had; i++) {
        if (!is_set(set, environ[i]))
            env[count++] = environ[i];
    }
    for (uint32_t i = 0; i < set->size; i++) {
        if (set->ptr[i].val.type != MSGPACK_OBJECT_NIL)
            env[count++] = join(reader, &set->ptr[i].key, &set->ptr[i].val);
    }
    env[count] = NULL;
    reader->order->env = env;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void read_expect(struct reader *reader, const msgpack_object *object)
{
    if (object->type != MSGPACK_OBJECT_ARRAY) {
        reader->wrong = "`expect` of a command is no list";
        return;
    }
    memset(reader->order->expect, 0, sizeof reader->order->expect);
    for (uint32_t i = 0; i < object->via.array.size; i++) {
        int64_t code = number_of(reader, &object->via.array.ptr[i]);
        reader->order->expect[(code & 255) / 64] |= UINT64_C(1) << (code & 63);
    }
}

static bool is_key(const msgpack_object *key, const char *name)
{
    return key->type == MSGPACK_OBJECT_STR && key->via.str.size == strlen(name) &&
           memcmp(key->via.str.ptr, name, key->via.str.size) == 0;
}

static bool read_text_key(struct reader *reader, const msgpack_object *key, const msgpack_object *value)
{
    struct order *order = reader->order;
    const struct {
        const char *name;
        const char **to;
    } texts[] = {
        {"cwd", &order->cwd},         {"file", &order->file},       {"results", &order->results},
        {"stdout", &order->out_file}, {"stderr", &order->err_file}, {"exit", &order->exit_file},
        {"tag", &order->tag},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (is_key(key, texts[i].name)) {
            *texts[i].to = text_of(reader, value);
            return true;
        }
    }
    return false;
}

static bool read_number_key(struct reader *reader, const msgpack_object *key, const msgpack_object *value)
{
    struct order *order = reader->order;
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {{"soft", &order->soft_ms},
                   {"hard", &order->hard_ms},
                   {"percent", &order->percent},
                   {"memory", &order->memory_bytes},
                   {"cpu", &order->cpu_s}};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (is_key(key, numbers[i].name)) {
            *numbers[i].to = number_of(reader, value);
            return true;
        }
    }
    return false;
}

static void read_key(struct reader *reader, const msgpack_object *key, const msgpack_object *value)
{
    if (read_text_key(reader, key, value) || read_number_key(reader, key, value))
        return;
    if (is_key(key, "argv")) {
        reader->argv = value;
    } else if (is_key(key, "env") && value->type == MSGPACK_OBJECT_MAP) {
        reader->env = value;
    } else if (is_key(key, "clear")) {
        reader->clear = true;
    } else if (is_key(key, "input") && value->type == MSGPACK_OBJECT_STR) {
        reader->order->input = value->via.str.ptr;
        reader->order->input_size = value->via.str.size;
    } else if (is_key(key, "show")) {
        reader->order->show = (enum order_show)number_of(reader, value);
    } else if (is_key(key, "result")) {
        reader->order->result = (enum order_result)number_of(reader, value);
    } else if (is_key(key, "expect")) {
        read_expect(reader, value);
    } else if (is_key(key, "outputs")) {
        return; /* read before: what is open in the others depends on them */
    } else if (is_key(key, "nice")) {
        reader->order->nice = (int)number_of(reader, value);
    } else {
        reader->wrong = "a command has a key that there is not";
    }
}

static void read_map(struct reader *reader, const msgpack_object *object)
{
    if (object->type != MSGPACK_OBJECT_MAP) {
        reader->wrong = "a part of a command is no map";
        return;
    }
    for (uint32_t i = 0; reader->wrong == NULL && i < object->via.map.size; i++)
        read_key(reader, &object->via.map.ptr[i].key, &object->via.map.ptr[i].val);
}

const char *order_read(const msgpack_object *args, const struct late *late, msgpack_zone *zone, struct order *order)
{
    struct order found = {.expect = {1}};
    struct reader reader = {.zone = zone, .order = &found};
    msgpack_object whole;

    if (args->type != MSGPACK_OBJECT_ARRAY)
        return "a command is no list of maps";
    if (!late_fill(args, late, zone, &whole))
        return OUT_OF_MEMORY;
    for (uint32_t i = 0; reader.wrong == NULL && i < whole.via.array.size; i++)
        read_map(&reader, &whole.via.array.ptr[i]);
    if (reader.wrong == NULL)
        read_argv(&reader);
    if (reader.wrong == NULL && (reader.env != NULL || reader.clear))
        read_env(&reader);
    if (reader.wrong == NULL)
        *order = found;
    return reader.wrong;
}

const msgpack_object *order_find(const msgpack_object *args, const char *key)
{
    const msgpack_object *found = NULL;

    for (uint32_t i = 0; args->type == MSGPACK_OBJECT_ARRAY && i < args->via.array.size && found == NULL; i++)
        found = field_find(&args->via.array.ptr[i], key);
    return found;
}
