/*
 * ipc/errand.h - what a client has asked a served queue for, until it is done
 *
 * Whoever serves tries it, and tries again when the queue has changed or the time is up: it never waits.
 */
#ifndef MP_IPC_ERRAND_H
#define MP_IPC_ERRAND_H

#include "base/buf.h"
#include "ipc/bell.h"
#include "serialize/request.h"

#include <mpool/queue.h>

#include <stdbool.h>
#include <stdint.h>

struct mp_errand {
    struct mp_request request; /* of which the items that were put are gone */
    uint64_t put;              /* so many were */
    int64_t until_ns;
};

/* mp_errand_init - the time of a request begins; it is no HELLO. What it points to stays where it is. */
void mp_errand_init(struct mp_errand *errand, const struct mp_request *request);

/*
 * mp_errand_try - do it, if that can be done now
 *
 * answer    in/out  the answer's frame is appended, if true is returned: it is done then, or never will be. Where there
 *                   was no memory for that, or there is no queue any more, nothing is: the client hears no more
 */
bool mp_errand_try(struct mp_errand *errand, mpool_queue *queue, struct mp_buf *answer);

/* mp_errand_bell - what rings when it is worth trying again. The errand was tried. NULL: the queue is no more. */
struct mp_bell *mp_errand_bell(const struct mp_errand *errand, mpool_queue *queue);

#endif
