/*
 * cli/key.h - what a job is, in 16 bytes: the hash of what it runs and on what
 *
 * Two jobs with the same key are the same job: what is done need not be done again. So everything that the result
 * depends on belongs in it, and nothing else: not the index, for an item may move; not the limits.
 *
 * The hash is BLAKE2b (libsodium). File names are chosen by other people, so that it has to be one of which nobody can
 * make two inputs with the same hash. By chance, of a million million jobs two have the same key with a probability of
 * 1.5e-15.
 */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "cli/text.h"

#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 16

struct key {
    unsigned char bytes[KEY_SIZE];
};

/* The state of a file that a job reads: one that was written to meanwhile makes another job. */
struct key_file {
    int64_t size_bytes;
    int64_t mtime_ns;
};

/* What is NULL is not part of the job. That it is not there makes a difference too. */
struct key_parts {
    const char *function;
    const char *const *argv;
    size_t argc;
    const void *args; /* packed, as they go to the function */
    size_t args_size;
    const struct key_file *file;
    const struct key *input; /* of what it reads, which is nothing of these */
};

/*
 * key_make - the key of a job
 *
 * scratch   in   a text for intermediate use; what was in it is lost
 */
void key_make(const struct key_parts *parts, struct text *scratch, struct key *key);

/* key_bytes - the hash of some bytes */
void key_bytes(const void *bytes, size_t size, struct key *key);

#endif
