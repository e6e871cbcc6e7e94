/*
 * workers/parcel.h - a result that is too large for a message goes through the arena
 *
 * Two threads meet here: the main thread asks for a block and waits; the receiving thread (nng's) brings the answer.
 */
#ifndef MP_WORKERS_PARCEL_H
#define MP_WORKERS_PARCEL_H

#include "ipc/arena.h"
#include "serialize/message.h"
#include "workers/outbox.h"

#include <pthread.h>
#include <stdbool.h>

struct mp_parcel {
    const struct mp_arena *arena;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t answered;
    bool asked; /* and not yet answered */
    struct mp_need need;
    struct mp_message answer;
};

void mp_parcel_init(struct mp_parcel *parcel, const struct mp_arena *arena);

/*
 * mp_parcel_pack - main thread: get a block, and copy a result into it
 *
 * block     out  what to send instead of the result; set on MPOOL_OK
 *
 * The results before it are sent first. Waits for the supervisor's answer, which comes when there is room, or when
 * there was none for too long; the loss of the connection ends the process.
 * Errors: MPOOL_E_TOOBIG (there will never be room), MPOOL_E_FULL (there is none now), MPOOL_E_NOMEM; with a detail.
 */
mpool_err mp_parcel_pack(struct mp_parcel *parcel, struct mp_outbox *outbox, uint32_t ticket, const char *data,
                         size_t size, struct mp_block *block);

/* mp_parcel_answer - receiving thread: GRANTED or REFUSED. False: nobody has asked for that. */
bool mp_parcel_answer(struct mp_parcel *parcel, const struct mp_message *answer);

#endif
