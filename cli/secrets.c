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

/* In JSON, in a word of a shell, as names are shown; and last as it is, which may be the beginning of another form. */
enum { FORMS = 4 };

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
    struct secret *secret = memory_get(sizeof *secret);

    *secret = (struct secret){.next = secrets.first, .name = name};
    json_string(&secret->forms[0], value, size);
    names_shell(&secret->forms[1], value, size);
    names_escape(&secret->forms[2], value, size);
    text_add(&secret->forms[3], value, size);
    strip(&secret->forms[0]);
    strip(&secret->forms[1]);
    secrets.first = secret;
}

bool secrets_has(const char *name)
{
    for (const struct secret *secret = secrets.first; secret != NULL; secret = secret->next) {
        if (strcmp(secret->name, name) == 0)
            return true;
    }
    return false;
}

/* Replaces every occurrence of a value, from this byte on. */
static void hide(struct text *text, size_t from, const struct text *value, const char *name)
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
    if (hidden.size > 0) {
        text_add(&hidden, text->data + at, text->size - at);
        text->size = from;
        text_add(text, hidden.data, hidden.size);
    }
    text_free(&hidden);
}

void secrets_hide(struct text *text, size_t from)
{
    for (const struct secret *secret = secrets.first; secret != NULL; secret = secret->next) {
        for (int form = 0; form < FORMS; form++)
            hide(text, from, &secret->forms[form], secret->name);
    }
}

const char *secrets_hidden(const char *message)
{
    if (secrets.first == NULL || message == NULL)
        return message;
    text_clear(&secrets.copy);
    text_string(&secrets.copy, message);
    secrets_hide(&secrets.copy, 0);
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
