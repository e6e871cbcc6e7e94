/*
 * pool/output.h - what a worker prints: the end of it, and for a job that is captured all of it
 *
 * The stdout and stderr of a generation are one pipe, which the supervisor drains. What a job has printed lies between
 * two places in it. They are not marked there, since that would cost every job; so they are told from when the pipe
 * was drained and how far the worker was then, as its page says. Where that leaves a doubt, the text of a job begins
 * with the end of what another one has printed, and `shared` says so; nothing of its own is missing.
 */
#ifndef MP_POOL_OUTPUT_H
#define MP_POOL_OUTPUT_H

#include "base/buf.h"

#include <mpool/pool.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much had come when the worker was so far. */
struct mp_output_sight {
    uint64_t end;
    uint32_t next; /* the ticket that was then claimed next */
};

struct mp_output {
    int fd;          /* -1: there is no pipe, or nobody has its other end any more */
    uint64_t end;    /* bytes that this generation has printed, as far as they have been drained */
    uint64_t begin;  /* the first one that a job without an answer can have printed */
    bool shared;     /* jobs before it may have printed that one too */
    uint32_t ticket; /* of the oldest job without an answer */
    struct mp_output_sight last, before;
    size_t capture_most; /* so much is kept of the job that runs; 0: it is not captured */
    bool captured_cut;   /* and there was more */
    struct mp_buf captured;
    char tail[MPOOL_OUTPUT_TAIL_BYTES]; /* byte number n is at n % MPOOL_OUTPUT_TAIL_BYTES */
};

/*
 * mp_output_open - begin with a new generation
 *
 * piped     in   make a pipe for it; otherwise its output is not ours
 * theirs    out  the pipe's other end, for the worker; the caller closes it; -1 without a pipe
 *
 * Errors: MPOOL_E_SYSTEM.
 */
mpool_err mp_output_open(struct mp_output *output, bool piped, int *theirs);

/*
 * mp_output_drain - take what is in the pipe, without waiting; `most` bytes at most
 *
 * A process that prints without end must not keep us from the others. MP_OUTPUT_ALL stands for all that is there now.
 */
#define MP_OUTPUT_ALL 0
void mp_output_drain(struct mp_output *output, size_t most);

/* mp_output_see - after a drain: the ticket that the worker claims next is this one. */
void mp_output_see(struct mp_output *output, uint32_t next);

/* mp_output_answered - the jobs before this ticket are answered; it was drained and seen since their answer came in. */
void mp_output_answered(struct mp_output *output, uint32_t ticket);

/* mp_output_capture - from now on keep all there is, up to so many bytes; the pipe has been drained. */
void mp_output_capture(struct mp_output *output, size_t most);

/*
 * mp_output_take_captured - what has come since, and no more of it
 *
 * captured  out  with a NUL behind it, which counts; the caller frees it
 *
 * Returns whether there was more than was kept. Waits for memory, if need be, for the NUL.
 */
bool mp_output_take_captured(struct mp_output *output, struct mp_buf *captured);

/* mp_output_shared - may what mp_output_copy() gives be of more than one job? */
bool mp_output_shared(const struct mp_output *output);

/* mp_output_copy - what the jobs without an answer have printed, at most the end of it. Returns its size. */
size_t mp_output_copy(const struct mp_output *output, char text[MPOOL_OUTPUT_TAIL_BYTES]);

/* mp_output_close - no more will come; what came can be copied and taken still. */
void mp_output_close(struct mp_output *output);

/* mp_output_free - close, and release what was captured and not taken. */
void mp_output_free(struct mp_output *output);

#endif
