/*
 * pool/later.h - ranges of jobs whose time has not come: delayed, or backing off before another attempt
 */
#ifndef MP_POOL_LATER_H
#define MP_POOL_LATER_H

#include "pool/queue.h"

/* {0} is empty. */
struct mp_later {
    struct mp_range *heap; /* the one that is due first is the first */
    size_t count;
    size_t room;
    uint64_t jobs;
};

/* mp_later_reserve - make sure that `ranges` can be added; false: out of memory. */
bool mp_later_reserve(struct mp_later *later, size_t ranges);

/* mp_later_put - add a range. Needs a reserve. */
void mp_later_put(struct mp_later *later, struct mp_range range);

/* mp_later_due - when the first one's time comes; INT64_MAX if there is none. */
int64_t mp_later_due(const struct mp_later *later);

/* mp_later_take - take the first one; there is one. */
struct mp_range mp_later_take(struct mp_later *later);

/* mp_later_remove - take out what the wish is about. Needs a reserve of one range. */
void mp_later_remove(struct mp_later *later, const struct mp_wish *wish, mp_range_taker *taker, void *user);

void mp_later_fini(struct mp_later *later);

#endif
