/*
 * cli/identity.c - which runs go on with each other's work: of one job file, in one directory, with the same --set
 *
 * Runs in: the mpool command. Owns: nothing; identities belong to their users.
 */
#include "cli/identity.h"

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool identity_is_secret(const char *name)
{
    static const char *const words[] = {"secret", "passw",   "passphrase", "token",  "credential",
                                        "apikey", "api_key", "api-key",    "private"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(name, words[i]) != NULL)
            return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    const struct setting *const *one = a, *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

/* In the order of names, so that it does not matter in which order they were given. */
static void add_settings(struct text *to, const struct setting *settings, size_t count)
{
    const struct setting **sorted = memory_get(count * sizeof(const struct setting *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = &settings[i];
    qsort(sorted, count, sizeof(const struct setting *), by_name);
    text_char(to, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_char(to, ',');
        json_string(to, sorted[i]->name, strlen(sorted[i]->name));
        text_char(to, ':');
        if (secrets_has(sorted[i]->name) || identity_is_secret(sorted[i]->name))
            text_string(to, "null");
        else
            json_bytes(to, sorted[i]->value, strlen(sorted[i]->value));
    }
    text_char(to, '}');
    free(sorted);
}

void identity_make(struct identity *identity, const char *jobfile, const struct setting *settings, size_t count)
{
    struct text all = {0};
    char *path = realpath(jobfile, NULL), *directory = getcwd(NULL, 0);

    *identity = (struct identity){0};
    /* A pipe of the shell's has a name that means something else the next time. */
    bool named = path != NULL && strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0;
    const char *name = named ? path : jobfile;
    identity->jobfile = memory_copy(name, strlen(name));
    identity->directory = memory_copy(directory, directory != NULL ? strlen(directory) : 0);
    add_settings(&identity->settings, settings, count);
    text_add(&all, identity->jobfile, strlen(identity->jobfile) + 1);
    text_add(&all, identity->directory, strlen(identity->directory) + 1);
    text_add(&all, identity->settings.data, identity->settings.size);
    key_bytes(all.data, all.size, &identity->key);
    text_free(&all);
    free(path);
    free(directory);
}

void identity_free(struct identity *identity)
{
    free(identity->jobfile);
    free(identity->directory);
    text_free(&identity->settings);
    *identity = (struct identity){0};
}
