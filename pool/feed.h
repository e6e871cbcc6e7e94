/*
 * pool/feed.h - the core is told what happened, and what it says is done
 */
#ifndef MP_POOL_FEED_H
#define MP_POOL_FEED_H

#include "pool/supervisor.h"

/* mp_feed - something has happened, now. */
void mp_feed(struct mp_supervisor *sup, struct mp_event event);

/* mp_feed_lost - the fork server is gone. Again is allowed. */
void mp_feed_lost(struct mp_supervisor *sup);

/* mp_feed_signal - have the fork server send a signal to a worker alone, if it still lives. */
void mp_feed_signal(struct mp_supervisor *sup, unsigned slot, int number);

/* mp_feed_word - send a message to a worker. If it cannot be sent the worker is dying, and its death says the rest. */
void mp_feed_word(struct mp_supervisor *sup, unsigned slot, const struct mp_message *message);

#endif
