/*
 * ipc/visitor.h - a client that is connected to a server, as the server sees it
 *
 * Nothing here waits: what is begun goes on in the background (ipc/stream.h), and the server's thread looks again when
 * it is woken.
 */
#ifndef MP_IPC_VISITOR_H
#define MP_IPC_VISITOR_H

#include "ipc/errand.h"
#include "ipc/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all visitors of a server are told. */
struct mp_house {
    mpool_queue *queue;
    uint64_t server;  /* a number that no other server has */
    size_t item_most; /* bytes of the largest item */
};

struct mp_visitor {
    struct mp_visitor *next; /* the server's */
    const struct mp_house *house;
    struct mp_stream *stream;
    struct mp_buf in;      /* what has come of the next frame */
    struct mp_buf request; /* the frame that the errand is about */
    struct mp_buf out;     /* an answer */
    size_t sent;           /* bytes of it */
    struct mp_errand errand;
    bool greeted; /* it has said HELLO in our version */
    bool waiting; /* the errand is to be tried */
    bool lost;    /* there is no answer for it */
};

/* mp_visitor_new - take the stream, and begin to listen. NULL: there is no memory; the stream is closed. */
struct mp_visitor *mp_visitor_new(const struct mp_house *house, struct mp_stream *stream);

/* mp_visitor_look - go on with what has come and what was sent; false: it is gone, or says what nobody understands. */
bool mp_visitor_look(struct mp_visitor *visitor);

/* mp_visitor_serve - try its errand, if it has one: true if that is done. */
bool mp_visitor_serve(struct mp_visitor *visitor);

void mp_visitor_free(struct mp_visitor *visitor);

#endif
