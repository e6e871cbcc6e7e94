/*
 * mpool/error.h - what a call answers
 *
 * Three kinds of failure are never mixed. A *call* failed: it returns an mpool_err. A *job* failed: its result has a
 * status (mpool/result.h). *mpool itself* is broken: the pool says MPOOL_E_BROKEN and every job ends.
 */
#ifndef MPOOL_ERROR_H
#define MPOOL_ERROR_H

#include <mpool/export.h>
#include <stdint.h>

/* A wait without a limit. Timeouts are relative, in milliseconds; 0 polls. */
#define MPOOL_FOREVER INT64_C(-1)

/* Number, name, text. Numbers never change and are never reused. */
#define MPOOL_ERRORS(X)                                                                                                \
    X(0, OK, "no error")                                                                                               \
    X(1, E_NOMEM, "out of memory")                                                                                     \
    X(2, E_INVAL, "an argument is not valid")                                                                          \
    X(3, E_SYSTEM, "a system call failed")                                                                             \
    X(4, E_NOINIT, "mpool_init() has not been called in this process")                                                 \
    X(5, E_ALREADY, "mpool_init() has been called before in this process")                                             \
    X(6, E_LATE, "functions are registered before mpool_init()")                                                       \
    X(7, E_THREADS, "mpool_init() needs a process with a single thread")                                               \
    X(8, E_FORKED, "this process was forked after mpool_init() and does not own the pool")                             \
    X(9, E_NESTED, "a worker cannot open a pool")                                                                      \
    X(10, E_NOFUNC, "no function of this name is registered")                                                          \
    X(11, E_TOOBIG, "a value is larger than its limit")                                                                \
    X(12, E_FULL, "the queue of the pool is full")                                                                     \
    X(13, E_CLOSED, "the pool is closed")                                                                              \
    X(14, E_BROKEN, "the pool is broken")                                                                              \
    X(15, E_TIMEOUT, "the time was up")                                                                                \
    X(16, E_JOB, "a job did not end as done")                                                                          \
    X(17, E_END, "there is no more")                                                                                   \
    X(18, E_FORMAT, "a value does not have the shape that its format describes")                                       \
    X(19, E_OVERFLOW, "a number does not fit")                                                                         \
    X(20, E_NOTFOUND, "there is nothing of this name")                                                                 \
    X(21, E_PROTOCOL, "another process sent what is not a valid message")                                              \
    X(22, E_IDENTITY, "user, group or capabilities have changed since mpool_init()")                                   \
    X(23, E_GENERATOR, "the generator of the arguments failed")                                                        \
    X(24, E_STALE, "there is no such shared object, or not any more")                                                  \
    X(25, E_OWNER_DIED, "who held it has died; it is the caller's now")                                                \
    X(26, E_NOT_OWNER, "the caller does not hold it")                                                                  \
    X(27, E_BARRIER, "the barrier is broken")                                                                          \
    X(28, E_REFUSED, "a function of the program's said no")

typedef enum mpool_err {
#define MPOOL_ERROR_ENUM(number, name, text) MPOOL_##name = (number),
    MPOOL_ERRORS(MPOOL_ERROR_ENUM)
#undef MPOOL_ERROR_ENUM
} mpool_err;

/*
 * mpool_err_name - the name of an error, "MPOOL_E_NOFUNC"; "MPOOL_E_?" for a number that is none
 *
 * The string is constant. Calls: any thread of any process.
 */
MPOOL_API const char *mpool_err_name(mpool_err err);

/*
 * mpool_err_text - what an error means, one line without a full stop
 *
 * The string is constant. Calls: any thread of any process.
 */
MPOOL_API const char *mpool_err_text(mpool_err err);

/*
 * mpool_error_detail - what the last call that failed on this thread has to say
 *
 * One line that names the thing, what was wrong with it, and what to do. Valid until the next mpool call on this
 * thread; "" if no call failed. Calls: any thread of any process.
 */
MPOOL_API const char *mpool_error_detail(void);

#endif
