/*
 * serialize/message.h - what supervisor and worker say to each other, as bytes
 *
 * A message is a msgpack array with fixed positions; the first element is its type. JOBS and RESULTS are followed by
 * their values (arguments, results), one after the other: the values of a frame are copied as a whole and never packed
 * again. A value over MP_INLINE_MAX is not in the message: it lies in a block of the arena, and the message, which is
 * about this one job, says where. Type numbers are never reused. The conversation:
 *
 *     worker -> supervisor   HELLO      once, first: which worker this is, and the token it was given
 *     supervisor -> worker   JOBS       a frame of jobs: tickets ticket .. ticket + count - 1
 *     worker -> supervisor   RESULTS    answers to the oldest of them, all of one frame of jobs
 *     supervisor -> worker   RECALL     give back half of what has not begun, or all of it
 *     worker -> supervisor   RETURNED   everything from ticket on is given back
 *     supervisor -> worker   STOP       the soft limit of this job is over
 *     worker -> supervisor   NEED       a block for the result of this job
 *     supervisor -> worker   GRANTED    a block, until the job is answered
 *     supervisor -> worker   REFUSED    or why there is none
 *     supervisor -> worker   BYE        exit
 *
 * What is read is input: it is scanned before anything is allocated, and every field is checked.
 */
#ifndef MP_SERIALIZE_MESSAGE_H
#define MP_SERIALIZE_MESSAGE_H

#include "base/buf.h"
#include "base/delta.h"
#include "base/ends.h"

#include <mpool/error.h>
#include <msgpack.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_PROTOCOL_VERSION 4
#define MP_TOKEN_BYTES 16

/* The most bytes of a message. The largest frame fits in with all that is said about it. */
#define MP_MESSAGE_MAX ((size_t)16 << 20)

/* The most bytes of a value that travels in a message. Larger ones would delay what is behind them. */
#define MP_INLINE_MAX ((size_t)1 << 20)

/* Blocks begin at multiples of it: whole pages, which can be made writable by themselves. */
#define MP_BLOCK_ALIGN ((size_t)4096)

/* The largest limit of memory. What a process has can be added to it. */
#define MP_MEMORY_MOST (SIZE_MAX / 4)

/* The longest reason for a failure that travels, in bytes. */
#define MP_REASON_MAX 4000

enum mp_message_type {
    MP_HELLO = 1,
    MP_FRAME_JOBS = 2,
    MP_FRAME_RESULTS = 3,
    MP_RECALL_HALF = 4,
    MP_GIVEN_BACK = 5,
    MP_STOP = 6,
    MP_GOODBYE = 7,
    MP_RECALL_ALL = 8,
    MP_NEED = 9,
    MP_GRANTED = 10,
    MP_REFUSED = 11,
};

/* A value in the arena. */
struct mp_block {
    size_t offset; /* a multiple of MP_BLOCK_ALIGN; whether it lies in the arena is for the reader to check */
    size_t size;   /* more than MP_INLINE_MAX bytes, at most MPOOL_VALUE_MAX; 0: there is none */
};

struct mp_hello {
    uint32_t version;
    uint32_t pool;
    uint32_t slot;
    uint64_t generation;
    unsigned char token[MP_TOKEN_BYTES];
};

/* A number of each result that goes into a total. */
struct mp_collect {
    uint32_t total;
    const char *field; /* "" for the result itself */
};

struct mp_jobs {
    uint64_t generation;
    uint32_t ticket; /* of the first job */
    uint32_t count;
    uint64_t first;       /* number of the first job in the pool */
    uint32_t attempt;     /* which try, from 1; the same for all */
    const char *function; /* name, NUL-terminated */
    bool discard_values;  /* results are not wanted */
    bool measure;         /* answer with the time of each job */
    bool limited;         /* the jobs have a limit of time: leave a mark on the page */
    size_t memory_bytes;  /* how much more private data than at ready a job may have, at most MP_MEMORY_MOST; 0: any */
    int64_t cpu_ms;       /* the CPU time that each job may use, at most INT64_MAX; 0: any */
    const struct mp_collect *collects;
    uint32_t collect_count;
    const char *values; /* the jobs' arguments */
    size_t values_size;
    struct mp_block block; /* or those of the only job */
};

/* A job that is not done. */
struct mp_failure {
    uint32_t at;        /* its place in the frame */
    bool final;         /* another attempt would end the same way */
    struct mp_end end;  /* oom: it had a limit of memory, and met it */
    const char *reason; /* reason_size bytes, not NUL-terminated */
    uint32_t reason_size;
};

struct mp_total_delta {
    uint32_t total;
    struct mp_delta delta;
};

struct mp_bytes {
    const char *data;
    size_t size;
};

/* A job that a job of the frame, which is done, has submitted. */
struct mp_birth {
    uint32_t at;   /* its parent's place in the frame */
    uint32_t task; /* its task's place in the list */
    uint64_t tag;
    const char *args; /* one msgpack value */
    size_t args_size; /* at most MP_INLINE_MAX */
};

struct mp_answers {
    uint64_t generation;
    uint32_t ticket;
    uint32_t count;
    uint64_t busy_ns;
    const struct mp_total_delta *deltas; /* of the jobs that are done, together */
    uint32_t delta_count;
    const struct mp_failure *failures; /* by `at`, rising, all below count */
    uint32_t failure_count;
    const struct mp_bytes *tasks; /* of the children, each as of serialize/task.h; not yet looked at */
    uint32_t task_count;
    const struct mp_birth *births; /* by `at`, not falling */
    uint32_t birth_count;
    const char *times;  /* count * 8 bytes: nanoseconds of each job, little endian; NULL if not measured */
    const char *values; /* count results, nil for those that failed without one; NULL if none were wanted */
    size_t values_size;
    struct mp_block block; /* or that of the only job, which is done */
};

struct mp_need {
    uint32_t ticket;
    size_t size; /* as of a block */
};

struct mp_granted {
    uint32_t ticket;
    struct mp_block block; /* of the size that was asked for */
};

struct mp_refused {
    uint32_t ticket;
    uint64_t most; /* bytes that results may have in the arena together */
    uint64_t used; /* and had, when this was said */
};

struct mp_message {
    enum mp_message_type type;
    union {
        struct mp_hello hello;
        struct mp_jobs jobs;
        struct mp_answers answers;
        struct mp_need need;
        struct mp_granted granted;
        struct mp_refused refused;
        uint32_t ticket; /* GIVEN_BACK, STOP */
    } as;
};

/*
 * mp_message_write - append a message's bytes
 *
 * The values of JOBS and RESULTS are part of it. Errors: MPOOL_E_NOMEM; the buffer is then as it was.
 */
mpool_err mp_message_write(struct mp_buf *buf, const struct mp_message *message);

/*
 * mp_message_read - check and decode a message
 *
 * data      in   size bytes; what is read points into it
 * zone      in   memory for lists and names
 * message   out  set on MPOOL_OK. Values have been scanned: they are `count` whole values within the limits
 *
 * Errors: MPOOL_E_PROTOCOL (with a detail), MPOOL_E_NOMEM.
 */
mpool_err mp_message_read(const char *data, size_t size, msgpack_zone *zone, struct mp_message *message);

#endif
