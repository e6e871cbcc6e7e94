/*
 * cli/state.h - the directory where journals are kept: $XDG_STATE_HOME/mpool, ~/.local/state/mpool by default
 *
 * Each journal in it is a file NAME-HASH.journal. One that was put elsewhere (--journal FILE) is a link there, so that
 * `mpool status` knows all. The file `number` has the number of the last run.
 */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "cli/identity.h"
#include "cli/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Records are kept for so long. */
#define STATE_DAYS 30

/*
 * state_directory - append the path of the directory, without a slash behind
 *
 * Returns NULL, or why there is none; the directory itself may not be there yet.
 */
const char *state_directory(struct text *path);

/* state_make - make the directory if it is not there, for this user alone; false: that cannot be, which was said */
bool state_make(void);

/* state_journal - append the path of the journal of an identity; state_directory() has to have one */
void state_journal(const struct identity *identity, struct text *path);

/* state_link - let a journal elsewhere be known; that it cannot be does no harm */
void state_link(const struct identity *identity, const char *journal);

/* state_number - a number for a new run, which no other has; 0: none can be had */
int64_t state_number(void);

/* state_each - call for the path of each journal there is */
void state_each(void (*call)(void *user, const char *path), void *user);

/* state_clean - remove journals that nobody has used for STATE_DAYS, and links that lead nowhere */
void state_clean(void);

#endif
