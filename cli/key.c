/*
 * cli/key.c - what a job is, in 16 bytes: the hash of what it runs and on what
 *
 * Runs in: the mpool command. Owns: nothing.
 *
 * The parts are strung together and hashed at once. Each has a letter and its length in front, so that what belongs to
 * one part cannot be taken for the beginning of the next: argv ["ab", "c"] and ["a", "bc"] are different jobs.
 */
#include "cli/key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void key_bytes(const void *bytes, size_t size, struct key *key)
{
    /* It chooses the fastest implementation for this processor, the first time. */
    if (sodium_init() < 0)
        abort();
    (void)crypto_generichash(key->bytes, sizeof key->bytes, bytes, size, NULL, 0);
}

static void add_part(struct text *to, char letter, const void *bytes, size_t size)
{
    const uint64_t length = size;

    text_char(to, letter);
    text_add(to, &length, sizeof length);
    text_add(to, bytes, size);
}

void key_make(const struct key_parts *parts, struct text *scratch, struct key *key)
{
    text_clear(scratch);
    if (parts->function != NULL)
        add_part(scratch, 'f', parts->function, strlen(parts->function));
    for (size_t i = 0; i < parts->argc; i++)
        add_part(scratch, 'v', parts->argv[i], strlen(parts->argv[i]));
    if (parts->args != NULL)
        add_part(scratch, 'a', parts->args, parts->args_size);
    if (parts->file != NULL) {
        add_part(scratch, 's', &parts->file->size_bytes, sizeof parts->file->size_bytes);
        add_part(scratch, 'm', &parts->file->mtime_ns, sizeof parts->file->mtime_ns);
    }
    if (parts->input != NULL)
        add_part(scratch, 'i', parts->input->bytes, sizeof parts->input->bytes);
    key_bytes(scratch->data, scratch->size, key);
}
