/*
 * cli/secrets.h - values that are never written down
 *
 *     vars: {token: {value: "{env.API_TOKEN}", secret: true}}
 *
 * Programs get the value. Wherever the command itself writes what has it inside, into a journal, a log of jobs, a line
 * about a failure, {vars.token} stands in its place. What programs print is theirs.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A shorter value would be found in texts that have nothing to do with it. */
#define SECRETS_LEAST 4

/* secrets_add - the value of this variable is one, as it is and as it is shown, in JSON and in a shell's quotes */
void secrets_add(const char *name, const char *value, size_t size);

/* secrets_are - are there any? */
bool secrets_are(void);

/* secrets_has - is this variable one? */
bool secrets_has(const char *name);

/* secrets_hide - in a text, from this byte on; was there one? */
bool secrets_hide(struct text *text, size_t from);

/* secrets_json - append a packed value as JSON without them; a number that has one inside becomes a string */
void secrets_json(struct text *to, const char *bytes, size_t size);

/* secrets_hidden - a message without them: itself, or a copy that is valid until the next call; NULL of NULL */
const char *secrets_hidden(const char *message);

/* secrets_forget - there are none any more */
void secrets_forget(void);

#endif
