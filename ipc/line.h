/*
 * ipc/line.h - a connection to a server, as its client has it: ask, and wait for the answer
 */
#ifndef MP_IPC_LINE_H
#define MP_IPC_LINE_H

#include "base/buf.h"
#include "ipc/stream.h"
#include "serialize/request.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct mp_line {
    struct mp_line *next; /* the owner's */
    struct mp_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken;        /* with the lock: something may have ended */
    struct mp_buf out; /* a request */
    struct mp_buf in;  /* an answer */
    size_t most;       /* bytes behind the head of one */
};

/*
 * mp_line_open - connect to a server, and say HELLO
 *
 * until_ns  in   when the server has to have answered
 * line      out  set on MPOOL_OK, with what the server has said
 *
 * Errors: MPOOL_E_NOTFOUND (nobody listens), MPOOL_E_FULL (there is no room for us), MPOOL_E_TIMEOUT (somebody listens,
 *         and says nothing), MPOOL_E_PROTOCOL, MPOOL_E_IDENTITY, MPOOL_E_SYSTEM, MPOOL_E_NOMEM.
 */
mpool_err mp_line_open(const char *path, int64_t until_ns, struct mp_line **line, struct mp_reply *welcome);

/*
 * mp_line_ask - send a request, and wait for the answer
 *
 * until_ns  in   when the server has to have answered; while bytes go there or come, it has longer
 * reply     out  set on MPOOL_OK; it points into memory of the line's
 *
 * Errors: MPOOL_E_NOMEM, with nothing sent; MPOOL_E_BROKEN (the server is gone), MPOOL_E_TIMEOUT (it has not answered),
 *         MPOOL_E_PROTOCOL: then the line is of no use any more.
 */
mpool_err mp_line_ask(struct mp_line *line, const struct mp_request *request, int64_t until_ns, struct mp_reply *reply);

/* mp_line_close - NULL is allowed. */
void mp_line_close(struct mp_line *line);

#endif
