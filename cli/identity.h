/*
 * cli/identity.h - which runs go on with each other's work: of one job file, in one directory, with the same --set
 *
 * They share a journal. A setting whose name says that its value is a secret is not part of it, and never written
 * down: a password that was changed is no reason to do everything again.
 */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include "cli/jobfile.h"
#include "cli/key.h"

#include <stdbool.h>

struct identity {
    char *jobfile;        /* its real path; as it was named, if it has none: "-", a pipe */
    char *directory;      /* the current one */
    struct text settings; /* as a JSON object, by name; secrets are null */
    struct key key;
};

/* identity_make - of a run in the current directory; release with identity_free() */
void identity_make(struct identity *identity, const char *jobfile, const struct setting *settings, size_t count);
void identity_free(struct identity *identity);

/* identity_is_secret - does the name say so: db_password, API_KEY, token ... */
bool identity_is_secret(const char *name);

#endif
