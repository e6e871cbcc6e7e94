/*
 * cli/secrets.c - values that are never written down
 *
 * Runs in: the mpool command. Owns: the values, until secrets_forget().
 */
#include "cli/secrets.h"

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/names.h"

#include <stdlib.h>
#include <string.h>

/*
 * In JSON, in a word of a shell, as names are shown, hidden already where template_escape() has put braces around; and
 * last as it is, which may be the beginning of another form.
 */
enum { FORMS = 5 };

struct secret {
    struct secret *next;
    const char *name;
    struct text forms[FORMS];
};

static struct {
    struct secret *first;
    struct text copy;
} secrets;

/* Without the quotes around it. */
static void strip(struct text *form)
{
    text_drop(form, 1);
    form->data[--form->size] = '\0';
}

void secrets_add(const char *name, const char *value, size_t size)
{
    struct secret *secret = memory_get(sizeof *secret), **place = &secrets.first;

    /* The longest first: another may be a part of it. */
    while (*place != NULL && (*place)->forms[FORMS - 1].size > size)
        place = &(*place)->next;
    *secret = (struct secret){.next = *place, .name = name};
    json_string(&secret->forms[0], value, size);
    names_shell(&secret->forms[1], value, size);
    names_escape(&secret->forms[2], value, size);
    text_printf(&secret->forms[3], "{{vars.%s}}", name);
    text_add(&secret->forms[4], value, size);
    strip(&secret->forms[0]);
    strip(&secret->forms[1]);
    *place = secret;
}

bool secrets_are(void)
{
    return secrets.first != NULL;
}

bool secrets_has(const char *name)
{
    for (const struct secret *secret = secrets.first; secret != NULL; secret = secret->next) {
        if (strcmp(secret->name, name) == 0)
            return true;
    }
    return false;
}

/* Replaces every occurrence of a value, from this byte on. Was there one? */
static bool hide(struct text *text, size_t from, const struct text *value, const char *name)
{
    struct text hidden = {0};
    const char *found;
    size_t at = from;

    while (at < text->size && (found = memmem(text->data + at, text->size - at, value->data, value->size)) != NULL) {
        text_add(&hidden, text->data + at, (size_t)(found - text->data) - at);
        text_string(&hidden, "{vars.");
        text_string(&hidden, name);
        text_char(&hidden, '}');
        at = (size_t)(found - text->data) + value->size;
    }
    bool found_one = hidden.size > 0;
    if (found_one) {
        text_add(&hidden, text->data + at, text->size - at);
        text->size = from;
        text_add(text, hidden.data, hidden.size);
    }
    text_free(&hidden);
    return found_one;
}

bool secrets_hide(struct text *text, size_t from)
{
    bool found = false;

    for (const struct secret *secret = secrets.first; secret != NULL; secret = secret->next) {
        for (int form = 0; form < FORMS; form++)
            found = hide(text, from, &secret->forms[form], secret->name) || found;
    }
    return found;
}

static void hide_scalar(msgpack_object *object, msgpack_zone *zone)
{
    struct text text = {0};

    if (object->type == MSGPACK_OBJECT_STR)
        text_add(&text, object->via.str.ptr, object->via.str.size);
    else
        json_object(&text, object);
    if (secrets_hide(&text, 0)) {
        char *copy = msgpack_zone_malloc(zone, text.size);
        if (copy == NULL)
            memory_exhausted();
        memcpy(copy, text.data, text.size);
        object->type = MSGPACK_OBJECT_STR;
        object->via.str = (msgpack_object_str){.ptr = copy, .size = (uint32_t)text.size};
    }
    text_free(&text);
}

static void hide_object(msgpack_object *object, msgpack_zone *zone)
{
    if (object->type == MSGPACK_OBJECT_ARRAY) {
        for (uint32_t i = 0; i < object->via.array.size; i++)
            hide_object(&object->via.array.ptr[i], zone);
    } else if (object->type == MSGPACK_OBJECT_MAP) {
        for (uint32_t i = 0; i < object->via.map.size; i++) {
            hide_object(&object->via.map.ptr[i].key, zone);
            hide_object(&object->via.map.ptr[i].val, zone);
        }
    } else {
        hide_scalar(object, zone);
    }
}

void secrets_json(struct text *to, const char *bytes, size_t size)
{
    msgpack_unpacked value;
    msgpack_zone hidden;

    if (!msgpack_zone_init(&hidden, 4096))
        memory_exhausted();
    msgpack_unpacked_init(&value); /* nil */
    if (msgpack_unpack_next(&value, bytes, size, NULL) == MSGPACK_UNPACK_SUCCESS)
        hide_object(&value.data, &hidden);
    json_object(to, &value.data);
    msgpack_unpacked_destroy(&value);
    msgpack_zone_destroy(&hidden);
}

const char *secrets_hidden(const char *message)
{
    if (secrets.first == NULL || message == NULL)
        return message;
    text_clear(&secrets.copy);
    text_string(&secrets.copy, message);
    (void)secrets_hide(&secrets.copy, 0);
    return secrets.copy.data;
}

void secrets_forget(void)
{
    while (secrets.first != NULL) {
        struct secret *secret = secrets.first;

        secrets.first = secret->next;
        for (int form = 0; form < FORMS; form++)
            text_free(&secret->forms[form]);
        free(secret);
    }
    text_free(&secrets.copy);
}
